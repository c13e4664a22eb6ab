/// Cuts frames of 20 ms into the packets that a telephone asked for (`a=ptime`): 10, 30, 40, 50 or 60 ms.
///
/// G.711 and G.722 have no frames of their own: 8 bytes are a millisecond, and 8 ticks of the RTP clock.
struct FramePacker {
    private let size: Int
    private var bytes: [UInt8]
    private var count = 0

    /// `nil` where packets of 20 ms are asked for, or something no packet can hold.
    ///
    /// - Parameter milliseconds: In each packet.
    init?(milliseconds: Int) {
        guard milliseconds != 20, milliseconds > 0, milliseconds <= 60 else { return nil }
        size = milliseconds * 8
        bytes = [UInt8](repeating: 0, count: size + Self.frame)
    }

    /// Adds a frame. `send` gets every packet that is full then, and where it begins: clock ticks from the frame's
    /// beginning, below 0 for what was left of the frames before.
    mutating func add(_ frame: Span<UInt8>, send: (Span<UInt8>, Int) -> Void) {
        let before = count
        for index in 0..<min(frame.count, Self.frame) { bytes[before + index] = frame[index] }
        count += min(frame.count, Self.frame)
        var taken = 0
        while count - taken >= size {
            send(bytes.span.extracting(taken..<taken + size), taken - before)
            taken += size
        }
        guard taken > 0 else { return }
        for index in taken..<count { bytes[index - taken] = bytes[index] }
        count -= taken
    }

    /// Forgets what no packet is full of: nothing follows it.
    mutating func drop() { count = 0 }

    private static let frame = 160
}
