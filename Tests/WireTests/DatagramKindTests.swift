import Testing
import Wire

struct DatagramKindTests {
    static let stun = hex("00010000 2112a442 000000000000000000000000")

    typealias Row = (what: String, bytes: [UInt8], kind: DatagramKind)

    static let rows: [Row] = [
        ("nothing", [], .unknown),
        ("one byte", [0x80], .unknown),
        ("STUN without attributes", stun, .stun),
        ("STUN cut by a byte", Array(stun.dropLast()), .unknown),
        ("STUN without its cookie", hex("00010000 2112a443 000000000000000000000000"), .unknown),
        ("STUN that is longer than it says", stun + [0, 0, 0, 0], .unknown),
        ("STUN that is shorter than it says", hex("00010004 2112a442 000000000000000000000000"), .unknown),
        ("four and up is no STUN", [4] + stun.dropFirst(), .unknown),
        ("ZRTP", hex("10000000 5a525450 00000000 00000000"), .unknown),
        ("DTLS ClientHello record", hex("16feff0000000000000000 0000"), .dtls),
        ("DTLS cut by a byte", hex("16feff0000000000000000 00"), .unknown),
        ("the last first byte of DTLS", hex("3ffeff0000000000000000 0000"), .dtls),
        ("TURN channel", hex("40000000 00000000 00000000 00000000"), .unknown),
        ("QUIC", hex("c0000000 00000000 00000000 00000000"), .unknown),
        ("RTP", hex("806f0000 00000000 00000000"), .rtp),
        ("RTP with marker", hex("80ef0000 00000000 00000000"), .rtp),
        ("RTP cut by a byte", hex("806f0000 00000000 000000"), .unknown),
        ("RTCP sender report", hex("80c80000 00000000"), .rtcp),
        ("RTCP cut by a byte", hex("80c80000 000000"), .unknown),
        ("the lowest RTCP type", hex("80c00000 00000000"), .rtcp),
        ("the highest RTCP type", hex("80df0000 00000000"), .rtcp),
        ("above RTCP", hex("80e00000 00000000 00000000"), .rtp),
        ("below RTCP", hex("80bf0000 00000000 00000000"), .rtp),
    ]

    @Test(arguments: rows)
    func sortsDatagrams(row: Row) {
        #expect(DatagramKind(of: row.bytes.span) == row.kind, "\(row.what)")
    }
}
