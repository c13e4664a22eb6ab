import Calls
import Conference
import Engine
import Logging
import Native
import RTC
import Verto
import Wire

/// Where doors, call rules and media meet: turns what the Verto endpoint wants into steps of the switchboard and orders
/// to the media loops, and their news into messages.
///
/// It decides nothing itself. All signalling state lives here under one actor, and no method of it waits, so every
/// message is dealt with whole and in order.
actor Bridge {
    /// One call, from its invite until its media is freed.
    private struct CallRecord {
        let invite: Invite
        let loop: Int
        let local: LocalTransport
        /// What the call's last offer came to, once it is open.
        var negotiation: Negotiation?
        /// The room that the dialplan will most likely lead to.
        let foreseenRoom: RoomKey?
        var isOpen: Bool { negotiation != nil }
        var member: MemberID?
        var room: RoomKey?
        /// The last key was a star, the first half of `*0`.
        var hasStar = false
        /// When the next key would come at the steady rate; ahead of the clock after a burst.
        var nextKey = Instant(nanoseconds: 0)
    }

    private struct RoomRecord {
        let loop: Int
        /// Joins under way; the room stays on its loop while there are any.
        var pendingJoins = 0
        var isOpen = false
    }

    private let settings: BridgeSettings
    private let loops: [LoopMailbox]
    private let candidates: [[LocalTransport.Candidate]]
    private let fingerprint: String
    private let log: Logger
    private let audit: LineLog
    private let epoch: Instant

    private var endpoint: VertoEndpoint
    private var switchboard: Switchboard
    private var queue: [VertoOutput] = []
    private var outboxes: [ConnectionID: Outbox] = [:]
    private var calls: [LegID: CallRecord] = [:]
    /// Calls that are over and whose loop has not freed them yet: what it still says of them is old news, so their ids
    /// must not name new calls.
    private var closing: Set<LegID> = []
    private var rooms: [RoomKey: RoomRecord] = [:]
    private var orders: [OrderToken: RequestToken] = [:]
    private var lastOrder: UInt64 = 0
    private var lastMember = 0
    private var pins = PINThrottle()
    /// The addresses of calls whose PIN a room is looking at; they outlive the calls.
    private var pinsUnderWay: [LegID: String] = [:]
    private(set) var counters: [VertoCounter: Int] = [:]
    private(set) var peerCounters = Peer.Counters()
    private var isShuttingDown = false

    init(
        settings: BridgeSettings, loops: [LoopMailbox], candidates: [[LocalTransport.Candidate]], fingerprint: String,
        audit: LineLog, log: Logger
    ) {
        self.settings = settings
        self.loops = loops
        self.candidates = candidates
        self.fingerprint = fingerprint
        self.audit = audit
        self.log = log
        epoch = MonotonicClock.now
        endpoint = VertoEndpoint(
            settings: settings.verto, directory: settings.directory, md5Hex: { Digest.md5Hex($0) },
            randomToken: { Token.make(bytes: 16) })
        switchboard = Switchboard(dialplan: settings.dialplan, limits: settings.limits)
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

    // MARK: Time and media

    /// Moves every timer on.
    func advance() {
        if let deadline = endpoint.deadline, now >= deadline { endpoint.advance(to: now, into: &queue) }
        if let deadline = switchboard.deadline, time >= deadline { follow(switchboard.advance(to: time)) }
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
        carryOut()
        for outbox in outboxes.values { outbox.close(code: Self.goingAway, reason: "shutting down") }
    }

    /// Nobody is connected any more.
    var isDeserted: Bool { outboxes.isEmpty }

    // MARK: Figures

    var figures: BridgeFigures {
        BridgeFigures(
            connections: endpoint.connectionCount, sessions: endpoint.sessionCount, calls: calls.count,
            rooms: rooms.count, verto: counters, peers: peerCounters)
    }

    private var now: Instant { MonotonicClock.now }
    private var time: Duration { now.duration(since: epoch) }

    private func step(_ event: CallEvent) -> [CallStep] { switchboard.receive(event, at: time) }

    /// RFC 6455 §7.4.1.
    private static let goingAway: UInt16 = 1001
}

// MARK: - What the endpoint wants

extension Bridge {
    /// Carries out everything that is queued, including what follows from it.
    private func carryOut() {
        var index = 0
        while index < queue.count {
            let output = queue[index]
            index += 1
            carryOut(output)
        }
        queue.removeAll(keepingCapacity: true)
    }

    private func carryOut(_ output: VertoOutput) {
        switch output {
        case .send(let id, let message): send(message, to: id)
        case .close(let id, let code, let reason): outboxes[id]?.close(code: code, reason: reason)
        case .invite(let invite): accept(invite)
        case .hangUp(let leg, let cause): follow(step(.hungUp(leg, cause)))
        case .digits(let leg, let digits): for digit in digits { follow(step(.digit(leg, digit))) }
        case .detached(let legs): for leg in legs { follow(step(.detached(leg))) }
        case .reattach(let leg): follow(step(.reattached(leg)))
        case .renegotiate(let token, let leg, let offer): renegotiate(leg, offer, token)
        case .refreshVideo(let leg): order(.refreshVideo(leg), for: leg)
        case .view(let leg, let pictures): view(leg, pictures)
        case .perform(let token, let key, let command, let issuer): perform(token, key, command, by: issuer)
        case .resync(let key): rooms[key].map { loops[$0.loop].send(.snapshot(key)) }
        case .audit(let entry): audit.append(AuditLine.json(entry, at: MonotonicClock.unixNanoseconds))
        case .count(let counter): counters[counter, default: 0] += 1
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

    private func perform(_ token: RequestToken, _ key: RoomKey, _ command: Command, by issuer: Issuer) {
        guard let room = rooms[key] else {
            return endpoint.completed(token, .noSuchRoom, at: now, into: &queue)
        }
        lastOrder += 1
        orders[OrderToken(rawValue: lastOrder)] = token
        loops[room.loop].send(.perform(OrderToken(rawValue: lastOrder), key, command, by: issuer))
    }
}

// MARK: - Calls

extension Bridge {
    private func accept(_ invite: Invite) {
        let leg = Leg(
            id: invite.leg, kind: .verto(session: invite.session), callerIDName: invite.callerIDName,
            callerIDNumber: invite.callerIDNumber, destination: invite.destination, context: invite.context,
            user: invite.user, domain: invite.domain, networkAddress: invite.remoteAddress,
            isRecoverable: invite.isRecoverable, variables: invite.variables)
        guard calls[invite.leg] == nil, !closing.contains(invite.leg) else {
            return endpoint.call(invite.leg, .ended(.destinationOutOfOrder), at: now, into: &queue)
        }
        let room = loops.count > 1 ? foreseenRoom(of: leg) : nil
        let loop = chooseLoop(for: room)
        calls[invite.leg] = CallRecord(
            invite: invite, loop: loop, local: transport(on: loop), foreseenRoom: room)
        follow(step(.invited(leg)))
    }

    private func follow(_ steps: [CallStep]) {
        for step in steps { follow(step) }
    }

    private func follow(_ step: CallStep) {
        switch step {
        case .refuse(let id, let cause): finish(id, cause)
        case .preAnswer(let id): open(id, isEarly: true)
        case .answer(let id): open(id, isEarly: false)
        case .enterConference(let id, let argument, let variables): enter(id, argument, variables)
        case .echo(let id): order(.play(id, .echo), for: id)
        case .play(let id, let playback): order(.play(id, .play(playback)), for: id)
        case .digit(let id, let digit): press(digit, id)
        case .hangUp(let id, let cause), .release(let id, let cause): finish(id, cause)
        case .log(let id, let level, let text):
            log.log(level: level.swiftLog, "dialplan", metadata: ["leg": "\(id)", "text": "\(text)"])
        }
    }

    /// Answers the offer, the first time, and opens the media.
    private func open(_ id: LegID, isEarly: Bool) {
        guard var call = calls[id] else { return }
        var sdp: String?
        if !call.isOpen {
            do throws(Negotiation.Failure) {
                let negotiation = try Negotiation(answering: call.invite.offer, from: call.local)
                loops[call.loop].send(
                    .open(
                        LegOpening(
                            id: id, local: call.local, remote: negotiation.remote, audio: negotiation.audio,
                            videos: negotiation.videos,
                            videoLimit: call.invite.incomingBandwidth.map { UInt64($0) * 1000 },
                            seed: UInt64.random(in: .min ... .max))))
                sdp = negotiation.answer.text
                call.negotiation = negotiation
            } catch {
                log.info("offer refused", metadata: ["leg": "\(id)", "reason": "\(error)"])
                return follow(self.step(.mediaFailed(id, .incompatibleDestination)))
            }
            calls[id] = call
        }
        endpoint.call(id, isEarly ? .media(sdp: sdp) : .answered(sdp: sdp), at: now, into: &queue)
    }

    /// Answers another offer of the same call.
    private func renegotiate(_ id: LegID, _ offer: String, _ token: RequestToken) {
        guard let call = calls[id], let previous = call.negotiation else {
            return endpoint.renegotiated(token, .refused(.media), at: now, into: &queue)
        }
        do throws(Negotiation.Failure) {
            let negotiation = try Negotiation(answering: offer, from: call.local, previous: previous)
            calls[id]?.negotiation = negotiation
            loops[call.loop].send(.renegotiate(id, negotiation.audio, negotiation.videos))
            endpoint.renegotiated(token, .answered(sdp: negotiation.answer.text), at: now, into: &queue)
        } catch {
            log.info("another offer refused", metadata: ["leg": "\(id)", "reason": "\(error)"])
            let isAboutCodecs = error == .noMedia || error == .noOpus
            endpoint.renegotiated(token, .refused(isAboutCodecs ? .codecs : .media), at: now, into: &queue)
        }
    }

    /// Finds the pictures' places among those the call is sent.
    private func view(_ id: LegID, _ pictures: [(mid: String, member: String?)]) {
        guard let call = calls[id], let lines = call.negotiation?.pictures else { return }
        let wishes = pictures.compactMap { wish in
            lines.firstIndex { $0.mid == wish.mid }.map { (slot: $0, call: wish.member) }
        }
        loops[call.loop].send(.view(id, wishes))
    }

    private func enter(_ id: LegID, _ argument: String, _ variables: [String: String]) {
        guard let call = calls[id] else { return }
        guard let join = roomJoin(id, call.invite, argument, variables) else {
            log.warning("bad conference argument", metadata: ["leg": "\(id)", "argument": "\(argument)"])
            return follow(step(.conferenceRefused(id, .invalidNumberFormat)))
        }
        let address = call.invite.remoteAddress
        var room = rooms[join.key] ?? RoomRecord(loop: call.loop)
        guard room.loop == call.loop else {
            // The dialplan chose the room too late to place the call on the room's loop.
            log.warning("the room lives on another media loop", metadata: ["leg": "\(id)"])
            return follow(step(.conferenceRefused(id, .switchCongestion)))
        }
        let hasPIN = join.request.suppliedPIN != nil
        guard !hasPIN || pins.begins(address, join.key, at: time) else {
            log.notice("too many wrong PINs", metadata: ["address": "\(address)", "room": "\(join.key.address)"])
            return follow(step(.conferenceRefused(id, .callRejected)))
        }
        if hasPIN { pinsUnderWay[id] = address }
        room.pendingJoins += 1
        rooms[join.key] = room
        calls[id]?.member = join.request.id
        calls[id]?.room = join.key
        loops[call.loop].send(.join(join))
    }

    private func finish(_ id: LegID, _ cause: HangupCause) {
        if let call = calls.removeValue(forKey: id), call.isOpen {
            closing.insert(id)
            loops[call.loop].send(.close(id))
        }
        endpoint.call(id, .ended(cause), at: now, into: &queue)
    }

    private func order(_ order: LoopOrder, for id: LegID) {
        if let call = calls[id] { loops[call.loop].send(order) }
    }

    /// The keys that clients press for their own microphone, `0`, and camera, `*0`; groups of caller controls come with
    /// their configuration.
    private func press(_ digit: Character, _ id: LegID) {
        guard let call = calls[id], let key = call.room, let member = call.member else { return }
        calls[id]?.hasStar = digit == "*"
        guard digit == "0" else { return }
        // Everybody in the room hears of each: one message may hold 64.
        let now = now
        guard call.nextKey <= now.advanced(by: Self.keyBurst) else { return }
        calls[id]?.nextKey = max(call.nextKey, now).advanced(by: Self.keyInterval)
        lastOrder += 1
        let issuer = Issuer.keys(of: member, name: call.invite.user)
        let command: Command = call.hasStar ? .toggleVideoMute(.member(member)) : .toggleMute(.member(member))
        loops[call.loop].send(.perform(OrderToken(rawValue: lastOrder), key, command, by: issuer))
    }

    private static let keyInterval: Duration = .milliseconds(100)
    private static let keyBurst: Duration = .seconds(1)
}

// MARK: - Placing

extension Bridge {
    /// The loop of the room, or of others on their way to it, else the one with the fewest calls.
    private func chooseLoop(for room: RoomKey?) -> Int {
        guard loops.count > 1 else { return 0 }
        if let room {
            if let record = rooms[room] { return record.loop }
            if let other = calls.values.first(where: { $0.foreseenRoom == room }) { return other.loop }
        }
        var load = [Int](repeating: 0, count: loops.count)
        for call in calls.values { load[call.loop] += 1 }
        return load.indices.min { load[$0] < load[$1] } ?? 0
    }

    private func foreseenRoom(of leg: Leg) -> RoomKey? {
        let route = settings.dialplan.route(leg.attributes, in: leg.context)
        guard let entry = route.applications.first(where: { $0.name == "conference" }) else { return nil }
        let argument = settings.dialplan.expand(entry, for: leg.attributes).data
        guard let parsed = try? ConferenceArgument(parsing: argument) else { return nil }
        return key(of: parsed, domain: leg.domain)
    }

    private func key(of argument: ConferenceArgument, domain: String) -> RoomKey {
        RoomKey(
            name: argument.name, profileDomain: settings.profile(argument.profile).domain, callerDomain: domain,
            fallback: settings.directory.defaultDomain)
    }

    private func roomJoin(
        _ id: LegID, _ invite: Invite, _ text: String, _ variables: [String: String]
    ) -> RoomJoin? {
        guard let argument = try? ConferenceArgument(parsing: text), argument.dialString == nil else { return nil }
        let member = calls[id]?.member ?? nextMember()
        let key = key(of: argument, domain: invite.domain)
        let request = JoinRequest(
            id: member, callID: id.rawValue, callerName: invite.callerIDName, callerNumber: invite.callerIDNumber,
            flags: argument.memberFlags(variables: variables),
            suppliedPIN: variables["supplied_pin"] ?? variables["verto_dvar_supplied_pin"],
            pin: argument.pin, moderatorPIN: variables["conference_moderator_pin"], user: invite.user,
            variables: Self.visible(variables), channelName: "verto.rtc/\(invite.destination)",
            isScreenShare: invite.isScreenShare,
            enforceSecurity: variables["conference_enforce_security"] != "false",
            volumeIn: Int(variables["conference_join_volume_in"] ?? "") ?? 0,
            volumeOut: Int(variables["conference_join_volume_out"] ?? "") ?? 0,
            energyLevel: variables["conference_join_energy_level"].flatMap { Int($0) },
            sharedBy: invite.isScreenShare ? owner(ofShareBy: invite, in: key) : nil,
            videoBandwidthIn: videoBandwidth(invite, variables), isRecoverable: invite.isRecoverable)
        return RoomJoin(
            leg: id, key: key,
            profile: settings.profile(argument.profile).opened(by: argument, variables: variables),
            request: request, startedAt: Int(MonotonicClock.unixNanoseconds / 1_000_000_000))
    }

    /// The person whose screen it is: the same client's call in the same room.
    private func owner(ofShareBy invite: Invite, in key: RoomKey) -> MemberID? {
        calls.values.first { $0.invite.session == invite.session && !$0.invite.isScreenShare && $0.room == key }?.member
    }

    /// What the camera may send, kb/s: the least of what the dialplan and the client say.
    private func videoBandwidth(_ invite: Invite, _ variables: [String: String]) -> Int? {
        let configured = variables["rtp_video_max_bandwidth_in"].flatMap { VideoBandwidth.kilobits($0) }
        return [configured, invite.outgoingBandwidth].compactMap { $0 }.min()
    }

    /// What everybody in the room sees of a caller beside name and number: of what the client set, only what member
    /// lists show (conference.md §3.5).
    private static func visible(_ variables: [String: String]) -> [String: String] {
        var shown: [String: String] = [:]
        for name in ["email", "avatar"] { shown[name] = variables["verto_dvar_\(name)"] }
        return shown
    }

    private func nextMember() -> MemberID {
        lastMember += 1
        return MemberID(lastMember)
    }

    private func transport(on loop: Int) -> LocalTransport {
        LocalTransport(
            ufrag: Token.make(bytes: 6), pwd: Token.make(bytes: 18), fingerprint: fingerprint,
            candidates: candidates[loop], audioSSRC: UInt32.random(in: 1 ... .max), videoSSRCs: Self.videoSSRCs(),
            cname: Token.make(bytes: 9),
            sessionID: UInt64.random(in: 1...(1 << 62)))
    }
}

extension Bridge {
    private static func videoSSRCs() -> [StreamSSRCs] {
        (0..<VideoParameters.mostLines).map { _ in
            StreamSSRCs(media: SSRC(UInt32.random(in: 1 ... .max)), rtx: SSRC(UInt32.random(in: 1 ... .max)))
        }
    }
}

// MARK: - What the loops tell

extension Bridge {
    private func handle(_ news: LoopNews) {
        switch news {
        case .connected(let id): follow(step(.answeredMedia(id)))
        case .failed(let id, let failure):
            log.info("media ended", metadata: ["leg": "\(id)", "reason": "\(failure)"])
            follow(step(.mediaFailed(id, failure.cause)))
        case .closed(let id, let counters):
            closing.remove(id)
            peerCounters.add(counters)
        case .digit(let id, let digit): follow(step(.digit(id, digit)))
        case .applicationDone(let id): follow(step(.applicationDone(id)))
        case .refused(let id, let key, let refusal):
            joined(key)
            settlePIN(of: id, in: key, isWrong: refusal == .wrongPIN)
            log.info("not admitted", metadata: ["leg": "\(id)", "reason": "\(refusal)"])
            follow(step(.conferenceRefused(id, refusal.cause)))
        case .opened(let key, let hasLiveArray):
            rooms[key]?.isOpen = true
            if hasLiveArray { tell(.opened(key)) }
        case .room(let key, let output): handle(output, of: key)
        case .snapshot(let key, let entries, let serial):
            tell(.snapshot(key, rows: entries.map { (key: $0.key, row: $0.row) }, serial: serial))
        case .completed(let order, let outcome):
            guard let token = orders.removeValue(forKey: order) else { return }
            endpoint.completed(token, outcome.forVerto, at: now, into: &queue)
        }
    }

    private func handle(_ output: RoomEngine.Output, of key: RoomKey) {
        switch output {
        case .admitted(let leg):
            joined(key)
            settlePIN(of: LegID(leg), in: key, isWrong: false)
        case .joined(_, let leg, let notice): tell(.joined(key, leg: LegID(leg), notice))
        case .parted(_, let leg, let notice): tell(.parted(key, leg: LegID(leg), notice))
        case .publish(let delta): tell(.delta(key, delta))
        case .summary(let summary): tell(.summary(summary))
        case .removed(let leg, _):
            calls[LegID(leg)]?.room = nil
            follow(step(.conferenceEnded(LegID(leg))))
        case .closed:
            tell(.closed(key))
            tell(.summaryRemoved(key))
            rooms[key]?.isOpen = false
            if rooms[key]?.pendingJoins == 0 { rooms[key] = nil }
        }
    }

    private func joined(_ key: RoomKey) {
        guard var room = rooms[key] else { return }
        room.pendingJoins -= 1
        rooms[key] = room.pendingJoins == 0 && !room.isOpen ? nil : room
    }

    private func settlePIN(of id: LegID, in key: RoomKey, isWrong: Bool) {
        guard let address = pinsUnderWay.removeValue(forKey: id) else { return }
        pins.settled(address, key, isWrong: isWrong, at: time)
    }

    private func tell(_ news: RoomNews) { endpoint.room(news, at: now, into: &queue) }
}
