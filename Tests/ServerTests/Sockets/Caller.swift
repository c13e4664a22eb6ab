import Native
import TestKit
import Wire

/// A browser in a call: a Verto client and its media over real sockets. Used by one task.
final class Caller {
    let user: VertoUser
    let callID: String
    let browser: FakeBrowser
    let line: UDPLine
    private(set) var received = 0
    private(set) var events: [FakeBrowser.Event] = []

    private let outbox: PacketBatch
    private let speech: [[UInt8]]
    private var spoken = 0

    /// Logs in as `name` and calls `destination`; ``answer`` is next.
    init(
        _ server: RunningServer, as name: String, session: String, to destination: String,
        offer edit: (String) -> String = { $0 }
    ) async throws {
        user = try await VertoUser.logIn(server, as: name, session: session)
        line = try await UDPLine.open()
        outbox = PacketBatch(capacity: 64)
        speech = try Self.packets()
        var random = SeededGenerator(seed: UInt64(line.address.port))
        let identity = try Identity.generate(commonName: "browser", alternativeNames: [], days: 1)
        browser = FakeBrowser(
            settings: .init(address: line.address), context: try DTLSContext(identity: identity), outbox: outbox,
            random: &random)
        callID = "call-\(session)"
        let sdp = edit(browser.offer.text)
        user.perform { $0.invite(callID: "call-\(session)", to: destination, sdp: sdp, name: name, number: "100") }
    }

    /// Waits for the answer and returns its description.
    func answer() async throws -> String {
        let callID = callID
        return try await user.wait(for: "verto.answer") { output in
            if case .answered(callID, let sdp?) = output { sdp } else { nil }
        }
    }

    /// Waits for the answer and brings the media up.
    func connect() async throws {
        try browser.accept(try await answer(), at: UDPLine.now)
        try await run("the handshake") { $0.browser.isConnected }
    }

    /// Waits for the notice that this call is in its room.
    func join() async throws -> FakeVerto.Membership {
        let callID = callID
        return try await user.wait(for: "the join") { output in
            if case .joined(let membership) = output, membership.callID == callID { membership } else { nil }
        }
    }

    /// Waits for the end of the call, as the server tells it.
    func end() async throws -> (cause: String, code: Int) {
        let callID = callID
        return try await user.wait(for: "verto.bye") { output in
            if case .ended(callID, let cause, let code) = output { (cause, code) } else { nil }
        }
    }

    func hangUp() { user.perform { $0.hangUp(callID: callID) } }

    /// Keeps the media going, talking all the while, until `isDone`.
    func run(_ what: String, until isDone: (Caller) -> Bool) async throws {
        let start = UDPLine.now
        while !isDone(self) {
            guard UDPLine.now.duration(since: start) < .seconds(10) else { throw DeadlineMissed(what: what) }
            switch await line.next() {
            case .datagram(let bytes): receive(bytes)
            case .tick:
                browser.advance(to: UDPLine.now, events: &events)
                speak()
            }
            try await flush()
        }
    }

    /// Sends what the browser has to say.
    func flush() async throws {
        let waiting = (0..<outbox.count).map { outbox.datagram(at: $0) }
        outbox.removeAll()
        for datagram in waiting {
            let address = TransportAddress(ipv4: UInt32(truncatingIfNeeded: datagram.low), port: datagram.port)
            try await line.send(datagram.bytes, to: address)
        }
    }

    private func receive(_ bytes: [UInt8]) {
        var bytes = bytes
        var span = bytes.mutableSpan
        let count = span.count
        guard let server = browser.answer?.address else { return }
        if case .rtp = browser.receive(&span, count: count, from: server, at: UDPLine.now, events: &events) {
            received += 1
        }
    }

    private func speak() {
        guard browser.isConnected else { return }
        let packet = speech[spoken % speech.count]
        browser.send(packet.span, level: 20, at: UDPLine.now)
        spoken += 1
    }

    /// A second of speech.
    private static func packets() throws -> [[UInt8]] {
        var voice = SyntheticSpeech(voice: 7)
        let samples = voice.samples(seconds: 1)
        var encoder = try OpusEncoder(bitrate: 32_000)
        var packets: [[UInt8]] = []
        for start in stride(from: 0, to: samples.count - 959, by: 960) {
            var packet = [UInt8](repeating: 0, count: 1_275)
            var span = packet.mutableSpan
            let frame = Array(samples[start..<start + 960])
            let count = try encoder.encode(frame.span, into: &span)
            packets.append(Array(packet[..<count]))
        }
        return packets
    }
}
