import Calls
import Conference
import Verto
import Wire

/// An endpoint with real rooms behind it, in virtual time: what the server does with the outputs, without a socket.
///
/// Messages to clients are collected per connection. Calls are put into rooms by ``join(_:_:flags:pin:)``; commands
/// are carried out by the rooms at once, or when ``answersCommands`` is off by ``completeCommands()``.
final class Rig {
    var endpoint: VertoEndpoint
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    var rooms: [RoomKey: Room] = [:]
    var answersCommands = true
    /// Whether the media answer every new offer at once.
    var answersOffers = true
    /// Whether clients that come back are offered their calls at once.
    var makesOffers = true
    /// What answers of clients come to at once; `nil` to let them wait.
    var answerOutcome: AnswerOutcome? = .accepted
    /// What is made of requests about calls at once; `nil` to let them wait.
    var modifyOutcome: ModifyOutcome? = .done(isHeld: false)
    /// What the calls answer at once; `nil` to let them wait.
    var queryAnswer: CallQueryAnswer? = .done

    private(set) var inbox: [ConnectionID: [[UInt8]]] = [:]
    private(set) var closed: [ConnectionID: (code: UInt16, reason: String)] = [:]
    private(set) var invites: [Invite] = []
    private(set) var hangUps: [(leg: LegID, cause: HangupCause)] = []
    private(set) var digits: [(leg: LegID, digits: String)] = []
    private(set) var offers: [(token: RequestToken, leg: LegID, offer: String)] = []
    private(set) var refreshes: [LegID] = []
    private(set) var views: [(leg: LegID, pictures: [(mid: String, member: String?)])] = []
    private(set) var registered: [String] = []
    private(set) var answers: [(token: RequestToken, leg: LegID, sdp: String, name: String?, number: String?)] = []
    private(set) var attachments: [(token: RequestToken, leg: LegID, sdp: String)] = []
    private(set) var changes: [(token: RequestToken, leg: LegID, change: CallChange)] = []
    private(set) var variables: [(leg: LegID, values: [String: String])] = []
    private(set) var texts: [(text: TextMessage, leg: LegID)] = []
    private(set) var queries: [(token: RequestToken, query: CallQuery)] = []
    private(set) var controlled: [(id: ControlID, text: String)] = []
    private(set) var detached: [LegID] = []
    private(set) var reattached: [LegID] = []
    private(set) var resyncs: [RoomKey] = []
    private(set) var audit: [AuditEntry] = []
    private(set) var counts: [VertoCounter: Int] = [:]
    private var commands: [(token: RequestToken, room: RoomKey, command: Command, issuer: Issuer)] = []
    private var members: [LegID: (room: RoomKey, id: MemberID)] = [:]
    private var nextConnection: UInt64 = 1
    private var nextMember = 1
    private var nextRequest = 1

    static let domain = "example.com"

    init(_ configure: (inout VertoSettings) -> Void = { _ in }, users: [User] = Rig.users) {
        var settings = VertoSettings()
        settings.unixTimeAtZero = 1_700_000_000
        // Tests talk as fast as they like, unless they are about that.
        settings.requestBurst = 1_000_000
        settings.chatBurst = 1000
        configure(&settings)
        let directory = Directory(defaultDomain: Self.domain, users: users)
        var tokens = 0
        let nextToken = {
            tokens += 1
            return "token-\(tokens)"
        }
        endpoint = VertoEndpoint(
            settings: settings,
            directory: directory,
            md5Hex: { "md5(\($0))" },
            randomToken: nextToken
        )
    }

    /// 1001…1009 with the password `secret` and Verto alone; `boss` moderates, `op` has the text API, `board` may watch.
    static let users: [User] = {
        var users = (1001...1009).map { user("\($0)") }
        users.append(user("boss", variables: ["conference_member_flags": "moderator"]))
        users.append(
            user(
                "op",
                ["jsonrpc-allowed-fsapi": "conference,status", "jsonrpc-allowed-jsapi": "status,fsapi,conference"]))
        users.append(
            user(
                "board", ["jsonrpc-allowed-event-channels": "conference-liveArray,conference-rooms,conference-mod,demo"]
            ))
        users.append(user("any", ["jsonrpc-allowed-methods": "__ANY__", "jsonrpc-allowed-event-channels": "__ANY__"]))
        users.append(user("bare", ["jsonrpc-allowed-methods": ""]))
        return users
    }()

    static func user(
        _ id: String,
        _ parameters: [String: String] = [:],
        variables: [String: String] = [:]
    ) -> User {
        let defaults = ["password": "secret", "jsonrpc-allowed-methods": "verto,echo,jsapi,fsapi"]
        return User(
            id: id,
            domain: domain,
            parameters: defaults.merging(parameters) { _, given in given },
            variables: variables
        )
    }

    // MARK: Connections

    func connect(from address: String = "192.0.2.1") -> ConnectionID {
        let c = ConnectionID(nextConnection)
        nextConnection += 1
        run { endpoint.opened(c, from: address, at: now, into: &$0) }
        return c
    }

    /// A connection that is logged in and has read its answer and `verto.clientReady`.
    func login(_ user: String = "1001", session: String? = nil, from address: String = "192.0.2.1") -> ConnectionID {
        let c = connect(from: address)
        var params: JSONObject = ["login": .string("\(user)@\(Self.domain)"), "passwd": "secret"]
        params["sessid"] = .string(session ?? "sess-\(user)-\(c.rawValue)")
        request(c, "login", params)
        _ = take(c)
        return c
    }

    func disconnect(_ c: ConnectionID) { run { endpoint.closed(c, at: now, into: &$0) } }

    func send(_ c: ConnectionID, text: String) { send(c, bytes: Array(text.utf8)) }

    func send(_ c: ConnectionID, bytes: [UInt8]) { run { endpoint.received(bytes, on: c, at: now, into: &$0) } }

    /// Sends a request under a new id, which it returns.
    @discardableResult
    func request(_ c: ConnectionID, _ method: String, _ params: JSONObject) -> Int {
        let id = nextRequest
        nextRequest += 1
        let json: JSON = [
            "jsonrpc": "2.0", "method": .string(method), "params": .object(params), "id": .integer(Int64(id)),
        ]
        send(c, bytes: json.bytes)
        return id
    }

    /// Sends a request and returns its answer, the first message to come.
    func ask(_ c: ConnectionID, _ method: String, _ params: JSONObject) -> JSON {
        _ = take(c)
        request(c, method, params)
        return inbox[c]?.isEmpty == false ? json(inbox[c, default: []].removeFirst()) : .null
    }

    /// The messages to `c` since the last look, in order.
    func take(_ c: ConnectionID) -> [JSON] { takeBytes(c).map(json) }

    func takeBytes(_ c: ConnectionID) -> [[UInt8]] {
        defer { inbox[c] = [] }
        return inbox[c] ?? []
    }

    /// `data` objects of events on `channel` among the messages since the last look.
    func takeEvents(_ c: ConnectionID, on channel: String) -> [JSON] {
        take(c).filter { $0["params"]?["eventChannel"]?.string == channel }.compactMap { $0["params"]?["data"] }
    }

    func congest(_ c: ConnectionID) { endpoint.congested(c) }

    func drain(_ c: ConnectionID) { run { endpoint.drained(c, at: now, into: &$0) } }

    // MARK: Time

    /// Lets time pass, stopping at every deadline on the way.
    func wait(_ duration: Duration) {
        let end = now.advanced(by: duration)
        while let deadline = endpoint.deadline, deadline <= end {
            now = max(now, deadline)
            run { endpoint.advance(to: now, into: &$0) }
        }
        now = end
    }

    // MARK: Calls and rooms

    @discardableResult
    func invite(_ c: ConnectionID, _ callID: String, _ dialog: JSONObject = [:]) -> JSON {
        var dialog = dialog
        dialog["callID"] = .string(callID)
        return ask(c, "verto.invite", ["sdp": "v=0", "dialogParams": .object(dialog)])
    }

    func news(_ leg: String, _ news: CallNews) { run { endpoint.call(LegID(leg), news, at: now, into: &$0) } }

    /// The media answer an offer, by default the latest.
    func renegotiated(_ outcome: RenegotiationOutcome, token: RequestToken? = nil) {
        guard let token = token ?? offers.last?.token else { return }
        run { endpoint.renegotiated(token, outcome, at: now, into: &$0) }
    }

    func settle(_ token: RequestToken, _ outcome: AnswerOutcome) {
        run { endpoint.settled(token, outcome, at: now, into: &$0) }
    }

    func settle(_ token: RequestToken, _ outcome: ModifyOutcome) {
        run { endpoint.settled(token, outcome, at: now, into: &$0) }
    }

    func tell(_ token: RequestToken, _ answer: CallQueryAnswer) {
        run { endpoint.told(token, answer, at: now, into: &$0) }
    }

    func reoffer(_ session: String, _ legs: [String]) {
        let offers = legs.map { (leg: LegID($0), sdp: "v=0 offer of \($0)") }
        run { endpoint.reoffer(session: session, offers: offers, at: now, into: &$0) }
    }

    func offer(_ leg: String, _ sdp: String) { run { endpoint.offered(LegID(leg), sdp: sdp, at: now, into: &$0) } }

    func text(_ text: TextMessage, to leg: String) { run { endpoint.text(text, to: LegID(leg), at: now, into: &$0) } }

    func text(_ text: TextMessage, toUser user: String) -> Bool {
        var isRead = false
        run { isRead = endpoint.text(text, toUser: user, at: now, into: &$0) }
        return isRead
    }

    func text(_ text: TextMessage, toRoom room: String) {
        run { endpoint.text(text, toRoom: RoomKey(name: room, domain: Self.domain), at: now, into: &$0) }
    }

    func presence(_ leg: Leg, _ state: Presence.State) {
        guard let presence = Presence(of: leg, state) else { return }
        run { endpoint.presence(presence, at: now, into: &$0) }
    }

    /// Rings a session; the call's id.
    @discardableResult
    func place(_ call: PlacedCall) -> Bool {
        var isPlaced = false
        run { isPlaced = endpoint.place(call, at: now, into: &$0) }
        return isPlaced
    }

    /// A line at the control socket, and its answer when there is one at once.
    @discardableResult
    func control(_ line: String, by name: String = "root") -> String? {
        let before = controlled.count
        let id = ControlID(UInt64(before) + 1)
        run { endpoint.control(id, line: line, by: name, at: now, into: &$0) }
        return controlled.dropFirst(before).first { $0.id == id }?.text
    }

    /// A client that comes back with its session; what it reads.
    func comeBack(_ user: String = "1001", session: String) -> (ConnectionID, [JSON]) {
        let c = connect()
        request(c, "login", ["login": .string(user), "passwd": "secret", "sessid": .string(session)])
        return (c, take(c))
    }

    func news(_ news: RoomNews) { run { endpoint.room(news, at: now, into: &$0) } }

    /// Puts an invited call into a room, which is opened when it is not there, as the server does after the dialplan.
    func join(_ callID: String, _ room: String = "3500", flags: MemberFlags = [], video: VideoFlow = .none) {
        let key = RoomKey(name: room, domain: Self.domain)
        if rooms[key] == nil {
            let profile = RoomProfile(name: "default", parameters: [("conference-flags", "livearray-sync")])
            rooms[key] = Room(key: key, profile: profile, startedAt: 1_700_000_000)
            news(.opened(key))
        }
        let invite = invites.last { $0.leg.rawValue == callID }
        let id = MemberID(nextMember)
        nextMember += 1
        members[LegID(callID)] = (key, id)
        news(callID, .media(sdp: "v=0 answer"))
        news(callID, .answered(sdp: nil))
        let request = JoinRequest(
            id: id,
            callID: callID,
            callerName: invite?.callerIDName ?? "",
            callerNumber: invite?.callerIDNumber ?? "",
            flags: flags,
            user: invite?.user,
            isScreenShare: invite?.isScreenShare ?? false,
            video: video,
            isRecoverable: invite?.isRecoverable ?? true
        )
        guard let effects = try? rooms[key]?.join(request, at: roomTime) else { return }
        carryOut(effects, in: key)
        carryOut(rooms[key]?.videoReady(id, at: roomTime) ?? [], in: key)
    }

    /// A call of `c` that is in a room.
    @discardableResult
    func enter(
        _ c: ConnectionID,
        _ callID: String,
        _ room: String = "3500",
        flags: MemberFlags = [],
        video: VideoFlow = .none
    ) -> String {
        invite(c, callID, ["destination_number": .string(room)])
        join(callID, room, flags: flags, video: video)
        return callID
    }

    func leave(_ callID: String) {
        guard let member = members.removeValue(forKey: LegID(callID)) else { return }
        carryOut(rooms[member.room]?.leave(member.id, at: roomTime) ?? [], in: member.room)
    }

    func talk(_ callID: String, _ isTalking: Bool, score: Int = 500) {
        guard let member = members[LegID(callID)] else { return }
        carryOut(rooms[member.room]?.talking(member.id, isTalking, score: score, at: roomTime) ?? [], in: member.room)
    }

    func member(_ callID: String) -> MemberID? { members[LegID(callID)]?.id }

    /// Lets the rooms answer the commands that wait.
    func completeCommands() {
        let waiting = commands
        commands = []
        for command in waiting { perform(command.token, command.room, command.command, command.issuer) }
    }

    var waitingCommands: Int { commands.count }

    private var roomTime: Duration { .nanoseconds(now.nanoseconds) }

    // MARK: The server's side

    private func run(_ body: (inout [VertoOutput]) -> Void) {
        var out: [VertoOutput] = []
        body(&out)
        for output in out { carryOut(output) }
    }

    private func carryOut(_ output: VertoOutput) {
        switch output {
        case .send(let c, let bytes): inbox[c, default: []].append(bytes)
        case .close(let c, let code, let reason): closed[c] = (code, reason)
        case .invite(let invite): invites.append(invite)
        case .hangUp(let leg, let cause): hangUp(leg, cause)
        case .digits(let leg, let text): digits.append((leg, text))
        case .detached(let legs): detached += legs
        case .registered(let session, let user): registered.append("+\(session) \(user)")
        case .unregistered(let session): registered.append("-\(session)")
        case .reattach(let session, let legs):
            reattached += legs
            if makesOffers { reoffer(session, legs.map(\.rawValue)) }
        case .answer(let token, let leg, let sdp, let name, let number):
            answers.append((token, leg, sdp, name, number))
            if let answerOutcome { settle(token, answerOutcome) }
        case .attach(let token, let leg, let sdp):
            attachments.append((token, leg, sdp))
            if let answerOutcome { settle(token, answerOutcome) }
        case .modify(let token, let leg, let change):
            changes.append((token, leg, change))
            if let modifyOutcome { settle(token, modifyOutcome) }
        case .text(let text, let leg): texts.append((text, leg))
        case .setVariables(let leg, let values): variables.append((leg, values))
        case .ask(let token, let query):
            queries.append((token, query))
            if let queryAnswer { tell(token, queryAnswer) }
        case .controlled(let id, let text): controlled.append((id, text))
        case .perform(let token, let room, let command, let issuer):
            commands.append((token, room, command, issuer))
            if answersCommands { completeCommands() }
        case .renegotiate(let token, let leg, let offer):
            offers.append((token, leg, offer))
            if answersOffers { renegotiated(.answered(sdp: "v=0 new answer")) }
        case .refreshVideo(let leg): refreshes.append(leg)
        case .view(let leg, let pictures): views.append((leg, pictures))
        case .resync(let room): resyncs.append(room)
        case .audit(let entry): audit.append(entry)
        case .count(let counter): counts[counter, default: 0] += 1
        }
    }

    private func hangUp(_ leg: LegID, _ cause: HangupCause) {
        hangUps.append((leg, cause))
        leave(leg.rawValue)
        news(leg.rawValue, .ended(cause))
    }

    private func perform(_ token: RequestToken, _ key: RoomKey, _ command: Command, _ issuer: Issuer) {
        var outcome = CommandOutcome.noSuchRoom
        var effects: [Effect] = []
        if rooms[key] != nil {
            do {
                // Every file is there and lasts a second, but for those that say otherwise.
                let sounds = command.sounds.filter { !$0.text.contains("missing") }.map { ($0, Duration.seconds(1)) }
                let command = command.loaded(Dictionary(sounds) { first, _ in first })
                guard let result = try rooms[key]?.perform(command, by: issuer, at: roomTime) else { return }
                (outcome, effects) = (.success(result.reply), result.effects)
            } catch {
                outcome = .refused(error)
            }
        }
        carryOut(effects, in: key)
        run { endpoint.completed(token, outcome, at: now, into: &$0) }
        guard case .success(.dialing(_, inBackground: false)) = outcome else { return }
        run { endpoint.completed(token, .success(.dialed(cause: "SUCCESS")), at: now, into: &$0) }
    }

    private func carryOut(_ effects: [Effect], in key: RoomKey) {
        for effect in effects {
            switch effect {
            case .publish(let delta): news(.delta(key, delta))
            case .joined(_, let notice): news(.joined(key, leg: LegID(notice.callID), notice))
            case .parted(_, let notice): news(.parted(key, leg: LegID(notice.callID), notice))
            case .summary(let summary): news(.summary(summary))
            case .remove(let id, _): removed(id)
            case .closed:
                rooms[key] = nil
                news(.closed(key))
            default: break
            }
        }
    }

    private func removed(_ id: MemberID) {
        guard let leg = members.first(where: { $0.value.id == id })?.key else { return }
        members[leg] = nil
        news(leg.rawValue, .ended(.normalClearing))
    }

    private func json(_ bytes: [UInt8]) -> JSON {
        (try? JSON(parsing: bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
    }
}

extension JSON {
    /// The error code of an answer.
    var errorCode: Int? { self["error"]?["code"]?.int }
    var errorMessage: String? { self["error"]?["message"]?.string }
    var isResult: Bool { self["result"] != nil }
    var method: String? { self["method"]?.string }
}

/// A generator of the same numbers every time (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
