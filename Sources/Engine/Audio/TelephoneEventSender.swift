import Wire

/// Presses keys towards a peer: 100 ms each, 60 ms apart, a packet every 20 ms (RFC 4733 §2.5.1).
///
/// Media time is counted at 48 kHz, as the audio's that the events belong to, until a packet is written.
struct TelephoneEventSender {
    /// One packet.
    struct Event: Equatable {
        var code: UInt8
        var isFirst = false
        var isEnd = false
        /// Of the key's beginning.
        var timestamp: UInt32
        /// Media time since then.
        var duration: UInt16

        /// The payload; volume −10 dBm0.
        ///
        ///     |     event     |E|R| volume    |          duration             |
        func write(clockRate: Int, to payload: inout MutableSpan<UInt8>) {
            payload[0] = code
            payload[1] = (isEnd ? 0x80 : 0) | 10
            payload.set(UInt16(clamping: Int(duration) * clockRate / 48_000), at: 2)
        }

        static let size = 4
    }

    private var waiting: [UInt8] = []
    /// The one that is pressed, if any is.
    private var event: Event?
    /// Ticks since it was pressed, or since it was let go.
    private var ticks = 0

    /// Something is to be sent, now or later.
    var isPressing: Bool { event != nil || !waiting.isEmpty }

    /// A key is pressed now.
    var isDown: Bool { event != nil }

    /// Adds keys behind those that wait. `false`: one is none, or there are too many.
    mutating func add(_ digits: String) -> Bool {
        let codes = digits.compactMap { digit in
            TelephoneEventReceiver.digits.firstIndex(of: Character(digit.uppercased())).map { UInt8($0) }
        }
        guard codes.count == digits.count, waiting.count + codes.count <= Self.mostWaiting else { return false }
        waiting += codes
        return true
    }

    /// Adds one that a receiver reported.
    mutating func add(_ key: Character) {
        guard waiting.count < Self.mostWaiting, let code = TelephoneEventReceiver.digits.firstIndex(of: key)
        else { return }
        waiting.append(UInt8(code))
    }

    /// One tick of 20 ms; `send` gets the packets that are due, of which the last of a key come three at once.
    mutating func advance(at timestamp: UInt32, send: (Event) -> Void) {
        ticks += 1
        guard var event else { return begin(at: timestamp, send: send) }
        event.isFirst = false
        event.duration = UInt16(ticks + 1) * Self.tick
        guard ticks + 1 >= Self.length else {
            self.event = event
            return send(event)
        }
        event.isEnd = true
        for _ in 0..<3 { send(event) }
        (self.event, ticks) = (nil, 0)
    }

    private mutating func begin(at timestamp: UInt32, send: (Event) -> Void) {
        guard !waiting.isEmpty, ticks >= Self.pause || !hasPressed else { return }
        let event = Event(code: waiting.removeFirst(), isFirst: true, timestamp: timestamp, duration: Self.tick)
        (self.event, ticks, hasPressed) = (event, 0, true)
        send(event)
    }

    private var hasPressed = false
    private static let tick: UInt16 = 960
    /// Ticks.
    private static let length = 5
    private static let pause = 3
    private static let mostWaiting = 64
}
