import Native
import RTC

/// 20 ms of silence in a telephone's codec, for who is to hear nothing and yet has to get packets.
enum SilentFrame {
    static func withBytes(_ codec: AudioCodec, _ body: (Span<UInt8>) -> Void) {
        switch codec {
        case .pcmu: body(mu.span)
        case .pcma: body(a.span)
        case .g722: body(wide.span)
        case .opus: break
        }
    }

    private static let mu = frame(.pcmu)
    private static let a = frame(.pcma)
    private static let wide = frame(.g722)

    private static func frame(_ codec: AudioCodec) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xFF, count: FrameEncoder.longest)
        guard var encoder = try? FrameEncoder(codec, AudioSettings()) else { return Array(bytes.prefix(160)) }
        let silence = [Int16](repeating: 0, count: AudioInput.frame)
        var count = 0
        for _ in 0..<10 {
            var out = bytes.mutableSpan
            count = encoder.encode(silence.span, into: &out)
        }
        return Array(bytes.prefix(count))
    }
}
