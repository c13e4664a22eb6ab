/// From a dial string to clients, phones and trunks.
extension Switchboard {
    /// Whom `dial` reaches now, group by group.
    func destinations(of dial: DialString, domain: String, depth: Int = 0) -> [[DialDestination]] {
        var groups: [[DialDestination]] = []
        for group in dial.groups {
            let found = group.map { destinations(of: $0, in: dial, domain: domain, depth: depth) }
            if found.count == 1 {
                groups += found[0]
            } else {
                // What a user's own dial string tries in turn rings together with the others here.
                groups.append(found.flatMap { $0.flatMap(\.self) })
            }
        }
        return groups
    }

    private func destinations(
        of target: DialString.Target, in dial: DialString, domain: String, depth: Int
    ) -> [[DialDestination]] {
        let variables = Self.variables(of: target, in: dial)
        func nobody(_ cause: HangupCause) -> [[DialDestination]] {
            [[DialDestination(reach: .nobody(cause), variables: variables)]]
        }
        switch target.endpoint {
        case "verto.rtc": return [clients(target.address, domain: domain, variables: variables)]
        case "sofia": return [phones(SofiaAddress(parsing: target.address), domain: domain, variables: variables)]
        case "user":
            guard depth < Self.maximumDepth else { return nobody(.exchangeRoutingError) }
            return destinations(ofUser: target.address, domain: domain, variables: variables, depth: depth)
        case "error": return nobody(HangupCause(name: target.address) ?? .normalUnspecified)
        default: return nobody(.chanNotImplemented)
        }
    }

    /// `user@domain`, `user` of the caller's domain, or `u:` and one client.
    private func clients(_ address: String, domain: String, variables: [String: String]) -> [DialDestination] {
        let contacts: [Registrations.Contact]
        if address.hasPrefix("u:") {
            contacts = registrations.contact(String(address.dropFirst(2))).map { [$0] } ?? []
        } else {
            contacts = registrations.contacts(of: UserAddress(parsing: address, defaultDomain: domain).address)
        }
        return orNobody(contacts.map { .verto(session: $0.session, user: $0.user) }, variables)
    }

    private func phones(
        _ address: SofiaAddress, domain: String, variables: [String: String]
    ) -> [DialDestination] {
        var reaches: [DialDestination.Reach]
        var variables = variables
        switch address {
        case .nobody(let cause): reaches = [.nobody(cause)]
        case .target(let target, let to):
            if let to, variables["sip_invite_to_uri"] == nil { variables["sip_invite_to_uri"] = to }
            reaches = [.sip(target, user: nil)]
        case .phone(let handle, let profile):
            let phone = registrations.phone(handle).flatMap { $0.profile == profile ? $0 : nil }
            reaches = phone.map { [$0.reach] } ?? []
        case .user(let user, let profile):
            if let refusal = sipRoutes?.refusal(of: .address(profile: profile, uri: user)) {
                reaches = [.nobody(refusal)]
            } else {
                let address = UserAddress(parsing: user, defaultDomain: domain).address
                reaches = registrations.phones(of: address, over: profile).map(\.reach)
            }
        }
        for (index, reach) in reaches.enumerated() {
            guard case .sip(let target, _) = reach, let refusal = sipRoutes?.refusal(of: target) else { continue }
            reaches[index] = .nobody(refusal)
        }
        return orNobody(reaches, variables)
    }

    private func orNobody(_ reaches: [DialDestination.Reach], _ variables: [String: String]) -> [DialDestination] {
        (reaches.isEmpty ? [.nobody(.userNotRegistered)] : reaches).map {
            DialDestination(reach: $0, variables: variables)
        }
    }

    /// Every client and every phone.
    private func everything(of user: User, variables: [String: String]) -> [DialDestination] {
        let clients = registrations.contacts(of: user.address).map {
            DialDestination.Reach.verto(session: $0.session, user: $0.user)
        }
        return orNobody(clients + registrations.phones(of: user.address).map(\.reach), variables)
    }

    /// By the user's `dial-string`, or all of the user's clients and phones when there is none.
    private func destinations(
        ofUser text: String, domain: String, variables: [String: String], depth: Int
    ) -> [[DialDestination]] {
        let address = UserAddress(parsing: text, defaultDomain: domain)
        guard let user = directory.user(address.id, in: address.domain) else {
            return [[DialDestination(reach: .nobody(.subscriberAbsent), variables: variables)]]
        }
        var known = user.variables
        known["dialed_user"] = user.id
        known["dialed_domain"] = user.domain
        known["domain_name"] = user.domain
        guard let dialString = user.dialString else {
            return [everything(of: user, variables: variables)]
        }
        let text = Template(parsing: dialString).expanded(call: functions) { known[$0] ?? dialplan.global($0) }
        do {
            let dial = try DialString(parsing: text)
            return destinations(of: dial, domain: user.domain, depth: depth + 1).map { group in
                group.map { DialDestination(reach: $0.reach, variables: $0.variables.merging(variables) { $1 }) }
            }
        } catch {
            let cause: HangupCause = error == .empty ? .userNotRegistered : .invalidURL
            return [[DialDestination(reach: .nobody(cause), variables: variables)]]
        }
    }

    /// `{}` beats `[]` unless `local_var_clobber` says otherwise, as in FreeSWITCH.
    private static func variables(of target: DialString.Target, in dial: DialString) -> [String: String] {
        let localWins = dial.variables["local_var_clobber"]?.isAffirmative ?? false
        return dial.variables.merging(target.variables) { localWins ? $1 : $0 }
    }

    // MARK: The leg to them

    struct PlacingRefusal: Error {
        let cause: HangupCause
    }

    /// What `destination` is called with.
    mutating func outboundLeg(
        to destination: DialDestination, in attempt: Attempt, _ options: DialOptions
    ) -> Result<Leg, PlacingRefusal> {
        let leg: Leg
        switch destination.reach {
        case .nobody(let cause): return .failure(PlacingRefusal(cause: cause))
        case .verto(let session, let user):
            leg = outboundLeg(.verto(session: session), of: user, destination.variables, in: attempt, options)
        case .sip(let target, let user):
            guard attempt.caller.maxForwards > 0 else { return .failure(PlacingRefusal(cause: .exchangeRoutingError)) }
            let variables = attempt.caller.headers.merging(destination.variables) { $1 }
            leg =
                user.map { outboundLeg(.sip(target), of: $0, variables, in: attempt, options) }
                ?? trunkLeg(target, variables, in: attempt, options)
        }
        if let cause = refusal(ofOutbound: leg) { return .failure(PlacingRefusal(cause: cause)) }
        return .success(leg)
    }

    private func refusal(ofOutbound leg: Leg) -> HangupCause? {
        guard acceptsCalls else { return .systemShutdown }
        guard calls.count < limits.legs else { return .switchCongestion }
        return hasPlace(for: leg) ? nil : .userBusy
    }

    /// The callee's number is the user's id, whatever the dial string named.
    private mutating func outboundLeg(
        _ kind: Leg.Kind, of user: String, _ variables: [String: String], in attempt: Attempt, _ options: DialOptions
    ) -> Leg {
        let address = UserAddress(parsing: user, defaultDomain: directory.defaultDomain)
        let account = directory.user(address.id, in: address.domain)
        let own = (account?.variables ?? [:]).merging(options.exported) { $1 }.merging(variables) { $1 }
        let callee = Self.callee(address.id, account, variables)
        let caller = Self.caller(attempt.caller.identity, variables)
        let context = account?.context ?? attempt.caller.context
        // A phone without a context of its own dials in that of its profile, whoever calls it.
        let home = if case .sip(let target) = kind { sipRoutes?.context(of: target) } else { nil as String? }
        var leg = Leg(
            id: unusedID(), kind: kind, direction: .outbound, callerIDName: caller.name,
            callerIDNumber: caller.number, calleeIDName: callee.name, calleeIDNumber: callee.number,
            destination: address.id, context: context, user: account?.address ?? user,
            domain: account?.domain ?? address.domain, homeContext: account?.context ?? home ?? context,
            maxForwards: Self.forwards(variables, attempt.caller), variables: Self.clean(own, for: kind))
        leg.suppliedVariables = attempt.caller.supplied
        leg.variables["presence_id"] = leg.user
        leg.variables["dialed_user"] = address.id
        leg.variables["dialed_domain"] = leg.domain
        return leg
    }

    /// Nobody's account: it is shown as the number it goes to. By itself it may dial only what others may who come in
    /// over that trunk.
    private mutating func trunkLeg(
        _ target: SIPTarget, _ variables: [String: String], in attempt: Attempt, _ options: DialOptions
    ) -> Leg {
        let number = target.calledNumber
        let callee = Self.callee(number, nil, variables)
        let caller = Self.caller(attempt.caller.identity, variables)
        let own = options.exported.merging(variables) { $1 }
        var leg = Leg(
            id: unusedID(), kind: .sip(target), direction: .outbound, callerIDName: caller.name,
            callerIDNumber: caller.number, calleeIDName: callee.name, calleeIDNumber: callee.number,
            destination: number, context: attempt.caller.context, domain: attempt.caller.domain,
            homeContext: sipRoutes?.context(of: target) ?? SIPRoutes.strangers,
            maxForwards: Self.forwards(variables, attempt.caller), variables: Self.clean(own, for: .sip(target)))
        leg.suppliedVariables = attempt.caller.supplied
        return leg
    }

    /// Whom the far end sees.
    private static func caller(_ caller: Identity, _ variables: [String: String]) -> Identity {
        Identity(
            name: Identity.clean(variables["origination_caller_id_name"]) ?? Identity.clean(caller.name) ?? "",
            number: Identity.clean(variables["origination_caller_id_number"]) ?? Identity.clean(caller.number) ?? "")
    }

    /// Values may end up in the lines of a SIP message: without control characters.
    private static func clean(_ variables: [String: String], for kind: Leg.Kind) -> [String: String] {
        guard kind.isSIP else { return variables }
        return variables.mapValues { value in
            guard value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return value }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: value.unicodeScalars.lazy.filter { $0.value >= 0x20 && $0.value != 0x7F })
            return String(view)
        }
    }

    private static func forwards(_ variables: [String: String], _ caller: CallerView) -> Int {
        guard let own = variables["max_forwards"].flatMap({ Int($0.trimmed) }) else { return caller.maxForwards }
        return max(0, min(own, caller.maxForwards))
    }

    /// From the dial string, else from the directory; FreeSWITCH calls a callee without a name `Outbound Call`.
    private static func callee(_ id: String, _ account: User?, _ variables: [String: String]) -> Identity {
        let name =
            variables["origination_callee_id_name"] ?? account?.callerIDName
            ?? account?.variables["effective_caller_id_name"]
        let number =
            variables["origination_callee_id_number"] ?? account?.callerIDNumber
            ?? account?.variables["effective_caller_id_number"]
        return Identity(
            name: Identity.clean(name) ?? "Outbound Call", number: Identity.clean(number) ?? id)
    }

    /// Clients choose their own names, so a new one may be taken.
    private mutating func unusedID() -> LegID {
        while true {
            let id = LegID(names.uuid())
            if calls[id] == nil { return id }
        }
    }

    private static let maximumDepth = 4
}

extension Registrations.Phone {
    fileprivate var reach: DialDestination.Reach { .sip(.binding(handle: handle, profile: profile), user: user) }
}
