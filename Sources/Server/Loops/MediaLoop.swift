import CLinux
import Calls
import Conference
import Engine
import Glibc
import Native
import RTC
import Wire

/// One media thread: its UDP sockets, the peers and rooms placed on it, their 20 ms ticks.
///
/// Everything here belongs to this thread and nothing is locked. Orders come in through the ``LoopMailbox`` and news go
/// out through it, both in order: a room's deltas and the outcome of a command can never overtake each other.
///
/// Not an actor: the thread sleeps in `epoll_wait`, and a message queue keeps the order of what the signalling side
/// asks for, which a burst of tasks does not.
final class MediaLoop {
    private let mailbox: LoopMailbox
    private let sockets: [UDPSocket]
    private let egress: Egress
    private let context: DTLSContext
    private let scratch = DecodeScratch()
    private let wallClock: WallClock
    private let poll: EventPoll

    private var legs: [LegID: MediaLeg] = [:]
    private var routes: [Path: MediaLeg] = [:]
    private var unvalidated: [String: MediaLeg] = [:]
    /// Calls with sockets of their own, by each of their descriptors.
    private var ownSockets: [CInt: MediaLeg] = [:]
    private var ports: [LegID: RTPPortPair] = [:]
    private let reader = DatagramReader()
    private let writer = DatagramWriter()
    private var rooms: [RoomKey: RoomEngine] = [:]
    private var solos: [LegID: (call: SoloCall, number: Int)] = [:]
    /// Both calls of a pair lead to it.
    private var pairs: [LegID: CallPair] = [:]
    /// Calls on hold, for what they are connected to later.
    private var held: Set<LegID> = []
    private let sounds: SoundSet
    private var membership: [LegID: RoomKey] = [:]
    private var schedule: TickSchedule<TickOwner>
    private var lobby: [LegID: MediaLeg] = [:]
    private var nextLobbyLook = Instant(nanoseconds: 0)
    /// When the next key in a call's media would come at the steady rate; ahead of the clock after a burst.
    private var nextDigits: [LegID: Instant] = [:]
    /// Of calls that are over.
    private var pastPictures = VideoLeg.Counters()
    private var nextPictureCount = Instant(nanoseconds: 0)
    /// Rooms of which changes were left out: a snapshot follows as soon as the bridge keeps up again.
    private var outdated: Set<RoomKey> = []

    // Reused for every datagram.
    private var events: [Peer.Event] = []
    private var facts: [MediaLeg.Fact] = []
    private var outputs: [RoomEngine.Output] = []

    init(
        mailbox: LoopMailbox, sockets: [UDPSocket], poll: EventPoll, context: DTLSContext, wallClock: WallClock,
        sounds: SoundSet
    ) {
        self.mailbox = mailbox
        self.sockets = sockets
        self.context = context
        self.wallClock = wallClock
        self.poll = poll
        self.sounds = sounds
        schedule = TickSchedule(startingAt: MonotonicClock.now)
        egress = Egress(
            sockets: sockets.count, capacity: 512, ownCapacity: 256,
            flush: { index, batch in sockets[index].send(batch) },
            flushOwn: { [writer] batch, numbers in writer.send(batch, over: numbers) })
    }

    /// Runs until the mailbox says stop. Never waits anywhere but in `epoll_wait`.
    func run() {
        var isRunning = true
        while isRunning {
            poll.setTimer(to: deadline)
            poll.wait { descriptor in
                if descriptor == mailbox.wakeDescriptor {
                    mailbox.clearWake()
                } else if let socket = sockets.firstIndex(where: { $0.descriptor == descriptor }) {
                    receive(on: socket)
                } else {
                    receive(onOwn: descriptor)
                }
            }
            isRunning = obeyOrders()
            tick()
            egress.flush()
            catchUp()
            mailbox.publish()
            count()
        }
    }

    /// The next tick of all; with calls in the lobby the next look at them, if that is earlier.
    private var deadline: Instant? {
        let tick = schedule.nextDeadline
        return lobby.isEmpty ? tick : min(tick ?? nextLobbyLook, nextLobbyLook)
    }

    private func count() {
        mailbox.counters.legs.set(legs.count)
        mailbox.counters.routes.set(routes.count + ownSockets.count)
        mailbox.counters.unsent.set(sockets.reduce(writer.failures) { $0 &+ $1.sendFailures })
    }

    /// Once a second, as every call is asked.
    private func countPictures(at now: Instant) {
        guard now >= nextPictureCount else { return }
        nextPictureCount = now.advanced(by: .seconds(1))
        var sum = pastPictures
        for leg in legs.values { if let counters = leg.video?.counters { sum.add(counters) } }
        mailbox.counters.forwarded.set(sum.shown.forwarded)
        mailbox.counters.repeated.set(sum.shown.repeated)
        mailbox.counters.switches.set(sum.shown.begun)
        mailbox.counters.broken.set(sum.shown.broken)
        mailbox.counters.keyFrameRequests.set(sum.keyFrameRequests)
    }

    // MARK: Datagrams

    private func receive(on index: Int) {
        let now = MonotonicClock.now
        sockets[index].receive { datagram, count, source in
            route(&datagram, count: count, over: Path(socket: UInt32(index), remote: source), at: now)
        }
        egress.flush()
    }

    /// A call's own socket: whatever comes is for this call, and it says itself whom it believes.
    private func receive(onOwn descriptor: CInt) {
        let now = MonotonicClock.now
        let number = RTPPortPair.number(of: descriptor)
        reader.read(from: descriptor, most: Self.mostPerCall) { datagram, count, source in
            mailbox.counters.datagrams += 1
            guard let leg = ownSockets[descriptor] else { return }
            leg.receive(
                &datagram, count: count, over: Path(socket: number, remote: source), at: now, events: &events,
                facts: &facts)
            if !events.isEmpty || !facts.isEmpty { settle(leg) }
        }
        egress.flush()
    }

    private func route(_ datagram: inout MutableSpan<UInt8>, count: Int, over path: Path, at now: Instant) {
        mailbox.counters.datagrams += 1
        guard let leg = routes[path] ?? claimant(of: datagram.span, count: count) else {
            mailbox.counters.strangers += 1
            return
        }
        leg.receive(&datagram, count: count, over: path, at: now, events: &events, facts: &facts)
        if !events.isEmpty || !facts.isEmpty { settle(leg) }
    }

    /// The call whose fragment a first STUN check names: nothing else is accepted from an unknown address.
    private func claimant(of datagram: Span<UInt8>, count: Int) -> MediaLeg? {
        let bytes = datagram.extracting(0..<min(count, datagram.count))
        guard DatagramKind(of: bytes) == .stun, let check = try? STUNMessage(parsing: bytes),
            let name = check.username, let colon = name.utf8.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        return unvalidated[String(name[..<colon])]
    }

    private func settle(_ leg: MediaLeg) {
        let id = LegID(leg.id)
        for event in events {
            switch event {
            case .validated(let path): routes[path] = leg
            case .retired(let path): if routes[path] === leg { routes[path] = nil }
            case .connected: mailbox.post(.connected(id))
            case .failed(let failure):
                if let room = room(of: id) {
                    room.mediaLost(leg, at: MonotonicClock.now)
                    drain(room)
                }
                mailbox.post(.failed(id, failure))
            }
        }
        for fact in facts {
            if case .digit(let digit) = fact, isPlausible(keyOf: id) { mailbox.post(.digit(id, digit)) }
        }
        events.removeAll(keepingCapacity: true)
        facts.removeAll(keepingCapacity: true)
    }

    /// Nobody presses keys faster, but the network may bring some at once; each costs the signalling side a command to
    /// the room.
    private func isPlausible(keyOf id: LegID) -> Bool {
        let now = MonotonicClock.now
        let next = max(nextDigits[id] ?? now, now)
        guard next <= now.advanced(by: Self.keyBurst) else { return false }
        nextDigits[id] = next.advanced(by: Self.shortestKey)
        return true
    }

    /// Browsers send tones of 40 ms and more, 30 ms and more apart.
    private static let shortestKey: Duration = .milliseconds(50)
    private static let keyBurst: Duration = .seconds(1)
    /// Four seconds of a call's packets: whoever floods one call's port holds up no other call.
    private static let mostPerCall = 200

    // MARK: Ticks

    private func tick() {
        let now = MonotonicClock.now
        countPictures(at: now)
        if now >= nextLobbyLook {
            nextLobbyLook = now.advanced(by: .milliseconds(20))
            for leg in lobby.values { advance(leg, to: now) }
        }
        while let (owners, deadline) = schedule.due(at: now) {
            mailbox.counters.noteTick(lateness: now.nanoseconds(since: deadline))
            let started = clinux_thread_cpu_time()
            for owner in owners {
                switch owner {
                case .room(let key): tickRoom(key, deadline)
                case .solo(let id): tickSolo(id, deadline)
                case .pair(let id): tickPair(id, deadline)
                }
            }
            mailbox.counters.noteTickCost(clinux_thread_cpu_time() - started)
        }
    }

    private func tickRoom(_ key: RoomKey, _ now: Instant) {
        guard let room = rooms[key] else { return schedule.remove(.room(key)) }
        room.advance(to: now)
        for leg in room.legs { advance(leg, to: now) }
        drain(room)
    }

    private func tickSolo(_ id: LegID, _ now: Instant) {
        guard let (solo, number) = solos[id] else { return schedule.remove(.solo(id)) }
        advance(solo.leg, to: now)
        guard solo.advance(to: now) == .ended else { return }
        end(solo: id, at: now)
        lobby[id] = solo.leg
        mailbox.post(.applicationDone(id, number: number))
    }

    private func tickPair(_ id: LegID, _ now: Instant) {
        guard let pair = pairs[id] else { return schedule.remove(.pair(id)) }
        pair.advance(to: now)
        advance(pair.one, to: now)
        advance(pair.two, to: now)
    }

    private func advance(_ leg: MediaLeg, to now: Instant) {
        leg.advance(to: now, events: &events)
        if !events.isEmpty { settle(leg) }
    }

    // MARK: Orders

    private func obeyOrders() -> Bool {
        var isRunning = true
        let now = MonotonicClock.now
        for order in mailbox.takeOrders() {
            switch order {
            case .open(let opening): open(opening, at: now)
            case .openPlain(let opening): open(opening, at: now)
            case .changePlain(let id, let audio, let remote): change(id, audio, remote, at: now)
            case .proven(let id): legs[id]?.peer.isProven = true
            case .release(let id): release(id, at: now)
            case .adopt(let id, let travelling): adopt(id, travelling, at: now)
            case .renegotiate(let id, let audio, let videos): renegotiate(id, audio, videos, at: now)
            case .view(let id, let wishes): view(id, wishes, at: now)
            case .refreshVideo(let id): refreshVideo(of: id, at: now)
            case .close(let id): close(id)
            case .renew(let opening): renew(opening, at: now)
            case .stopPlaying(let id): stopPlaying(id, at: now)
            case .connect(let one, let two): connect(one, two, at: now)
            case .disconnect(let one, _): leave(one, at: now)
            case .hold(let id, let isHeld): hold(id, isHeld, at: now)
            case .key(let id, let key): press(key, id, at: now)
            case .press(let id, let keys): _ = legs[id]?.press(keys)
            case .sounds(let loaded): for (name, sound) in loaded { sounds.insert(sound, named: name) }
            case .rejected(let key, let request, let refusal):
                change(key) { $0.rejected(request, refusal, at: now) }
            case .dialEnded(let key, let job, let cause, let peer):
                change(key) { $0.dialEnded(job, cause: cause, peer: peer, at: now) }
            case .record(let key, let id, let ring):
                // A room that has gone records nothing more.
                guard rooms[key] != nil else {
                    ring.close()
                    continue
                }
                change(key) { $0.record(id, into: ring) }
            case .recordTrack(let key, let id, let member, let ring):
                guard rooms[key] != nil else {
                    ring.close()
                    continue
                }
                change(key) { $0.record(id, member: member, into: ring) }
            case .recordingEnded(let key, let id, let failure):
                change(key) { $0.recordingEnded(id, failure: failure, at: now) }
            case .play(let id, let program, let number): play(program, number, to: id, at: now)
            case .join(let join): enter(join, at: now)
            case .leave(let id): leave(id, at: now)
            case .perform(let token, let key, let command, let issuer):
                perform(token, key, command, by: issuer, at: now)
            case .snapshot(let key): tellAll(of: key)
            case .stop: isRunning = false
            }
        }
        return isRunning
    }

    private func open(_ opening: LegOpening, at now: Instant) {
        guard
            let peer = try? Peer(
                local: opening.local, remote: opening.remote, context: context, egress: egress, at: now)
        else { return mailbox.post(.failed(opening.id, .handshake("no memory for DTLS"))) }
        let leg = MediaLeg(
            id: opening.id.rawValue, peer: peer, audio: opening.audio, videos: opening.videos,
            videoLimit: opening.videoLimit, scratch: scratch, clock: wallClock, seed: opening.seed, at: now)
        legs[opening.id] = leg
        lobby[opening.id] = leg
        unvalidated[opening.local.ufrag] = leg
    }

    private func open(_ opening: PlainOpening, at now: Instant) {
        if legs[opening.id] != nil { forget(opening.id, at: now) }
        let (rtp, rtcp) = (opening.ports.rtpDescriptor, opening.ports.rtcpDescriptor)
        guard
            let peer = try? Peer(
                plain: opening.local, remote: opening.remote, egress: egress,
                rtpSocket: Int(RTPPortPair.number(of: rtp)), rtcpSocket: Int(RTPPortPair.number(of: rtcp)), at: now)
        else { return mailbox.post(.failed(opening.id, .handshake("no keys for SRTP"))) }
        (peer.patience, peer.heldPatience) = opening.patience
        peer.isProven = opening.isProven
        let leg = MediaLeg(
            id: opening.id.rawValue, peer: peer, audio: opening.audio, scratch: scratch, clock: wallClock,
            seed: opening.seed, at: now)
        leg.wantsKeysBySignalling = opening.wantsKeysBySignalling
        take(opening.id, leg, opening.ports)
    }

    private func take(_ id: LegID, _ leg: MediaLeg, _ pair: RTPPortPair) {
        legs[id] = leg
        lobby[id] = leg
        ports[id] = pair
        for descriptor in [pair.rtpDescriptor, pair.rtcpDescriptor] {
            ownSockets[descriptor] = leg
            try? poll.watch(descriptor)
        }
        rest(leg)
    }

    /// What is still in its sockets waits for the next loop.
    private func release(_ id: LegID, at now: Instant) {
        leave(id, at: now)
        guard let pair = ports[id], let leg = legs.removeValue(forKey: id) else {
            return mailbox.post(.released(id, nil))
        }
        lobby[id] = nil
        nextDigits[id] = nil
        held.remove(id)
        closePorts(of: id)
        mailbox.post(.released(id, TravellingLeg(leg, pair)))
    }

    private func adopt(_ id: LegID, _ travelling: TravellingLeg, at now: Instant) {
        travelling.leg.move(to: egress, scratch: scratch, at: now)
        take(id, travelling.leg, travelling.ports)
    }

    private func change(_ id: LegID, _ audio: AudioParameters?, _ remote: PlainRemote, at now: Instant) {
        guard let leg = legs[id] else { return }
        guard (try? leg.peer.renegotiate(remote, at: now)) != nil else {
            return mailbox.post(.failed(id, .handshake("no keys for SRTP")))
        }
        renegotiate(id, audio, [], at: now)
        rest(leg)
    }

    /// Silence ends no call that is on hold, or whose far end was told not to send.
    private func rest(_ leg: MediaLeg) {
        leg.peer.isHeld = held.contains(LegID(leg.id)) || leg.audio?.direction.receives != true
    }

    /// Does something to a room, and passes on what follows.
    private func change(_ key: RoomKey, _ body: (RoomEngine) -> Void) {
        guard let room = rooms[key] else { return }
        body(room)
        drain(room)
    }

    private func room(of id: LegID) -> RoomEngine? { membership[id].flatMap { rooms[$0] } }

    /// The old transport is forgotten; the new one waits for its first check.
    private func renew(_ opening: LegOpening, at now: Instant) {
        guard let leg = legs[opening.id],
            let peer = try? Peer(
                local: opening.local, remote: opening.remote, context: context, egress: egress, at: now)
        else { return mailbox.post(.failed(opening.id, .handshake("no memory for DTLS"))) }
        let old: Peer
        if let room = room(of: opening.id) {
            old = room.reattached(leg, over: peer, opening.audio, opening.videos, at: now)
            drain(room)
        } else {
            old = leg.replaceTransport(peer, opening.audio, opening.videos, at: now)
        }
        unvalidated[old.local.ufrag] = nil
        for path in old.ice.paths where routes[path] === leg { routes[path] = nil }
        unvalidated[opening.local.ufrag] = leg
    }

    private func renegotiate(
        _ id: LegID, _ audio: AudioParameters?, _ videos: [VideoParameters], at now: Instant
    ) {
        guard let leg = legs[id] else { return }
        guard let room = room(of: id) else { return leg.negotiated(audio, videos, at: now) }
        room.renegotiated(leg, audio, videos, at: now)
        drain(room)
    }

    private func view(_ id: LegID, _ wishes: [(slot: Int, call: String?)], at now: Instant) {
        guard let leg = legs[id], let room = room(of: id) else { return }
        room.view(leg, wishes, at: now)
        drain(room)
    }

    /// What the call is shown begins anew with a key frame.
    private func refreshVideo(of id: LegID, at now: Instant) {
        for output in legs[id]?.video?.outputs ?? [] { output.source?.requestKeyFrame(at: now) }
    }

    private func close(_ id: LegID) {
        mailbox.post(.closed(id, forget(id, at: MonotonicClock.now) ?? Peer.Counters()))
    }

    /// - Returns: What the call's peer counted; `nil` when there is no such call.
    @discardableResult
    private func forget(_ id: LegID, at now: Instant) -> Peer.Counters? {
        leave(id, at: now)
        guard let leg = legs.removeValue(forKey: id) else { return nil }
        if let counters = leg.video?.counters { pastPictures.add(counters) }
        leg.close(at: now)
        lobby[id] = nil
        nextDigits[id] = nil
        held.remove(id)
        unvalidated[leg.peer.local.ufrag] = nil
        for path in leg.peer.ice.paths where routes[path] === leg { routes[path] = nil }
        closePorts(of: id)
        return leg.peer.counters
    }

    /// Its goodbye leaves first: the next call that opens a socket may get the same descriptor.
    private func closePorts(of id: LegID) {
        guard let pair = ports.removeValue(forKey: id) else { return }
        egress.flushOwnSockets()
        for descriptor in [pair.rtpDescriptor, pair.rtcpDescriptor] {
            poll.forget(descriptor)
            ownSockets[descriptor] = nil
        }
    }

    private func play(_ program: SoloCall.Program, _ number: Int, to id: LegID, at now: Instant) {
        guard let leg = legs[id], let solo = try? SoloCall(leg: leg, program: program) else {
            return mailbox.post(.applicationDone(id, number: number))
        }
        leave(id, at: now)
        lobby[id] = nil
        solos[id] = (solo, number)
        schedule.add(.solo(id), at: now)
    }

    private func stopPlaying(_ id: LegID, at now: Instant) {
        guard solos[id] != nil else { return }
        leave(id, at: now)
    }

    private func connect(_ one: LegID, _ two: LegID, at now: Instant) {
        guard one != two, let first = legs[one], let second = legs[two] else { return }
        leave(one, at: now)
        leave(two, at: now)
        let pair = CallPair(one: first, two: second, at: now)
        for id in [one, two] {
            lobby[id] = nil
            pairs[id] = pair
        }
        if held.contains(one) { pair.hold(first, true, at: now) }
        if held.contains(two) { pair.hold(second, true, at: now) }
        schedule.add(.pair(one), at: now)
    }

    private func hold(_ id: LegID, _ isHeld: Bool, at now: Instant) {
        guard let leg = legs[id] else { return }
        if isHeld { held.insert(id) } else { held.remove(id) }
        rest(leg)
        pairs[id]?.hold(leg, isHeld, at: now)
        guard let room = room(of: id) else { return }
        room.hold(leg, isHeld, at: now)
        drain(room)
    }

    private func press(_ key: Character, _ id: LegID, at now: Instant) {
        guard let leg = legs[id], let room = room(of: id) else { return }
        room.digit(key, from: leg, at: now)
        drain(room)
    }

    private func enter(_ join: RoomJoin, at now: Instant) {
        guard let leg = legs[join.leg] else {
            return mailbox.post(.refused(join.leg, join.key, .notActive))
        }
        leave(join.leg, at: now)
        let isNew = rooms[join.key] == nil
        if isNew, join.request.flags?.contains(.joinOnly) == true {
            return mailbox.post(.refused(join.leg, join.key, .joinOnly))
        }
        guard
            let room = rooms[join.key]
                ?? (try? RoomEngine(
                    key: join.key, profile: join.profile, startedAt: join.startedAt, sounds: sounds, at: now))
        else { return mailbox.post(.refused(join.leg, join.key, .notActive)) }
        do throws(Refusal) {
            try room.join(leg, join.request, at: now)
        } catch {
            return mailbox.post(.refused(join.leg, join.key, error))
        }
        lobby[join.leg] = nil
        membership[join.leg] = join.key
        if held.contains(join.leg) { room.hold(leg, true, at: now) }
        if isNew {
            rooms[join.key] = room
            schedule.add(.room(join.key), at: now)
            mailbox.post(.opened(join.key, hasLiveArray: join.profile.roomFlags.contains(.liveArraySync)))
        }
        drain(room)
    }

    /// Takes a call out of whatever it is in; it stays open.
    private func leave(_ id: LegID, at now: Instant) {
        end(solo: id, at: now)
        end(pair: id, at: now)
        guard let leg = legs[id] else { return }
        lobby[id] = leg
        guard let key = membership.removeValue(forKey: id), let room = rooms[key] else { return }
        room.leave(leg, at: now)
        drain(room)
    }

    private func end(solo id: LegID, at now: Instant) {
        guard let solo = solos.removeValue(forKey: id) else { return }
        solo.call.end(at: now)
        schedule.remove(.solo(id))
    }

    /// Takes both calls of a pair apart.
    private func end(pair id: LegID, at now: Instant) {
        guard let pair = pairs[id] else { return }
        pair.end(at: now)
        for leg in [pair.one, pair.two] {
            let id = LegID(leg.id)
            pairs[id] = nil
            schedule.remove(.pair(id))
            if legs[id] != nil { lobby[id] = leg }
        }
    }

    private func perform(
        _ token: OrderToken, _ key: RoomKey, _ command: Command, by issuer: Issuer, at now: Instant
    ) {
        guard let room = rooms[key] else { return mailbox.post(.completed(token, .refused(.notActive))) }
        let outcome = room.perform(command, by: issuer, at: now)
        // First what changed, then that it is done: the documented order of a mute and its response.
        drain(room)
        mailbox.post(.completed(token, outcome))
    }

    /// Passes on what a room has to say, and drops it when it has closed.
    private func drain(_ room: RoomEngine) {
        guard room.hasOutputs else { return }
        room.takeOutputs(into: &outputs)
        for output in outputs {
            switch output {
            case .removed(let id, _), .transferToRoom(let id, _, _), .transferCall(let id, _):
                if let leg = legs[LegID(id)] {
                    membership[LegID(id)] = nil
                    lobby[LegID(id)] = leg
                }
            case .closed:
                rooms[room.key] = nil
                outdated.remove(room.key)
                schedule.remove(.room(room.key))
            case .publish where mailbox.isBehind || outdated.contains(room.key):
                outdated.insert(room.key)
                continue
            default: break
            }
            mailbox.post(.room(room.key, output))
        }
        outputs.removeAll(keepingCapacity: true)
    }

    /// Says anew what was left out while the bridge was behind.
    private func catchUp() {
        guard !outdated.isEmpty, !mailbox.isBehind else { return }
        for key in outdated { tellAll(of: key) }
        outdated.removeAll()
    }

    private func tellAll(of key: RoomKey) {
        guard let room = rooms[key]?.room else { return }
        mailbox.post(.snapshot(key, room.snapshot, serial: room.serial))
    }
}

private enum TickOwner: Hashable {
    case room(RoomKey)
    case solo(LegID)
    case pair(LegID)
}

/// The one reader of the clock that media runs on.
enum MonotonicClock {
    static var now: Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Unix time in nanoseconds.
    static var unixNanoseconds: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
