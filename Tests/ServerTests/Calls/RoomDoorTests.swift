import Calls
import Conference
import Server
import TestKit
import Testing
import Verto
import Wire

/// How callers get into rooms, what their keys do there, and what they hear on their way out.
@Suite(.serialized)
struct RoomDoorTests {
    private static let pin: @Sendable (inout BridgeSettings) -> Void = { settings in
        settings.profiles["default"]?.pin = "1234"
        settings.profiles["default"]?.moderatorPIN = "98765"
        // A word in place of the prompts, which are longer than a test needs.
        settings.profiles["default"]?.sounds["pin-sound"] = "tone_stream://%(3000,0,800)"
        settings.profiles["default"]?.sounds["bad-pin-sound"] = "tone_stream://%(600,0,1100)"
    }

    @Test(arguments: [("1234", "participant"), ("98765", "moderator")])
    func theRightPINLetsIn(pin: String, role: String) async throws {
        try await CallingServer.run(adjust: Self.pin) { server in
            let guest = try await Phone.logIn(server, as: "guest")
            let call = try await guest.call("3500")
            try await call.answered()
            try await call.line.hears(800)
            await call.line.press(pin + "#")
            let membership = try await call.joined()
            #expect(membership.role == role)
            // Its # was no key of the room, which would hang up.
            await call.line.press("0")
            guest.user.perform { $0.watch(channel: membership.channel, name: "3500") }
            try await guest.user.take("a muted row") { $0.isRow(of: call.id) { $0.isMuted } }
        }
    }

    @Test func keysByTheSocketLetInToo() async throws {
        try await CallingServer.run(adjust: Self.pin) { server in
            let guest = try await Phone.logIn(server, as: "guest")
            let call = try await guest.call("3500")
            try await call.answered()
            try await call.line.hears(800)
            guest.user.perform { $0.press("1234#", callID: call.id) }
            #expect(try await call.joined().name == "3500")
        }
    }

    @Test func threeWrongPINsAreEnough() async throws {
        try await CallingServer.run(adjust: Self.pin) { server in
            let guest = try await Phone.logIn(server, as: "guest")
            let call = try await guest.call("3500")
            try await call.answered()
            for _ in 0..<3 {
                try await call.line.hears(800)
                guest.user.perform { $0.press("1111#", callID: call.id) }
                try await call.line.hears(1100)
            }
            #expect(try await call.end() == .init(cause: "CALL_REJECTED", code: 21))
            try await server.waitForNoCalls()
        }
    }

    @Test func aWrongPINAndThenTheRightOneLetsIn() async throws {
        try await CallingServer.run(adjust: Self.pin) { server in
            let guest = try await Phone.logIn(server, as: "guest")
            let call = try await guest.call("3500")
            try await call.answered()
            try await call.line.hears(800)
            await call.line.press("55#")
            try await call.line.hears(1100)
            await call.line.press("1234#")
            #expect(try await call.joined().name == "3500")
        }
    }

    @Test func theKickedHearWhyBeforeTheyGo() async throws {
        try await CallingServer.run {
            $0.profiles["default"]?.sounds["kicked-sound"] = "tone_stream://%(500,0,800)"
        } _: { server in
            let chair = try await Phone.logIn(server, as: "1000", saying: 500)
            let call = try await chair.enter("3500")
            let guest = try await Phone.logIn(server, as: "guest", saying: 1100).enter("3500")
            let channel = try #require(call.membership?.moderatorChannel)
            let member = Int64(guest.membership?.memberID ?? "") ?? 0
            chair.user.perform { $0.moderate("kick", id: .integer(member), channel: channel) }
            try await guest.line.hears(800)
            #expect(try await guest.end() == .init(cause: "NORMAL_CLEARING", code: 16))
            try await call.line.misses(1100)
        }
    }

    @Test func whoComesToALockedRoomHearsItAndGoes() async throws {
        try await CallingServer.run {
            $0.profiles["default"]?.sounds["locked-sound"] = "tone_stream://%(500,0,800)"
        } _: { server in
            let chair = try await Phone.logIn(server, as: "1000", saying: 500)
            _ = try await chair.enter("3500")
            #expect(try await chair.command("conference", "3500 lock") == "+OK 3500 locked\n")
            let guest = try await Phone.logIn(server, as: "guest", saying: 1100).call("3500")
            try await guest.answered()
            try await guest.line.hears(800)
            #expect(try await guest.end() == .init(cause: "CALL_REJECTED", code: 21))
            #expect(try await chair.command("conference", "3500 count") == "1")
            #expect(try await chair.command("conference", "3500 unlock") == "+OK 3500 unlocked\n")
            _ = try await Phone.logIn(server, as: "guest", session: "again").enter("3500")
        }
    }

    @Test func whoIsAloneHearsMusicUntilSomebodyComes() async throws {
        try await CallingServer.run {
            $0.profiles["default"]?.sounds["moh-sound"] = "tone_stream://%(1000,0,800);loops=-1"
            $0.profiles["default"]?.sounds["enter-sound"] = "tone_stream://%(500,0,1400)"
        } _: { server in
            let first = try await Phone.logIn(server, as: "1000", saying: 500).enter("3500")
            try await first.line.hears(800)
            let line = first.line
            async let bell: Void = line.hears(1400)
            let second = try await Phone.logIn(server, as: "1001", saying: 1100).enter("3500")
            try await bell
            try await first.line.hears(1100)
            try await first.line.misses(800)
            second.hangUp()
            try await first.line.hears(800)
        }
    }

    @Test func theRoomWaitsForItsModerator() async throws {
        try await CallingServer.run {
            $0.profiles["default"]?.roomFlags.insert(.waitMod)
        } _: { server in
            let guest = try await Phone.logIn(server, as: "guest", saying: 1100).enter("3500")
            let other = try await Phone.logIn(server, as: "1001", saying: 800).enter("3500")
            try await guest.line.misses(800)
            #expect(await guest.line.hasHeard(800) == false)
            let chair = try await Phone.logIn(server, as: "1000", saying: 500).enter("3500")
            try await guest.line.hears(800)
            try await other.line.hears(500)
            try await chair.line.hears(1100)
        }
    }

    /// By RTP (RFC 4733) and by the socket.
    @Test(arguments: [true, false])
    func keysMuteAndDeafen(byMedia: Bool) async throws {
        try await CallingServer.run { server in
            let other = try await Phone.logIn(server, as: "1000", saying: 500).enter("3500")
            let guest = try await Phone.logIn(server, as: "guest", saying: 1100)
            let call = try await guest.enter("3500")
            let channel = try #require(call.membership?.channel)
            guest.user.perform { $0.watch(channel: channel, name: "3500") }
            try await other.line.hears(1100)
            try await call.line.hears(500)
            func press(_ key: String) async {
                if byMedia { return await call.line.press(key) }
                guest.user.perform { $0.press(key, callID: call.id) }
            }
            await press("0")
            try await guest.user.take("a muted row") { $0.isRow(of: call.id) { $0.isMuted && !$0.isDeaf } }
            try await other.line.misses(1100)
            await press("0")
            try await guest.user.take("an unmuted row") { $0.isRow(of: call.id) { !$0.isMuted } }
            try await other.line.hears(1100)
            await press("*")
            try await guest.user.take("a deaf row") { $0.isRow(of: call.id) { $0.isMuted && $0.isDeaf } }
            try await call.line.misses(500)
            await press("*")
            try await guest.user.take("a hearing row") { $0.isRow(of: call.id) { !$0.isMuted && !$0.isDeaf } }
            try await call.line.hears(500)
            await press("#")
            #expect(try await call.end().code == 16)
        }
    }
}
