import Calls
import Conference
import Engine
import Logging
import Native
import RTC
import SIP
import Verto
import Wire

/// Where doors, call rules and media meet: turns what the Verto endpoint wants into steps of the switchboard and orders
/// to the media loops, and their news into messages.
///
/// It decides nothing itself. All signalling state lives here under one actor, and no method of it waits, so every
/// message is dealt with whole and in order; what has to wait for a disk comes back as a call of its own.
actor Bridge {
    struct RoomRecord {
        let loop: Int
        /// Name of the profile.
        let profile: String
        /// Joins under way; the room stays on its loop while there are any.
        var pendingJoins = 0
        var isOpen = false
    }

    /// What the bridge leans on beside the media loops.
    struct Helpers: Sendable {
        let sounds: SoundLibrary
        /// `nil` when nothing is recorded.
        let recordings: RecordingWriter?
        let records: CallRecords
        let audit: AuditLog
        /// `nil` without a SIP profile.
        let sockets: SIPSockets?
        /// Ports for the media of phones.
        let ports: RTPPorts
    }

    let settings: BridgeSettings
    let loops: [LoopMailbox]
    let candidates: [[LocalTransport.Candidate]]
    let fingerprint: String
    let helpers: Helpers
    let log: Logger
    private let epoch: Instant

    var endpoint: VertoEndpoint
    var switchboard: Switchboard
    var queue: [VertoOutput] = []
    var phones: SIPEndpoint
    var phoneQueue: [SIPOutput] = []
    /// Steps of the switchboard that are being followed.
    var steps: [CallStep] = []
    var isFollowing = false
    var outboxes: [ConnectionID: Outbox] = [:]
    var calls: [LegID: BridgedCall] = [:]
    /// Calls that are over and whose loop has not freed them yet: what it still says of them is old news, so their ids
    /// must not name new calls.
    var closing: Set<LegID> = []
    /// Calls whose record is being written: nobody hears of their end before.
    var ending: [LegID: HangupCause] = [:]
    var rooms: [RoomKey: RoomRecord] = [:]
    var orders: [OrderToken: RequestToken] = [:]
    private var lastOrder: UInt64 = 0
    var lastMember = 0
    var pins = PINThrottle()
    /// The addresses of calls whose PIN a room is looking at; they outlive the calls.
    var pinsUnderWay: [PINTry: String] = [:]
    /// Commands that wait for a sound to be loaded, and those behind them, so that none overtakes another.
    var loading: [RoomKey: [LoadingCommand]] = [:]
    /// Callers who are asked for a PIN.
    var questions: Set<LegID> = []
    /// Numbers what calls are to hear once it is loaded.
    var lastPlay = 0
    /// Sounds that rooms did not have, by when they were last looked for.
    var missingSounds: [SoundName: Duration] = [:]
    /// Rooms whose description watchers are told (`json-events`).
    var describedRooms: Set<RoomKey> = []
    /// `dial` commands that wait for somebody to answer.
    var dialling: [JobID: Dialling] = [:]
    /// Recordings under way.
    var recordings: [RecordingKey: RecordingTicket] = [:]
    /// Calls on their way to another loop.
    var moving: Set<LegID> = []
    /// The loop of the room that calls are being placed for.
    var nearby: Int?
    /// Calls placed for somebody who waits to hear of them.
    var originations: [OriginationID: Originator] = [:]
    /// Lines of the control socket under way.
    var controls: [ControlID: @Sendable (String) -> Void] = [:]
    private var lastControl: UInt64 = 0
    /// The SIP status that the far end of these calls failed with, until their ends are told.
    var failedStatuses: [LegID: Int] = [:]
    /// Why the offers of these calls were refused (RFC 3261 §20.43), until their ends are told.
    var warnings: [LegID: Int] = [:]
    private(set) var counters: [VertoCounter: Int] = [:]
    private(set) var phoneCounters: [SIPCounter: Int] = [:]
    var peerCounters = Peer.Counters()
    private var isShuttingDown = false

    init(
        settings: BridgeSettings, loops: [LoopMailbox], candidates: [[LocalTransport.Candidate]], fingerprint: String,
        helpers: Helpers, startedAt epoch: Instant, log: Logger
    ) {
        self.settings = settings
        self.loops = loops
        self.candidates = candidates
        self.fingerprint = fingerprint
        self.helpers = helpers
        self.log = log
        self.epoch = epoch
        endpoint = VertoEndpoint(
            settings: settings.verto, directory: settings.directory, md5Hex: { Digest.md5Hex($0) },
            randomToken: { Token.make(bytes: 16) })
        let sockets = helpers.sockets
        phones = SIPEndpoint(
            settings: settings.sip, directory: settings.directory, crypto: .native,
            localAddress: { sockets?.localAddress($0) ?? $0.remote })
        switchboard = Switchboard(
            dialplan: settings.dialplan, directory: settings.directory, limits: settings.limits,
            seed: .random(in: .min ... .max))
        switchboard.sipRoutes = settings.sip.routes
    }

    // MARK: Connections

    /// A WebSocket is open.
    func opened(_ id: ConnectionID, from address: String, outbox: Outbox) {
        guard !isShuttingDown else { return outbox.close(code: Self.goingAway, reason: "shutting down") }
        outboxes[id] = outbox
        endpoint.opened(id, from: address, at: now, into: &queue)
        carryOut()
    }

    func received(_ message: [UInt8], on id: ConnectionID) {
        endpoint.received(message, on: id, at: now, into: &queue)
        carryOut()
    }

    func heard(from id: ConnectionID) { endpoint.heard(from: id, at: now) }

    func drained(_ id: ConnectionID) {
        endpoint.drained(id, at: now, into: &queue)
        carryOut()
    }

    func closed(_ id: ConnectionID) {
        guard outboxes.removeValue(forKey: id) != nil else { return }
        endpoint.closed(id, at: now, into: &queue)
        carryOut()
    }

    /// One line of the control socket. `answer` is called once.
    func control(_ line: String, by name: String, answer: @escaping @Sendable (String) -> Void) {
        lastControl += 1
        let id = ControlID(lastControl)
        controls[id] = answer
        endpoint.control(id, line: line, by: name, at: now, into: &queue)
        carryOut()
    }

    // MARK: Time and media

    /// Moves every timer on.
    func advance() {
        if let deadline = endpoint.deadline, now >= deadline { endpoint.advance(to: now, into: &queue) }
        if let deadline = phones.deadline, now >= deadline { phones.advance(to: now, into: &phoneQueue) }
        if let deadline = switchboard.deadline, time >= deadline { follow(switchboard.advance(to: time)) }
        for id in questions { advanceQuestion(of: id) }
        for id in moving { advanceMove(of: id) }
        carryOut()
    }

    /// News of one turn of a media loop.
    func handle(_ news: [LoopNews]) {
        for item in news { handle(item) }
        carryOut()
    }

    /// Ends every call with a cause that says why, then every connection.
    func shutDown() {
        isShuttingDown = true
        switchboard.acceptsCalls = false
        for leg in switchboard.legs { follow(step(.hangUpRequested(leg.id, .systemShutdown))) }
        phones.shutDown(at: now, into: &phoneQueue)
        carryOut()
        leave()
    }

    /// Connections end once everybody has heard of the end of their calls.
    private func leave() {
        guard isShuttingDown, ending.isEmpty else { return }
        for outbox in outboxes.values { outbox.close(code: Self.goingAway, reason: "shutting down") }
    }

    /// Nobody is connected any more, no loop has anything to say, and phones and registrars know of it.
    var isDeserted: Bool {
        outboxes.isEmpty && ending.isEmpty && closing.isEmpty && rooms.isEmpty && !phones.isLeaving
    }

    // MARK: Figures

    var figures: BridgeFigures {
        BridgeFigures(
            connections: endpoint.connectionCount, sessions: endpoint.sessionCount, calls: calls.count,
            rooms: rooms.count, verto: counters, phones: phoneCounters, phoneCalls: phones.callCount,
            registrations: phones.registrationCount, transactions: phones.transactionCount, peers: peerCounters,
            records: helpers.records.figures,
            auditLost: helpers.audit.lost)
    }

    // MARK: For the other files of the bridge

    var now: Instant { MonotonicClock.now }
    var time: Duration { now.duration(since: epoch) }

    func step(_ event: CallEvent) -> [CallStep] { switchboard.receive(event, at: time) }

    func nextOrder() -> OrderToken {
        lastOrder += 1
        return OrderToken(rawValue: lastOrder)
    }

    func count(_ counter: VertoCounter) { counters[counter, default: 0] += 1 }

    func count(_ counter: SIPCounter) { phoneCounters[counter, default: 0] += 1 }

    /// Runs `work` on its own, off this actor, and comes back with what it found.
    func later<Found: Sendable>(
        _ work: @escaping @Sendable () async -> Found, then: @escaping @Sendable (isolated Bridge, Found) -> Void
    ) {
        Task { [weak self] in
            let found = await work()
            await self?.resume(found, then)
        }
    }

    private func resume<Found: Sendable>(_ found: Found, _ then: @Sendable (isolated Bridge, Found) -> Void) {
        then(self, found)
        carryOut()
        leave()
    }

    /// RFC 6455 §7.4.1.
    private static let goingAway: UInt16 = 1001
}

// MARK: - What the endpoint wants

extension Bridge {
    /// Carries out everything that is queued, including what follows from it.
    func carryOut() {
        var (index, phoneIndex) = (0, 0)
        while true {
            if index < queue.count {
                let output = queue[index]
                index += 1
                carryOut(output)
            } else if phoneIndex < phoneQueue.count {
                let output = phoneQueue[phoneIndex]
                phoneIndex += 1
                carryOut(output)
            } else {
                break
            }
        }
        queue.removeAll(keepingCapacity: true)
        phoneQueue.removeAll(keepingCapacity: true)
    }

    private func carryOut(_ output: VertoOutput) {
        switch output {
        case .send(let id, let message): send(message, to: id)
        case .close(let id, let code, let reason): outboxes[id]?.close(code: code, reason: reason)
        case .registered(let session, let user): follow(step(.registered(session: session, user: user)))
        case .unregistered(let session): follow(step(.unregistered(session: session)))
        case .invite(let invite): accept(invite)
        case .hangUp(let leg, let cause): follow(step(.hungUp(leg, cause)))
        case .digits(let leg, let digits): for digit in digits { follow(step(.digit(leg, digit))) }
        case .detached(let legs): for leg in legs { follow(step(.detached(leg))) }
        case .reattach(let session, let legs): reoffer(legs, to: session)
        case .answer(let token, let leg, let sdp, let name, let number):
            answered(leg, sdp, name: name, number: number, token)
        case .attach(let token, let leg, let sdp): attached(leg, sdp, token)
        case .modify(let token, let leg, let change): modify(leg, change, token)
        case .text(let text, let leg): pass(text, from: leg)
        case .setVariables(let leg, let values): switchboard.setVariables(values, of: leg)
        case .ask(let token, let query): answer(query, token)
        case .controlled(let id, let text): controls.removeValue(forKey: id)?(text)
        case .renegotiate(let token, let leg, let offer): renegotiate(leg, offer, token)
        case .refreshVideo(let leg): order(.refreshVideo(leg), for: leg)
        case .view(let leg, let pictures): view(leg, pictures)
        case .perform(let token, let key, let command, let issuer): perform(token, key, command, by: issuer)
        case .resync(let key): rooms[key].map { loops[$0.loop].send(.snapshot(key)) }
        case .audit(let entry): helpers.audit.append(entry)
        case .count(let counter): count(counter)
        }
    }

    private func send(_ message: [UInt8], to id: ConnectionID) {
        switch outboxes[id]?.send(message) {
        case .congested: endpoint.congested(id)
        case .overflowed:
            log.notice("a client does not read; closing", metadata: ["connection": "\(id.rawValue)"])
            outboxes[id]?.close(code: 1013, reason: "too slow")
        case .steady, nil: break
        }
    }
}
