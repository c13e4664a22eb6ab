import Calls
import Conference
import Server
import TestKit
import Testing
import Verto
import Wire

/// Clients that lose their socket and come back.
@Suite(.serialized)
struct ReturnTests {
    @Test func aMemberStaysInItsRowAndGoesOn() async throws {
        try await CallingServer.run(mediaLoops: 2) { server in
            let watcher = try await Phone.logIn(server, as: "1003", saying: 1400)
            let watching = try await watcher.enter("3500")
            let channel = try #require(watching.membership?.channel)
            watcher.user.perform { $0.watch(channel: channel, name: "3500") }
            try await watcher.user.take("the subscription") { $0 == .subscribed(channel) ? true : nil }

            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let call = try await ann.enter("3500")
            let member = call.membership?.memberID
            try await watcher.user.take("the row") { $0.isRow(of: call.id) }
            let control = try #require(watching.membership?.moderatorChannel ?? call.membership?.moderatorChannel)
            ann.user.perform { $0.moderate("mute", id: .integer(Int64(member ?? "") ?? 0), channel: control) }
            try await watcher.user.take("a muted row") { $0.isRow(of: call.id) { $0.isMuted } }

            try await ann.loseSocketAndComeBack()
            try await call.resume()
            #expect(try await ann.readyWith() == [call.id])
            #expect(try await call.joined().memberID == member)
            try await call.line.hears(1400)
            try await watching.line.misses(500)
            let again = try #require(call.membership?.channel)
            ann.user.perform { $0.watch(channel: again, name: "3500") }
            try await ann.user.take("the rows") { output in
                if case .liveArray(_, .boot(2)) = output { true } else { nil }
            }
            #expect(ann.user.verto.arrays[again]?.rows[call.id]?.isMuted == true)
            ann.user.perform { $0.moderate("unmute", id: .integer(Int64(member ?? "") ?? 0), channel: control) }
            try await watching.line.hears(500)
            try await watcher.user.take("an unmuted row") { $0.isRow(of: call.id) { !$0.isMuted } }
            let removed = watcher.user.hasSeen { if case .liveArray(_, .removed(call.id)) = $0 { true } else { false } }
            #expect(!removed)
            #expect(watcher.user.verto.arrays[channel]?.gaps == 0)
            call.hangUp()
            watching.hangUp()
            try await server.waitForNoCalls()
        }
    }

    @Test func aCallBetweenUsersGoesOn() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100)
            let outgoing = try await ann.call("1001")
            let incoming = try await bob.answer()
            try await outgoing.answered()
            for (phone, call) in [(bob, incoming), (ann, outgoing)] {
                try await phone.loseSocketAndComeBack()
                try await call.resume()
                #expect(try await phone.readyWith() == [call.id])
                try await outgoing.line.hears(1100)
                try await incoming.line.hears(500)
            }
            incoming.hangUp()
            #expect(try await outgoing.end().code == 16)
            try await server.waitForNoCalls()
        }
    }

    /// While the socket is away the media go on, and the far end hears no difference.
    @Test func mediaGoOnWithoutTheSocket() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100)
            let outgoing = try await ann.call("1001")
            let incoming = try await bob.answer()
            try await outgoing.answered()
            bob.user.loseSocket()
            try await server.wait(for: "connections") { $0 == 1 }
            try await outgoing.line.hears(1100)
            try await incoming.line.hears(500)
            outgoing.hangUp()
            try await server.waitForNoCalls()
        }
    }

    /// A page that is loaded again closes its media first, and its socket a moment later.
    @Test func aPageThatIsLoadedAgainGoesOnWhereItWas() async throws {
        try await CallingServer.run { server in
            let watching = try await Phone.logIn(server, as: "1003", saying: 1400).enter("3500")
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let call = try await ann.enter("3500")
            try await watching.line.hears(500)
            await call.line.close()
            try await ann.loseSocketAndComeBack()
            try await call.resume()
            #expect(try await call.joined().memberID == call.membership?.memberID)
            try await watching.line.hears(500)
            try await call.line.hears(1400)
        }
    }

    @Test func whoDoesNotComeBackIsLetGo() async throws {
        try await CallingServer.run {
            $0.limits.detachTimeout = .milliseconds(400)
            $0.verto.detachTimeout = .milliseconds(400)
        } _: { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100)
            let outgoing = try await ann.call("1001")
            _ = try await bob.answer()
            try await outgoing.answered()
            bob.user.loseSocket()
            #expect(try await outgoing.end() == .init(cause: "RECOVERY_ON_TIMER_EXPIRE", code: 102))
            try await server.waitForNoCalls()
        }
    }

    @Test func aHeldCallIsHeldWhenItsClientIsBack() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100)
            let outgoing = try await ann.call("1001")
            let incoming = try await bob.answer()
            try await outgoing.answered()
            #expect(try await outgoing.modify("hold") == "held")
            try await ann.loseSocketAndComeBack()
            try await outgoing.resume()
            try await incoming.line.misses(500)
            try await outgoing.line.misses(1100)
            #expect(try await outgoing.modify("toggleHold") == "active")
            try await incoming.line.hears(500)
            try await outgoing.line.hears(1100)
        }
    }

    @Test func callsThatRingAreNotKept() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000")
            let bob = try await Phone.logIn(server, as: "1001")
            _ = try await ann.call("1001")
            let (id, _) = try await bob.rings()
            ann.user.loseSocket()
            #expect(try await bob.end(of: id).code == 487)
            try await server.waitForNoCalls()
        }
    }

    @Test func aSecondTabTakesTheCallAndTheFirstIsPunted() async throws {
        try await CallingServer.run { server in
            let first = try await Phone.logIn(server, as: "1000", session: "same", saying: 500)
            let call = try await first.enter("3500")
            let second = try await VertoUser(server, as: "1000", session: "same")
            second.perform { $0.connected() }
            try await second.take("an offer") { output in
                if case .reattached(call.id, _) = output { true } else { nil }
            }
            try await first.user.take("the punt") { $0 == .punted ? true : nil }
        }
    }
}

extension FakeVerto.Output {
    /// `true` when it is a row of the call that looks as it should, else `nil`.
    func isRow(of id: String, _ isRight: (FakeLiveArrayRow) -> Bool = { _ in true }) -> Bool? {
        switch self {
        case .liveArray(_, .added(id, let row)) where isRight(row): true
        case .liveArray(_, .modified(id, let row, _)) where isRight(row): true
        default: nil
        }
    }
}
