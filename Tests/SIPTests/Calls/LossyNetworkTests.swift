import Calls
import SIP
import Testing
import Wire

/// Two endpoints that talk over a network which loses, doubles and delays: every call ends up on both sides, or down on
/// both, and nothing is left of it.
struct LossyNetworkTests {
    @Test(arguments: 1...60)
    func everyCallIsUpOrDownOnBothSides(seed: UInt64) {
        var network = Network(seed: seed, loss: 25)
        for number in 0..<12 {
            network.place(number)
            network.run(.milliseconds(700))
        }
        network.run(.seconds(200))
        for (leg, state) in network.states {
            #expect(state == .over || state == .up, "\(leg) is \(state), seed \(seed)")
        }
        let (one, two) = (network.upCalls(0), network.upCalls(1))
        #expect(one == two, "seed \(seed): up here and there")
        network.hangUpAll()
        network.run(.seconds(200))
        for side in 0..<2 {
            let endpoint = network.endpoints[side]
            #expect(endpoint.pending == [:], "seed \(seed)")
        }
    }

    @Test(arguments: 1...4)
    func withoutLossEveryCallComesUp(seed: UInt64) {
        var network = Network(seed: seed, loss: 0)
        network.isPlain = true
        for number in 0..<20 { network.place(number) }
        network.run(.seconds(20))
        #expect(network.upCalls(0).count == 20 && network.upCalls(1).count == 20)
    }

    /// Session timers refresh it over and over (RFC 4028), also when packets are lost.
    @Test func aCallLastsForHours() {
        var network = Network(seed: 3, loss: 10)
        network.isPlain = true
        network.place(0)
        network.run(.seconds(20))
        #expect(network.upCalls(0) == ["0"])
        network.run(.seconds(3 * 3600))
        #expect(network.upCalls(0) == ["0"] && network.upCalls(1) == ["0"])
        network.isCut = true
        network.run(.seconds(1800))
        #expect(network.upCalls(0).isEmpty && network.upCalls(1).isEmpty, "a far end that is gone is noticed")
        #expect(network.endpoints.allSatisfy { $0.pending.isEmpty })
    }

    enum State: Equatable { case placed, up, over }

    /// Side 0 calls side 1. Who is called rings, answers or refuses after a while; both hold, ask and hang up at random.
    struct Network {
        var endpoints: [SIPEndpoint]
        var now = Instant(nanoseconds: 0)
        var random: Generator
        let loss: UInt64
        /// Everybody answers, nobody does anything else.
        var isPlain = false
        /// Nothing arrives any more.
        var isCut = false
        var flying: [(at: Instant, to: Int, bytes: [UInt8])] = []
        var plans: [(at: Instant, side: Int, leg: LegID, plan: Plan)] = []
        var states: [String: State] = [:]
        /// Call-ID independent names: the number that was dialled, by leg of each side.
        var names: [[LegID: String]] = [[:], [:]]

        enum Plan { case ring, early, answer, refuse, hangUp, hold }

        init(seed: UInt64, loss: UInt64) {
            (random, self.loss) = (Generator(seed), loss)
            endpoints = (0..<2).map { side in
                var settings = Door.settings
                settings.profiles[1].reliableProvisional = seed % 2 == 0
                return SIPEndpoint(
                    settings: settings, directory: Directory(defaultDomain: "example.com"),
                    crypto: .counting(from: side * 1_000_000)
                ) { _ in Self.address(side) }
            }
        }

        static func address(_ side: Int) -> TransportAddress {
            TransportAddress(ipv4: 0xC633_6401 + UInt32(side), port: 5080)
        }

        mutating func place(_ number: Int) {
            var out: [SIPOutput] = []
            let leg = LegID("out\(number)")
            let target = SIPTarget.address(profile: "external", uri: "sip:\(number)@198.51.100.2:5080")
            let call = SIPPlacedCall(
                leg: Leg(id: leg, kind: .sip(target), direction: .outbound, destination: "\(number)"), target: target,
                sdp: Door.ourSDP, callerIDNumber: "1")
            #expect(endpoints[0].place(call, at: now, into: &out) == nil)
            names[0][leg] = "\(number)"
            states["0/\(number)"] = .placed
            if !isPlain, random.below(4) == 0 { plan(.hangUp, 0, leg, within: 9000) }
            carryOut(out, 0)
        }

        /// Until then, event by event.
        mutating func run(_ duration: Duration) {
            let end = now.advanced(by: duration)
            while true {
                let times = flying.map(\.at) + plans.map(\.at) + endpoints.compactMap(\.deadline)
                guard let next = times.min(), next <= end else { break }
                now = max(now, next)
                if let index = flying.firstIndex(where: { $0.at <= now }) {
                    let packet = flying.remove(at: index)
                    var out: [SIPOutput] = []
                    let path = SIPPath(profile: "external", transport: .udp, remote: Self.address(1 - packet.to))
                    endpoints[packet.to].received(packet.bytes, over: path, at: now, into: &out)
                    carryOut(out, packet.to)
                } else if let index = plans.firstIndex(where: { $0.at <= now }) {
                    let plan = plans.remove(at: index)
                    carryOut(plan)
                } else {
                    for side in 0..<2 where endpoints[side].deadline.map({ $0 <= now }) == true {
                        var out: [SIPOutput] = []
                        endpoints[side].advance(to: now, into: &out)
                        carryOut(out, side)
                    }
                }
            }
            now = end
        }

        mutating func hangUpAll() {
            for side in 0..<2 {
                for leg in names[side].keys.sorted(by: { $0.rawValue < $1.rawValue }) {
                    var out: [SIPOutput] = []
                    endpoints[side].call(leg, .ended(.normalClearing), at: now, into: &out)
                    carryOut(out, side)
                }
            }
        }

        func upCalls(_ side: Int) -> [String] {
            names[side].values.filter { states["\(side)/\($0)"] == .up }.sorted()
        }

        private mutating func plan(_ plan: Plan, _ side: Int, _ leg: LegID, within milliseconds: UInt64) {
            plans.append((now.advanced(by: .milliseconds(Int64(random.below(milliseconds) + 1))), side, leg, plan))
        }

        private mutating func carryOut(_ plan: (at: Instant, side: Int, leg: LegID, plan: Plan)) {
            var out: [SIPOutput] = []
            let (side, leg) = (plan.side, plan.leg)
            guard let name = names[side][leg], states["\(side)/\(name)"] != .over else { return }
            switch plan.plan {
            case .ring: endpoints[side].call(leg, .ringing, at: now, into: &out)
            case .early: endpoints[side].call(leg, .early(sdp: Door.sdp), at: now, into: &out)
            case .answer:
                endpoints[side].call(leg, .answered(sdp: Door.sdp), at: now, into: &out)
                states["\(side)/\(name)"] = .up
                if !isPlain, random.below(2) == 0 { self.plan(.hold, side, leg, within: 4000) }
                if !isPlain, random.below(3) == 0 { self.plan(.hangUp, side, leg, within: 30_000) }
            case .refuse, .hangUp:
                endpoints[side].call(leg, .ended(.userBusy), at: now, into: &out)
                states["\(side)/\(name)"] = .over
            case .hold: endpoints[side].offer(leg, sdp: Door.sdp + "a=sendonly\r\n", at: now, into: &out)
            }
            carryOut(out, side)
        }

        private mutating func carryOut(_ out: [SIPOutput], _ side: Int) {
            for output in out {
                switch output {
                case .send(let bytes, _): send(bytes, from: side)
                case .invite(let invite):
                    names[side][invite.leg] = invite.destination
                    states["\(side)/\(invite.destination)"] = .placed
                    if !isPlain {
                        if random.below(2) == 0 { plan(.ring, side, invite.leg, within: 500) }
                        if random.below(2) == 0 { plan(.early, side, invite.leg, within: 1500) }
                    }
                    plan(isPlain || random.below(4) > 0 ? .answer : .refuse, side, invite.leg, within: 6000)
                case .answered(let leg, _, _, _):
                    guard let name = names[side][leg] else { continue }
                    states["\(side)/\(name)"] = .up
                    if !isPlain, random.below(2) == 0 { plan(.hold, side, leg, within: 4000) }
                    if !isPlain, random.below(3) == 0 { plan(.hangUp, side, leg, within: 30_000) }
                case .hangUp(let leg, _, _):
                    guard let name = names[side][leg] else { continue }
                    states["\(side)/\(name)"] = .over
                case .reoffer(let token, _, _):
                    var more: [SIPOutput] = []
                    endpoints[side].answerOffer(token, .answered(sdp: Door.sdp), at: now, into: &more)
                    carryOut(more, side)
                default: break
                }
            }
        }

        private mutating func send(_ bytes: [UInt8], from side: Int) {
            guard !isCut else { return }
            for _ in 0..<(random.below(20) == 0 && !isPlain ? 2 : 1) where random.below(100) >= loss {
                let delay = Duration.milliseconds(Int64(20 + random.below(isPlain ? 1 : 300)))
                flying.append((now.advanced(by: delay), 1 - side, bytes))
            }
        }
    }

    /// splitmix64.
    struct Generator {
        private var state: UInt64
        init(_ seed: UInt64) { state = seed }

        mutating func below(_ bound: UInt64) -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return (z ^ z >> 31) % bound
        }
    }
}

extension SIPCrypto {
    /// Tokens that no other endpoint of the test makes.
    static func counting(from first: Int) -> SIPCrypto {
        let (plain, prefix) = (counting(), "\(first)x")
        return SIPCrypto(md5: plain.md5, sha256: plain.sha256, sha512t256: plain.sha512t256) {
            prefix + plain.randomToken($0)
        }
    }
}
