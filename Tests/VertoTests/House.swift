import Calls
import Conference
import Verto
import Wire

/// An endpoint with a real switchboard behind it, in virtual time: what the server does with calls, without media.
///
/// Offers and answers are named after their legs. Media connect at once unless ``connectsMedia`` is off. A room is a
/// place where a leg is a member, and nothing more.
final class House {
    private var endpoint: VertoEndpoint
    private(set) var board: Switchboard
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var queue: [VertoOutput] = []
    var connectsMedia = true

    private var inbox: [ConnectionID: [JSON]] = [:]
    private(set) var closed: [ConnectionID] = []
    private(set) var connected: [String] = []
    private(set) var rooms: [LegID: MemberID] = [:]
    private(set) var held: [String] = []
    private(set) var originated: [OriginationResult] = []
    private var nextConnection: UInt64 = 1
    private var nextRequest = 1
    private var opened: Set<LegID> = []

    static let domain = "example.com"

    init() {
        let users = (1001...1004).map { id in
            User(
                id: "\(id)", domain: Self.domain,
                parameters: ["password": "secret", "jsonrpc-allowed-methods": "verto", "caller-id-name": "User \(id)"])
        }
        let directory = Directory(defaultDomain: Self.domain, users: users)
        endpoint = VertoEndpoint(
            settings: VertoSettings(), directory: directory, md5Hex: { $0 }, randomToken: { "token" })
        board = Switchboard(dialplan: Self.dialplan, directory: directory, seed: 7)
    }

    /// `10..` rings a user, `3500` is a room, `9100` early media and then an answer, `9200` busy.
    private static var dialplan: Dialplan {
        func ext(_ pattern: String, _ actions: [(String, String)]) -> DialplanExtension? {
            let origin = Origin(file: "test.xml", line: 1)
            guard let pattern = try? DialplanPattern(parsing: pattern) else { return nil }
            let match = DialplanMatch(field: .attribute("destination_number"), pattern: pattern)
            let list = actions.map { DialplanAction(application: $0.0, data: Template(parsing: $0.1), origin: origin) }
            let condition = DialplanCondition(
                test: .matches(match), breaks: .onFalse, actions: list, antiActions: [], nested: [],
                requiresNested: true)
            return DialplanExtension(name: actions[0].0, conditions: [condition], origin: origin)
        }
        let extensions = [
            ext("^(10\\d\\d)$", [("bridge", "user/$1@example.com")]), ext("^3500$", [("conference", "3500@default")]),
            ext("^9100$", [("pre_answer", ""), ("sleep", "1000"), ("answer", ""), ("park", "")]),
            ext("^9200$", [("hangup", "USER_BUSY")]),
        ]
        return Dialplan(contexts: [DialplanContext(name: "default", extensions: extensions.compactMap { $0 })])
    }

    // MARK: Clients

    /// The stock client's three logins (verto.md §10.1); what it reads after the last.
    func logIn(_ user: String, session: String) -> (ConnectionID, [JSON]) {
        let c = ConnectionID(nextConnection)
        nextConnection += 1
        run { endpoint.opened(c, from: "192.0.2.1", at: now, into: &$0) }
        for _ in 0..<2 { request(c, "login", ["sessid": .string(session)]) }
        _ = take(c)
        request(
            c, "login",
            [
                "login": .string("\(user)@\(Self.domain)"), "passwd": "secret", "loginParams": [:],
                "userVariables": [:],
                "sessid": .string(session),
            ])
        return (c, take(c))
    }

    @discardableResult
    func request(_ c: ConnectionID, _ method: String, _ params: JSONObject) -> Int {
        let id = nextRequest
        nextRequest += 1
        let json: JSON = [
            "jsonrpc": "2.0", "method": .string(method), "params": .object(params), "id": .integer(Int64(id)),
        ]
        run { endpoint.received(json.bytes, on: c, at: now, into: &$0) }
        return id
    }

    func drop(_ c: ConnectionID) { run { endpoint.closed(c, at: now, into: &$0) } }

    /// What a client read since the last look, each message as one line: what a client acts on.
    func read(_ c: ConnectionID) -> [String] { take(c).map(Self.line) }

    func take(_ c: ConnectionID) -> [JSON] {
        defer { inbox[c] = [] }
        return inbox[c] ?? []
    }

    private static func line(_ message: JSON) -> String {
        let params = message["params"]
        var words = [message["method"]?.string ?? (message["error"] == nil ? "result" : "error")]
        for name in ["message", "holdState"] {
            (message["result"]?[name] ?? message["error"]?[name])?.string.map { words.append($0) }
        }
        for name in ["callID", "sdp", "cause"] { params?[name]?.string.map { words.append($0) } }
        if let name = params?["display_name"]?.string { words.append("shows \(name)") }
        if let pvtData = params?["pvtData"] { words.append(pvtData["action"]?.string ?? "") }
        if let list = params?["reattached_sessions"] { words.append(list.text) }
        return words.joined(separator: " ")
    }

    // MARK: Calls of the stock client

    func call(_ c: ConnectionID, _ callID: String, to destination: String) {
        let dialog: JSONObject = [
            "callID": .string(callID), "destination_number": .string(destination), "caller_id_name": "Ann",
            "caller_id_number": "1001", "remote_caller_id_name": "Outbound Call",
            "remote_caller_id_number": .string(destination),
        ]
        request(c, "verto.invite", ["sdp": .string("offer of \(callID)"), "dialogParams": .object(dialog)])
    }

    func answer(_ c: ConnectionID, _ callID: String, name: String) {
        request(
            c, "verto.answer",
            ["sdp": "answer", "dialogParams": ["callID": .string(callID), "callee_id_name": .string(name)]])
    }

    func bye(_ c: ConnectionID, _ callID: String, _ cause: String = "NORMAL_CLEARING") {
        request(c, "verto.bye", ["cause": .string(cause), "dialogParams": ["callID": .string(callID)]])
    }

    func modify(_ c: ConnectionID, _ callID: String, _ action: String, _ extra: JSONObject = [:]) {
        var params: JSONObject = ["action": .string(action), "dialogParams": ["callID": .string(callID)]]
        for (key, value) in extra.members { params[key] = value }
        request(c, "verto.modify", params)
    }

    /// The call that the client is rung with; it has read nothing else since the last look.
    func ringing(_ c: ConnectionID) -> String {
        take(c).last { $0.method == "verto.invite" }?["params"]?["callID"]?.string ?? ""
    }

    func wait(_ duration: Duration) {
        let end = now.advanced(by: duration)
        while true {
            let board = board.deadline.map { Instant(nanoseconds: $0.wholeNanoseconds) }
            guard let next = [endpoint.deadline, board].compactMap({ $0 }).min(), next <= end else { break }
            now = max(now, next)
            run { endpoint.advance(to: now, into: &$0) }
            follow(self.board.advance(to: time))
            carryOut()
        }
        now = end
    }

    // MARK: The server

    private var time: Duration { .nanoseconds(now.nanoseconds) }

    private func run(_ body: (inout [VertoOutput]) -> Void) {
        body(&queue)
        carryOut()
    }

    private func carryOut() {
        while !queue.isEmpty { carryOut(queue.removeFirst()) }
    }

    private func carryOut(_ output: VertoOutput) {
        switch output {
        case .send(let c, let bytes): inbox[c, default: []].append((try? JSON(parsing: bytes)) ?? .null)
        case .close(let c, _, _): closed.append(c)
        case .registered(let session, let user): step(.registered(session: session, user: user))
        case .unregistered(let session): step(.unregistered(session: session))
        case .invite(let invite): accept(invite)
        case .hangUp(let leg, let cause): step(.hungUp(leg, cause))
        case .digits(let leg, let digits): for digit in digits { step(.digit(leg, digit)) }
        case .detached(let legs): for leg in legs { step(.detached(leg)) }
        case .reattach(let session, let legs):
            let offers = legs.map { (leg: $0, sdp: "new offer") }
            endpoint.reoffer(session: session, offers: offers, at: now, into: &queue)
        case .answer(let token, let leg, _, let name, let number):
            endpoint.settled(token, AnswerOutcome.accepted, at: now, into: &queue)
            step(.answered(leg, name: name, number: number))
            if connectsMedia { step(.answeredMedia(leg)) }
        case .attach(let token, let leg, _):
            endpoint.settled(token, AnswerOutcome.accepted, at: now, into: &queue)
            step(.reattached(leg))
            step(.answeredMedia(leg))
        case .modify(let token, let leg, let change): modify(token, leg, change)
        case .text(let text, let leg):
            if let far = board.leg(leg)?.bridgedTo { endpoint.text(text, to: far, at: now, into: &queue) }
        default: break
        }
    }

    private func accept(_ invite: Invite) {
        step(
            .invited(
                Leg(
                    id: invite.leg, kind: .verto(session: invite.session), callerIDName: invite.callerIDName,
                    callerIDNumber: invite.callerIDNumber, calleeIDName: invite.calleeIDName,
                    calleeIDNumber: invite.calleeIDNumber, destination: invite.destination, context: invite.context,
                    user: invite.user, domain: invite.domain, isRecoverable: invite.isRecoverable,
                    variables: invite.variables)))
    }

    private func modify(_ token: RequestToken, _ leg: LegID, _ change: CallChange) {
        var steps: [CallStep] = []
        var outcome = ModifyOutcome.done(isHeld: board.leg(leg)?.isOnHold ?? false)
        do throws(TransferRefusal) {
            switch change {
            case .hold(let change):
                let (isHeld, holdSteps) = board.hold(leg, change, at: time)
                (outcome, steps) = (.done(isHeld: isHeld), holdSteps)
            case .transfer(let destination): steps = try board.transfer(leg, to: destination, at: time)
            case .replace(let other): steps = try board.replace(leg, with: other, at: time)
            }
        } catch {
            outcome = .refused(error)
        }
        endpoint.settled(token, outcome, at: now, into: &queue)
        follow(steps)
    }

    private func step(_ event: CallEvent) { follow(board.receive(event, at: time)) }

    private func follow(_ steps: [CallStep]) { for step in steps { follow(step) } }

    private func follow(_ step: CallStep) {
        switch step {
        case .refuse(let leg, let cause), .hangUp(let leg, let cause), .release(let leg, let cause):
            if let member = rooms.removeValue(forKey: leg) { tell(leg, member, isJoin: false) }
            endpoint.call(leg, .ended(cause), at: now, into: &queue)
        case .call(let outgoing):
            let call = PlacedCall(outgoing, sdp: "our offer")
            if endpoint.place(call, at: now, into: &queue) {
                self.step(.ringing(outgoing.leg.id))
            } else {
                self.step(.hungUp(outgoing.leg.id, .destinationOutOfOrder))
            }
        case .preAnswer(let leg): open(leg) { .media(sdp: $0) }
        case .answer(let leg): open(leg) { .answered(sdp: $0) }
        case .enterConference(let leg, _, _):
            rooms[leg] = MemberID(rooms.count + 1)
            tell(leg, MemberID(rooms.count), isJoin: true)
        case .connect(let one, let other): connected.append("\(one) + \(other)")
        case .disconnect(let one, let other):
            connected.removeAll { ["\(one) + \(other)", "\(other) + \(one)"].contains($0) }
        case .display(let leg, let name, let number):
            endpoint.call(leg, .display(name: name, number: number), at: now, into: &queue)
        case .hold(let leg, let isHeld): held.append("\(leg) \(isHeld)")
        case .presence(let presence): endpoint.presence(presence, at: now, into: &queue)
        default: break
        }
    }

    private func open(_ leg: LegID, _ news: (String?) -> CallNews) {
        let isFirst = opened.insert(leg).inserted
        endpoint.call(leg, news(isFirst ? "our answer" : nil), at: now, into: &queue)
        if isFirst, connectsMedia { step(.answeredMedia(leg)) }
    }

    private func tell(_ leg: LegID, _ member: MemberID, isJoin: Bool) {
        let room = RoomKey(name: "3500", domain: Self.domain)
        let join = JoinNotice(
            room: room, callID: leg.rawValue, memberID: member, role: .participant, isSecondScreen: false)
        let part = PartNotice(
            room: room, callID: leg.rawValue, memberID: member, role: .participant, isSecondScreen: false)
        endpoint.room(
            isJoin ? .joined(room, leg: leg, join) : .parted(room, leg: leg, part), at: now, into: &queue)
    }
}
