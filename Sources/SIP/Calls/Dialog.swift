import Wire

/// Names a dialog (RFC 3261 §12): each part is compared with case.
struct DialogID: Hashable, Sendable {
    let callID: String
    let localTag: String
    /// Empty with a peer of RFC 2543 that has none.
    let remoteTag: String
}

/// Names an INVITE of ours through all its tries, whoever answers it.
struct InviteName: Hashable, Sendable {
    let callID: String
    let localTag: String

    /// Of a request of ours, or of a response to one.
    init(_ message: some SIPFields) { (callID, localTag) = (message.callID, message.from.tag ?? "") }
}

/// What two ends know of each other once an INVITE was answered, if only provisionally (RFC 3261 §12.1).
struct Dialog: Sendable {
    let id: DialogID
    /// The Call-ID is ours: who waits longer after a glare (RFC 3261 §14.1).
    let ownsCallID: Bool
    /// `From` of our requests, with our tag.
    let local: NameAddress
    /// `To` of our requests, with their tag.
    let remote: NameAddress
    /// Of the last request we sent.
    var localSequence: UInt32
    /// Of the last request they sent.
    var remoteSequence: UInt32?
    /// Their Contact.
    var remoteTarget: SIPURI
    /// Nearest first; never changes once the dialog is confirmed (RFC 3261 §12.2).
    private(set) var routes: [NameAddress]
    /// Over which the dialog was made, or was last heard.
    var path: SIPPath
    /// What their last `Allow` says; empty when they never said.
    var allowed: [SIPMethod] = []
    /// They listed `timer` as supported.
    var supportsTimer = false

    /// The dialog of a request that we answer (RFC 3261 §12.1.1); `nil` without a Contact that can be called, which only
    /// RFC 2543 allowed: such a peer is called by its From.
    init?(answering request: SIPRequest, localTag: String, over path: SIPPath) {
        let isOld =
            request.topVia?.hasMagicCookie == false && request.from.tag == nil && !request.headers.has("Contact")
        guard let contact = isOld ? request.from.uri : request.contacts.first?.uri, contact.isSIP else { return nil }
        id = DialogID(callID: request.callID, localTag: localTag, remoteTag: request.from.tag ?? "")
        ownsCallID = false
        var local = request.to
        local.tag = localTag
        (self.local, remote) = (local, request.from)
        (localSequence, remoteSequence) = (Self.firstSequence, request.cseq.number)
        (remoteTarget, routes) = (contact, request.recordRoute)
        self.path = path
        learn(from: request)
    }

    /// The dialog of a response to a request of ours (RFC 3261 §12.1.2).
    init(of request: SIPRequest, _ response: SIPResponse, over path: SIPPath) {
        let contact = response.contacts.first?.uri
        id = DialogID(callID: request.callID, localTag: request.from.tag ?? "", remoteTag: response.to.tag ?? "")
        ownsCallID = true
        (local, remote) = (request.from, response.to)
        (localSequence, remoteSequence) = (request.cseq.number, nil)
        remoteTarget = contact.flatMap { $0.isSIP ? $0 : nil } ?? request.uri
        routes = response.recordRoute.reversed()
        self.path = path
        learn(from: response)
    }

    /// Takes what a later response to the same INVITE says: the route set is that of the 2xx (RFC 3261 §13.2.2.4).
    mutating func confirm(by response: SIPResponse) {
        routes = response.recordRoute.reversed()
        refreshTarget(from: response)
    }

    /// A target refresh (RFC 3261 §12.2): INVITE and UPDATE, and their answers.
    mutating func refreshTarget(from message: some SIPFields) {
        if let contact = message.contacts.first?.uri, contact.isSIP { remoteTarget = contact }
        learn(from: message)
    }

    private mutating func learn(from message: some SIPFields) {
        if message.headers.has("Allow") { allowed = message.allow }
        if message.offers(option: "timer") { supportsTimer = true }
    }

    /// Whether a request of theirs belongs to this dialog, and not to another fork of the same call.
    func holds(_ request: SIPRequest) -> Bool { id.remoteTag == request.from.tag ?? "" }

    func allows(_ method: SIPMethod) -> Bool { allowed.contains(method) }

    // MARK: Requests of ours

    /// The next request of the dialog: without Via and Contact.
    mutating func request(_ method: SIPMethod) -> SIPRequest {
        localSequence &+= 1
        return request(method, sequence: localSequence)
    }

    /// The ACK of a 2xx: the number is that of the INVITE (RFC 3261 §13.2.2.4).
    func ack(sequence: UInt32) -> SIPRequest { request(.ack, sequence: sequence) }

    private func request(_ method: SIPMethod, sequence: UInt32) -> SIPRequest {
        var (target, route) = (remoteTarget, routes)
        if let first = routes.first, !first.uri.isLooseRouter {  // a strict router, RFC 3261 §12.2.1.1
            target = first.uri
            route = Array(routes.dropFirst()) + [NameAddress(remoteTarget)]
        }
        target.headers = []
        var request = SIPRequest(method, target)
        request.headers.add("Max-Forwards", "70")
        if !route.isEmpty { request.headers.set("Route", all: route.map(\.text)) }
        request.from = local
        request.to = remote
        request.callID = id.callID
        request.cseq = CSeq(sequence, method)
        return request
    }

    /// Where the next request goes: down the connection; to the nearest route, or to their Contact, when that is an
    /// address that can be reached from here; else back where they were heard from.
    var nextHop: SIPPath {
        guard path.connection == nil else { return path }
        return detour ?? path
    }

    /// The same when the connection is gone: a new one has to go to where they listen.
    var detour: SIPPath? {
        let next = routes.first?.uri ?? remoteTarget
        let port = next.port ?? path.transport.defaultPort
        guard let address = TransportAddress(ip: next.parameters["maddr"] ?? next.host, port: port) else { return nil }
        let isHidden = Network.isPrivate(address) && address.ip != path.remote.ip && !Network.isPrivate(path.remote)
        return isHidden || port == 0
            ? nil : SIPPath(profile: path.profile, transport: path.transport, remote: address)
    }

    /// Ours begin anew in each dialog; far from 2^31.
    private static let firstSequence: UInt32 = 100
}

extension Network {
    /// Addresses that mean nothing behind a NAT.
    static func isPrivate(_ address: TransportAddress) -> Bool {
        (privateUse + loopback).contains { $0.contains(address) }
    }
}
