import Wire

/// The server's half of the `#SP` speed test of one connection (verto.md §1.6).
///
/// Verto Communicator calls only after a test, so none is ever left unanswered; but a second one within the interval
/// gets the numbers of the first and no download, and one round is sent where the original sends ten.
struct SpeedTest {
    enum Output: Equatable {
        /// Frames to send, in order.
        case frames([[UInt8]])
        /// Send ``finish(at:)``'s frame when the connection has taken what was sent, but not at once.
        case awaitDrain
    }

    private enum Phase {
        case idle
        /// `bytes` announced; `left` is what may still come before the upload counts as a flood.
        case uploading(bytes: Int, left: Int, since: Instant)
        case downloading(bytes: Int, since: Instant)
    }

    private var phase = Phase.idle
    private var startedAt: Instant?
    /// Nanoseconds a byte of the last download.
    private var lastRate = 0.0

    /// Whether download frames are on their way.
    var isDownloading: Bool { if case .downloading = phase { true } else { false } }

    /// Takes one message that begins with `#`.
    ///
    /// - Returns: `nil` when the upload is far longer than announced and the connection should go.
    mutating func receive(_ message: [UInt8], limits: VertoSettings, at now: Instant) -> [Output]? {
        guard message.count >= 4 else { return [] }
        if message[3] == UInt8(ascii: "B") { return upload(message.count) }
        if case .uploading(let bytes, _, let since) = phase { return endUpload(bytes, since, limits, now) }
        if message.starts(with: "#SPU".utf8), !isDownloading { start(message, limits, now) }
        return []
    }

    private mutating func start(_ message: [UInt8], _ limits: VertoSettings, _ now: Instant) {
        let text = String(decoding: message.dropFirst(4).prefix(16), as: UTF8.self)
        guard let bytes = Int(text.filter { $0 != " " }), 1...limits.speedTestBytes ~= bytes else { return }
        // ⌈bytes / 1024⌉ blocks of 1028 bytes, one more for a remainder, and as much again before we lose patience.
        phase = .uploading(bytes: bytes, left: 2 * (bytes + bytes / 128) + 8192, since: now)
    }

    private mutating func upload(_ count: Int) -> [Output]? {
        guard case .uploading(let bytes, let left, let since) = phase else { return [] }
        guard left >= count else { return nil }
        phase = .uploading(bytes: bytes, left: left - count, since: since)
        return []
    }

    private mutating func endUpload(
        _ bytes: Int,
        _ since: Instant,
        _ limits: VertoSettings,
        _ now: Instant
    ) -> [Output] {
        let uploaded = Array("#SPU \(Self.milliseconds(now.nanoseconds(since: since)))".utf8)
        if let startedAt, now.duration(since: startedAt) < limits.speedTestInterval {
            phase = .idle
            return [.frames([uploaded, Self.result(Int64(lastRate * Double(bytes)))])]
        }
        startedAt = now
        phase = .downloading(bytes: bytes, since: now)
        return [.frames([uploaded] + Self.blocks(bytes)), .awaitDrain]
    }

    /// The last frame, once the connection has taken the download; `nil` when there was none.
    mutating func finish(at now: Instant) -> [UInt8]? {
        guard case .downloading(let bytes, let since) = phase else { return nil }
        let elapsed = max(1_000_000, now.nanoseconds(since: since))
        lastRate = Double(elapsed) / Double(bytes)
        phase = .idle
        return Self.result(elapsed)
    }

    private static func result(_ nanoseconds: Int64) -> [UInt8] { Array("#SPD \(milliseconds(nanoseconds))".utf8) }

    /// Never 0: the client divides by it.
    private static func milliseconds(_ nanoseconds: Int64) -> Int64 { max(1, nanoseconds / 1_000_000) }

    /// One round: blocks of 1024 bytes, `#SPB` included, that all share their bytes, and one for the remainder.
    private static func blocks(_ bytes: Int) -> [[UInt8]] {
        let (whole, rest) = bytes.quotientAndRemainder(dividingBy: 1024)
        let full = block(1024)
        return Array(repeating: full, count: whole) + (rest > 0 ? [block(rest)] : [])
    }

    private static func block(_ count: Int) -> [UInt8] {
        Array("#SPB".utf8) + [UInt8](repeating: UInt8(ascii: "."), count: max(0, count - 4))
    }
}
