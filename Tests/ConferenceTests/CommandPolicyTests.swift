import Conference
import Testing

struct CommandPolicyTests {
    /// A room of 1, 2 and moderator 3, where the configuration says otherwise of some commands.
    private func room() throws -> Room {
        var profile = RoomProfile(name: "p")
        profile.policy.require(.role(.participant), for: "lock")
        profile.policy.require(.role(.operator), for: "KICK")
        profile.policy.require(.capability, for: "recording")
        profile.policy.require(.nobody, for: "transfer")
        var room = Room(key: RoomKey(name: "3500", domain: "d"), profile: profile, startedAt: 0)
        for id in 1...3 { _ = try room.join(caller(id, flags: id == 3 ? .moderator : nil), at: .zero) }
        return room
    }

    private static let recorder = Issuer(name: "r", member: two, capabilities: ["Recording", "transfer", "mute"])

    typealias Row = (who: Issuer, command: Command, isAllowed: Bool)

    static let rows: [Row] = [
        (participant, .lock, true), (participant, .unlock, false), (moderator, .unlock, true),
        (moderator, .kick(.member(one)), false), (api, .kick(.member(one)), true),
        (moderator, .record(nil, tracks: false), false), (api, .record(nil, tracks: false), false),
        (recorder, .record(nil, tracks: false), true), (recorder, .stopRecording(nil), true),
        (recorder, .checkRecording, true), (recorder, .mute(.all), true), (recorder, .unmute(.all), false),
        (api, .transfer([one], room: "x", profile: "p"), false),
        (recorder, .redirect(.member(one), extension: "9"), false),
        (Issuer(name: "guest", capabilities: ["kick"]), .kick(.member(one)), true),
        (.keys(of: one, name: "1"), .mute(.member(one)), true),
    ]

    @Test(arguments: rows.indices)
    func theConfigurationDecides(index: Int) throws {
        let row = Self.rows[index]
        var room = try room()
        if row.isAllowed {
            _ = try room.perform(row.command, by: row.who, at: .zero)
        } else {
            #expect(throws: Refusal.forbidden(command: row.command.name)) {
                try room.perform(row.command, by: row.who, at: .zero)
            }
        }
    }

    @Test func itsWordsAreRead() {
        #expect(CommandPolicy.Requirement("Moderator") == .role(.moderator))
        #expect(CommandPolicy.Requirement("participant") == .role(.participant))
        #expect(CommandPolicy.Requirement("operator") == .role(.operator))
        #expect(CommandPolicy.Requirement("capability") == .capability)
        #expect(CommandPolicy.Requirement("nobody") == .nobody)
        #expect(CommandPolicy.Requirement("king") == nil)
        #expect(!CommandPolicy.knows("dance") && CommandPolicy.knows("Recording"))
    }

    /// The table of conference.md: who may what, when nobody says otherwise.
    @Test(arguments: Command.names)
    func aParticipantMayCountOnly(name: String) throws {
        let command = try Command(name: name, words: CommandWordsTests.words[name] ?? ["7", "1"])
        #expect((command.requiredRole == .participant) == (name == "count"))
        #expect((command.requiredRole == .operator) == ["set", "setvar", "dial", "bgdial"].contains(name))
    }
}
