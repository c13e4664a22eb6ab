import Calls
import Wire

/// What a call brings to the dialplan (sip.md §4.6).
extension SIPEndpoint {
    func invite(
        _ leg: LegID, _ asked: Asked, by caller: Caller, _ profile: SIPProfile, offer: String?
    ) -> SIPInvite {
        let (request, gateway) = (asked.request, caller.gateway)
        let identity = identity(of: request, caller, profile)
        let user = request.uri.unescapedUser ?? ""
        let isToAccount = gateway.map { user == $0.contactUser || user == $0.username || user.isEmpty } ?? false
        return SIPInvite(
            leg: leg, profile: profile.name, gateway: gateway?.name, user: caller.user?.address,
            domain: caller.user?.domain ?? profile.forcedDomain ?? directory.defaultDomain,
            context: gateway?.context ?? caller.user?.context ?? profile.context,
            destination: isToAccount ? gateway?.inboundDestination ?? user : user,
            callerIDName: identity.name, callerIDNumber: identity.number, remoteAddress: asked.path.remote.ip,
            offer: offer, variables: variables(of: asked, caller, profile),
            maxForwards: max(0, (request.maxForwards ?? settings.maximumForwards)),
            isSecure: request.uri.scheme == .sips,
            transport: asked.path.transport)
    }

    /// From; of a user who is to call itself nothing else (`inbound-reg-force-matching-username`) what the directory
    /// says when From names somebody else.
    func claimed(by request: SIPRequest, _ caller: Caller, _ profile: SIPProfile) -> NameAddress {
        var address = request.from
        guard let user = caller.user, profile.forcesMatchingUsername else { return address }
        let variables = user.variables
        let numbers = [user.callerIDNumber, variables["effective_caller_id_number"], user.id].compactMap(\.self)
        guard !numbers.contains(address.uri.unescapedUser ?? "") else { return address }
        address.uri.user = SIPURI.escaped(user: numbers[0])
        address.displayName = user.callerIDName ?? variables["effective_caller_id_name"]
        return address
    }

    /// From, or what a trusted source asserts in its place.
    private func identity(
        of request: SIPRequest, _ caller: Caller, _ profile: SIPProfile
    ) -> (name: String, number: String) {
        var address = claimed(by: request, caller, profile)
        if caller.isTrusted, caller.user == nil, profile.trustsAssertedIdentity,
            let asserted = request.assertedIdentities.first ?? request.remotePartyID.first
        {
            address = asserted
        }
        let privacy = request.headers["Privacy"]?.lowercased() ?? ""
        guard !privacy.contains("id"), !privacy.contains("user") else { return ("Anonymous", "anonymous") }
        let number = address.uri.unescapedUser ?? ""
        let name = address.displayName ?? ""
        return (Self.clean(name.isEmpty ? number : name), Self.clean(number))
    }

    private func variables(of asked: Asked, _ caller: Caller, _ profile: SIPProfile) -> [String: String] {
        let (request, path) = (asked.request, asked.path)
        var values = caller.user?.variables ?? [:]
        for variable in caller.gateway?.variables ?? [] where variable.applies(to: .inbound) {
            values[variable.name] = variable.value
        }
        if let user = caller.user {
            values["sip_auth_username"] = user.id
            values["sip_auth_realm"] = user.domain
            values["user_name"] = user.id
            values["domain_name"] = user.domain
        }
        if let gateway = caller.gateway { values["sip_gateway"] = gateway.name }
        values["sip_profile_name"] = profile.name
        values["sofia_profile_name"] = profile.name
        values["sip_call_id"] = request.callID
        for (name, address) in [("from", request.from), ("to", request.to)] {
            values["sip_\(name)_user"] = address.uri.unescapedUser ?? ""
            values["sip_\(name)_host"] = address.uri.host
            values["sip_\(name)_uri"] = "\(address.uri.user ?? "")@\(address.uri.hostPort)"
            values["sip_\(name)_display"] = address.displayName ?? ""
            values["sip_\(name)_tag"] = address.tag ?? ""
        }
        values["sip_req_user"] = request.uri.unescapedUser ?? ""
        values["sip_req_host"] = request.uri.host
        values["sip_req_uri"] = "\(request.uri.user ?? "")@\(request.uri.hostPort)"
        if let contact = request.contacts.first?.uri {
            values["sip_contact_uri"] = "\(contact.user ?? "")@\(contact.hostPort)"
            values["sip_contact_host"] = contact.host
        }
        values["sip_network_ip"] = path.remote.ip
        values["sip_network_port"] = "\(path.remote.port)"
        values["sip_received_ip"] = path.remote.ip
        values["sip_received_port"] = "\(path.remote.port)"
        values["sip_via_protocol"] = path.transport.rawValue.lowercased()
        values["sip_user_agent"] = request.userAgent
        values["sip_via_host"] = request.topVia?.host
        values["max_forwards"] = "\(request.maxForwards ?? settings.maximumForwards)"
        if let referred = request.referredBy { values["sip_referred_by"] = referred.text }
        for field in request.headers.fields.prefix(Self.maximumCustomHeaders)
        where field.name.lowercased().hasPrefix("x-") || Self.passedHeaders.contains(field.name.lowercased()) {
            values["sip_h_\(field.name)"] = Self.clean(field.value)
        }
        return values.mapValues(Self.clean)
    }

    /// Control characters, those of Latin-1 too, stop at the door: what comes in here may end in headers, commands, logs
    /// and terminals. So does `${`, which a dialplan would expand.
    static func clean(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isControl($0) || $0 == "$" }) else { return text }
        var scalars = String.UnicodeScalarView()
        var isDollar = false
        for scalar in text.unicodeScalars where !isControl(scalar) {
            if isDollar, scalar == "{" { scalars.removeLast() }
            scalars.append(scalar)
            isDollar = scalar == "$"
        }
        return String(scalars)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    private static let passedHeaders: Set<String> = ["diversion", "history-info", "subject", "alert-info", "call-info"]
    private static let maximumCustomHeaders = 128
}
