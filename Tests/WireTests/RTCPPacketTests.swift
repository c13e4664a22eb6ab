import Testing
import Wire

struct RTCPPacketTests {
    static let block = ReportBlock(
        ssrc: SSRC(0x0102_0304),
        fractionLost: 64,
        cumulativeLost: -2,
        highestSequence: 0x0001_FFFE,
        jitter: 9,
        lastSR: 0xAABB_CCDD,
        delaySinceLastSR: 0x10000
    )

    typealias Row = (what: String, packet: RTCPPacket, bytes: String)

    /// Each as RFC 3550 §6.4 to §6.6, RFC 4585 §6, RFC 5104 §4.3.1 and the REMB draft draw it.
    static let rows: [Row] = [
        (
            "sender report",
            .senderReport(
                SenderReport(
                    ssrc: SSRC(1), ntp: 0xE000_0000_8000_0000, rtpTimestamp: 2, packets: 3, octets: 4, reports: [block])
            ),
            """
            81c8000c 00000001 e0000000 80000000 00000002 00000003 00000004
            01020304 40fffffe 0001fffe 00000009 aabbccdd 00010000
            """
        ),
        ("empty receiver report", .receiverReport(ReceiverReport(ssrc: SSRC(1))), "80c90001 00000001"),
        (
            "receiver report", .receiverReport(ReceiverReport(ssrc: SSRC(1), reports: [block])),
            "81c90007 00000001 01020304 40fffffe 0001fffe 00000009 aabbccdd 00010000"
        ),
        (
            "source descriptions: name of two bytes, of one, none",
            .sourceDescription([
                SourceDescription(ssrc: SSRC(1), cname: "ab"),
                SourceDescription(ssrc: SSRC(2), cname: "é!"),
                SourceDescription(ssrc: SSRC(3), cname: nil),
            ]),
            "83ca0008 00000001 01026162 00000000 00000002 0103c3a9 21000000 00000003 00000000"
        ),
        ("goodbye", .goodbye([SSRC(1), SSRC(2)]), "82cb0002 00000001 00000002"),
        (
            "NACK: neighbours share a mask",
            .nack(NACK(sender: SSRC(1), media: SSRC(2), lost: [65_535, 0, 15, 16, 100])),
            "81cd0005 00000001 00000002 ffff8001 00100000 00640000"
        ),
        ("picture loss", .pictureLoss(sender: SSRC(1), media: SSRC(2)), "81ce0002 00000001 00000002"),
        (
            "full intra request",
            .fullIntra(FullIntraRequest(sender: SSRC(1), entries: [.init(media: SSRC(2), sequence: 200)])),
            "84ce0004 00000001 00000000 00000002 c8000000"
        ),
        (
            "REMB of 2.5 Mb/s",
            .receiverBitrate(ReceiverBitrate(sender: SSRC(1), bitsPerSecond: 2_500_000, sources: [SSRC(2)])),
            "8fce0005 00000001 00000000 52454d42 011262 5a 00000002"
        ),
        (
            "REMB of nothing", .receiverBitrate(ReceiverBitrate(sender: SSRC(1), bitsPerSecond: 0, sources: [])),
            "8fce0004 00000001 00000000 52454d42 00000000"
        ),
    ]

    @Test(arguments: rows)
    func writesAndReads(row: Row) throws {
        var bytes: [UInt8] = []
        row.packet.append(to: &bytes)
        #expect(bytes == hex(row.bytes), "\(row.what)")
        #expect(try RTCPPacket.parse(hex(row.bytes).span) == [row.packet], "\(row.what)")
    }

    @Test func readsACompoundInAnyOrder() throws {
        var bytes: [UInt8] = []
        let packets = Self.rows.map(\.packet).reversed() as [RTCPPacket]
        for packet in packets { packet.append(to: &bytes) }
        #expect(try RTCPPacket.parse(bytes.span) == packets)
    }

    @Test func readsOverWhatItDoesNotKnow() throws {
        // Extended report, transport-cc feedback, an application layer message that is no REMB, then a PLI.
        let bytes = hex(
            """
            80cf0001 00000001  8fcd0003 00000001 00000002 00000000
            8fce0003 00000001 00000002 41424344  81ce0002 00000001 00000002
            """
        )
        #expect(
            try RTCPPacket.parse(bytes.span) == [
                .other(type: 207, count: 0), .other(type: 205, count: 15), .other(type: 206, count: 15),
                .pictureLoss(sender: SSRC(1), media: SSRC(2)),
            ]
        )
    }

    @Test func takesPaddingOff() throws {
        let goodbye = hex("a1cb0002 00000001 00000004")
        #expect(try RTCPPacket.parse(goodbye.span) == [.goodbye([SSRC(1)])])
        #expect(throws: RTCPError.badPadding(0)) { try RTCPPacket.parse(hex("a1cb0002 00000001 00000000").span) }
        #expect(throws: RTCPError.badPadding(9)) { try RTCPPacket.parse(hex("a1cb0002 00000001 00000009").span) }
    }

    @Test func ignoresItemsButTheName() throws {
        // NAME "x", then CNAME "ab", then a second CNAME.
        let bytes = hex("81ca0004 00000001 02017801 02616201 01630000")
        #expect(
            try RTCPPacket.parse(bytes.span) == [.sourceDescription([SourceDescription(ssrc: SSRC(1), cname: "ab")])]
        )
    }

    /// Count, length and body that contradict each other.
    @Test(
        arguments: [
            ("nothing", ""), ("a cut header", "80c900"), ("version 1", "40c90001 00000001"),
            ("longer than the datagram", "80c90002 00000001"), ("trailing bytes", "80c90001 00000001 80"),
            ("report without its block", "81c90001 00000001"), ("sender report of four bytes", "80c80001 00000001"),
            ("goodbye of two that has one", "82cb0001 00000001"), ("PLI without media", "81ce0001 00000001"),
            ("NACK without media", "81cd0001 00000001"), ("FIR without media", "84ce0001 00000001"),
            ("chunk without end", "81ca0002 00000001 01026162"),
            ("item longer than its chunk", "81ca0002 00000001 01ff6162"),
            ("chunk without source", "81ca0000"),
            ("REMB with fewer sources than it says", "8fce0004 00000001 00000000 52454d42 01000000"),
        ]
    )
    func refuses(what: String, bytes: String) {
        #expect(throws: RTCPError.self, "\(what)") { try RTCPPacket.parse(hex(bytes).span) }
    }

    @Test(arguments: [0, 1, 262_143, 262_144, 1_000_001, UInt64.max])
    func bitRatesKeepEighteenBits(bitsPerSecond: UInt64) throws {
        var bytes: [UInt8] = []
        RTCPPacket.receiverBitrate(
            ReceiverBitrate(sender: SSRC(1), bitsPerSecond: bitsPerSecond, sources: [])
        ).append(to: &bytes)
        guard case .receiverBitrate(let read) = try RTCPPacket.parse(bytes.span).first else {
            Issue.record("no REMB")
            return
        }
        #expect(read.bitsPerSecond <= bitsPerSecond)
        #expect(bitsPerSecond - read.bitsPerSecond <= bitsPerSecond >> 17)
    }

    @Test func aBitRateBeyondSixtyFourBitsIsTheLargest() throws {
        let bytes = hex("8fce0004 00000001 00000000 52454d42 00ffffff")
        #expect(
            try RTCPPacket.parse(bytes.span) == [
                .receiverBitrate(ReceiverBitrate(sender: SSRC(1), bitsPerSecond: .max, sources: []))
            ]
        )
    }

    @Test func writesNoMoreThanTheCountCanSay() throws {
        var bytes: [UInt8] = []
        let many = (0..<40).map { SSRC(UInt32($0)) }
        RTCPPacket.goodbye(many).append(to: &bytes)
        RTCPPacket.sourceDescription(many.map { SourceDescription(ssrc: $0, cname: "x") }).append(to: &bytes)
        RTCPPacket.receiverReport(
            ReceiverReport(ssrc: SSRC(1), reports: [ReportBlock](repeating: Self.block, count: 40))
        ).append(to: &bytes)
        RTCPPacket.other(type: 1, count: 1).append(to: &bytes)
        #expect(try RTCPPacket.parse(bytes.span).count == 3)
    }

    @Test func asksForNoMoreThanASenderKeeps() throws {
        var bytes = hex("81cd0000 00000001 00000002")
        for index in 0..<300 { bytes += [0, UInt8(index & 0xFF), 0xFF, 0xFF] }
        bytes[2] = UInt8((bytes.count / 4 - 1) >> 8)
        bytes[3] = UInt8((bytes.count / 4 - 1) & 0xFF)
        guard case .nack(let nack) = try RTCPPacket.parse(bytes.span).first else {
            Issue.record("no NACK")
            return
        }
        #expect((1024..<1041).contains(nack.lost.count))
    }

    static let compound: [UInt8] = {
        var bytes: [UInt8] = []
        for row in rows { row.packet.append(to: &bytes) }
        return bytes
    }()

    /// A prefix is accepted only where one packet ends and the next begins.
    @Test func refusesEveryPrefixThatCutsAPacket() {
        var ends: Set<Int> = []
        var end = 0
        for row in Self.rows {
            end += hex(row.bytes).count
            ends.insert(end)
        }
        for length in 0...Self.compound.count {
            let packets = try? RTCPPacket.parse(Self.compound.span.extracting(..<length))
            #expect((packets != nil) == ends.contains(length), "\(length) bytes")
        }
    }

    @Test func survivesNoise() {
        for input in hostileInputs(seed: 3, like: Self.compound) {
            guard let packets = try? RTCPPacket.parse(input.span) else { continue }
            #expect(packets.count <= RTCPPacket.maximumPackets)
            var bytes: [UInt8] = []
            for packet in packets { packet.append(to: &bytes) }
        }
    }
}
