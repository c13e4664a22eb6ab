import Testing
import Wire

struct STUNBuilderTests {
    @Test func buildsTheResponseOfTheRFC() {
        var covered: [UInt8] = []
        var builder = STUNMessage.Builder(.bindingSuccess, transactionID: RFC5769.transactionID)
        builder.add(software: "test vector")
        builder.add(mappedAddress: TransportAddress(ipv4: 0xC000_0201, port: 32853))
        let message = builder.finish(
            integrity: { bytes in
                covered = bytes.indices.map { bytes[$0] }
                return Array(RFC5769.responseIPv4[52..<72])
            },
            fingerprint: true
        )
        // The RFC pads with a space, we with zero: all else before the fingerprint is the same.
        var expected = RFC5769.responseIPv4
        expected[35] = 0
        #expect(message.dropLast(4) == expected.dropLast(4))
        #expect(covered == expected[..<2] + [0, 0x34] + expected[4..<48])
    }

    @Test func writesAnIPv6AddressAsTheRFC() {
        var builder = STUNMessage.Builder(.bindingSuccess, transactionID: RFC5769.transactionID)
        builder.add(
            mappedAddress: TransportAddress(ipv6High: 0x2001_0DB8_1234_5678, low: 0x0011_2233_4455_6677, port: 32853)
        )
        let message = builder.finish(integrity: nil, fingerprint: false)
        #expect(message[20...] == RFC5769.responseIPv6[36..<60])
        #expect(message[3] == 24)
    }

    @Test(arguments: [true, false], [true, false])
    func readsBackWhatItBuilt(withIntegrity: Bool, withFingerprint: Bool) throws {
        var builder = STUNMessage.Builder(.bindingRequest, transactionID: STUNTransactionID(high: 1, low: 2))
        builder.add(username: "abcd:efghi")
        builder.add(priority: 7)
        builder.add(iceControlling: .max)
        builder.addUseCandidate()
        let tag = [UInt8](repeating: 0xAB, count: 20)
        var covered: [UInt8] = []
        let bytes = builder.finish(
            integrity: !withIntegrity
                ? nil
                : { span in
                    covered = span.indices.map { span[$0] }
                    return tag
                },
            fingerprint: withFingerprint
        )
        let message = try STUNMessage(parsing: bytes.span)
        #expect(message.kind == .bindingRequest)
        #expect(message.transactionID == STUNTransactionID(high: 1, low: 2))
        #expect(message.username == "abcd:efghi")
        #expect(message.priority == 7)
        #expect(message.iceControlling == .max)
        #expect(message.useCandidate)
        let check = message.integrityCheck(in: bytes.span)
        #expect(check?.received == (withIntegrity ? tag : nil))
        #expect(check?.covered == (withIntegrity ? covered : nil))
    }

    @Test func writesErrors() throws {
        var builder = STUNMessage.Builder(.bindingError, transactionID: STUNTransactionID(high: 1, low: 2))
        builder.add(errorCode: 420, reason: "Unknown")
        builder.add(unknownAttributes: [0x7FFF, 3])
        let bytes = builder.finish(integrity: nil, fingerprint: true)
        #expect(try STUNMessage(parsing: bytes.span).errorCode == 420)
        #expect(bytes[20..<44] == hex("0009000b 00000414 556e6b6e6f776e00 000a0004 7fff0003")[...])
    }

    @Test func cutsWhatDoesNotFit() throws {
        var builder = STUNMessage.Builder(.bindingRequest, transactionID: STUNTransactionID(high: 1, low: 2))
        builder.add(software: String(repeating: "x", count: 100_000))
        builder.add(priority: 1)
        let bytes = builder.finish(integrity: nil, fingerprint: true)
        #expect(bytes.count < 65_536)
    }

    @Test(arguments: [0x0001, 0x0011, 0x0101, 0x0111, 0x0003] as [UInt16])
    func kindsKeepTheirNumber(type: UInt16) throws {
        var header = hex("00000000 2112a442 000000000000000000000000")
        (header[0], header[1]) = (UInt8(type >> 8), UInt8(type & 0xFF))
        #expect(try STUNMessage(parsing: header.span).kind.type == type)
    }
}
