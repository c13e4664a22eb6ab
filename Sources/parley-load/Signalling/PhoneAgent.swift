import Wire

/// The user agents of all phones behind one UDP socket: who calls, and who is called at the other end of a pair.
///
/// As much of RFC 3261 as a phone needs whose server asks for no password: one dialog a call, repeats until there is an
/// answer. What it gets is the business of one server that is trusted.
struct PhoneAgent {
    enum Output {
        case send([UInt8])
        /// The call of a member was answered.
        case answered(Int, sdp: String)
        /// Somebody calls a member: the user of the address is its index.
        case called(Int, offer: String)
        /// The server ended it, refused it, or is not there.
        case ended(Int, String)
    }

    /// Messages that had to be sent again, or came again.
    private(set) var repeats = 0

    private let server: TransportAddress
    private let local: TransportAddress
    private let run: String
    private var calls: [Int: PhoneCall] = [:]
    private var members: [String: Int] = [:]
    private var branches = 0

    /// - Parameters:
    ///   - local: What Via and Contact say.
    ///   - run: Told apart from other runs by this, in Call-IDs and branches.
    init(server: TransportAddress, local: TransportAddress, run: String) {
        (self.server, self.local, self.run) = (server, local, run)
    }

    // MARK: Asking

    mutating func call(_ member: Int, to number: String, offering sdp: String, at now: Instant) -> [Output] {
        let own = NameAddress(
            displayName: "Load \(member)", SIPURI(user: String(10_000 + member), host: local.ip),
            parameters: [SIPParameter("tag", "\(run)-\(member)")])
        let target = SIPURI(user: SIPURI.escaped(user: number), host: server.ip, port: server.port)
        var call = PhoneCall(callID: "\(run)-\(member)", local: own, remote: NameAddress(target), target: target)
        var invite = request(.invite, in: call, branch: newBranch())
        invite.contacts = [contact(of: member)]
        invite.headers["Content-Type"] = "application/sdp"
        invite.body = Array(sdp.utf8)
        call.invite = invite
        let output = Output.send(call.insist(on: invite.bytes, from: now))
        members[call.callID] = member
        calls[member] = call
        return [output]
    }

    /// Answers the call that came for a member.
    mutating func answer(_ member: Int, with sdp: String, at now: Instant) -> [Output] {
        guard var call = calls[member], let invite = call.invite, call.state == .called else { return [] }
        var response = SIPResponse(200, to: invite, toTag: call.local.tag)
        response.contacts = [contact(of: member)]
        response.headers["Content-Type"] = "application/sdp"
        response.body = Array(sdp.utf8)
        let bytes = call.insist(on: response.bytes, from: now)
        (call.state, call.answer) = (.up, bytes)
        calls[member] = call
        return [.send(bytes)]
    }

    /// Says goodbye, or takes back a call nobody has answered.
    mutating func hangUp(_ member: Int, at now: Instant) -> [Output] {
        guard var call = calls[member], call.state != .over else { return [] }
        defer { calls[member] = call }
        switch call.state {
        case .calling:
            guard let invite = call.invite, let branch = invite.topVia?.branch else { return [] }
            call.state = .over
            return [.send(call.insist(on: request(.cancel, in: call, branch: branch).bytes, from: now))]
        case .called:
            call.state = .over
            return call.invite.map { [.send(SIPResponse(486, to: $0, toTag: call.local.tag).bytes)] } ?? []
        case .up:
            call.state = .over
            call.cseq += 1
            return [.send(call.insist(on: request(.bye, in: call, branch: newBranch()).bytes, from: now))]
        case .over: return []
        }
    }

    /// Sends again what is due.
    mutating func advance(to now: Instant) -> [Output] {
        var outputs: [Output] = []
        for (member, var call) in calls where call.nextRepeat.map({ $0 <= now }) == true {
            if let bytes = call.again(at: now) {
                repeats += 1
                outputs.append(.send(bytes))
            } else if call.state != .over {
                call.state = .over
                outputs.append(.ended(member, "sip: no answer"))
            }
            calls[member] = call
        }
        return outputs
    }

    // MARK: Hearing

    /// Takes a datagram.
    mutating func receive(_ bytes: [UInt8], at now: Instant) -> [Output] {
        switch try? SIPMessage(parsing: bytes, isStream: false) {
        case .request(let request): receive(request)
        case .response(let response): receive(response, at: now)
        case nil: []
        }
    }

    private mutating func receive(_ response: SIPResponse, at now: Instant) -> [Output] {
        guard let member = members[response.callID], var call = calls[member] else { return [] }
        defer { calls[member] = call }
        guard response.cseq.method == .invite else {
            if !response.isProvisional, response.cseq.number == call.cseq { call.rest() }
            return []
        }
        // A CANCEL is repeated until its own answer; an INVITE until anything is heard.
        if call.state == .calling { call.rest() }
        if response.isProvisional { return [] }
        return response.isSuccess ? accept(response, in: &call, of: member, at: now) : refuse(response, &call, member)
    }

    private mutating func accept(
        _ response: SIPResponse, in call: inout PhoneCall, of member: Int, at now: Instant
    ) -> [Output] {
        if let ack = call.ack {
            repeats += 1
            return [.send(ack)]
        }
        call.remote = response.to
        if let contact = response.contacts.first { call.target = contact.uri }
        let ack = request(.ack, in: call, branch: newBranch()).bytes
        call.ack = ack
        guard call.state == .calling else {
            // It was answered while we took it back.
            call.state = .over
            call.cseq += 1
            return [.send(ack), .send(call.insist(on: request(.bye, in: call, branch: newBranch()).bytes, from: now))]
        }
        call.state = .up
        return [.send(ack), .answered(member, sdp: String(decoding: response.body, as: UTF8.self))]
    }

    /// RFC 3261 §17.1.1.3: the ACK belongs to the INVITE's transaction.
    private func refuse(_ response: SIPResponse, _ call: inout PhoneCall, _ member: Int) -> [Output] {
        var ack = request(.ack, in: call, branch: call.invite?.topVia?.branch ?? "")
        ack.uri = call.invite?.uri ?? call.target
        ack.to = response.to
        guard call.state == .calling else { return [.send(ack.bytes)] }
        call.state = .over
        return [.send(ack.bytes), .ended(member, "sip \(response.status) \(response.reason)")]
    }

    private mutating func receive(_ request: SIPRequest) -> [Output] {
        guard let member = members[request.callID], var call = calls[member] else { return receiveNew(request) }
        defer { calls[member] = call }
        switch request.method {
        case .invite where request.to.tag == nil:
            repeats += 1
            return call.answer.map { [.send($0)] } ?? []
        case .invite: return [.send(SIPResponse(488, to: request).bytes)]
        case .ack:
            if call.state == .up { call.rest() }
            return []
        case .bye:
            let isNews = call.state != .over
            call.state = .over
            call.rest()
            let reply = Output.send(SIPResponse(200, to: request).bytes)
            return isNews ? [reply, .ended(member, "bye")] : [reply]
        case .cancel: return cancel(request, &call, member)
        case .options, .info, .update: return [.send(SIPResponse(200, to: request).bytes)]
        default: return [.send(SIPResponse(501, to: request).bytes)]
        }
    }

    private func cancel(_ request: SIPRequest, _ call: inout PhoneCall, _ member: Int) -> [Output] {
        let reply = Output.send(SIPResponse(200, to: request, toTag: call.local.tag).bytes)
        guard call.state == .called, let invite = call.invite else { return [reply] }
        call.state = .over
        return [reply, .send(SIPResponse(487, to: invite, toTag: call.local.tag).bytes), .ended(member, "cancelled")]
    }

    private mutating func receiveNew(_ request: SIPRequest) -> [Output] {
        guard request.method == .invite else {
            let isAnswered = request.method != .ack
            let status = request.method == .options ? 200 : 481
            return isAnswered ? [.send(SIPResponse(status, to: request, toTag: run).bytes)] : []
        }
        guard let member = request.uri.unescapedUser.flatMap({ Int($0) }), calls[member] == nil else {
            return [.send(SIPResponse(404, to: request, toTag: run).bytes)]
        }
        var own = request.to
        own.tag = "\(run)-\(member)"
        var call = PhoneCall(
            callID: request.callID, local: own, remote: request.from,
            target: request.contacts.first?.uri ?? request.from.uri)
        (call.state, call.invite) = (.called, request)
        members[call.callID] = member
        calls[member] = call
        return [.called(member, offer: String(decoding: request.body, as: UTF8.self))]
    }

    // MARK: Writing

    private func request(_ method: SIPMethod, in call: PhoneCall, branch: String) -> SIPRequest {
        var request = SIPRequest(method, call.target)
        var via = Via(transport: .udp, host: local.ip, port: local.port)
        via.branch = branch
        request.via = [via]
        request.from = call.local
        request.to = call.remote
        request.callID = call.callID
        request.cseq = CSeq(call.cseq, method)
        request.maxForwards = 70
        return request
    }

    private func contact(of member: Int) -> NameAddress {
        NameAddress(SIPURI(user: String(member), host: local.ip, port: local.port))
    }

    private mutating func newBranch() -> String {
        branches += 1
        return "z9hG4bK-\(run)-\(branches)"
    }
}

/// One dialog, and what is said again until somebody answers (RFC 3261 §17.1).
private struct PhoneCall {
    enum State {
        /// Our INVITE is on its way.
        case calling
        /// An INVITE came that we have not answered.
        case called
        case up
        case over
    }

    let callID: String
    let local: NameAddress
    var remote: NameAddress
    /// The other side's Contact.
    var target: SIPURI
    var cseq: UInt32 = 1
    var state = State.calling
    /// Ours, or theirs.
    var invite: SIPRequest?
    /// For repeats of their 200.
    var ack: [UInt8]?
    /// For repeats of their INVITE.
    var answer: [UInt8]?
    private(set) var nextRepeat: Instant?
    private var urgent: [UInt8] = []
    private var pause = Self.firstPause
    private var patience = Instant(nanoseconds: 0)

    init(callID: String, local: NameAddress, remote: NameAddress, target: SIPURI) {
        (self.callID, self.local, self.remote, self.target) = (callID, local, remote, target)
    }

    /// Says this now, and again until ``rest()``.
    mutating func insist(on bytes: [UInt8], from now: Instant) -> [UInt8] {
        (urgent, pause) = (bytes, Self.firstPause)
        nextRepeat = now.advanced(by: pause)
        patience = now.advanced(by: .seconds(32))
        return bytes
    }

    mutating func rest() { nextRepeat = nil }

    /// What is said again; `nil` when it was said often enough.
    mutating func again(at now: Instant) -> [UInt8]? {
        pause = min(pause * 2, .seconds(4))
        nextRepeat = now < patience ? now.advanced(by: pause) : nil
        return now < patience ? urgent : nil
    }

    /// T1 (RFC 3261 §17.1.1.1).
    private static let firstPause: Duration = .milliseconds(500)
}
