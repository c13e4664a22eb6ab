import SIP
import Testing
import Wire

/// Two transaction layers and a bad network between them: whatever is lost, doubled or late, every request ends once,
/// and nothing is left behind.
struct LossyTransactionTests {
    private struct Generator {
        var state: UInt64

        mutating func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
    }

    private enum Side: Hashable, CaseIterable {
        case client, server

        var other: Side { self == .client ? .server : .client }
        var address: TransportAddress {
            TransportAddress(ip: self == .client ? "192.0.2.1" : "192.0.2.2", port: 5060)!
        }
    }

    private final class World {
        var layers: [Side: TransactionLayer] = [:]
        var now = Instant(nanoseconds: 0)
        var random: Generator
        let lossPercent: UInt64
        /// Datagrams on their way.
        var flying: [(at: Instant, to: Side, bytes: [UInt8])] = []
        /// Answers that the server's core will give.
        var answers: [(at: Instant, id: ServerTransactionID, response: SIPResponse)] = []
        var outcomes: [ClientTransactionID: [String]] = [:]

        init(seed: UInt64, lossPercent: UInt64) {
            (random, self.lossPercent) = (Generator(state: seed), lossPercent)
            for side in Side.allCases {
                layers[side] = TransactionLayer(
                    timers: SIPTimers(), limits: SIPLimits(), randomToken: SIPCrypto.counting().randomToken,
                    localAddress: { _ in side.address })
            }
        }

        func path(to side: Side) -> SIPPath { SIPPath(profile: "p", transport: .udp, remote: side.address) }

        func send(_ method: SIPMethod, number: Int) {
            var request = SIPRequest(method, SIPURI(user: "100", host: "192.0.2.2"))
            request.headers.add("From", "<sip:a@192.0.2.1>;tag=\(number)")
            request.headers.add("To", "<sip:b@192.0.2.2>")
            request.callID = "call\(number)"
            request.cseq = CSeq(1, method)
            request.maxForwards = 70
            var events: [TransactionLayer.Event] = []
            let id = layers[.client]?.send(request, over: path(to: .server), at: now, into: &events)
            if let id { outcomes[id] = [] }
            take(events, on: .client)
            guard let id, method == .invite, random.next(4) == 0 else { return }
            events = []
            layers[.client]?.cancel(id, at: now, into: &events)
            take(events, on: .client)
        }

        func take(_ events: [TransactionLayer.Event], on side: Side) {
            for event in events {
                switch event {
                case .send(let bytes, _):
                    for _ in 0..<(random.next(10) == 0 ? 2 : 1) where random.next(100) >= lossPercent {
                        let delay = Int64(1 + random.next(800)) * 1_000_000
                        flying.append((now.advanced(byNanoseconds: delay), side.other, bytes))
                    }
                case .request(let request, let id, _): core(request, id)
                case .cancelled(let id, let cancel):
                    var invite = cancel
                    invite.cseq = CSeq(cancel.cseq.number, .invite)
                    answers.append((now, id, SIPResponse(487, to: invite, toTag: "t")))
                case .response(let response, let id, _):
                    if !response.isProvisional { outcomes[id, default: []].append("\(response.status)") }
                case .timedOut(let id): outcomes[id, default: []].append("timeout")
                case .transportFailed(let id): outcomes[id, default: []].append("transport")
                case .ack, .strayResponse, .ackMissing, .count: continue
                }
            }
        }

        private func core(_ request: SIPRequest, _ id: ServerTransactionID) {
            let delay = Int64(random.next(6000)) * 1_000_000
            if random.next(3) == 0 { answers.append((now, id, SIPResponse(180, to: request, toTag: "t"))) }
            let status = [200, 404, 486][Int(random.next(3))]
            answers.append((now.advanced(byNanoseconds: delay), id, SIPResponse(status, to: request, toTag: "t")))
        }

        /// Goes to the next thing that happens; false when there is nothing left.
        func step() -> Bool {
            let times = flying.map(\.at) + answers.map(\.at) + layers.values.compactMap(\.deadline)
            guard let next = times.min() else { return giveUp() }
            now = max(now, next)
            for side in Side.allCases {
                var events: [TransactionLayer.Event] = []
                layers[side]?.advance(to: now, into: &events)
                take(events, on: side)
            }
            let landed = flying.filter { $0.at <= now }
            flying.removeAll { $0.at <= now }
            for datagram in landed {
                guard let message = try? SIPMessage(parsing: datagram.bytes) else {
                    Issue.record("a layer sent what is no message")
                    continue
                }
                var events: [TransactionLayer.Event] = []
                layers[datagram.to]?.receive(message, over: path(to: datagram.to.other), at: now, into: &events)
                take(events, on: datagram.to)
            }
            let due = answers.filter { $0.at <= now }
            answers.removeAll { $0.at <= now }
            for answer in due {
                var events: [TransactionLayer.Event] = []
                layers[.server]?.respond(answer.id, answer.response, at: now, into: &events)
                take(events, on: .server)
            }
            return true
        }

        /// INVITEs whose 2xx is lost ring for ever unless their caller gives up. False when none is left.
        private func giveUp() -> Bool {
            let waiting = outcomes.filter(\.value.isEmpty).keys.sorted { $0.rawValue < $1.rawValue }
            for id in waiting {
                var events: [TransactionLayer.Event] = []
                layers[.client]?.cancel(id, at: now, into: &events)
                take(events, on: .client)
            }
            return layers[.client]?.deadline != nil
        }
    }

    @Test(arguments: [(1, 0), (2, 20), (3, 50), (4, 80), (5, 100)] as [(UInt64, UInt64)])
    func `every request ends once and nothing is left`(seed: UInt64, lossPercent: UInt64) {
        let world = World(seed: seed, lossPercent: lossPercent)
        let methods: [SIPMethod] = [.invite, .options, .message, .invite, .register]
        for number in 0..<60 { world.send(methods[number % methods.count], number: number) }
        var steps = 0
        while world.step(), steps < 200_000 { steps += 1 }
        #expect(steps < 200_000)
        #expect(world.outcomes.count == 60)
        for (id, outcome) in world.outcomes {
            // A 2xx to an INVITE is told again with each copy.
            #expect(Set(outcome).count == 1, "\(id): \(outcome)")
        }
        for side in Side.allCases {
            #expect(world.layers[side]?.serverCount == 0)
            #expect(world.layers[side]?.clientCount == 0)
            #expect(world.layers[side]?.deadline == nil)
        }
        if lossPercent == 0 { #expect(!world.outcomes.values.contains(["timeout"])) }
        if lossPercent == 100 { #expect(world.outcomes.values.allSatisfy { $0 == ["timeout"] }) }
    }
}
