import Calls
import Conference
import Server
import TestKit
import Testing
import Verto
import Wire

/// Everybody does anything at any time: whatever comes of it, nothing is left behind, and the server goes on.
@Suite(.serialized)
struct ChurnTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func leavesNothingBehind(seed: UInt64) async throws {
        let quick: @Sendable (inout BridgeSettings) -> Void = { settings in
            settings.limits.detachTimeout = .milliseconds(300)
            settings.verto.detachTimeout = .milliseconds(300)
            settings.limits.mediaPatience = .milliseconds(600)
            settings.limits.reattachedMedia = .milliseconds(600)
            settings.limits.ringTimeout = .seconds(1)
            settings.verto.requestBurst = 10_000
            settings.verto.callsPerSession = 100
        }
        try await CallingServer.run(mediaLoops: 2, adjust: quick) { server in
            var random = SeededGenerator(seed: seed)
            var users: [VertoUser] = []
            for name in ["1000", "1001", "1002", "1003"] {
                users.append(try await VertoUser.logIn(server, as: name, session: "s-\(name)"))
            }
            let line = try await PhoneLine(saying: 500)
            let offer = await line.offer
            var crowd = Crowd(offer: offer)
            for _ in 0..<300 {
                let place = Int.random(in: users.indices, using: &random)
                if Int.random(in: 0..<60, using: &random) == 0 {
                    users[place].loseSocket()
                    try await users[place].comeBack(to: server)
                } else {
                    try await crowd.act(users[place], place, using: &random)
                }
            }
            for user in users { user.loseSocket() }
            try await server.waitForNoCalls()
            // And all is as before.
            let (outgoing, incoming) = try await UserCallTests.call(server)
            incoming.hangUp()
            #expect(try await outgoing.end().code == 16)
            try await server.waitForNoCalls()
        } afterwards: { data in
            #expect(AuditReport.verify(nil, data: data).isUnbroken)
        }
    }
}

/// Clients that sign and answer with whatever they have.
private struct Crowd {
    let offer: String
    private var calls: [Int: [String]] = [:]
    private var lastCall = 0

    init(offer: String) { self.offer = offer }

    mutating func act(_ user: VertoUser, _ place: Int, using random: inout SeededGenerator) async throws {
        // What has rung meanwhile, and what is offered again.
        if let (id, sdp) = try await user.glance({ $0.offered }) {
            calls[place, default: []].append(id)
            if Int.random(in: 0..<4, using: &random) == 0 { return user.perform { $0.hangUp(callID: id) } }
            let line = try await PhoneLine(saying: 500)
            guard let answer = try? await line.respond(to: sdp) else { return }
            let isAttach = Bool.random(using: &random)
            return user.perform { $0.accept(callID: id, sdp: answer, isAttach: isAttach) }
        }
        let known = calls[place]?.randomElement(using: &random)
        let other = calls.values.joined().randomElement(using: &random) ?? "nobody"
        let destination =
            ["1000", "1001", "1002", "1003", "3500", "3501", "3801", "9196", "ring-1001", "tone-1002", "4711"]
            .randomElement(using: &random) ?? ""
        switch (Int.random(in: 0..<10, using: &random), known) {
        case (0...3, _), (_, nil):
            lastCall += 1
            let id = "call-\(lastCall)"
            calls[place, default: []].append(id)
            let sdp = offer
            user.perform { $0.invite(callID: id, to: destination, sdp: sdp, name: "n", number: "1") }
        case (4, let id?): user.perform { $0.hangUp(callID: id) }
        case (5, let id?): user.perform { $0.modify(callID: id, action: "toggleHold") }
        case (6, let id?):
            user.perform { $0.modify(callID: id, action: "transfer", members: ["destination": .string(destination)]) }
        case (7, let id?):
            user.perform { $0.modify(callID: id, action: "replace", members: ["replaceCallID": .string(other)]) }
        case (8, let id?):
            let keys = ["01*#", "1234#", "99#"].randomElement(using: &random) ?? ""
            user.perform { $0.press(keys, callID: id) }
        default:
            let member = Int.random(in: 1...20, using: &random)
            let command =
                [
                    "kick \(member)", "transfer 3501 \(member)", "dial user/1003 1 n", "bgdial user/1002 1 n", "lock",
                    "unlock", "mute all", "play tone_stream://%(100,0,800)", "record x.wav tracks", "norecord all",
                ].randomElement(using: &random) ?? "list"
            user.perform { $0.command("conference", "3500 \(command)") }
        }
    }
}

extension FakeVerto.Output {
    fileprivate var offered: (id: String, sdp: String)? {
        switch self {
        case .called(let id, let sdp), .reattached(let id, let sdp): (id, sdp)
        default: nil
        }
    }
}
