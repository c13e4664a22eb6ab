import Conference
import Testing

struct LevelTests {
    private func words(_ name: String, _ words: String...) throws -> Command { try Command(name: name, words: words) }

    @Test func speechIsEvenedOut() throws {
        var room = try threeMembers(("auto-gain-low-energy-level", "50"))
        let gain = AutoGain(level: 1500, lowLevel: 50)
        #expect(try room.tell(words("agc", "1", "1500")) == [.setAutoGain(one, gain)])
        #expect(try room.ask(words("agc", "1")) == .members([.autoGain(one, 1500)]))
        #expect(try room.ask(words("agc", "1", "up")) == .members([.autoGain(one, 1700)]))
        #expect(
            try room.tell(words("agc", "1", "900:100:4")) == [
                .setAutoGain(one, AutoGain(level: 900, lowLevel: 100, changeFactor: 4))
            ])
        #expect(try room.perform(words("agc", "1", "900"), by: api, at: .zero).effects == [])
        #expect(try room.tell(words("agc", "1", "0")) == [.setAutoGain(one, nil)])
        for word in ["x", "1:2:3:4", "1:-1", ":", "99999999999999999999"] {
            #expect(throws: Refusal.badArgument(command: "agc")) { try words("agc", "1", word) }
        }
    }

    @Test func theProfileSetsItForAll() throws {
        var room = room(("auto-gain-level", "1000"), ("denoise", "true"))
        let effects = try room.join(caller(1), at: .zero)
        #expect(effects.contains(.setAutoGain(one, AutoGain(level: 1000))) && effects.contains(.setDenoise(one, true)))
    }

    @Test func aGateTunesItselfUpToALevel() throws {
        var room = try threeMembers()
        #expect(
            try room.tell(words("auto-energy", "1", "400")) == [
                .setAutoEnergy(one, AutoEnergy(ceiling: 400, seconds: 5))
            ])
        #expect(try room.ask(words("auto-energy", "1")) == .members([.autoEnergy(one, auto: 400, energy: 0)]))
        #expect(try room.tell(words("energy", "1", "500")) == [.setEnergyLevel(one, 500), .setAutoEnergy(one, nil)])
        #expect(try room.ask(words("auto-energy", "1")) == .members([.autoEnergy(one, auto: 0, energy: 500)]))
    }

    @Test func noiseIsTakenOutOnRequest() throws {
        var room = try threeMembers()
        #expect(try room.tell(words("denoise", "1", "on")) == [.setDenoise(one, true)])
        #expect(try room.perform(words("denoise", "1", "on"), by: api, at: .zero).effects == [])
        #expect(
            try room.ask(words("denoise", "all"))
                == .members([.denoise(three, false), .denoise(two, false), .denoise(one, true)]))
    }

    @Test func onlyAStereoRoomHasSides() throws {
        var mono = try threeMembers()
        let command = try words("position", "1", "0.5:0:-1")
        #expect(throws: Refusal.notStereo) { try mono.tell(command) }
        var room = try threeMembers(("channels", "2"))
        #expect(try room.tell(command) == [.setPosition(one, Position(x: 0.5, y: 0, z: -1))])
        #expect(try room.perform(command, by: api, at: .zero).effects == [])
        for word in ["1:2", "1:2:x", "nan:0:0", "inf:0:0", "11:0:0", String(repeating: "1", count: 99) + ":0:0"] {
            #expect(throws: Refusal.badArgument(command: "position")) { try words("position", "1", word) }
        }
    }

    @Test func keysGoToTheCall() throws {
        var room = try threeMembers()
        #expect(try room.tell(words("dtmf", "1", "12#w*")) == [.sendDigits(one, "12#w*")])
        for word in ["", "12x", String(repeating: "1", count: 129)] {
            #expect(throws: Refusal.badArgument(command: "dtmf")) { try words("dtmf", "1", word) }
        }
    }

    @Test func aMemberIsFoundByAVariableOfItsCall() throws {
        var room = try threeMembers()
        for id in [4, 5] {
            var request = caller(id)
            request.callVariables = ["team": "red", "n": String(id)]
            _ = try room.join(request, at: .zero)
        }
        #expect(try room.ask(words("get-uuid", "team=red")) == .members([.uuid(MemberID(5), "call-5")]))
        #expect(try room.ask(words("get-uuid", "n=4")) == .members([.uuid(MemberID(4), "call-4")]))
        #expect(throws: Refusal.noSelection) { try room.ask(words("mute", "team=blue")) }
        #expect(throws: Refusal.badArgument(command: "mute")) { try words("mute", "=red") }
    }
}
