import Calls
import Wire

/// What our INVITE says.
extension SIPEndpoint {
    func invite(_ call: SIPPlacedCall, over route: Route) -> SIPRequest {
        let variables = call.variables
        var uri = route.uri
        if let forced = variables["sip_invite_req_uri"].flatMap(SIPURI.init(parsing:)) { uri = forced }
        for parameter in Self.parameters(variables["sip_invite_params"]) { uri.parameters.items.append(parameter) }
        var invite = SIPRequest(.invite, uri)
        invite.headers.add("Max-Forwards", "\(min(call.maxForwards, 255))")
        if !route.routes.isEmpty { invite.headers.set("Route", all: route.routes) }
        var (from, isHidden) = from(call, route)
        from.tag = newTag()
        invite.from = from
        invite.to = to(uri, variables)
        invite.callID = crypto.randomToken(16)
        invite.cseq = CSeq(1 + UInt32(randomNumber(below: 1 << 16)), .invite)
        if isHidden { invite.headers["Privacy"] = "id" }
        identify(&invite, call, route, isHidden: isHidden)
        invite.allow = Self.allowed
        invite.supported = supported(by: route.profile)
        askForTimer(&invite, route.profile, variables)
        Self.addHeaders(variables, "sip_h_", to: &invite.headers)
        invite.contentType = .sdp
        invite.body = Array(call.sdp.utf8)
        return invite
    }

    /// Who calls, and whether the far end may know.
    private func from(_ call: SIPPlacedCall, _ route: Route) -> (NameAddress, isHidden: Bool) {
        let variables = call.variables
        let isHidden = (variables["origination_privacy"] ?? "").contains("hide_number")
        if let forced = variables["sip_invite_from_uri"] ?? variables["sip_from_uri"],
            let address = NameAddress(parsing: forced)
        {
            return (address, isHidden)
        }
        let domain = variables["sip_invite_domain"] ?? route.domain ?? ownHost(route)
        if let gateway = route.gateway.flatMap({ gateways[$0]?.settings }), !gateway.putsCallerIDInFrom {
            let uri = SIPURI(user: Self.user(gateway.effectiveFromUser), host: domain, parsingPort: true)
            return (NameAddress(displayName: isHidden ? nil : call.callerIDName, uri), isHidden)
        }
        if isHidden {
            return (NameAddress(displayName: "Anonymous", SIPURI(user: "anonymous", host: "anonymous.invalid")), true)
        }
        let uri = SIPURI(user: Self.user(call.callerIDNumber), host: domain, parsingPort: true)
        return (NameAddress(displayName: call.callerIDName, uri), false)
    }

    private func ownHost(_ route: Route) -> String {
        let path =
            route.paths.first
            ?? SIPPath(
                profile: route.profile, transport: route.lookup?.transport ?? .udp,
                remote: TransportAddress(ipv4: 0, port: 0))
        return localAddress(path).ip
    }

    private static func user(_ number: String) -> String {
        SIPURI.escaped(user: number.isEmpty ? "anonymous" : number)
    }

    private func to(_ uri: SIPURI, _ variables: [String: String]) -> NameAddress {
        if let forced = variables["sip_invite_to_uri"].flatMap(NameAddress.init(parsing:)) { return forced }
        var uri = uri
        uri.parameters = []
        return NameAddress(uri)
    }

    /// Remote-Party-ID, or P-Asserted-Identity (RFC 3325), or neither.
    private func identify(_ invite: inout SIPRequest, _ call: SIPPlacedCall, _ route: Route, isHidden: Bool) {
        let gateway = route.gateway.flatMap { gateways[$0]?.settings }
        guard !call.callerIDNumber.isEmpty else { return }
        let uri = SIPURI(
            user: Self.user(call.callerIDNumber), host: route.domain ?? ownHost(route), parsingPort: true)
        var identity = NameAddress(displayName: call.callerIDName, uri)
        switch call.variables["sip_cid_type"] ?? gateway?.callerIDType ?? "rpid" {
        case "none": break
        case "pid": invite.assertedIdentities = [identity]
        default:
            identity.parameters["party"] = "calling"
            identity.parameters["screen"] = "yes"
            identity.parameters["privacy"] = isHidden ? "full" : "off"
            invite.remotePartyID = [identity]
        }
    }

    /// `name=value;name`, as a variable writes them.
    private static func parameters(_ text: String?) -> [SIPParameter] {
        guard let text, !text.isEmpty else { return [] }
        return SIPURI(parsing: "sip:a;" + text)?.parameters.items ?? []
    }
}

extension SIPURI {
    /// A `sip:` URI at `host`, which may have a port behind it.
    fileprivate init(user: String, host: String, parsingPort: Bool) {
        let place = SIPURI(parsing: "sip:" + host)
        self.init(user: user, host: place?.host ?? host, port: place?.port)
    }
}
