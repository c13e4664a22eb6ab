import Testing
import Wire

/// The feedback that video lives on, as single packets without a report in front (RFC 5506) and in lists.
struct RTCPFeedbackTests {
    typealias NACKRow = (what: String, lost: [UInt16], items: String)

    static let nacks: [NACKRow] = [
        ("one", [7], "00070000"),
        ("one and its neighbour", [7, 8], "00070001"),
        ("seventeen in a row fill an item", Array(100...116), "0064ffff"),
        ("the eighteenth needs another", Array(100...117), "0064ffff 00750000"),
        ("across the wrap", [65_534, 65_535, 0, 14], "fffe8003"),
        ("seventeen apart", [65_534, 15], "fffe0000 000f0000"),
        ("far apart", [1, 1000, 30_000, 60_000], "00010000 03e80000 75300000 ea600000"),
        ("none", [], ""),
    ]

    @Test(arguments: nacks)
    func packsLostPackets(row: NACKRow) throws {
        let nack = RTCPPacket.nack(NACK(sender: SSRC(0x0A0B_0C0D), media: SSRC(2), lost: row.lost))
        var bytes: [UInt8] = []
        nack.append(to: &bytes)
        #expect(Array(bytes[4...]) == hex("0a0b0c0d 00000002" + row.items), "\(row.what)")
        #expect(Array(bytes[..<4]) == [0x81, 205, 0, UInt8(bytes.count / 4 - 1)])
        #expect(try RTCPPacket.parse(bytes.span) == [nack])
    }

    /// Any list, in rising order as a receiver notices it, comes back as it was.
    @Test func listsOfAnyShapeComeBack() throws {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<500 {
            var sequence = UInt16.random(in: 0...UInt16.max, using: &generator)
            let lost = (0..<Int.random(in: 1...200, using: &generator)).map { _ in
                sequence &+= UInt16.random(in: 1...20, using: &generator)
                return sequence
            }
            let nack = RTCPPacket.nack(NACK(sender: SSRC(1), media: SSRC(2), lost: lost))
            var bytes: [UInt8] = []
            nack.append(to: &bytes)
            #expect(try RTCPPacket.parse(bytes.span) == [nack])
            #expect(bytes.count <= 12 + 4 * lost.count)
        }
    }

    /// Out of order or twice: more items than needed, and the same packets.
    @Test func disorderIsKept() throws {
        let nack = RTCPPacket.nack(NACK(sender: SSRC(1), media: SSRC(2), lost: [9, 9, 5, 6, 5]))
        var bytes: [UInt8] = []
        nack.append(to: &bytes)
        #expect(try RTCPPacket.parse(bytes.span) == [nack])
    }

    @Test func asksManySourcesForKeyFrames() throws {
        let entries = (0..<20).map {
            FullIntraRequest.Entry(media: SSRC(UInt32(100 + $0)), sequence: UInt8(240 &+ $0 & 15))
        }
        let request = RTCPPacket.fullIntra(FullIntraRequest(sender: SSRC(1), entries: entries))
        var bytes: [UInt8] = []
        request.append(to: &bytes)
        #expect(bytes.count == 12 + 8 * 20)
        #expect(try RTCPPacket.parse(bytes.span) == [request])
        // Reserved bits behind the sequence are passed over (RFC 5104 §4.3.1.1).
        let odd = hex("84ce0004 00000001 00000000 00000002 c8ffffff")
        #expect(
            try RTCPPacket.parse(odd.span) == [
                .fullIntra(FullIntraRequest(sender: SSRC(1), entries: [.init(media: SSRC(2), sequence: 200)]))
            ]
        )
    }

    typealias BitrateRow = (bitsPerSecond: UInt64, written: String, read: UInt64)

    /// Exponent in six bits, mantissa in eighteen: 262 143 is the last exact value.
    static let bitrates: [BitrateRow] = [
        (1, "000001", 1), (262_143, "03ffff", 262_143), (262_144, "060000", 262_144), (262_145, "060000", 262_144),
        (524_287, "07ffff", 524_286), (1_000_000, "0bd090", 1_000_000), (2_500_000, "126" + "25a", 2_500_000),
        (30_000, "007530", 30_000), (1 << 40, "5e0000", 1 << 40), (.max, "bbffff", 0xFFFF_C000_0000_0000),
    ]

    @Test(arguments: bitrates)
    func roundsBitratesDown(row: BitrateRow) throws {
        var bytes: [UInt8] = []
        let sources = [SSRC(2), SSRC(3), SSRC(4)]
        RTCPPacket.receiverBitrate(
            ReceiverBitrate(sender: SSRC(1), bitsPerSecond: row.bitsPerSecond, sources: sources)
        ).append(to: &bytes)
        #expect(
            bytes == hex("8fce0007 00000001 00000000 52454d42 03" + row.written + "00000002 00000003 00000004"),
            "\(row.bitsPerSecond)")
        #expect(
            try RTCPPacket.parse(bytes.span) == [
                .receiverBitrate(ReceiverBitrate(sender: SSRC(1), bitsPerSecond: row.read, sources: sources))
            ]
        )
    }

    /// A sender may choose a larger exponent than it needs.
    @Test func readsAnyExponent() throws {
        for (field, value) in [("0400ff", UInt64(510)), ("fc0000", 0), ("fc0001", 1 << 63), ("fc0002", .max)] {
            let bytes = hex("8fce0004 00000001 00000000 52454d42 00" + field)
            #expect(
                try RTCPPacket.parse(bytes.span) == [
                    .receiverBitrate(ReceiverBitrate(sender: SSRC(1), bitsPerSecond: value, sources: []))
                ], "\(field)")
        }
    }

    /// What browsers send without having negotiated `a=rtcp-rsize`.
    @Test func takesFeedbackWithoutAReport() throws {
        let loss = RTCPPacket.pictureLoss(sender: SSRC(1), media: SSRC(2))
        let nack = RTCPPacket.nack(NACK(sender: SSRC(1), media: SSRC(2), lost: [5]))
        let report = RTCPPacket.receiverReport(ReceiverReport(ssrc: SSRC(1)))
        for packets in [[loss], [nack], [nack, loss], [loss, report], [nack, report, loss]] {
            var bytes: [UInt8] = []
            for packet in packets { packet.append(to: &bytes) }
            #expect(try RTCPPacket.parse(bytes.span) == packets)
        }
    }
}
