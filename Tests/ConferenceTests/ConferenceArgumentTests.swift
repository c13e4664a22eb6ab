import Conference
import Testing

struct ConferenceArgumentTests {
    typealias Row = (text: String, name: String, profile: String, pin: String?, flags: String?)

    /// conference.md §1.1, with its odd cases.
    static let rows: [Row] = [
        ("3500", "3500", "default", nil, nil),
        ("3500@video", "3500", "video", nil, nil),
        ("3500@video+1234", "3500", "video", "1234", nil),
        ("3500+1234", "3500", "default", "1234", nil),
        ("3500@video+1234+flags{mute|moderator}", "3500", "video", "1234", "mute|moderator"),
        ("3500+flags{mute}", "3500", "default", nil, "mute"),
        ("3500+flags{mute}ignored@other+9", "3500", "default", nil, "mute"),
        ("3500+flags{mute", "3500", "default", nil, "mute"),
        ("3500+flags{}", "3500", "default", nil, ""),
        ("3500+flags", "3500", "default", "flags", nil),
        ("3500+1234@video", "3500", "default", "1234@video", nil),
        ("3500+12+34", "3500", "default", "12+34", nil),
        ("3500@example.com@video", "3500@example.com", "video", nil, nil),
        ("3500@example.com", "3500", "example.com", nil, nil),
        ("  3500", "3500", "default", nil, nil),
        ("3500 ", "3500 ", "default", nil, nil),
        ("3500@", "3500", "default", nil, nil),
        ("3500+", "3500", "default", nil, nil),
        ("3500@video ", "3500", "video ", nil, nil),
        ("3500:x", "3500:x", "default", nil, nil),
        ("Zimmer grün@video", "Zimmer grün", "video", nil, nil),
    ]

    @Test(arguments: rows)
    func findsTheParts(row: Row) throws {
        let argument = try ConferenceArgument(parsing: row.text)
        #expect(argument.name == row.name)
        #expect(argument.profile == row.profile)
        #expect(argument.pin == row.pin)
        #expect(argument.flagText == row.flags)
        #expect(argument.dialString == nil)
    }

    @Test func takesTheRestOfABridgeAsDialString() throws {
        let argument = try ConferenceArgument(parsing: "bridge: 3500@video:user/1000@example.com+x+flags{endconf}")
        #expect(argument.name == "3500")
        #expect(argument.profile == "video")
        #expect(argument.pin == nil)
        #expect(argument.dialString == "user/1000@example.com+x")
        #expect(argument.flagText == "endconf")
    }

    static let refused: [(String, ConferenceArgument.Invalid)] = [
        ("", .missingName), ("   ", .missingName), ("@video", .missingName), ("+1234", .missingName),
        ("+flags{mute}", .missingName), ("bridge:3500", .missingDialString), ("bridge:3500:", .missingDialString),
        (String(repeating: "3", count: 1025), .tooLong(limit: 1024)),
    ]

    @Test(arguments: refused)
    func refusesWhatNamesNoRoom(row: (text: String, error: ConferenceArgument.Invalid)) {
        #expect(throws: row.error) { try ConferenceArgument(parsing: row.text) }
    }

    @Test func livesThroughEveryPrefixAndRandomText() {
        let text = "bridge:3500@e@video:user/1000+12+flags{mute|moderator}"
        for length in 0...text.count { _ = try? ConferenceArgument(parsing: String(text.prefix(length))) }
        var random = Seeded(1)
        for _ in 0..<5000 {
            let noise = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                "bridge:+@flags{}|3ü".randomElement(using: &random)!
            }
            _ = try? ConferenceArgument(parsing: String(noise))
        }
    }

    @Test func joinsTheFlagsOfTextAndVariables() throws {
        let argument = try ConferenceArgument(parsing: "3500+flags{MUTE,wait-mod|nonsense}")
        let variables = [
            "conference_member_flags": "endconf", "conference_member_flags_moderator": "true",
            "conference_member_flags_deaf": "false", "conference_flags": "ARRAY::audio-always|:livearray-sync",
        ]
        #expect(argument.memberFlags(variables: variables) == [.mute, .endconf, .moderator])
        #expect(argument.roomFlags(variables: variables) == [.waitMod, .audioAlways, .liveArraySync])
        #expect(try ConferenceArgument(parsing: "3500").memberFlags() == nil)
        #expect(try ConferenceArgument(parsing: "3500+flags{}").memberFlags() == [])
    }
}

struct MemberFlagsTests {
    typealias Row = (profile: MemberFlags, call: MemberFlags?, effective: MemberFlags)

    static let rows: [Row] = [
        (.mute, nil, .mute), (.mute, [], []), (.mute, .moderator, .moderator),
        ([.mute, .nomoh], .deaf, [.nomoh, .deaf]),
        ([], .mute, .mute), (.moderator, [], .moderator),
    ]

    @Test(arguments: rows)
    func anyFlagTextOfTheCallResetsMuteAndDeaf(row: Row) {
        #expect(MemberFlags.effective(profile: row.profile, call: row.call) == row.effective)
    }

    @Test func readsMoreThanTenWords() {
        let text = "nomoh|ghost|mintwo|endconf|deaf|vmute|blind|mute-detect|dist-dtmf|skip-dtmf|join-only|moderator"
        #expect(MemberFlags(parsing: text).contains(.moderator))
        #expect(MemberFlags(parsing: "mandatory_member_endconf, second-screen") == [.mandatoryEndconf, .secondScreen])
        #expect(MemberFlags(parsing: "waste,pass-dtmf") == [])
    }
}

struct RoomKeyTests {
    @Test func takesTheDomainFromTheNameThenTheProfileThenTheCaller() {
        func domain(_ name: String, _ profile: String?, _ caller: String?) -> String {
            RoomKey(name: name, profileDomain: profile, callerDomain: caller, fallback: "f").domain
        }
        #expect(domain("3500@a@b", "p", "c") == "a@b")
        #expect(domain("3500", "p", "c") == "p")
        #expect(domain("3500", nil, "c") == "c")
        #expect(domain("3500", nil, nil) == "f")
    }

    @Test func roomsWithTheSameChannelsAreTheSame() {
        let short = RoomKey(name: "3500", domain: "example.com")
        let long = RoomKey(name: "3500@example.com", domain: "example.com")
        #expect(short == long)
        #expect(Set([short, long]).count == 1)
        #expect(long.address == "3500@example.com")
        #expect(long.shortName == "3500")
        #expect(short != RoomKey(name: "3500", domain: "example.org"))
    }
}
