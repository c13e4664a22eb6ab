import Conference
import Testing

struct PINThrottleTests {
    let room = RoomKey(name: "3500", domain: "example.com")
    let other = RoomKey(name: "3501", domain: "example.com")

    @Test func fourWrongPINsAreFree() {
        var throttle = PINThrottle()
        for _ in 0..<4 { throttle.failed("192.0.2.1", room, at: .zero) }
        #expect(throttle.allows("192.0.2.1", room, at: .zero))
    }

    @Test func theFifthBlocksThatAddressAndThatRoomForTenSeconds() {
        var throttle = PINThrottle()
        for _ in 0..<5 { throttle.failed("192.0.2.1", room, at: .zero) }
        #expect(!throttle.allows("192.0.2.1", room, at: .seconds(9)))
        #expect(throttle.allows("192.0.2.1", room, at: .seconds(10)))
        #expect(throttle.allows("192.0.2.2", room, at: .zero))
        #expect(throttle.allows("192.0.2.1", other, at: .zero))
    }

    @Test func eachFurtherOneDoublesTheWaitUpToTenMinutes() {
        var throttle = PINThrottle()
        for _ in 0..<6 { throttle.failed("192.0.2.1", room, at: .zero) }
        #expect(!throttle.allows("192.0.2.1", room, at: .seconds(19)))
        for _ in 0..<100 { throttle.failed("192.0.2.1", room, at: .zero) }
        #expect(!throttle.allows("192.0.2.1", room, at: .seconds(599)))
        #expect(throttle.allows("192.0.2.1", room, at: .seconds(600)))
    }

    @Test func aRightPINClearsTheRecord() {
        var throttle = PINThrottle()
        for _ in 0..<8 { throttle.failed("192.0.2.1", room, at: .zero) }
        throttle.passed("192.0.2.1", room)
        #expect(throttle.allows("192.0.2.1", room, at: .zero))
    }
}
