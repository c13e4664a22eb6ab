import SIP
import Testing
import Wire

struct AccessListTests {
    private func address(_ ip: String) throws -> TransportAddress { try #require(TransportAddress(ip: ip, port: 5060)) }

    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.77", true), ("192.0.2.0/24", "192.0.3.1", false),
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("0.0.0.0/0", "8.8.8.8", true),
        ("10.1.2.3/8", "10.200.0.1", true), ("192.0.2.128/25", "192.0.2.127", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
        ("2001:db8::5/127", "2001:db8::4", true), ("2001:db8::5/128", "2001:db8::4", false),
        ("::/0", "2001:db8::1", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "192.0.2.1", false),
    ])
    func `a network contains its addresses`(network: String, ip: String, isIn: Bool) throws {
        #expect(try #require(Network(network)).contains(address(ip)) == isIn)
    }

    @Test(arguments: [
        "", "/", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/+8", "2001:db8::/129", "a/8", "1/2/3",
    ])
    func `refuses what is no network`(text: String) {
        #expect(Network(text) == nil)
    }

    @Test func `the last rule that matches decides`() throws {
        let list = AccessList(
            name: "trunks",
            rules: [
                .init(try #require(Network("192.0.2.0/24")), isAllowed: true),
                .init(try #require(Network("192.0.2.66")), isAllowed: false),
            ])
        #expect(try list.permits(address("192.0.2.1")))
        #expect(try !list.permits(address("192.0.2.66")))
        #expect(try !list.permits(address("198.51.100.1")))
        #expect(try AccessList(name: "any", isAllowedByDefault: true).permits(address("198.51.100.1")))
    }

    @Test func `the built-in lists are FreeSWITCH's`() throws {
        let local = try [#require(Network("192.168.7.0/24"))]
        let lists = Dictionary(uniqueKeysWithValues: AccessList.builtIn(local: local).map { ($0.name, $0) })
        func permits(_ name: String, _ ip: String) throws -> Bool { try #require(lists[name]).permits(address(ip)) }
        #expect(try permits("any", "8.8.8.8") && !permits("none", "8.8.8.8"))
        #expect(try permits("lan", "10.1.1.1") && !permits("lan", "8.8.8.8"))
        #expect(try permits("nat.auto", "10.1.1.1") && !permits("nat.auto", "192.168.7.9"))
        #expect(try permits("localnet.auto", "192.168.7.9") && !permits("localnet.auto", "10.1.1.1"))
        #expect(try permits("loopback.auto", "127.0.0.5") && permits("loopback.auto", "::1"))
        #expect(try permits("wan.auto", "8.8.8.8") && !permits("wan.auto", "fd00::1"))
    }

    @Test func `every list of a profile has to let an address in`() throws {
        var profile = SIPProfile(name: "internal")
        #expect(try profile.permitsCalls(from: address("192.0.2.1")) == nil)
        let open = AccessList(name: "any", isAllowedByDefault: true)
        let closed = AccessList(name: "none")
        profile.inboundACL = [open]
        #expect(try profile.permitsCalls(from: address("192.0.2.1")) == true)
        profile.inboundACL = [open, closed]
        #expect(try profile.permitsCalls(from: address("192.0.2.1")) == false)
        #expect(try profile.permitsRegistration(from: address("192.0.2.1")))
        profile.registerACL = [closed]
        #expect(try !profile.permitsRegistration(from: address("192.0.2.1")))
    }
}
