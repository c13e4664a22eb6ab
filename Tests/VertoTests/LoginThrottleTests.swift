import Testing
import Verto
import Wire

struct LoginThrottleTests {
    private func at(_ seconds: Int) -> Instant { Instant(nanoseconds: Int64(seconds) * 1_000_000_000) }

    @Test func waitsGrowWithEveryFailureAndFade() {
        var throttle = LoginThrottle()
        for _ in 0..<5 { throttle.failed("a", from: "x", at: at(0)) }
        #expect(!throttle.isClosed(to: "a", from: "y", at: at(0)))
        throttle.failed("a", from: "x", at: at(0))
        #expect(throttle.isClosed(to: "a", from: "y", at: at(0)))
        #expect(!throttle.isClosed(to: "a", from: "y", at: at(1)))
        throttle.failed("a", from: "x", at: at(1))
        #expect(throttle.isClosed(to: "a", from: "y", at: at(2)))
        #expect(!throttle.isClosed(to: "a", from: "y", at: at(3)))
        for _ in 0..<100 { throttle.failed("a", from: "x", at: at(3)) }
        #expect(throttle.isClosed(to: "a", from: "y", at: at(62)))
        #expect(!throttle.isClosed(to: "a", from: "y", at: at(63)))  // never more than a minute
        throttle.failed("a", from: "x", at: at(3 + 110 * 60))  // all forgotten by then
        #expect(!throttle.isClosed(to: "a", from: "y", at: at(3 + 110 * 60)))
    }

    @Test func anAddressIsHeldUpForAllAccountsAndOthersAreNot() {
        var throttle = LoginThrottle()
        for n in 0..<9 { throttle.failed("account \(n)", from: "x", at: at(0)) }
        #expect(throttle.isClosed(to: "fresh", from: "x", at: at(0)))
        #expect(!throttle.isClosed(to: "fresh", from: "y", at: at(0)))
    }

    @Test func strangersCannotLockOutWhoeverLoggedInBefore() {
        var throttle = LoginThrottle()
        throttle.succeeded("a", from: "home", at: at(0))
        for n in 0..<50 { throttle.failed("a", from: "attacker \(n)", at: at(1)) }
        #expect(throttle.isClosed(to: "a", from: "attacker 51", at: at(1)))
        #expect(!throttle.isClosed(to: "a", from: "home", at: at(1)))
    }

    @Test func aLoginOfOnesOwnResetsNothing() {
        var throttle = LoginThrottle()
        for n in 0..<9 {
            throttle.failed("victim \(n)", from: "x", at: at(0))
            throttle.succeeded("own", from: "x", at: at(0))
        }
        #expect(throttle.isClosed(to: "victim", from: "x", at: at(0)))
    }

    @Test func keepsABoundedNumberOfRecordsAndTheWorstOfThem() {
        var policy = LoginThrottle.Policy()
        policy.capacity = 100
        var throttle = LoginThrottle(policy: policy)
        for _ in 0..<40 { throttle.failed("worst", from: "worst", at: at(0)) }
        for n in 0..<10_000 {
            throttle.failed("a\(n)", from: "x\(n)", at: at(0))
            throttle.succeeded("a\(n)", from: "x\(n)", at: at(n))
        }
        #expect(throttle.recordCount <= 300)
        #expect(throttle.isClosed(to: "other", from: "worst", at: at(0)))
    }

    @Test func theEndpointRefusesWithoutLookingAndClosesInTheEnd() {
        let rig = Rig()
        for _ in 0..<6 {
            let c = rig.connect(from: "198.51.100.9")
            #expect(rig.ask(c, "login", ["login": "1001", "passwd": "wrong"]).errorMessage == "Authentication Failure")
        }
        let c = rig.connect(from: "198.51.100.10")
        #expect(rig.ask(c, "login", ["login": "1001", "passwd": "secret"]).errorCode == -32001)
        #expect(rig.counts[.throttled] == 1)
        rig.wait(.seconds(2))
        #expect(rig.ask(c, "login", ["login": "1001", "passwd": "secret"]).isResult)

        let guesser = rig.connect(from: "203.0.113.5")
        for _ in 0..<6 { _ = rig.ask(guesser, "login", ["login": "1002", "passwd": "wrong"]) }
        #expect(rig.closed[guesser]?.code == 1008)
        #expect(rig.ask(guesser, "login", ["login": "1002", "passwd": "secret"]) == .null)
    }

    @Test func oneIPv6NetworkCountsAsOneAddress() {
        let rig = Rig()
        for n in 0..<10 {
            let c = rig.connect(from: "2001:db8:0:1::\(n + 1)")
            _ = rig.ask(c, "login", ["login": .string("100\(n)"), "passwd": "wrong"])
        }
        let same = rig.connect(from: "2001:db8:0:1::ffff")
        #expect(rig.ask(same, "login", ["login": "boss", "passwd": "secret"]).errorCode == -32001)
        let other = rig.connect(from: "2001:db8:0:2::1")
        #expect(rig.ask(other, "login", ["login": "boss", "passwd": "secret"]).isResult)
    }
}
