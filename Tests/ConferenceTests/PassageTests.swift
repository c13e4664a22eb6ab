import Conference
import Testing

struct PassageTests {
    private func names(_ effects: [Effect]) -> [String] { effects.orders.map(\.sound.text) }

    @Test func allHearWhoComesAndGoes() throws {
        var room = room(
            ("enter-sound", "in"), ("exit-sound", "out"), ("member-enter-sound", "hello"), ("alone-sound", "alone"))
        #expect(try names(room.join(caller(1), at: .zero)) == ["hello", "alone"])
        // Nobody is alone any more.
        #expect(try names(room.join(caller(2), at: .zero)) == ["hello", "in"])
        #expect(names(room.playbackEnded(PlaybackID(4), at: .zero)) == [])
        #expect(names(room.leave(two, at: .zero)) == ["out"])
        #expect(names(room.playbackEnded(PlaybackID(5), at: .zero)) == ["alone"])
    }

    @Test func aCrowdRingsOnceMore() throws {
        var room = room(("enter-sound", "in"), ("exit-sound", "out"))
        for id in 1...20 { _ = try room.join(caller(id), at: .zero) }
        // One plays, one waits.
        let effects = room.playbackEnded(PlaybackID(1), at: .zero)
        #expect(names(effects) == ["in"])
        #expect(names(room.playbackEnded(PlaybackID(2), at: .zero)) == [])
    }

    @Test func nobodyHearsGhostsScreensAndTheSilent() throws {
        var room = room(("enter-sound", "in"), ("exit-sound", "out"), ("member-enter-sound", "hello"))
        _ = try room.join(caller(1), at: .zero)
        var silent = caller(2)
        silent.isSilent = true
        #expect(try names(room.join(silent, at: .zero)) == [])
        #expect(try names(room.join(caller(3, flags: .ghost), at: .zero)) == [])
        #expect(try names(room.join(caller(4, screenShare: true), at: .zero)) == [])
        #expect(try names(room.join(caller(5, flags: .secondScreen), at: .zero)) == [])
        for id in [2, 3, 4, 5] { #expect(names(room.leave(MemberID(id), at: .zero)) == []) }
    }

    @Test func aCallBringsSoundsOfItsOwn() throws {
        var room = room(("enter-sound", "in"))
        _ = try room.join(caller(1), at: .zero)
        var request = caller(2)
        (request.enterSound, request.exitSound) = (SoundName("my-in"), SoundName("my-out"))
        #expect(try names(room.join(request, at: .zero)) == ["my-in"])
        _ = room.playbackEnded(PlaybackID(1), at: .zero)
        _ = try room.tell(.announcement(.exit, .off))
        #expect(names(room.leave(two, at: .zero)) == ["my-out"])
    }

    typealias Row = (words: [String], isOn: Bool, file: String?, actions: [RoomAction])

    static let rows: [Row] = [
        (["on"], true, "in", []), (["off"], false, "in", [.enterSoundsOff]),
        (["none"], false, nil, [.enterSoundFileChanged, .enterSoundsOff]),
        (["file", "x.wav"], true, "x.wav", [.enterSoundFileChanged]),
    ]

    @Test(arguments: rows.indices)
    func theCommandChangesThem(index: Int) throws {
        let row = Self.rows[index]
        var room = room(("enter-sound", "in"))
        let command = try Command(name: "enter_sound", words: row.words).loaded([SoundName("x.wav")!: .seconds(1)])
        let (reply, effects) = try room.perform(command, by: api, at: .zero)
        #expect(reply == .announcement(.enter, isOn: row.isOn, row.file.flatMap { SoundName(configured: $0) }))
        #expect(effects.actions == row.actions)
        for words in [[], ["file"], ["loud"]] {
            #expect(throws: Refusal.badArgument(command: "exit_sound")) {
                try Command(name: "exit_sound", words: words)
            }
        }
    }

    static let numbers: [(count: Int, words: [String])] = [
        (2, ["2"]), (20, ["20"]), (21, ["20", "1"]), (100, ["1", "hundred"]), (342, ["3", "hundred", "40", "2"]),
        (1015, ["1", "thousand", "15"]),
    ]

    @Test(arguments: numbers.indices)
    func theJoinerIsToldHowManyTheyAre(index: Int) throws {
        let row = Self.numbers[index]
        var room = room(("announce-count", "2"))
        for id in 1..<row.count { _ = try room.join(caller(id), at: .zero) }
        var effects = try room.join(caller(row.count), at: .zero)
        var said: [String] = []
        while let order = effects.orders.first {
            #expect(order.to == .member(MemberID(row.count)))
            said.append(order.sound.text)
            effects = room.playbackEnded(order.id, at: .zero)
        }
        let words = row.words.map { "digits/\($0).wav" }
        #expect(said == ["conference/conf-there-are.wav"] + words + ["conference/conf-callers.wav"])
    }

    @Test func aLockIsHeard() throws {
        var room = try threeMembers(("is-locked-sound", "l"), ("is-unlocked-sound", "u"))
        #expect(try names(room.tell(.lock)) == ["l"])
        #expect(try room.perform(.lock, by: api, at: .zero).effects == [])
        _ = room.playbackEnded(PlaybackID(1), at: .zero)
        #expect(try names(room.tell(.unlock)) == ["u"])
    }

    @Test func aMemberIsToldHowItIsNow() throws {
        var room = try threeMembers(
            ("muted-sound", "m"), ("unmuted-sound", "u"), ("deaf-sound", "d"), ("kicked-sound", "k"))
        #expect(try room.tell(.mute(.member(one))).orders.map(\.to) == [.member(one)])
        let effects = try room.tell(.unmute(.member(one)))
        #expect(effects.contains(.stopPlayback(PlaybackID(1))) && names(effects) == ["u"])
        #expect(try names(room.tell(.mute(.member(one), quiet: true))) == [])
        #expect(try names(room.tell(.deaf(.member(two)))) == ["d"])
        #expect(try room.tell(.kick(.member(one))).contains(.remove(one, .kicked(playing: SoundName("k")))))
        #expect(
            try room.tell(.kick(.member(two), Sound("other"))).contains(
                .remove(two, .kicked(playing: SoundName("other")))))
    }

    @Test func aCrowdIsNotToldOneByOne() throws {
        var room = room(("muted-sound", "m"))
        for id in 1...51 { _ = try room.join(caller(id), at: .zero) }
        #expect(try names(room.tell(.mute(.all))) == [])
        #expect(try names(room.tell(.unmute(.all))) == [])
        #expect(try names(room.tell(.mute(.last))) == ["m"])
    }
}
