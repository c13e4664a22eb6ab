import Calls
import Conference
import Server
import TestKit
import Testing
import Verto
import Wire

struct CallTests {
    @Test(arguments: [1, 3])
    func showUpOnADashboardCarrySoundAndLeaveNothingBehind(loops: Int) async throws {
        try await RunningServer.run(mediaLoops: loops) { server in
            let channel = "conference-liveArray.3500@\(try await server.domain())"
            let dashboard = try await VertoUser.logIn(server, as: "dashboard", session: "dashboard")
            dashboard.perform { $0.watch(channel: channel, name: "3500") }
            try await dashboard.wait("the subscription") { $0 == .subscribed(channel) }

            let talker = try await Caller(server, as: "guest", session: "s1", to: "3500")
            try await talker.connect()
            #expect(try await talker.join().name == "3500")
            let listener = try await Caller(server, as: "moderator", session: "s2", to: "3500")
            try await listener.connect()
            for caller in [talker, listener] {
                try await dashboard.wait("the row of \(caller.callID)") { output in
                    if case .liveArray(_, .added(caller.callID, _)) = output { true } else { false }
                }
            }
            try await Self.run([talker, listener]) { $0.allSatisfy { $0.received > 50 } }
            #expect(try await server.figure("legs") == 2)

            for caller in [talker, listener] {
                caller.hangUp()
                try await dashboard.wait("the row of \(caller.callID) to go") { output in
                    if case .liveArray(_, .removed(caller.callID)) = output { true } else { false }
                }
            }
            try await server.waitForNoCalls()
            #expect(dashboard.verto.arrays[channel]?.gaps == 0)
            #expect(try await server.figure("peer_refused_total{why=\"unauthentic\"}") == 0)
        }
    }

    @Test
    func hearThemselvesAtTheEchoNumber() async throws {
        try await RunningServer.run { server in
            let caller = try await Caller(server, as: "guest", session: "s1", to: "9196")
            try await caller.connect()
            try await caller.run("the echo") { $0.received > 50 }
            caller.hangUp()
            try await server.waitForNoCalls()
        }
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        let what: String
        let destination: String
        let edit: @Sendable (String) -> String
        let cause: String
        let code: Int
        var testDescription: String { what }
    }

    static let refused = [
        Refused(
            what: "no destination", destination: "+4711", edit: { $0 }, cause: "NO_ROUTE_DESTINATION", code: 3),
        Refused(
            what: "an unknown user", destination: "4711", edit: { $0 }, cause: "SUBSCRIBER_ABSENT", code: 20),
        Refused(
            what: "an offer that is no SDP", destination: "3500", edit: { _ in "nonsense" },
            cause: "INCOMPATIBLE_DESTINATION", code: 88),
        Refused(
            what: "an offer without a fingerprint", destination: "3500",
            edit: { offer in
                offer.split(separator: "\r\n").filter { !$0.hasPrefix("a=fingerprint") }.joined(separator: "\r\n")
                    + "\r\n"
            }, cause: "INCOMPATIBLE_DESTINATION", code: 88),
        Refused(
            what: "an offer without Opus", destination: "9196",
            edit: { offer in
                offer.split(separator: "\r\n").map { line in
                    line.hasPrefix("a=rtpmap:") ? line.split(separator: " ")[0] + " PCMU/8000" : line
                }.joined(separator: "\r\n") + "\r\n"
            }, cause: "INCOMPATIBLE_DESTINATION", code: 88),
    ]

    @Test(arguments: refused)
    func endWithTheCauseWhenTheyCannotBe(row: Refused) async throws {
        try await RunningServer.run { server in
            let caller = try await Caller(
                server, as: "guest", session: "s1", to: row.destination, offer: row.edit)
            let end = try await caller.end()
            #expect(end.cause == row.cause)
            #expect(end.code == row.code)
            try await server.waitForNoCalls()
        }
    }

    @Test(arguments: ["3500", "9196", "9197"])
    func endWhenTheirMediaNeverComesUp(destination: String) async throws {
        let settings: @Sendable (inout BridgeSettings) -> Void = { $0.limits.mediaPatience = .milliseconds(300) }
        try await RunningServer.run(adjust: settings) { server in
            let caller = try await Caller(server, as: "guest", session: "s1", to: destination)
            #expect(try await caller.end().cause == "MEDIA_TIMEOUT")
            try await server.waitForNoCalls()
        }
    }

    @Test
    func areGoneWhenTheyEndWhileTheyJoin() async throws {
        let generous: @Sendable (inout BridgeSettings) -> Void = { settings in
            settings.verto.requestBurst = 10_000
            settings.verto.callsPerSession = 1_000
        }
        try await RunningServer.run(adjust: generous) { server in
            let user = try await VertoUser.logIn(server, as: "guest", session: "s1")
            let caller = try await Caller(server, as: "guest", session: "s2", to: "9196")
            let offer = caller.browser.offer.text
            for round in 0..<200 {
                let callID = "call \(round)"
                user.perform { verto in
                    verto.invite(callID: callID, to: "35\(10 + round % 7)", sdp: offer, name: "n", number: "1")
                        + verto.hangUp(callID: callID)
                }
            }
            try await user.wait("the last call") { $0 == .callCreated("call 199") }
            caller.hangUp()
            try await server.waitForNoCalls()
        }
    }

    @Test
    func leaveNoTraceInARoomThatRefusesThem() async throws {
        let plan = try load([
            "c/dialplan/default.xml": dialplan(
                """
                <extension name="full"><condition field="destination_number" expression="^(36\\d\\d)$">
                <action application="answer"/>
                <action application="set" data="conference_member_flags=join-only"/>
                <action application="conference" data="$1@default"/>
                </condition></extension>
                """)
        ]).configuration.dialplan
        let settings: @Sendable (inout BridgeSettings) -> Void = { $0.dialplan = plan }
        try await RunningServer.run(adjust: settings) { server in
            for round in 0..<5 {
                let caller = try await Caller(server, as: "guest", session: "s\(round)", to: "36\(10 + round)")
                if round % 2 == 0 {
                    #expect(try await caller.end().cause == "CALL_REJECTED")
                } else {
                    caller.hangUp()
                }
            }
            try await server.waitForNoCalls()
        }
    }

    @Test
    func endSomeTimeAfterTheirSocket() async throws {
        let settings: @Sendable (inout BridgeSettings) -> Void = {
            $0.limits.detachTimeout = .milliseconds(100)
            $0.verto.detachTimeout = .milliseconds(100)
        }
        try await RunningServer.run(adjust: settings) { server in
            let caller = try await Caller(server, as: "guest", session: "s1", to: "3500")
            try await caller.connect()
            caller.user.socket.line.close()
            try await server.waitForNoCalls()
        }
    }

    @Test
    func endWhenTheBrowserSaysGoodbyeInTheirMediaAndDoesNotComeBack() async throws {
        let settings: @Sendable (inout BridgeSettings) -> Void = { $0.limits.lostMediaPatience = .milliseconds(100) }
        try await RunningServer.run(adjust: settings) { server in
            let caller = try await Caller(server, as: "guest", session: "s1", to: "3500")
            try await caller.connect()
            caller.browser.close()
            try await caller.flush()
            #expect(try await caller.end().cause == "NORMAL_CLEARING")
            try await server.waitForNoCalls()
        }
    }

    @Test
    func mayUseTheIDOfOneThatIsOver() async throws {
        try await RunningServer.run { server in
            for _ in 0..<10 {
                let caller = try await Caller(server, as: "guest", session: "s1", to: "3500")
                try await caller.connect()
                caller.hangUp()
                try await server.waitForNoCalls()
            }
        }
    }

    /// Without a limit all 1 280 keys would reach the room, and each of its watchers.
    @Test
    func pressKeysAtTheSpeedOfFingers() async throws {
        try await RunningServer.run { server in
            let caller = try await Caller(server, as: "guest", session: "s1", to: "3500")
            let room = try await caller.join()
            caller.user.perform { $0.watch(channel: room.channel, name: room.name) }
            try await caller.user.wait("the subscription") { $0 == .subscribed(room.channel) }
            for _ in 0..<20 {
                caller.user.perform { $0.press(String(repeating: "0", count: 64), callID: caller.callID) }
            }
            try await caller.user.wait("a muted row") { output in
                if case .liveArray(_, .modified(_, let row, _)) = output { row.isMuted } else { false }
            }
            caller.hangUp()
            try await caller.user.wait("the part") { output in
                if case .left = output { true } else { false }
            }
            #expect(try #require(caller.user.verto.arrays[room.channel]).deltas < 150)
            try await server.waitForNoCalls()
        }
    }

    /// Callers who wait first are on their way to one room before it exists: all have to be on its loop.
    @Test
    func meetInARoomWhicheverLoopIsIdle() async throws {
        let plan = try load([
            "c/dialplan/default.xml": dialplan(
                """
                <extension name="later"><condition field="destination_number" expression="^(3\\d{3})$">
                <action application="answer"/><action application="sleep" data="300"/>
                <action application="conference" data="$1@default"/>
                </condition></extension>
                """)
        ]).configuration.dialplan
        let settings: @Sendable (inout BridgeSettings) -> Void = { $0.dialplan = plan }
        try await RunningServer.run(adjust: settings, mediaLoops: 3) { server in
            var callers: [Caller] = []
            for name in ["s1", "s2", "s3", "s4"] {
                callers.append(try await Caller(server, as: "guest", session: name, to: "3500"))
            }
            for caller in callers { #expect(try await caller.join().name == "3500") }
            for caller in callers { caller.hangUp() }
            try await server.waitForNoCalls()
        }
    }

    /// Keeps the media of several callers going at once.
    static func run(_ callers: [Caller], until isDone: ([Caller]) -> Bool) async throws {
        let start = UDPLine.now
        while !isDone(callers) {
            guard UDPLine.now.duration(since: start) < .seconds(30) else {
                throw DeadlineMissed(what: "sound for all: \(callers.map(\.received))")
            }
            for caller in callers {
                let before = caller.received
                var turns = 0
                try await caller.run("sound for \(caller.callID)") { _ in
                    turns += 1
                    return caller.received > before + 5 || turns > 20
                }
            }
        }
    }
}
