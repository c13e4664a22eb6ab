import Testing
import Wire

/// RFC 5769 §2.1 to §2.3: the published request and responses, byte for byte.
enum RFC5769 {
    static let request = hex(
        """
        00010058 2112a442 b7e7a701bc34d686fa87dfae
        80220010 5354554e207465737420636c69656e74  00240004 6e0001ff
        80290008 932ff9b151263b36                  00060009 6576746a3a68367659202020
        00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2  80280004 e57a3bcf
        """
    )
    static let responseIPv4 = hex(
        """
        0101003c 2112a442 b7e7a701bc34d686fa87dfae
        8022000b 7465737420766563746f7220  00200008 0001a147e112a643
        00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7  80280004 c07d4c96
        """
    )
    static let responseIPv6 = hex(
        """
        01010048 2112a442 b7e7a701bc34d686fa87dfae
        8022000b 7465737420766563746f7220  00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
        00080014 a382954e4be67bf11784c97c8292c275bfe3ed41  80280004 c8fb0b4c
        """
    )
    static let transactionID = STUNTransactionID(high: 0xB7E7_A701, low: 0xBC34_D686_FA87_DFAE)
    static let all = [request, responseIPv4, responseIPv6]
}

struct STUNMessageTests {
    @Test func readsTheRequest() throws {
        let message = try STUNMessage(parsing: RFC5769.request.span)
        #expect(message.kind == .bindingRequest)
        #expect(message.transactionID == RFC5769.transactionID)
        #expect(message.username == "evtj:h6vY")
        #expect(message.priority == 0x6E00_01FF)
        #expect(message.iceControlled == 0x932F_F9B1_5126_3B36)
        #expect(message.iceControlling == nil)
        #expect(!message.useCandidate)
        #expect(message.unknownRequired == [])
    }

    @Test func readsTheResponses() throws {
        let ipv4 = try STUNMessage(parsing: RFC5769.responseIPv4.span)
        #expect(ipv4.kind == .bindingSuccess)
        #expect(ipv4.mappedAddress?.description == "192.0.2.1:32853")
        let ipv6 = try STUNMessage(parsing: RFC5769.responseIPv6.span)
        #expect(ipv6.mappedAddress?.description == "[2001:db8:1234:5678:11:2233:4455:6677]:32853")
    }

    /// The HMAC-SHA1 of these bytes, with the password of the RFC, is what was received: checked once outside.
    @Test(arguments: [(RFC5769.request, 76, 0x50), (RFC5769.responseIPv4, 48, 0x34), (RFC5769.responseIPv6, 60, 0x40)])
    func coversTheMessageUpToItsIntegrity(message: [UInt8], offset: Int, length: UInt8) throws {
        let check = try #require(try STUNMessage(parsing: message.span).integrityCheck(in: message.span))
        #expect(check.covered == message[..<2] + [0, length] + message[4..<offset])
        #expect(check.received == Array(message[(offset + 4)..<(offset + 24)]))
    }

    @Test(arguments: RFC5769.all, RFC5769.request.indices)
    func refusesEveryShorterPrefix(message: [UInt8], length: Int) {
        let prefix = Array(message.prefix(min(length, message.count - 1)))
        #expect(throws: STUNError.self) { try STUNMessage(parsing: prefix.span) }
    }

    /// The fingerprint covers all before it. (With another type, at 100 and 101, it is none any more.)
    @Test(arguments: RFC5769.request.indices.filter { $0 / 2 != 50 })
    func refusesEveryChangedByte(index: Int) {
        var message = RFC5769.request
        message[index] ^= 0x40
        #expect(throws: STUNError.self) { try STUNMessage(parsing: message.span) }
    }

    typealias Row = (what: String, message: String, error: STUNError)

    static let broken: [Row] = [
        ("the first bits set", "80010000 2112a442 000000000000000000000000", .notSTUN),
        ("no cookie", "00010000 2112a443 000000000000000000000000", .notSTUN),
        ("cut", "00010004 2112a442 000000000000000000000000", .truncated(needed: 24, had: 20)),
        ("not in words", "00010001 2112a442 000000000000000000000000 00", .badLength(1)),
        ("more than it says", "00010000 2112a442 000000000000000000000000 00000000", .badLength(0)),
        (
            "value longer than the message", "00010004 2112a442 000000000000000000000000 00060004",
            .badAttribute(type: 6)
        ),
        (
            "priority of two bytes", "00010008 2112a442 000000000000000000000000 00240002 00010000",
            .badAttribute(type: 0x24)
        ),
        (
            "tie-breaker of four", "00010008 2112a442 000000000000000000000000 802a0004 00010000",
            .badAttribute(type: 0x802A)
        ),
        ("user name not UTF-8", "00010008 2112a442 000000000000000000000000 00060002 c0af0000", .badAttribute(type: 6)),
        (
            "address of a family 3", "0101000c 2112a442 000000000000000000000000 00200008 0003a147e112a643",
            .badAttribute(type: 0x20)
        ),
        (
            "IPv6 as long as IPv4", "0101000c 2112a442 000000000000000000000000 00200008 0002a147e112a643",
            .badAttribute(type: 0x20)
        ),
        (
            "integrity of four bytes", "00010008 2112a442 000000000000000000000000 00080004 00000000",
            .badAttribute(type: 8)
        ),
        ("wrong fingerprint", "00010008 2112a442 000000000000000000000000 80280004 00000000", .badFingerprint),
    ]

    @Test(arguments: broken)
    func saysWhatIsWrong(row: Row) {
        let message = hex(row.message)
        #expect(throws: row.error, "\(row.what)") { try STUNMessage(parsing: message.span) }
    }

    @Test func refusesAnythingBehindTheFingerprint() {
        // The right fingerprint of the first 20 bytes, but not the last attribute.
        var message = STUNMessage.Builder(.bindingRequest, transactionID: RFC5769.transactionID)
        var bytes = message.finish(integrity: nil, fingerprint: true)
        bytes[3] += 4
        bytes += [0x00, 0x25, 0, 0]
        #expect(throws: STUNError.badFingerprint) { try STUNMessage(parsing: bytes.span) }
    }

    @Test func listsWhatItMustKnowAndDoesNot() throws {
        let message = hex("00010010 2112a442 000000000000000000000000 7fff0000 c0570004 00000001 00030000")
        #expect(try STUNMessage(parsing: message.span).unknownRequired == [0x7FFF, 0x0003])
    }

    /// RFC 8489 §14.5: what stands behind MESSAGE-INTEGRITY is not protected by it, so it is not there.
    @Test func ignoresWhatStandsBehindTheIntegrity() throws {
        let integrity = "00080014" + String(repeating: "00", count: 20)
        let message = hex("0001001c 2112a442 000000000000000000000000" + integrity + "00250000")
        let parsed = try STUNMessage(parsing: message.span)
        #expect(!parsed.useCandidate)
        #expect(parsed.integrityOffset == 20)
    }

    @Test func takesTheFirstOfTwo() throws {
        let message = hex("00010010 2112a442 000000000000000000000000 00240004 00000001 00240004 00000002")
        #expect(try STUNMessage(parsing: message.span).priority == 1)
    }

    @Test func survivesNoise() {
        for (seed, message) in RFC5769.all.enumerated() {
            // Without a fingerprint, so that a changed byte gets further.
            let unsealed = Array(message.dropLast(8))
            for input in hostileInputs(seed: UInt64(seed), like: unsealed) {
                var input = input
                if input.count >= 20 {  // the length repaired, to get further still
                    input.replaceSubrange(
                        0..<8,
                        with: [0, 1, UInt8(input.count >> 8), UInt8((input.count - 20) & 0xFF)] + [
                            0x21, 0x12, 0xA4, 0x42,
                        ])
                }
                if let message = try? STUNMessage(parsing: input.span) { _ = message.integrityCheck(in: input.span) }
            }
        }
    }
}
