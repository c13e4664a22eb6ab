import Wire

/// One Contact of a REGISTER, read and checked.
struct RequestedContact: Sendable {
    /// As written.
    let text: String
    let uri: SIPURI
    /// Seconds; 0 removes.
    let expires: Int
    let priority: Int
    let instance: String?
    /// `nil` unless the binding is a flow of RFC 5626.
    let regID: Int?

    /// Why a REGISTER is refused.
    struct Refusal: Error, Sendable {
        let status: Int
        let reason: String?
        let counter: SIPCounter
        var minExpires: Int?

        init(_ status: Int, _ reason: String? = nil, _ counter: SIPCounter = .badRegistration, minExpires: Int? = nil) {
            (self.status, self.reason, self.counter, self.minExpires) = (status, reason, counter, minExpires)
        }
    }

    /// All contacts of `request`, or the reason why none of them is taken: a REGISTER is done as a whole or not at all
    /// (RFC 3261 §10.3).
    static func all(
        of request: SIPRequest, _ profile: SIPProfile, _ limits: SIPLimits, over path: SIPPath
    ) throws(Refusal) -> [RequestedContact] {
        let texts = request.headers.values("Contact")
        let addresses = request.contacts
        guard texts.count == addresses.count else { throw Refusal(400, "Bad Contact") }
        guard texts.count <= limits.contactsPerRequest else { throw Refusal(400, "Too Many Contacts") }
        let isOutbound = request.supported.contains { $0.lowercased() == "outbound" }
        var contacts: [RequestedContact] = []
        for (text, address) in zip(texts, addresses) {
            contacts.append(
                try RequestedContact(text, address, request, profile, limits, path, isOutbound: isOutbound))
        }
        guard contacts.count <= 1 || contacts.allSatisfy({ $0.regID == nil || $0.expires == 0 }) else {
            throw Refusal(400, "One Contact per Flow")
        }
        return contacts
    }

    private init(
        _ text: String, _ address: NameAddress, _ request: SIPRequest, _ profile: SIPProfile, _ limits: SIPLimits,
        _ path: SIPPath, isOutbound: Bool
    ) throws(Refusal) {
        guard address.uri.isSIP, !address.uri.host.isEmpty else { throw Refusal(400, "Bad Contact Scheme") }
        guard text.utf8.count <= limits.contactBytes else { throw Refusal(400, "Contact Too Long") }
        self.text = text
        // What it wants to have in the headers of our requests (RFC 3261 §19.1.5) is not for it to say.
        var uri = address.uri
        uri.headers = []
        self.uri = uri
        expires = try Self.expires(address, request, profile, path)
        priority = Self.priority(address.parameters["q"])
        instance = address.parameters["+sip.instance"].flatMap { $0.isEmpty ? nil : $0 }
        let regID = address.parameters["reg-id"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        self.regID = isOutbound && instance != nil ? regID : nil
    }

    /// Contact's own `expires`, else the header field, else the default; a value that is no number is 3600
    /// (RFC 3261 §20.10, §20.19).
    private static func expires(
        _ address: NameAddress, _ request: SIPRequest, _ profile: SIPProfile, _ path: SIPPath
    ) throws(Refusal) -> Int {
        let standard =
            path.transport.isWebSocket ? profile.defaultWebSocketExpires : profile.defaultExpires
        let asked =
            address.parameters["expires"].map { Int($0).map { max(0, $0) } ?? 3600 } ?? request.expires
            ?? Int(standard.components.seconds)
        guard asked > 0 else { return 0 }
        let minimum = Int(profile.minimumExpires.components.seconds)
        guard asked >= minimum else { throw Refusal(423, nil, .intervalTooBrief, minExpires: minimum) }
        return min(asked, max(minimum, Int(profile.maximumExpires.components.seconds)))
    }

    /// `0.7` is 700; what cannot be read counts as 1.
    private static func priority(_ text: String?) -> Int {
        guard let text, let value = Double(text), value >= 0, value <= 1 else { return 1000 }
        return Int((value * 1000).rounded())
    }
}
