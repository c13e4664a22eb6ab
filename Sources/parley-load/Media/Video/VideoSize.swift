/// How large the cameras' pictures are when the server allows the bit rate for it.
enum VideoSize: String, CaseIterable, Sendable {
    case small = "640x360"
    case large = "1280x720"

    /// One of the streams that a camera can send: pixels, and bits per second without headers.
    struct Rung: Sendable {
        let width: Int
        let height: Int
        let bitrate: Int
    }

    /// From the lowest. Browsers shrink the picture in such steps when REMB falls.
    var rungs: [Rung] {
        let low = [Rung(width: 320, height: 180, bitrate: 100_000), Rung(width: 640, height: 360, bitrate: 260_000)]
        return switch self {
        case .small: low + [Rung(width: 640, height: 360, bitrate: 600_000)]
        case .large:
            low + [
                Rung(width: 640, height: 360, bitrate: 600_000), Rung(width: 1280, height: 720, bitrate: 1_500_000),
            ]
        }
    }

    static let framesPerSecond = 30
}

/// What one member does with video.
struct VideoPart: Sendable {
    let hasCamera: Bool
    /// Decodes all it receives; the others read descriptors and marks only.
    let decodes: Bool
    /// Share of the packets towards it that get lost.
    let loss: Double
}
