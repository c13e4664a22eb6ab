/// From a dial string to clients.
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
        guard !contacts.isEmpty else {
            return [DialDestination(reach: .nobody(.userNotRegistered), variables: variables)]
        }
        return contacts.map {
            DialDestination(reach: .verto(session: $0.session, user: $0.user), variables: variables)
        }
    }

    /// By the user's `dial-string`, or all of the user's clients when there is none.
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
            return [clients(user.address, domain: user.domain, variables: variables)]
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

    // MARK: The leg to a client

    /// What `destination` is called with. The callee's number is the user's id, whatever the dial string named.
    mutating func outboundLeg(to session: String, of user: String, _ variables: [String: String], in attempt: Attempt)
        -> Leg
    {
        let address = UserAddress(parsing: user, defaultDomain: directory.defaultDomain)
        let account = directory.user(address.id, in: address.domain)
        let own = (account?.variables ?? [:]).merging(attempt.options.exported) { $1 }.merging(variables) { $1 }
        let callee = Self.callee(address, account, variables)
        var leg = Leg(
            id: unusedID(),
            kind: .verto(session: session),
            direction: .outbound,
            callerIDName: Identity.clean(variables["origination_caller_id_name"]) ?? attempt.caller.name,
            callerIDNumber: Identity.clean(variables["origination_caller_id_number"]) ?? attempt.caller.number,
            calleeIDName: callee.name,
            calleeIDNumber: callee.number,
            destination: address.id,
            context: account?.context ?? attempt.context,
            user: account?.address ?? user,
            domain: account?.domain ?? address.domain,
            variables: own
        )
        leg.variables["presence_id"] = leg.user
        leg.variables["dialed_user"] = address.id
        leg.variables["dialed_domain"] = leg.domain
        return leg
    }

    /// From the dial string, else from the directory; FreeSWITCH calls a callee without a name `Outbound Call`.
    private static func callee(
        _ address: UserAddress, _ account: User?, _ variables: [String: String]
    ) -> Identity {
        let name =
            variables["origination_callee_id_name"] ?? account?.callerIDName
            ?? account?.variables["effective_caller_id_name"]
        let number =
            variables["origination_callee_id_number"] ?? account?.callerIDNumber
            ?? account?.variables["effective_caller_id_number"]
        return Identity(
            name: Identity.clean(name) ?? "Outbound Call", number: Identity.clean(number) ?? address.id)
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
