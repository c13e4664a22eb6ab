import TestKit
import Wire

/// A page that can be called: a stock client and the media of its calls. Used by one task.
final class Phone {
    let user: VertoUser
    let tone: Double
    private let server: RunningServer
    private let session: String
    private var lastCall = 0

    private init(_ user: VertoUser, _ server: RunningServer, _ session: String, _ tone: Double) {
        (self.user, self.server, self.session, self.tone) = (user, server, session, tone)
    }

    /// - Parameter tone: What is said in all calls.
    static func logIn(
        _ server: RunningServer, as name: String, session: String? = nil, saying tone: Double = 500
    ) async throws -> Phone {
        let session = session ?? "session-\(name)"
        return Phone(try await VertoUser.logIn(server, as: name, session: session), server, session, tone)
    }

    // MARK: Calls

    /// Calls somebody; ``PhoneCall/answered()`` is next.
    func call(_ destination: String, name: String = "Ann") async throws -> PhoneCall {
        lastCall += 1
        let call = PhoneCall(self, "\(session)-\(lastCall)", try await PhoneLine(saying: tone))
        let offer = await call.line.offer
        user.perform { $0.invite(callID: call.id, to: destination, sdp: offer, name: name, number: "100") }
        return call
    }

    /// Calls a room, and waits until it is in it.
    func enter(_ room: String) async throws -> PhoneCall {
        let call = try await call(room)
        try await call.answered()
        call.membership = try await call.joined()
        return call
    }

    /// Waits until somebody calls.
    func rings() async throws -> (id: String, offer: String) {
        try await user.take("a call") { output in
            if case .called(let id, let sdp) = output { (id, sdp) } else { nil }
        }
    }

    /// Answers the next call.
    func answer(as name: String? = nil) async throws -> PhoneCall {
        let (id, offer) = try await rings()
        let call = PhoneCall(self, id, try await PhoneLine(saying: tone))
        let sdp = try await call.line.respond(to: offer)
        user.perform { $0.accept(callID: id, sdp: sdp, name: name) }
        return call
    }

    /// Rings until the caller gives up, or somebody else answers.
    func declines(cause: String = "CALL_REJECTED", code: Int = 21) async throws {
        let (id, _) = try await rings()
        user.perform { $0.hangUp(callID: id, cause: cause, code: code) }
    }

    /// How a call ended that was never answered.
    func end(of id: String) async throws -> PhoneCall.End {
        try await user.take("the end of \(id)") { output in
            if case .ended(id, let cause, let code) = output { .init(cause: cause, code: code) } else { nil }
        }
    }

    // MARK: Coming back

    /// The socket breaks, and the page connects again; its calls are offered anew.
    func loseSocketAndComeBack() async throws {
        user.loseSocket()
        try await user.comeBack(to: server)
    }

    /// The server's list of calls that came back.
    func readyWith() async throws -> [String] {
        try await user.take("clientReady") { output in
            if case .ready(let calls) = output { calls } else { nil }
        }
    }

    // MARK: Commands

    /// A text command of one who may.
    func command(_ name: String, _ argument: String = "") async throws -> String {
        user.perform { $0.command(name, argument) }
        return try await user.take("the answer to \(name) \(argument)") { output in
            switch output {
            case .told(let text): text
            case .refused("fsapi", let error): "refused: \(error.text)"
            default: nil
            }
        }
    }
}

/// One call of a phone.
final class PhoneCall {
    struct End: Equatable { let cause: String, code: Int }

    let id: String
    private(set) var line: PhoneLine
    /// In the room that it entered.
    var membership: FakeVerto.Membership?
    private let phone: Phone
    private var user: VertoUser { phone.user }

    init(_ phone: Phone, _ id: String, _ line: PhoneLine) { (self.phone, self.id, self.line) = (phone, id, line) }

    /// Waits for the answer and its media.
    func answered() async throws {
        let sdp = try await user.take("the answer of \(id)") { output in
            if case .answered(id, let sdp) = output { sdp } else { nil }
        }
        try await line.accept(sdp)
        try await line.connected()
    }

    /// Waits for sound before the answer.
    func earlyMedia() async throws {
        let sdp = try await user.take("early media of \(id)") { output in
            if case .earlyMedia(id, let sdp) = output { sdp } else { nil }
        }
        try await line.accept(sdp)
        try await line.connected()
    }

    func joined() async throws -> FakeVerto.Membership {
        try await follow("the join of \(id)") { output in
            if case .joined(let membership) = output, membership.callID == id { membership } else { nil }
        }
    }

    /// What `pick` finds; takes up the call with a new line whenever the server offers it again.
    private func follow<Value>(_ what: String, _ pick: (FakeVerto.Output) -> Value?) async throws -> Value {
        while true {
            var found: Value?
            let offer: String = try await user.take(what) { output in
                found = pick(output)
                if found != nil { return "" }
                if case .reattached(id, let sdp) = output { return sdp }
                return nil
            }
            if let found { return found }
            try await resume(offer)
        }
    }

    /// Waits until the server offers the call again, and takes it up with a new line.
    func resume() async throws {
        let offer = try await user.take("an offer for \(id)") { output in
            if case .reattached(id, let sdp) = output { sdp } else { nil }
        }
        try await resume(offer)
    }

    private func resume(_ offer: String) async throws {
        await line.vanish()
        line = try await PhoneLine(saying: phone.tone)
        let sdp = try await line.respond(to: offer)
        user.perform { $0.accept(callID: id, sdp: sdp, isAttach: true) }
        try await line.connected()
    }

    func end() async throws -> End { try await phone.end(of: id) }

    func hangUp() { user.perform { $0.hangUp(callID: id) } }

    /// Whom the client shows at the other end.
    func shows(_ name: String) async throws {
        _ = try await follow("\(id) to show \(name)") { $0.shows(name, id) ? true : nil }
    }

    /// Hold, transfer, replace; waits for the server's answer, which is the state of hold.
    @discardableResult
    func modify(_ action: String, _ members: JSONObject = [:]) async throws -> String {
        user.perform { $0.modify(callID: id, action: action, members: members) }
        return try await user.take("the answer to \(action)") { output in
            switch output {
            case .modified(id, action, let state): state
            case .refused("verto.modify", let error): "refused: \(error["message"]?.string ?? "")"
            default: nil
            }
        }
    }
}

extension FakeVerto.Output {
    fileprivate func shows(_ name: String, _ id: String) -> Bool {
        if case .display(id, name, _) = self { true } else { false }
    }
}
