import Native
import RTC
import Wire

/// One telephone's media: RTP as it is, without ICE and without SRTP, between two ports of its own and two of the
/// server's.
final class PhoneLine: MediaLine {
    let plan: MemberPlan
    let socket: LineSocket
    private(set) var reception: Reception
    private(set) var isConnected = false
    private(set) var packetsSent = 0
    private(set) var connectedAt: Instant?

    /// Holds the port where reports arrive; nobody reads them.
    private let reports: LineSocket
    private let description: PhoneDescription
    private let codec: AudioCodec
    private let outbox: PacketBatch
    private let ssrc: SSRC
    private var script: Script
    private var payloadType: UInt8
    private var sequence: UInt16
    private var timestamp: UInt32
    private var hasHeard = false

    /// - Parameter sockets: For RTP and, one port above, for RTCP.
    init(
        plan: MemberPlan, codec: AudioCodec, ip: String, sockets: (rtp: LineSocket, rtcp: LineSocket),
        repertoire: Repertoire, outbox: PacketBatch, using random: inout some RandomNumberGenerator
    ) {
        self.plan = plan
        self.codec = codec
        self.outbox = outbox
        (socket, reports) = sockets
        reception = Reception(clockRate: codec.clockRate)
        description = PhoneDescription(codec: codec, ip: ip, port: sockets.rtp.localPort)
        payloadType = description.payloadType
        script = Script(role: plan.role, repertoire: repertoire, seed: UInt64(plan.index))
        ssrc = SSRC(.random(in: 1 ... .max, using: &random))
        sequence = .random(in: 0..<0x8000, using: &random)
        timestamp = .random(in: .min ... .max, using: &random)
    }

    var offer: String { description.offer }
    var lastBurst: Instant? { nil }
    var unauthentic: Int { 0 }
    var screen: Screen? { nil }

    func accept(_ answer: String, at now: Instant) -> String? {
        do throws(PhoneDescription.Refusal) {
            try connect(to: description.remote(in: answer))
            return nil
        } catch {
            return error.rawValue
        }
    }

    /// Takes the server's offer.
    ///
    /// - Returns: The answer.
    func answer(to offer: String) throws(PhoneDescription.Refusal) -> String {
        let remote = try description.remote(in: offer)
        try connect(to: remote)
        return description.answer(to: remote)
    }

    private func connect(to remote: PhoneDescription.Remote) throws(PhoneDescription.Refusal) {
        guard socket.connect(to: remote.address) else { throw .unreachable }
        payloadType = remote.payloadType
        isConnected = true
    }

    func receive(_ datagram: inout MutableSpan<UInt8>, count: Int, at now: Instant, facts: inout [MediaFact]) {
        // The server may talk before its answer is read.
        guard isConnected, count > RTPHeader.fixedSize, datagram[0] >> 6 == 2, datagram[1] & 0x7F == payloadType
        else { return }
        reception.note(
            sequence: datagram.span.uint16(at: 2), timestamp: datagram.span.uint32(at: 4), at: now)
        guard !hasHeard else { return }
        hasHeard = true
        facts.append(.heard)
    }

    func tick(at now: Instant, facts: inout [MediaFact]) -> Bool {
        if connectedAt == nil {
            connectedAt = now
            facts.append(.connected)
        }
        var startsTalking = false
        if case .packet(let loop, let index) = script.next(startsTalking: &startsTalking, at: now) {
            loop.withPacket(index) { send($0) }
        }
        timestamp &+= UInt32(codec.clockRate / 50)
        return startsTalking
    }

    private func send(_ payload: Span<UInt8>) {
        // The socket is connected: the batch needs no address.
        _ = outbox.append(high: 0, low: 0, port: 0, isIPv6: false) { slot in
            RTPHeader.write(
                marker: packetsSent == 0, payloadType: payloadType, sequence: sequence, timestamp: timestamp,
                ssrc: ssrc, to: &slot)
            for index in payload.indices { slot[RTPHeader.fixedSize &+ index] = payload[index] }
            return RTPHeader.fixedSize + payload.count
        }
        sequence &+= 1
        packetsSent += 1
    }

    func beginWindow(at now: Instant) { reception.beginWindow() }

    func sendFrame(at now: Instant, sent: () -> Void) {}

    func videoReport(until now: Instant) -> VideoReport? { nil }

    func close() {}
}
