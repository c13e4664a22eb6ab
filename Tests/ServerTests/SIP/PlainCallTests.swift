import Calls
import Engine
import Logging
import Native
import RTC
import Server
import TestKit
import Testing
import Wire

/// Calls over plain RTP on a media loop of their own: real sockets, and what the loop has to say.
struct PlainCallTests {
    @Test func twoPhonesHearEachOther() async throws {
        let loop = try LoopRig()
        let (one, other) = (
            try await PlainCall("one", on: loop, tone: 440), try await PlainCall("other", on: loop, tone: 1_000)
        )
        loop.send(.connect(one.id, other.id))
        try await PlainCall.talk([one, other], "tones on both sides") {
            one.phone.share(of: 1_000) > 0.8 && other.phone.share(of: 440) > 0.8
        }
        #expect(loop.counters.legs.value == 2)
        await loop.close([one, other])
        #expect(loop.counters.legs.value == 0 && loop.counters.routes.value == 0)
    }

    @Test func differentCodecsAreTranscoded() async throws {
        let loop = try LoopRig()
        let one = try await PlainCall("one", on: loop, tone: 440, codecs: [.pcmu])
        let other = try await PlainCall("other", on: loop, tone: 1_000, codecs: [.g722])
        loop.send(.connect(one.id, other.id))
        try await PlainCall.talk([one, other], "tones on both sides") {
            one.phone.share(of: 1_000) > 0.8 && other.phone.share(of: 440) > 0.8
        }
        await loop.close([one, other])
    }

    @Test func aStrangerIsCountedAndNotHeard() async throws {
        let loop = try LoopRig()
        let (one, other) = (
            try await PlainCall("one", on: loop, tone: 440), try await PlainCall("other", on: loop, tone: 1_000)
        )
        loop.send(.connect(one.id, other.id))
        try await PlainCall.talk([one, other], "a settled call") { one.phone.share(of: 1_000) > 0.8 }
        let stranger = try await UDPLine.open()
        var header: [UInt8] = [0x80, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]
        header += [UInt8](repeating: 0x55, count: 160)
        for _ in 0..<20 { try await stranger.send(header, to: one.destination) }
        try await PlainCall.talk([one, other], "more of the call") { one.phone.packetsHeard > 60 }
        let counters = await loop.close([one, other])
        #expect(counters[one.id]?.strangers == 20)
        #expect(counters[other.id]?.strangers == 0)
    }

    @Test func anotherOfferMovesThePhone() async throws {
        let loop = try LoopRig()
        let (one, other) = (
            try await PlainCall("one", on: loop, tone: 440), try await PlainCall("other", on: loop, tone: 1_000)
        )
        loop.send(.connect(one.id, other.id))
        try await PlainCall.talk([one, other], "a settled call") { one.phone.share(of: 1_000) > 0.8 }
        let moved = try await one.moved(codecs: [.pcma])
        loop.send(.changePlain(one.id, audio: moved.negotiation.audio, remote: moved.negotiation.remote))
        try await PlainCall.talk([moved, other], "the phone at its new place") {
            moved.phone.share(of: 1_000) > 0.8 && other.phone.share(of: 440) > 0.8
        }
        await loop.close([one, other])
    }

    /// Neither a key with an old number, nor a goodbye, nor a new search for the phone (RFC 3711 §9.1).
    @Test(arguments: [SDESPolicy.none, .required])
    func aCallGoesOnFromAnotherLoop(secure: SDESPolicy) async throws {
        let (old, new) = (try LoopRig(), try LoopRig())
        let one = try await PlainCall("one", on: old, tone: 440, secure: secure)
        let other = try await PlainCall("other", on: new, tone: 1_000)
        old.send(.play(one.id, .echo, number: 1))
        try await PlainCall.talk([one, other], "its own tone") { one.phone.share(of: 440) > 0.8 }
        let last = try #require(one.phone.lastHeader)

        old.send(.release(one.id))
        new.send(.adopt(one.id, try #require(await old.released(one.id))))
        new.send(.connect(one.id, other.id))
        let heard = one.phone.packetsHeard
        try await PlainCall.talk([one, other], "packets from the other loop") { one.phone.packetsHeard > heard }
        let next = try #require(one.phone.lastHeader)
        #expect(next.ssrc == last.ssrc && (1...20).contains(next.sequence &- last.sequence))
        try await PlainCall.talk([one, other], "tones on both sides") {
            one.phone.share(of: 1_000) > 0.8 && other.phone.share(of: 440) > 0.8
        }
        #expect(one.phone.refused == 0)
        #expect(old.counters.legs.value == 0 && old.counters.routes.value == 0)
        let counters = await new.close([one, other])
        #expect(counters[one.id] == Peer.Counters())
    }

    @Test func whatIsNotThereIsNotReleased() async throws {
        let loop = try LoopRig()
        loop.send(.release(LegID("nobody")))
        #expect(await loop.released(LegID("nobody")) == nil)
    }

    @Test func silenceEndsACallButNotOneOnHold() async throws {
        let loop = try LoopRig()
        let silent = try await PlainCall(
            "silent", on: loop, tone: nil, patience: (talking: .milliseconds(50), held: .seconds(100)))
        #expect(await loop.failure(of: silent.id) == .inactive)
        let held = try await PlainCall(
            "held", on: loop, tone: nil, patience: (talking: .seconds(1_000), held: .milliseconds(50)))
        loop.send(.hold(held.id, true))
        #expect(await loop.failure(of: held.id) == .inactive)
        await loop.close([silent, held])
    }

    @Test func itsPortsAreFreeWhenItIsOver() async throws {
        let loop = try LoopRig()
        let ports = RTPPorts(23_400...23_401)
        let here = try address("127.0.0.1", 0)
        for name in ["one", "other", "third"] {
            let call = try await PlainCall(name, on: loop, tone: 440, ports: ports)
            #expect(ports.take(on: here) == nil)
            await loop.close([call])
            call.forgetPorts()
        }
    }
}

/// One media loop and its news.
final class LoopRig: Sendable {
    private let running: MediaThreads.Running
    private let news = Mailbox<LoopNews>()
    private let pump: Task<Void, Never>

    init() throws {
        let running = try MediaThreads.start(
            count: 1, addresses: ["127.0.0.1"], advertised: [:], firstPort: 0,
            identity: try Identity.generate(commonName: "test", alternativeNames: [], days: 1), sounds: [:],
            log: Logger(label: "test"))
        self.running = running
        pump = Task { [news] in
            await running.mailboxes[0].forEachBatch { batch in for item in batch { news.put(item) } }
            news.finish()
        }
    }

    deinit { running.stop() }

    var counters: LoopCounters { running.mailboxes[0].counters }

    func send(_ order: LoopOrder) { running.mailboxes[0].send(order) }

    func failure(of id: LegID) async -> Peer.Failure? {
        while let item = await news.next() {
            if case .failed(id, let failure) = item { return failure }
        }
        return nil
    }

    func released(_ id: LegID) async -> TravellingLeg? {
        while let item = await news.next() {
            if case .released(id, let travelling) = item { return travelling }
        }
        return nil
    }

    /// Closes calls and waits for their counters.
    @discardableResult
    func close(_ calls: [PlainCall]) async -> [LegID: Peer.Counters] {
        for call in calls { send(.close(call.id)) }
        var found: [LegID: Peer.Counters] = [:]
        while found.count < calls.count, let item = await news.next() {
            if case .closed(let id, let counters) = item { found[id] = counters }
        }
        return found
    }
}

/// A phone on a socket, and its call on the loop. Used by one task.
final class PlainCall {
    let id: LegID
    let phone: FakePhone
    let negotiation: PlainNegotiation
    let destination: TransportAddress
    private let line: UDPLine
    private let local: PlainTransport
    private var ports: RTPPortPair?

    convenience init(
        _ name: String, on loop: LoopRig, tone: Double?, codecs: [AudioCodec] = [.pcmu],
        patience: (talking: Duration, held: Duration) = (.seconds(300), .seconds(300)),
        ports: RTPPorts = RTPPorts(24_000...26_999), secure: SDESPolicy = .none
    ) async throws {
        guard let ports = try ports.take(on: address("127.0.0.1", 0)) else {
            throw Missing()
        }
        let local = PlainTransport(
            ip: "127.0.0.1", rtpPort: ports.rtpPort, rtcpPort: ports.rtcpPort, audioSSRC: 77, cname: "test",
            sessionID: 1, secret: [UInt8](repeating: 3, count: PlainTransport.secretLength))
        try await self.init(
            LegID(name), local, tone: tone, codecs: codecs, ports: ports, secure: secure, previous: nil)
        loop.send(
            .openPlain(
                PlainOpening(
                    id: id, ports: ports, local: local, remote: negotiation.remote, audio: negotiation.audio,
                    patience: patience, seed: 5)))
    }

    private init(
        _ id: LegID, _ local: PlainTransport, tone: Double?, codecs: [AudioCodec], ports: RTPPortPair?,
        secure: SDESPolicy = .none, previous: PlainNegotiation?
    ) async throws {
        line = try await UDPLine.open()
        var settings = FakePhone.Settings(address: line.address)
        settings.codecs = codecs
        if secure == .required { (settings.suites, settings.isSAVP) = ([.aes128CMSHA1_80], true) }
        phone = try FakePhone(settings: settings)
        phone.tone = tone
        phone.isTalking = tone != nil
        negotiation = try PlainNegotiation(
            answering: phone.offer(), from: local, codecs: [.g722, .pcmu, .pcma, .opus], secure: secure,
            previous: previous)
        try phone.accept(negotiation.text)
        destination = try address("127.0.0.1", Int(local.rtpPort))
        (self.id, self.local, self.ports) = (id, local, ports)
    }

    /// The same call with the phone elsewhere, which makes another offer.
    func moved(codecs: [AudioCodec]) async throws -> PlainCall {
        try await PlainCall(id, local, tone: phone.tone, codecs: codecs, ports: ports, previous: negotiation)
    }

    /// The loop's reference and this one are all there are.
    func forgetPorts() { ports = nil }

    /// Lets the phones talk until `isDone`, ten seconds at most.
    static func talk(_ calls: [PlainCall], _ what: String, until isDone: () -> Bool) async throws {
        let end = UDPLine.now.advanced(by: .seconds(10))
        while !isDone() {
            guard UDPLine.now < end else { throw DeadlineMissed(what: what) }
            for call in calls { await call.step() }
        }
    }

    /// Until the next tick of the phone's clock.
    private func step() async {
        while case .datagram(let bytes) = await line.next() {
            phone.receive(bytes, isRTCP: false, at: UDPLine.now)
        }
        phone.advance(to: UDPLine.now)
        for datagram in phone.takeOutbox() where !datagram.isRTCP {
            line.post(datagram.bytes, to: datagram.destination)
        }
    }
}
