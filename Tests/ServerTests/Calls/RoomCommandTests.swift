import Calls
import Conference
import Foundation
import NIOPosix
import Server
import TestKit
import Testing
import Verto
import Wire

/// Text commands, by `fsapi` and by the control socket.
@Suite(.serialized)
struct RoomCommandTests {
    @Test func bothDoorsAnswerAlike() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let call = try await ann.enter("3500")
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100).enter("3500")
            let member = try #require(bob.membership?.memberID)
            let doors: [(String) async throws -> String] = [
                { try await ann.command("conference", $0) }, { try await server.ctl("conference \($0)") },
            ]
            for ask in doors {
                let list = try await ask("3500 list")
                #expect(list.split(separator: "\n").count == 2 && list.contains(";Ann;"), "\(list)")
                let json = try JSON(parsing: try await ask("3500 json_list"))
                #expect(
                    json.array?.first?["conference_name"]?.string == "3500"
                        && json.array?.first?["members"]?.array?.count == 2)
                #expect(try await ask("3500 count") == "2")
                #expect(try await ask("3500 mute \(member)") == "+OK mute \(member)\n")
                try await call.line.misses(1100)
                #expect(try await ask("3500 unmute \(member)") == "+OK unmute \(member)\n")
                try await call.line.hears(1100)
                #expect(try await ask("3500 pin 4711") == "+OK Pin for conference 3500 set: 4711\n")
                #expect(try await ask("3500 nopin") == "+OK Pin for conference 3500 deleted\n")
                #expect(try await ask("3500 nonsense").hasPrefix("-ERR"))
                #expect(try await ask("nowhere list") == "-ERR Conference nowhere not found\n")
            }
        }
    }

    @Test func aFileIsPlayedToAllOrToOne() async throws {
        try await CallingServer.run { server in
            try server.addSound("long.wav")
            let ann = try await Phone.logIn(server, as: "1000", saying: 500).enter("3500")
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100).enter("3500")
            try await ann.line.hears(1100)
            let line = ann.line
            async let heard: Void = line.hears(800)
            #expect(try await server.ctl("conference 3500 play long.wav") == "+OK (play) Playing file long.wav\n")
            try await bob.line.hears(800)
            try await heard
            #expect(try await server.ctl("conference 3500 stop all").hasPrefix("+OK Stopped"))
            try await ann.line.misses(800)
            try await bob.line.misses(800)
            let member = try #require(bob.membership?.memberID)
            let answer = try await server.ctl("conference 3500 play long.wav \(member)")
            #expect(answer == "+OK (play) Playing file long.wav to member \(member)\n")
            try await bob.line.hears(800)
            #expect(try await server.ctl("conference 3500 stop all \(member)").hasPrefix("+OK Stopped"))
            try await bob.line.misses(800)
            let missing = try await server.ctl("conference 3500 play nothing.wav")
            #expect(missing.hasPrefix("-ERR") || missing.contains("not found"), "\(missing)")
        }
    }

    @Test func theDialplanPlaysFilesAndPassesOverMissingOnes() async throws {
        try await CallingServer.run { server in
            try server.addSound("long.wav")
            let call = try await Phone.logIn(server, as: "1000").call("file")
            try await call.answered()
            try await call.line.hears(800)
            #expect(try await call.end() == .init(cause: "USER_BUSY", code: 17))
        }
    }

    @Test func eitherEndOfACallIsSentElsewhere() async throws {
        try await CallingServer.run { server in
            let (outgoing, incoming) = try await UserCallTests.call(server)
            #expect(try await server.ctl("uuid_transfer \(outgoing.id) -bleg 3500").hasPrefix("+OK"))
            #expect(try await incoming.joined().name == "3500")
            #expect(try await outgoing.end().code == 16)
            #expect(try await server.ctl("uuid_transfer \(incoming.id) 9196").hasPrefix("+OK"))
            try await incoming.line.hears(1100)
            #expect(try await server.ctl("conference 3500 list") == "-ERR Conference 3500 not found\n")
            #expect(try await server.ctl("uuid_transfer nobody 9196").hasPrefix("-ERR"))
        }
    }

    @Test(arguments: [1, 3])
    func aRoomCallsSomebodyIn(loops: Int) async throws {
        try await CallingServer.run(mediaLoops: loops) { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let call = try await ann.enter("3500")
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100)
            async let answer = server.ctl("conference 3500 dial user/1001 3500 Room")
            let dialled = try await bob.answer()
            try await dialled.line.connected()
            #expect(try await dialled.joined().name == "3500")
            #expect(try await answer == "+OK Call Requested: result: [SUCCESS]\n")
            try await dialled.line.hears(500)
            try await call.line.hears(1100)
            #expect(try await server.ctl("conference 3500 bgdial user/1002 3500 Room").hasPrefix("+OK Job-UUID: "))
            let refused = try await server.ctl("conference 3500 dial user/1002 3500 Room")
            #expect(refused == "+OK Call Requested: result: [USER_NOT_REGISTERED]\n")
        }
    }

    @Test(arguments: [1, 3])
    func aMemberIsSentToAnotherRoom(loops: Int) async throws {
        try await CallingServer.run(mediaLoops: loops) { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500).enter("3500")
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100).enter("3500")
            try await ann.line.hears(1100)
            let member = try #require(bob.membership?.memberID)
            let answer = try await server.ctl("conference 3500 transfer 3501 \(member)")
            #expect(answer == "+OK Member '\(member)' sent to conference 3501.\n")
            #expect(try await bob.joined().name == "3501")
            try await ann.line.misses(1100)
            let carol = try await Phone.logIn(server, as: "1002", saying: 1400).enter("3501")
            try await bob.line.hears(1400)
            try await carol.line.hears(1100)
        }
    }

    @Test(arguments: [1, 3])
    func aMemberIsSentToAnExtension(loops: Int) async throws {
        try await CallingServer.run(mediaLoops: loops) { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let call = try await ann.enter("3500")
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100).enter("3500")
            let channel = try #require(call.membership?.moderatorChannel)
            let member = Int64(bob.membership?.memberID ?? "") ?? 0
            ann.user.perform {
                $0.moderate("transfer", id: .integer(member), value: "9196", channel: channel)
            }
            try await bob.line.hears(1100)
            try await bob.line.misses(500)
            try await call.line.misses(1100)
        }
    }

    @Test func aCallIsPlacedShownAndEnded() async throws {
        try await CallingServer.run { server in
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100)
            async let placed = server.ctl("originate user/1001 9196")
            let call = try await bob.answer()
            let answer = try await placed
            #expect(answer == "+OK \(call.id)\n")
            try await call.line.hears(1100)
            #expect(try await server.ctl("show channels count").contains("1 total"))
            #expect(try await server.ctl("uuid_kill \(call.id) USER_BUSY").hasPrefix("+OK"))
            #expect(try await call.end() == .init(cause: "USER_BUSY", code: 17))
            #expect(try await server.ctl("originate user/1002 9196") == "-ERR USER_NOT_REGISTERED\n")
            try await server.waitForNoCalls()
        }
    }
}

extension RunningServer {
    /// Four seconds of 800 Hz.
    func addSound(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: data + "/sounds", withIntermediateDirectories: true)
        try Data(wav(tone(800, count: 192_000))).write(to: URL(fileURLWithPath: data + "/sounds/" + name))
    }

    /// One line of `parley ctl`, on a thread that may wait.
    func ctl(_ line: String) async throws -> String {
        let data = data
        return try await NIOThreadPool.singleton.runIfActive {
            try ControlClient(data: data, patience: 10).ask(line)
        }
    }
}
