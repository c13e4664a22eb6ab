import Conference
import Testing

struct PlaybackTests {
    private static func play(_ name: String, to target: PlayRequest.Target = .queue) -> Command {
        .play(PlayRequest(Sound(name), to: target))
    }

    private func order(_ id: Int, _ name: String, to: PlaybackOrder.Listener = .everybody) -> Effect {
        .play(PlaybackOrder(id: PlaybackID(id), sound: SoundName(configured: name)!, to: to))
    }

    @Test func filesPlayOneAfterAnother() throws {
        var room = try threeMembers()
        #expect(try room.tell(Self.play("a")) == [order(1, "a")])
        #expect(try room.tell(Self.play("b")) == [])
        #expect(room.playbackEnded(PlaybackID(2), at: .zero).plain == [])  // it never began, and now it will not
        #expect(try room.tell(Self.play("c")) == [])
        #expect(room.playbackEnded(PlaybackID(1), at: .zero).plain == [order(3, "c")])
        #expect(room.playbackEnded(PlaybackID(3), at: .zero).plain == [])
        #expect(room.playbackEnded(PlaybackID(3), at: .zero) == [])
    }

    @Test func anotherInTheBackgroundTakesThePlaceOfTheFirst() throws {
        var room = try threeMembers()
        _ = try room.tell(Self.play("a"))
        #expect(try room.tell(Self.play("b", to: .background)) == [order(2, "b")])
        #expect(try room.tell(Self.play("c", to: .background)) == [.stopPlayback(PlaybackID(2)), order(3, "c")])
    }

    @Test func eachMemberHasItsOwn() throws {
        var room = try threeMembers()
        #expect(
            try room.tell(Self.play("a", to: .member(.member(one), isExclusive: false))) == [
                order(1, "a", to: .member(one))
            ])
        #expect(try room.tell(Self.play("b", to: .member(.member(one), isExclusive: false))) == [])
        #expect(
            try room.tell(Self.play("c", to: .member(.member(two), isExclusive: false))) == [
                order(3, "c", to: .member(two))
            ])
        let effects = room.leave(one, at: .zero)
        #expect(effects.first == .stopPlayback(PlaybackID(1)))
        #expect(!effects.contains(.stopPlayback(PlaybackID(2))))
        #expect(throws: Refusal.unknownMember(one)) {
            try room.tell(Self.play("a", to: .member(.member(one), isExclusive: false)))
        }
    }

    @Test func theOrderSaysHowLoudAndHowOften() throws {
        var room = try threeMembers()
        let command = try Command(name: "play", words: ["{vol=-6,loops=inf,full-screen=true}a.wav", "3", "nomux"])
        let effects = try room.tell(command.loaded([SoundName("a.wav")!: .seconds(1)]))
        let name = try #require(SoundName("a.wav"))
        #expect(
            effects == [
                .play(
                    PlaybackOrder(
                        id: PlaybackID(1), sound: name, to: .member(three), gain: -6, loops: nil, isExclusive: true))
            ])
    }

    @Test func whatNobodyLoadedIsNotFound() throws {
        var room = try threeMembers()
        let command = try Command(name: "play", words: ["a.wav"])
        #expect(command.sounds.map(\.text) == ["a.wav"])
        #expect(throws: Refusal.soundNotFound("a.wav")) { try room.tell(command.loaded([:])) }
        // Who may not ask is not told what there is.
        #expect(throws: Refusal.forbidden(command: "play")) {
            try room.perform(command.loaded([:]), by: participant, at: .zero)
        }
        #expect(try room.tell(command.loaded([SoundName("a.wav")!: .seconds(3)])).orders.count == 1)
    }

    @Test func stoppingLetsTheNextOnePlay() throws {
        var room = try threeMembers()
        for name in ["a", "b", "c"] { _ = try room.tell(Self.play(name)) }
        _ = try room.tell(Self.play("d", to: .background))
        let (reply, effects) = try room.perform(.stop(.current, nil), by: api, at: .zero)
        #expect(reply == .stopped(1))
        #expect(effects.plain == [.stopPlayback(PlaybackID(1)), order(2, "b")])
        #expect(try room.ask(.stop(.background, nil)) == .stopped(1))
        #expect(try room.tell(.stop(.all, nil)) == [.stopPlayback(PlaybackID(2))])
        #expect(try room.ask(.stop(.all, nil)) == .stopped(0))
        #expect(try room.ask(.stop(.current, .member(one))) == .stopped(0))
        #expect(throws: Refusal.unknownMember(MemberID(9))) { try room.ask(.stop(.all, .member(MemberID(9)))) }
    }

    @Test func thePositionFollowsTheClockButNotWhilePaused() throws {
        var room = try threeMembers()
        func status(at seconds: Int) throws -> PlaybackStatus? {
            guard case .playback(let status) = try room.ask(.playbackStatus(nil), at: .seconds(seconds)) else {
                return nil
            }
            return status
        }
        #expect(try status(at: 0) == nil)
        _ = try room.tell(Self.play("a"), at: .seconds(1))
        #expect(try status(at: 4)?.position == 3000)
        #expect(try status(at: 4)?.duration == 10_000)
        #expect(try room.tell(.pausePlayback(nil), at: .seconds(5)) == [.pausePlayback(PlaybackID(1), true)])
        #expect(try status(at: 9)?.position == 4000 && status(at: 9)?.isPaused == true)
        #expect(try room.ask(.pausePlayback(nil), at: .seconds(9)) == .paused(false))
        #expect(try status(at: 10)?.position == 5000)
        #expect(try room.ask(.seek(.by(2500), nil), at: .seconds(10)) == .sought(7500))
        #expect(try room.tell(.seek(.by(-9000), nil), at: .seconds(10)) == [.seekPlayback(PlaybackID(1), to: 0)])
        #expect(try room.ask(.seek(.to(99_000), nil), at: .seconds(10)) == .sought(10_000))
        #expect(try room.ask(.pausePlayback(.member(one))) == .paused(nil))
        #expect(try room.ask(.seek(.to(0), .member(one))) == .sought(nil))
    }

    @Test func theVolumeIsThatOfWhatPlays() throws {
        var room = try threeMembers()
        #expect(throws: Refusal.notPlaying) { try room.ask(.fileVolume(5, inBackground: false)) }
        _ = try room.tell(Self.play("a"))
        #expect(throws: Refusal.notPlaying) { try room.ask(.fileVolume(5, inBackground: true)) }
        #expect(try room.tell(.fileVolume(5, inBackground: false)) == [.setPlaybackGain(PlaybackID(1), 5)])
        #expect(try room.perform(.fileVolume(5, inBackground: false), by: api, at: .zero).effects == [])
        #expect(try room.ask(.fileVolume(-20, inBackground: false)) == .fileVolume(-20))
    }

    @Test func aQueueHasAnEnd() throws {
        var room = try threeMembers()
        for _ in 0..<64 { _ = try room.tell(Self.play("a")) }
        #expect(throws: Refusal.tooMany(limit: 64)) { try room.tell(Self.play("a")) }
        for _ in 0..<16 { _ = try room.tell(Self.play("a", to: .member(.last, isExclusive: false))) }
        #expect(throws: Refusal.tooMany(limit: 16)) {
            try room.tell(Self.play("a", to: .member(.last, isExclusive: false)))
        }
    }

    @Test func theBackgroundSoundOfTheProfileComesBackUnlessItCannotBePlayed() throws {
        var room = room(("perpetual-sound", "p"))
        #expect(try room.join(caller(1), at: .zero).orders.map(\.loops) == [nil])
        let async = try room.tell(Self.play("a", to: .background))
        #expect(async.first == .stopPlayback(PlaybackID(1)))
        #expect(room.playbackEnded(PlaybackID(2), at: .zero).orders.map(\.sound.text) == ["p"])
        #expect(try room.ask(.stop(.all, nil)) == .stopped(0))
        #expect(room.playbackEnded(PlaybackID(3), at: .zero).orders == [])
        _ = try room.join(caller(2), at: .zero)
        #expect(try room.tell(Self.play("b", to: .background)).orders.count == 1)
    }

    @Test func theRoomsEndStopsThem() throws {
        var room = try threeMembers()
        _ = try room.tell(Self.play("a"))
        _ = try room.tell(Self.play("b", to: .background))
        let effects = room.close(at: .zero)
        #expect(effects.contains(.stopPlayback(PlaybackID(1))) && effects.contains(.stopPlayback(PlaybackID(2))))
    }
}
