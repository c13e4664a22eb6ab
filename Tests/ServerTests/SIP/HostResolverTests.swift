import SIP
import Server
import Testing
import Wire

struct HostResolverTests {
    static let both = AddressFamilies(ipv4: true, ipv6: true)

    static let resolver = HostResolver(
        addresses: { name in
            switch name {
            case "example.com": addresses(["192.0.2.1", "2001:db8::1"])
            case "one.example.com": addresses(["192.0.2.11"])
            case "two.example.com": addresses(["2001:db8::2", "192.0.2.12"])
            default: []
            }
        },
        services: { name in
            switch name {
            case "_sip._udp.trunk.example":
                [
                    SRVRecord(priority: 20, weight: 0, port: 5_070, target: "two.example.com"),
                    SRVRecord(priority: 10, weight: 5, port: 5_080, target: "one.example.com"),
                ]
            case "_sip._tcp.none.example": [SRVRecord(priority: 0, weight: 0, port: 0, target: "")]
            default: []
            }
        })

    static func addresses(_ ips: [String]) -> [TransportAddress] {
        ips.compactMap { TransportAddress(ip: $0, port: 0) }
    }

    typealias Row = (
        host: String, port: UInt16?, transport: SIPTransport, families: AddressFamilies, found: [String]
    )
    static let rows: [Row] = [
        ("192.0.2.7", nil, .udp, both, ["192.0.2.7:5060"]),
        ("192.0.2.7", nil, .tls, both, ["192.0.2.7:5061"]),
        ("[2001:db8::7]", 5_099, .tcp, both, ["[2001:db8::7]:5099"]),
        ("2001:db8::7", nil, .udp, AddressFamilies(ipv4: true, ipv6: false), []),
        ("example.com", nil, .udp, both, ["192.0.2.1:5060", "[2001:db8::1]:5060"]),
        ("example.com", nil, .udp, AddressFamilies(ipv4: false, ipv6: true), ["[2001:db8::1]:5060"]),
        ("trunk.example", nil, .udp, both, ["192.0.2.11:5080", "[2001:db8::2]:5070", "192.0.2.12:5070"]),
        ("trunk.example", 5_060, .udp, both, []),
        ("none.example", nil, .tcp, both, []),
        ("nowhere.example", nil, .udp, both, []),
        ("bad name\u{0}", nil, .udp, both, []),
        ("", nil, .udp, both, []),
    ]

    @Test(arguments: rows)
    func findsWhereToGo(row: Row) {
        let lookup = SIPLookup(host: row.host, port: row.port, transport: row.transport, profile: "external")
        let found = Self.resolver.resolve(lookup, most: 16, families: row.families)
        #expect(found.map(\.description) == row.found)
    }

    @Test func noMoreThanAskedFor() {
        let lookup = SIPLookup(host: "trunk.example", port: nil, transport: .udp, profile: "external")
        #expect(Self.resolver.resolve(lookup, most: 2, families: Self.both).count == 2)
    }

    @Test func theSystemKnowsThisMachine() {
        let lookup = SIPLookup(host: "localhost", port: 5_062, transport: .tcp, profile: "external")
        let found = HostResolver.system.resolve(lookup, most: 16, families: AddressFamilies(ipv4: true, ipv6: false))
        #expect(found.map(\.description) == ["127.0.0.1:5062"])
    }

    @Test func answersComeThroughTheSockets() async throws {
        let rig = try await SocketRig(resolver: Self.resolver)
        let token = ResolveToken(7)
        rig.sockets.resolve(
            token, SIPLookup(host: "example.com", port: 5_065, transport: .udp, profile: "internal"))
        #expect(try await rig.next() == .resolved(token, [try address("192.0.2.1", 5_065)]))
        rig.sockets.resolve(token, SIPLookup(host: "gone.example", port: nil, transport: .udp, profile: "internal"))
        #expect(try await rig.next() == .resolved(token, []))
    }
}
