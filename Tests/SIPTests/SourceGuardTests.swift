import SIP
import Testing
import Wire

struct SourceGuardTests {
    private var policy: DefencePolicy {
        var policy = DefencePolicy()
        (policy.requestsPerSecond, policy.requestBurst) = (10, 20)
        (policy.globalRequestsPerSecond, policy.globalRequestBurst) = (1000, 1000)
        (policy.freeFailures, policy.freeFailuresPerAccount) = (3, 6)
        return policy
    }

    private func address(_ ip: String) -> TransportAddress { TransportAddress(ip: ip, port: 5060)! }
    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test func `a source has a burst and a rate, a trusted one none`() {
        let guardian = Watch(policy)
        let source = address("198.51.100.7")
        let burst = (0..<100).map { _ in guardian.admit(source, isTrusted: false, at: at(1)) }
        #expect(burst.count { $0 == nil } == 20)
        #expect(burst.last == .sourceRate)
        #expect(guardian.admit(source, isTrusted: true, at: at(1)) == nil)
        #expect(guardian.admit(address("198.51.100.8"), isTrusted: false, at: at(1)) == nil)
        let later = (0..<100).map { _ in guardian.admit(source, isTrusted: false, at: at(2)) }
        #expect(later.count { $0 == nil } == 10)
    }

    @Test func `hosts of one IPv6 network are one source`() {
        let guardian = Watch(policy)
        let passed = (0..<100).count { number in
            guardian.admit(address("2001:db8::\(number + 1)"), isTrusted: false, at: at(1)) == nil
        }
        #expect(passed == 20)
        #expect(guardian.admit(address("2001:db8:0:1::1"), isTrusted: false, at: at(1)) == nil)
    }

    @Test func `all strangers together have a rate`() {
        var policy = policy
        policy.globalRequestBurst = 30
        let guardian = Watch(policy)
        let verdicts = (0..<40).map { guardian.admit(address("198.51.100.\($0)"), isTrusted: false, at: at(0)) }
        #expect(verdicts.count { $0 == nil } == 30)
        #expect(verdicts.last == .globalRate)
        #expect(guardian.admit(address("192.0.2.1"), isTrusted: true, at: at(0)) == nil)
    }

    @Test func `wrong passwords ban for a time that doubles`() {
        let guardian = Watch(policy)
        let source = address("198.51.100.7")
        var now = at(1)
        for length in [60, 120, 240] {
            for _ in 0..<3 { #expect(!guardian.failed("1000", from: source, isTrusted: false, at: now)) }
            #expect(guardian.failed("1000", from: source, isTrusted: false, at: now))
            let bans = guardian.bans(at: now)
            #expect(bans.map(\.source) == ["198.51.100.7"])
            #expect(bans.first?.until == now.advanced(by: .seconds(length)))
            #expect(guardian.admit(source, isTrusted: false, at: now) == .bannedSource)
            now = now.advanced(by: .seconds(length))
            #expect(!guardian.isBanned(source, at: now))
            #expect(guardian.admit(source, isTrusted: false, at: now) == nil)
            now = now.advanced(by: .seconds(600))
        }
        now = now.advanced(by: .seconds(2 * 24 * 3600))
        for _ in 0..<4 { _ = guardian.failed("1000", from: source, isTrusted: false, at: now) }
        #expect(guardian.bans(at: now).first?.until == now.advanced(by: .seconds(60)), "the past is forgotten")
    }

    @Test func `failures are forgotten one by one`() {
        let guardian = Watch(policy)
        for minute in 0..<50 {
            #expect(
                !guardian.failed("1000", from: address("198.51.100.7"), isTrusted: false, at: at(Int64(minute) * 60)))
        }
    }

    @Test func `trusted sources are never banned`() {
        let guardian = Watch(policy)
        let trunk = address("192.0.2.1")
        for _ in 0..<50 { #expect(!guardian.failed("1000", from: trunk, isTrusted: true, at: at(1))) }
        #expect(!guardian.isScanner("friendly-scanner", from: trunk, over: .udp, isTrusted: true, at: at(1)))
        #expect(!guardian.isBanned(trunk, at: at(1)))
    }

    @Test func `many sources guessing at one account are banned at once`() {
        let guardian = Watch(policy)
        let verdicts = (0..<10).map { number in
            guardian.failed("1000", from: address("198.51.100.\(number)"), isTrusted: false, at: at(1))
        }
        #expect(verdicts.firstIndex(of: true) == 6)
        #expect(verdicts.last == true)
        #expect(!guardian.failed("1001", from: address("198.51.100.200"), isTrusted: false, at: at(1)))
    }

    @Test(arguments: [
        ("friendly-scanner", true), ("Friendly-Scanner/2", true), ("sipcli/v1.8", true), ("my VaxSIPUserAgent/3", true),
        ("Yealink SIP-T46S", false), ("", false), ("baresip v1.1", false),
    ])
    func `scanners are known by name`(name: String, isScanner: Bool) {
        let guardian = Watch(policy)
        let source = address("198.51.100.7")
        #expect(guardian.isScanner(name, from: source, over: .tcp, isTrusted: false, at: at(1)) == isScanner)
        #expect(guardian.isBanned(source, at: at(1)) == isScanner)
    }

    @Test func `one forged packet bans nobody`() {
        let guardian = Watch(policy)
        let victim = address("198.51.100.7")
        #expect(guardian.isScanner("friendly-scanner", from: victim, over: .udp, isTrusted: false, at: at(1)))
        #expect(!guardian.isBanned(victim, at: at(1)))
        #expect(guardian.isScanner("friendly-scanner", from: victim, over: .udp, isTrusted: false, at: at(1)))
        #expect(guardian.isBanned(victim, at: at(1)))
        #expect(!guardian.isScanner(nil, from: victim, over: .udp, isTrusted: false, at: at(1)))
    }

    @Test func `bans are lifted by hand`() {
        let guardian = Watch(policy)
        for ip in ["198.51.100.7", "198.51.100.8", "2001:db8::1"] {
            _ = guardian.isScanner("sipvicious", from: address(ip), over: .tcp, isTrusted: false, at: at(1))
        }
        #expect(guardian.bans(at: at(1)).map(\.source) == ["198.51.100.7", "198.51.100.8", "2001:db8::/64"])
        guardian.unban(address("198.51.100.7"))
        #expect(guardian.bans(at: at(1)).count == 2)
        guardian.unban(nil)
        #expect(guardian.bans(at: at(1)).isEmpty)
    }

    @Test func `a flood of addresses fills no memory and drives out no ban`() {
        var policy = policy
        policy.capacity = 100
        policy.globalRequestBurst = 1_000_000
        let guardian = Watch(policy)
        let scanner = address("203.0.113.1")
        _ = guardian.isScanner("sipvicious", from: scanner, over: .tcp, isTrusted: false, at: at(0))
        for number in 0..<5000 {
            let source = TransportAddress(ipv4: 0x0A00_0000 + UInt32(number), port: 5060)
            _ = guardian.admit(source, isTrusted: false, at: Instant(nanoseconds: Int64(number)))
            _ = guardian.failed(
                "user\(number)", from: source, isTrusted: false, at: Instant(nanoseconds: Int64(number)))
        }
        #expect(guardian.recordCount <= 200)
        #expect(guardian.isBanned(scanner, at: at(1)))
    }
}

/// A guard by reference, so that its methods can be asked inside `#expect`.
private final class Watch {
    private var guardian: SourceGuard

    init(_ policy: DefencePolicy) { guardian = SourceGuard(policy: policy) }

    var recordCount: Int { guardian.recordCount }

    func admit(_ source: TransportAddress, isTrusted: Bool, at now: Instant) -> SIPCounter? {
        guardian.admit(source, isTrusted: isTrusted, at: now)
    }

    func isScanner(
        _ name: String?, from source: TransportAddress, over transport: SIPTransport, isTrusted: Bool, at now: Instant
    ) -> Bool {
        guardian.isScanner(name, from: source, over: transport, isTrusted: isTrusted, at: now)
    }

    func failed(_ account: String, from source: TransportAddress, isTrusted: Bool, at now: Instant) -> Bool {
        guardian.failed(account, from: source, isTrusted: isTrusted, at: now)
    }

    func isBanned(_ source: TransportAddress, at now: Instant) -> Bool { guardian.isBanned(source, at: now) }
    func bans(at now: Instant) -> [SourceGuard.Ban] { guardian.bans(at: now) }
    func unban(_ source: TransportAddress?) { guardian.unban(source) }
}
