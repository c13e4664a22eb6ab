import SIP
import Server
import Testing
import Wire

struct SIPLocalAddressesTests {
    static func addresses() throws -> SIPLocalAddresses {
        var addresses = SIPLocalAddresses(
            advertised: [
                "external": AdvertisedAddress(ip: "203.0.113.9") { remote in remote.ip.hasPrefix("192.168.") }
            ],
            source: { remote in TransportAddress(ip: remote.isIPv6 ? "2001:db8::5" : "10.0.0.5", port: 0) })
        let listens: [(String, SIPTransport, String, Int)] = [
            ("internal", .udp, "192.168.1.2", 5_060), ("internal", .tcp, "192.168.1.2", 5_060),
            ("internal", .tls, "192.168.1.2", 5_061), ("internal", .udp, "2001:db8::2", 5_060),
            ("external", .udp, "192.168.1.2", 5_080), ("wild", .udp, "0.0.0.0", 5_090), ("wild", .udp, "::", 5_090),
        ]
        for (profile, transport, ip, port) in listens {
            addresses.add(.init(profile: profile, transport: transport, address: try address(ip, port)))
        }
        return addresses
    }

    typealias Row = (profile: String, transport: SIPTransport, remote: String, told: String)
    static let rows: [Row] = [
        ("internal", .udp, "198.51.100.1", "192.168.1.2:5060"),
        ("internal", .tls, "198.51.100.1", "192.168.1.2:5061"),
        ("internal", .udp, "2001:db8::99", "[2001:db8::2]:5060"),
        // A family's only socket is where an answer finds us.
        ("internal", .tcp, "2001:db8::99", "[2001:db8::2]:5060"),
        ("external", .udp, "198.51.100.1", "203.0.113.9:5080"),
        ("external", .tcp, "198.51.100.1", "203.0.113.9:5080"),
        ("external", .udp, "192.168.1.77", "192.168.1.2:5080"),
        ("wild", .udp, "198.51.100.1", "10.0.0.5:5090"),
        ("wild", .udp, "2001:db8::99", "[2001:db8::5]:5090"),
    ]

    @Test(arguments: rows)
    func aFarEndIsToldWhereItReachesUs(row: Row) throws {
        var addresses = try Self.addresses()
        let path = SIPPath(profile: row.profile, transport: row.transport, remote: try address(row.remote, 5_060))
        #expect(addresses.address(towards: path).description == row.told)
    }

    @Test func connectionsOfOursComeFromTheProfilesAddress() throws {
        let addresses = try Self.addresses()
        let remote = try address("198.51.100.1", 5_060)
        #expect(
            addresses.source(for: SIPPath(profile: "internal", transport: .tcp, remote: remote))?.description
                == "192.168.1.2:0")
        #expect(addresses.source(for: SIPPath(profile: "wild", transport: .tcp, remote: remote)) == nil)
    }

    @Test func theKernelKnowsTheWay() throws {
        #expect(SIPLocalAddresses.kernelSource(try address("127.0.0.1", 0))?.ip == "127.0.0.1")
    }
}
