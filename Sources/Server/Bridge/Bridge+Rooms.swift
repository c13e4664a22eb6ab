import Calls
import Conference
import Engine
import Logging
import Native
import Verto
import Wire

/// Ways into rooms and out of them.
extension Bridge {
    // MARK: In

    func enter(_ id: LegID, _ argument: String, _ variables: [String: String], pin: String? = nil) {
        guard let call = calls[id], let leg = switchboard.leg(id) else { return }
        guard let join = roomJoin(call, leg, argument, variables, pin: pin) else {
            log.warning(
                "bad conference argument", metadata: ["leg": "\(id)", "argument": "\(argument.prefix { $0 != "+" })"])
            return follow(step(.conferenceRefused(id, .invalidNumberFormat)))
        }
        var room = rooms[join.key] ?? RoomRecord(loop: call.loop, profile: join.profile.name)
        // The dialplan chose the room too late to place the call on the room's loop.
        guard room.loop == call.loop, !isTravelling(call) else {
            return move(id, to: room.loop, for: .room(argument: argument, variables: variables, pin: pin))
        }
        let hasPIN = join.request.suppliedPIN != nil
        guard !hasPIN || pins.begins(leg.networkAddress, join.key, at: time) else {
            log.notice(
                "too many wrong PINs", metadata: ["address": "\(leg.networkAddress)", "room": "\(join.key.address)"])
            endQuestion(of: id)
            return follow(step(.conferenceRefused(id, .callRejected)))
        }
        if hasPIN { pinsUnderWay[PINTry(leg: id, room: join.key)] = leg.networkAddress }
        room.pendingJoins += 1
        rooms[join.key] = room
        calls[id]?.member = join.request.id
        calls[id]?.room = join.key
        calls[id]?.wanted = join.key
        calls[id]?.entrance = (argument, variables)
        calls[id]?.farewell = nil
        loops[call.loop].send(.join(join))
    }

    func leaveRoom(_ id: LegID) {
        endQuestion(of: id)
        calls[id]?.room = nil
        calls[id]?.farewell = nil
        calls[id]?.play = nil
        calls[id]?.move?.destination = .nowhere
        order(.leave(id), for: id)
    }

    /// A room did not take the caller: it is asked for its PIN, or told why and let go.
    func refused(_ id: LegID, by key: RoomKey, _ refusal: Refusal) {
        joined(key)
        settlePIN(of: id, in: key, isWrong: refusal == .wrongPIN)
        guard calls[id] != nil else { return }
        calls[id]?.room = nil
        switch refusal {
        case .wrongPIN where calls[id]?.question != nil: answerQuestion(of: id) { $0.wrong(at: $1) }
        case .pinRequired(let digits): ask(id, digits: digits)
        // What came with the call is wrong: the keys decide (conference.md §1.5).
        case .wrongPIN: retry(id)
        default:
            noteRejection(of: id, by: key, refusal)
            log.info("not admitted", metadata: ["leg": "\(id)", "reason": "\(refusal)"])
            sayFarewell(entranceProfile(of: id)?.sound(for: refusal), to: id, then: .refused(refusal.cause))
        }
    }

    /// For the room's books.
    private func noteRejection(of id: LegID, by key: RoomKey, _ refusal: Refusal) {
        guard let call = calls[id], let leg = switchboard.leg(id), let entrance = call.entrance,
            let join = roomJoin(call, leg, entrance.argument, entrance.variables, pin: nil)
        else { return }
        loops[call.loop].send(.rejected(key, join.request, refusal))
    }

    /// Plays a word on the way out, if there is one, and then lets the call go.
    func sayFarewell(_ sound: SoundName?, to id: LegID, then farewell: BridgedCall.Farewell) {
        guard let sound, calls[id] != nil else { return conclude(farewell, of: id) }
        calls[id]?.farewell = farewell
        play(sound, to: id)
    }

    private func conclude(_ farewell: BridgedCall.Farewell, of id: LegID) {
        switch farewell {
        case .ended: follow(step(.conferenceEnded(id)))
        case .refused(let cause): follow(step(.conferenceRefused(id, cause)))
        }
    }

    /// What the call heard is over.
    func played(_ id: LegID) {
        if let farewell = calls[id]?.farewell {
            calls[id]?.farewell = nil
            conclude(farewell, of: id)
        } else if calls[id]?.question != nil {
            answerQuestion(of: id) { $0.played(at: $1) }
        } else {
            follow(step(.applicationDone(id)))
        }
    }

    // MARK: The PIN

    private func entranceProfile(of id: LegID) -> RoomProfile? {
        guard let argument = calls[id]?.entrance?.argument else { return nil }
        return (try? ConferenceArgument(parsing: argument)).map { settings.profile($0.profile) }
    }

    /// Enters again without the PIN that came with the call.
    private func retry(_ id: LegID) {
        guard let entrance = calls[id]?.entrance else { return }
        var variables = entrance.variables
        for name in ["supplied_pin", "verto_dvar_supplied_pin"] { variables[name] = nil }
        enter(id, entrance.argument, variables)
    }

    private func ask(_ id: LegID, digits: Int) {
        guard let profile = entranceProfile(of: id) else { return }
        calls[id]?.question = PINEntry(longest: digits, profile: profile)
        questions.insert(id)
        answerQuestion(of: id) { $0.start(at: $1) }
    }

    func advanceQuestion(of id: LegID) {
        guard let deadline = calls[id]?.question?.deadline, time >= deadline else { return }
        answerQuestion(of: id) { $0.advance(to: $1) }
    }

    func endQuestion(of id: LegID) {
        calls[id]?.question = nil
        questions.remove(id)
    }

    private func answerQuestion(of id: LegID, _ answer: (inout PINEntry, Duration) -> [PINEntry.Output]) {
        guard var question = calls[id]?.question else { return }
        let outputs = answer(&question, time)
        calls[id]?.question = question
        var sound: SoundName?
        for output in outputs {
            switch output {
            case .play(let name):
                sound = name
                play(name, to: id)
            case .stopPlaying: stopPlaying(id)
            case .entered(let digits):
                guard let entrance = calls[id]?.entrance else { continue }
                enter(id, entrance.argument, entrance.variables, pin: digits)
            case .givenUp:
                endQuestion(of: id)
                log.info("not admitted", metadata: ["leg": "\(id)", "reason": "no right PIN"])
                if let key = calls[id]?.wanted { noteRejection(of: id, by: key, .wrongPIN) }
                calls[id]?.farewell = .refused(.callRejected)
                if sound == nil { played(id) }
            }
        }
    }

    // MARK: Keys

    /// A key of a call that is in a room, or at its door.
    func press(_ digit: Character, _ id: LegID) {
        guard let call = calls[id] else { return }
        if call.question != nil { return answerQuestion(of: id) { $0.digit(digit, at: $1) } }
        guard call.room != nil else { return }
        if let until = call.terminatorUntil {
            calls[id]?.terminatorUntil = nil
            if digit == "#", time < until { return }
        }
        // Everybody in the room may hear of each: one message may hold 64.
        let now = now
        guard call.nextKey <= now.advanced(by: Self.keyBurst) else { return }
        calls[id]?.nextKey = max(call.nextKey, now).advanced(by: Self.keyInterval)
        loops[call.loop].send(.key(id, digit))
    }

    static let terminatorPatience: Duration = .seconds(3)
    private static let keyInterval: Duration = .milliseconds(100)
    private static let keyBurst: Duration = .seconds(2)

    // MARK: Commands

    /// Sounds that a command brings are loaded first; a command behind it waits for its turn.
    func perform(_ token: RequestToken, _ key: RoomKey, _ command: Command, by issuer: Issuer) {
        let isFirst = loading[key]?.isEmpty ?? true
        loading[key, default: []].append(LoadingCommand(token: token, command: command, issuer: issuer))
        if isFirst { performNext(in: key) }
    }

    private func performNext(in key: RoomKey) {
        while let next = loading[key]?.first {
            let names = next.command.sounds.filter { !$0.isStream }
            guard names.isEmpty else { return load(names, for: next, in: key) }
            perform(next, in: key, with: [:])
        }
        loading[key] = nil
    }

    private func load(_ names: [SoundName], for command: LoadingCommand, in key: RoomKey) {
        let sounds = helpers.sounds
        later {
            var found: [SoundName: Native.Sound] = [:]
            for name in names { found[name] = try? await sounds.sound(name.text) }
            return found
        } then: { bridge, found in
            bridge.perform(command, in: key, with: found)
            bridge.performNext(in: key)
        }
    }

    private func perform(_ next: LoadingCommand, in key: RoomKey, with sounds: [SoundName: Native.Sound]) {
        loading[key]?.removeFirst()
        var durations = sounds.mapValues(\.duration)
        for name in next.command.sounds where name.isStream { durations[name] = name.streamDuration }
        if let room = rooms[key], !sounds.isEmpty {
            loops[room.loop].send(.sounds(sounds.map { (name: $0.key, sound: $0.value) }))
        }
        send(next.command.loaded(durations), to: key, by: next.issuer, next.token)
    }

    private func send(_ command: Command, to key: RoomKey, by issuer: Issuer, _ token: RequestToken) {
        guard let room = rooms[key] else {
            return endpoint.completed(token, .noSuchRoom, at: now, into: &queue)
        }
        let order = nextOrder()
        orders[order] = token
        loops[room.loop].send(.perform(order, key, command, by: issuer))
    }
}

/// A PIN that a room is looking at.
struct PINTry: Hashable {
    let leg: LegID
    let room: RoomKey
}

/// A command on its way to a room.
struct LoadingCommand {
    let token: RequestToken
    let command: Command
    let issuer: Issuer
}
