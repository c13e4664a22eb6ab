import Testing
import Wire

struct TransportAddressTests {
    /// What is read, and how it is written again.
    static let literals: [(text: String, description: String)] = [
        ("192.0.2.1", "192.0.2.1:5000"),
        ("0.0.0.0", "0.0.0.0:5000"),
        ("255.255.255.255", "255.255.255.255:5000"),
        ("2001:db8::1", "[2001:db8::1]:5000"),
        ("2001:0DB8:0:0:0:0:0:1", "[2001:db8::1]:5000"),
        ("::", "[::]:5000"),
        ("::1", "[::1]:5000"),
        ("1::", "[1::]:5000"),
        // RFC 5952 §4.2: the longest run, of two the first, never a single group.
        ("2001:0:0:1:0:0:0:1", "[2001:0:0:1::1]:5000"),
        ("2001:db8:0:0:1:0:0:1", "[2001:db8::1:0:0:1]:5000"),
        ("2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:5000"),
        ("1:2:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8]:5000"),
        ("1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:5000"),
        ("64:ff9b::192.0.2.33", "[64:ff9b::c000:221]:5000"),
        // IPv4-mapped is IPv4.
        ("::ffff:192.0.2.1", "192.0.2.1:5000"),
        ("::FFFF:c000:201", "192.0.2.1:5000"),
    ]

    @Test(arguments: literals)
    func readsLiterals(text: String, description: String) {
        #expect(TransportAddress(ip: text, port: 5000)?.description == description)
    }

    @Test(
        arguments: [
            "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1..2.3", "1.2.3.-4",
            "localhost", "a.local", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4:5:6:7:8::",
            "12345::", "g::", "::1%eth0", "[::1]", "::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "1:", ":1", "::1:",
            "4294967296", "0x7f.0.0.1", "١.2.3.4",
        ]
    )
    func refusesOtherText(text: String) {
        #expect(TransportAddress(ip: text, port: 1) == nil)
    }

    @Test func mappedAddressesAreOneKey() {
        let plain = TransportAddress(ipv4: 0xC000_0201, port: 9)
        let mapped = TransportAddress(ipv6High: 0, low: 0xFFFF_C000_0201, port: 9)
        #expect(mapped == plain)
        #expect(Set([plain, mapped]).count == 1)
        #expect(mapped.ipv4 == 0xC000_0201)
        #expect(mapped.ipv6 == nil)
        #expect(!mapped.isIPv6)
        // ::192.0.2.1 is not mapped.
        #expect(TransportAddress(ipv6High: 0, low: 0xC000_0201, port: 9) != plain)
    }

    @Test func givesTheHalvesOfIPv6() {
        let address = TransportAddress(ip: "2001:db8:1234:5678:11:2233:4455:6677", port: 32853)
        #expect(address?.ipv6?.high == 0x2001_0DB8_1234_5678)
        #expect(address?.ipv6?.low == 0x0011_2233_4455_6677)
        #expect(address?.ipv4 == nil)
        #expect(address?.ip == "2001:db8:1234:5678:11:2233:4455:6677")
    }

    @Test func survivesNoise() {
        for input in hostileInputs(seed: 1, like: Array("2001:db8::ffff:192.0.2.1".utf8)) {
            let text = String(decoding: input, as: UTF8.self)
            if let address = TransportAddress(ip: text, port: 0) {
                #expect(TransportAddress(ip: address.ip, port: 0) == address)
            }
        }
    }
}
