import Conference
import Testing

struct PINThrottleTests {
    let room = RoomKey(name: "3500", domain: "example.com")
    let other = RoomKey(name: "3501", domain: "example.com")
    let address = "192.0.2.1"

    /// `#expect` cannot call what changes its subject.
    func begins(_ throttle: inout PINThrottle, _ address: String, _ room: RoomKey, at now: Duration) -> Bool {
        throttle.begins(address, room, at: now)
    }

    /// A throttle after so many wrong PINs at time zero, whether or not they were let through.
    func throttle(afterWrong count: Int) -> PINThrottle {
        var throttle = PINThrottle()
        var now = Duration.zero
        for _ in 0..<count {
            // Waits until it is let through, then goes back to count from there.
            while !throttle.begins(address, room, at: now) { now += .seconds(1) }
            throttle.settled(address, room, isWrong: true, at: now)
        }
        return throttle
    }

    @Test func fourWrongPINsAreFree() {
        var throttle = self.throttle(afterWrong: 4)
        #expect(begins(&throttle, address, room, at: .zero))
    }

    @Test func theFifthBlocksThatAddressAndThatRoomForTenSeconds() {
        var throttle = self.throttle(afterWrong: 5)
        #expect(!begins(&throttle, address, room, at: .seconds(9)))
        #expect(begins(&throttle, "192.0.2.2", room, at: .zero))
        #expect(begins(&throttle, address, other, at: .zero))
        #expect(begins(&throttle, address, room, at: .seconds(10)))
    }

    @Test func eachFurtherOneDoublesTheWaitUpToTenMinutes() {
        var throttle = PINThrottle()
        var now = Duration.zero
        var waits: [Int] = []
        for _ in 0..<14 {
            var wait = 0
            while !throttle.begins(address, room, at: now + .seconds(wait)) { wait += 1 }
            now += .seconds(wait)
            waits.append(wait)
            throttle.settled(address, room, isWrong: true, at: now)
        }
        #expect(waits == [0, 0, 0, 0, 0, 10, 20, 40, 80, 160, 320, 600, 600, 600])
    }

    @Test func aHundredCallsAtOnceGetNoMoreTriesThanOneAfterTheOther() {
        var throttle = PINThrottle()
        let tries = (0..<100).count { _ in throttle.begins(address, room, at: .zero) }
        #expect(tries == 5)
        for _ in 0..<tries { throttle.settled(address, room, isWrong: true, at: .zero) }
        #expect(!begins(&throttle, address, room, at: .seconds(9)))
    }

    @Test func aRightPINNeitherCountsNorClears() {
        var throttle = self.throttle(afterWrong: 4)
        #expect(begins(&throttle, address, room, at: .zero))
        throttle.settled(address, room, isWrong: false, at: .zero)
        #expect(begins(&throttle, address, room, at: .zero))
        throttle.settled(address, room, isWrong: true, at: .zero)
        #expect(!begins(&throttle, address, room, at: .seconds(9)))
    }

    @Test func anHourWithoutAWrongOneForgivesAll() {
        var throttle = self.throttle(afterWrong: 5)
        let later = Duration.seconds(3_600)
        for _ in 0..<4 {
            #expect(begins(&throttle, address, room, at: later))
            throttle.settled(address, room, isWrong: true, at: later)
        }
        #expect(begins(&throttle, address, room, at: later))
    }
}
