import Conference
import Testing

/// What media and watchers make of a room's effects, and nothing else.
private struct Listener {
    var muted: Set<MemberID> = []
    var held: Set<MemberID> = []
    var playing: [PlaybackID: PlaybackOrder] = [:]
    var recordings: Set<RecordingID> = []
    var music: SoundName?
    var serial = 0
    var rows: [String: Row] = [:]
    var isClosed = false

    mutating func apply(_ effects: [Effect]) {
        for effect in effects {
            #expect(!isClosed, "something came after the end")
            apply(effect)
        }
    }

    private mutating func apply(_ effect: Effect) {
        switch effect {
        case .setMuted(let id, let isMuted): change(&muted, id, isMuted)
        case .setHeld(let id, let isHeld): change(&held, id, isHeld)
        case .play(let order):
            #expect(playing.updateValue(order, forKey: order.id) == nil, "it began twice")
            let together = playing.values.count { $0.to == order.to }
            #expect(together <= (order.to == .everybody ? 2 : 1), "two at once for \(order.to)")
        case .stopPlayback(let id): #expect(playing.removeValue(forKey: id) != nil, "what stops did not play")
        case .pausePlayback(let id, _), .seekPlayback(let id, _), .setPlaybackGain(let id, _):
            #expect(playing[id] != nil)
        case .startRecording(let id, _, _): #expect(recordings.insert(id).inserted)
        case .pauseRecording(let id, _): #expect(recordings.contains(id))
        case .stopRecording(let id): #expect(recordings.remove(id) != nil)
        case .music(let name):
            #expect(music != name, "music that did not change was told")
            music = name
        case .publish(let delta): follow(delta)
        case .parted(let id, _): forget(id)
        case .closed: isClosed = true
        default: break
        }
    }

    private mutating func forget(_ id: MemberID) {
        muted.remove(id)
        held.remove(id)
        #expect(!playing.values.contains { $0.to == .member(id) }, "it plays to who has left")
    }

    private mutating func follow(_ delta: Delta) {
        guard delta.change != .clear else {
            #expect(rows.isEmpty)
            return
        }
        serial += 1
        #expect(delta.serial == serial, "a gap in the serials")
        switch delta.change {
        case .add(let key, let row, _), .modify(let key, let row): rows[key] = row
        case .remove(let key, _): rows[key] = nil
        case .clear: break
        }
    }

    private func change(_ set: inout Set<MemberID>, _ id: MemberID, _ isIn: Bool) {
        if isIn { set.insert(id) } else { set.remove(id) }
    }
}

struct RoomPropertyTests {
    private static let parameters = [
        ("conference-flags", "livearray-sync"), ("moh-sound", "m"), ("alone-sound", "alone"), ("enter-sound", "in"),
        ("exit-sound", "out"), ("muted-sound", "muted"), ("perpetual-sound", "p"), ("announce-count", "3"),
        ("auto-record", "auto"), ("endconf-grace-time", "3"), ("heartbeat-period-sec", "20"),
        ("is-locked-sound", "l"), ("mute-detect-sound", "md"), ("max-members", "8"),
    ]

    private static let names = Command.names.filter { !["set", "say", "saymember", "getvar"].contains($0) }

    private static let flags: [MemberFlags?] = [
        nil, nil, nil, .mute, .deaf, .moderator, .ghost, .muteDetect, .distDTMF, .nomoh, .secondScreen,
        .talkDataEvents,
    ]

    private static let users = ["a@d", "b@d", "c@d", nil]

    private func command(_ random: inout Seeded) -> Command? {
        guard let name = Self.names.randomElement(using: &random) else { return nil }
        let who = ["1", "2", "3", "4", "5", "all", "last", "non_moderator"].randomElement(using: &random) ?? "1"
        let words: [String] =
            switch name {
            case "play": ["f.wav", ["", "async", who].randomElement(using: &random) ?? ""]
            case "stop":
                [
                    ["current", "all", "async"].randomElement(using: &random) ?? "",
                    ["", who].randomElement(using: &random) ?? "",
                ]
            case "pause_play", "play_status": [["", who].randomElement(using: &random) ?? ""]
            case "file_seek": ["+500", ["", who].randomElement(using: &random) ?? ""]
            case "file-vol": ["3", ["", "async"].randomElement(using: &random) ?? ""]
            case "record", "norecord", "pause", "resume": [["r1", "r2", "all"].randomElement(using: &random) ?? ""]
            case "recording": [["start", "stop", "check"].randomElement(using: &random) ?? "", "r3"]
            case "moh": [["on", "off", "toggle", "reset", "f.wav"].randomElement(using: &random) ?? ""]
            case "enter_sound", "exit_sound": [["on", "off", "none"].randomElement(using: &random) ?? ""]
            case "hold": [who, ["", "f.wav"].randomElement(using: &random) ?? ""]
            case "relate": ["1,2,3", "2,4", ["nospeak", "nohear", "clear"].randomElement(using: &random) ?? ""]
            case "denoise": [who, "on"]
            case "pin": ["1"]
            case "transfer": ["3600", "2"]
            case "dtmf": [who, "1"]
            case "vid-bandwidth": [who, "500"]
            case "kick", "hup": [["1", "2", "3"].randomElement(using: &random) ?? ""]
            default: [who, ["up", "down", "1", ""].randomElement(using: &random) ?? ""]
            }
        return try? Command(name: name, words: words).loaded([SoundName("f.wav")!: .seconds(2)])
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func whateverHappensTheEffectsTellTheTruth(seed: UInt64) throws {
        var random = Seeded(seed)
        let profile = RoomProfile(
            name: "p",
            parameters: Self.parameters.shuffled(using: &random).dropLast(Int(seed % 4)) + [
                ("conference-flags", "livearray-sync")
            ])
        var room = Room(
            key: RoomKey(name: "3500", domain: "d"), profile: profile, startedAt: 0, isDynamic: seed % 4 == 0)
        var listener = Listener()
        var now: Duration = .zero
        for _ in 0..<600 where !room.isClosed {
            now += .milliseconds(Int.random(in: 0...900, using: &random))
            if let deadline = room.deadline, deadline <= now { listener.apply(room.advance(to: now)) }
            listener.apply(step(&room, &listener, at: now, &random))
            if !room.isClosed { check(room, listener, at: now) }
        }
        listener.apply(room.close(at: now))
        #expect(listener.isClosed && room.deadline == nil)
        #expect(
            listener.playing.isEmpty && listener.recordings.isEmpty && listener.music == nil && listener.rows.isEmpty)
    }

    private func step(_ room: inout Room, _ listener: inout Listener, at now: Duration, _ random: inout Seeded)
        -> [Effect]
    {
        let id = MemberID(Int.random(in: 1...9, using: &random))
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1:
            var request = caller(id.rawValue, flags: Self.flags.randomElement(using: &random) ?? nil, pin: "1")
            request.person = Self.users.randomElement(using: &random) ?? nil
            request.enforceSecurity = false
            return (try? room.join(request, at: now)) ?? []
        case 2: return room.leave(id, at: now)
        case 3: return room.talking(id, Bool.random(using: &random), score: 900, at: now)
        case 4: return room.digit(id, "0123456789*#".randomElement(using: &random) ?? "0", at: now)
        case 5: return room.setOnHold(id, Bool.random(using: &random), at: now)
        case 6:
            guard let playback = listener.playing.keys.min(by: { $0.rawValue < $1.rawValue }) else { return [] }
            listener.playing[playback] = nil
            return room.playbackEnded(playback, at: now)
        default:
            guard let command = command(&random) else { return [] }
            return (try? room.perform(command, by: api, at: now))?.effects ?? []
        }
    }

    /// Nobody is heard who is muted or held, and the rows and lists say the same as the media do.
    private func check(_ room: Room, _ listener: Listener, at now: Duration) {
        let members = room.summaries(at: now)
        for member in members {
            #expect(listener.muted.contains(member.id) == !member.canSpeak)
            #expect(listener.held.contains(member.id) == member.isOnHold)
            #expect(!member.isTalking || member.canSpeak && !member.isOnHold)
            guard let row = listener.rows[member.callID] else { continue }
            #expect((row.status.muted, row.status.onHold) == (!member.canSpeak, member.isOnHold))
            #expect(row.status.talking == member.isTalking && row.status.floor == member.hasFloor)
        }
        #expect(listener.rows.count == room.snapshot.count && listener.serial == room.serial)
        #expect(room.count == members.count { !$0.isGhost && !$0.isScreenShare })
        #expect(room.summary.talking == members.count { $0.isTalking })
        if let deadline = room.deadline { #expect(deadline > now - .seconds(1)) }
    }

    /// Whatever waits is played and ends, one after another, when nothing more is asked for.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func queuesEnd(seed: UInt64) throws {
        var random = Seeded(seed)
        var room = try threeMembers(("alone-sound", "alone"), ("moh-sound", "m"))
        var listener = Listener()
        for _ in 0..<60 {
            let target: PlayRequest.Target =
                [.queue, .background, .member(.all, isExclusive: false)].randomElement(using: &random) ?? .queue
            let effects = try? room.perform(.play(PlayRequest(Sound("a"), to: target)), by: api, at: .zero).effects
            listener.apply((effects ?? []).plain.filter { if case .publish = $0 { false } else { true } })
        }
        var steps = 0
        while let playback = listener.playing.keys.randomElement(using: &random), steps < 1000 {
            listener.playing[playback] = nil
            listener.apply(room.playbackEnded(playback, at: .zero))
            steps += 1
        }
        #expect(listener.playing.isEmpty && steps < 1000)
    }
}
