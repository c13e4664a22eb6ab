import Conference
import Testing

struct MusicTests {
    private let music = SoundName(configured: "m.wav")

    @Test func itPlaysWhileOneIsAlone() throws {
        var room = room(("moh-sound", "m.wav"))
        #expect(try room.join(caller(1), at: .zero).contains(.music(music)))
        #expect(try room.join(caller(2, flags: .ghost), at: .zero).allSatisfy { $0 != .music(nil) })
        #expect(try room.join(caller(3), at: .zero).contains(.music(nil)))
        #expect(room.leave(three, at: .zero).contains(.music(music)))
        #expect(try room.join(caller(4, flags: .nomoh), at: .zero).contains(.music(nil)))
        #expect(!room.leave(one, at: .zero).contains(.music(music)))
    }

    @Test func filesComeInItsPlace() throws {
        var room = room(("moh-sound", "m.wav"), ("alone-sound", "alone.wav"))
        let effects = try room.join(caller(1), at: .zero)
        #expect(effects.orders.map(\.sound.text) == ["alone.wav"])
        #expect(!effects.contains(.music(music)))
        #expect(room.playbackEnded(PlaybackID(1), at: .zero) == [.music(music)])
        #expect(try room.tell(.play(PlayRequest(Sound("a")))).contains(.music(nil)))
    }

    @Test func allWhoWaitForAModeratorHearIt() throws {
        var room = room(("moh-sound", "m.wav"), ("conference-flags", "wait-mod"))
        #expect(try room.join(caller(1), at: .zero).contains(.music(music)))
        #expect(try room.join(caller(2), at: .zero).allSatisfy { $0 != .music(nil) })
        #expect(try room.join(caller(3, flags: .moderator), at: .zero).contains(.music(nil)))
    }

    @Test func theCommandTurnsItOnOffAndOver() throws {
        var room = room(("moh-sound", "m.wav"))
        _ = try room.join(caller(1), at: .zero)
        let other = SoundName(configured: "o.wav")
        #expect(try room.tell(.music(.file(Sound("o.wav")))) == [.music(other)])
        #expect(try room.perform(.music(.on), by: api, at: .zero).effects == [])
        #expect(try room.tell(.music(.toggle)) == [.music(nil)])
        #expect(try room.ask(.music(.off)) == .music(isOn: false, other))
        #expect(try room.tell(.music(.reset)) == [.music(music)])
        #expect(throws: Refusal.soundNotFound("x")) {
            try room.tell(.music(.file(Sound(SoundName("x")!))))
        }
    }
}
