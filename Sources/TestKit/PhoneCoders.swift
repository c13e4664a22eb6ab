import Glibc
import Native
package import RTC

/// Every codec of a phone, both ways.
struct PhoneCoders: ~Copyable {
    private var g722Encoder: G722Encoder
    private var g722Decoder: G722Decoder
    private var opusEncoder: OpusEncoder
    private var opusDecoder: OpusDecoder

    init() throws {
        let g722Encoder = try G722Encoder()
        let g722Decoder = try G722Decoder()
        let opusEncoder = try OpusEncoder(channels: 1, bitrate: 32_000)
        let opusDecoder = try OpusDecoder()
        self.g722Encoder = g722Encoder
        self.g722Decoder = g722Decoder
        self.opusEncoder = opusEncoder
        self.opusDecoder = opusDecoder
    }

    mutating func encode(_ pcm: [Int16], as codec: AudioCodec) -> [UInt8] {
        var packet = [UInt8](repeating: 0, count: 1500)
        var span = packet.mutableSpan
        let count: Int =
            switch codec {
            case .pcmu: G711.muLaw.encode(pcm.span, into: &span)
            case .pcma: G711.aLaw.encode(pcm.span, into: &span)
            case .g722: g722Encoder.encode(pcm.span, into: &span)
            case .opus: (try? opusEncoder.encode(pcm.span, into: &span)) ?? 0
            }
        return Array(packet[..<count])
    }

    mutating func decode(_ packet: [UInt8], as codec: AudioCodec) -> [Int16] {
        var pcm = [Int16](repeating: 0, count: 5760)
        var span = pcm.mutableSpan
        let count: Int =
            switch codec {
            case .pcmu: G711.muLaw.decode(packet.span, into: &span)
            case .pcma: G711.aLaw.decode(packet.span, into: &span)
            case .g722: g722Decoder.decode(packet.span, into: &span)
            case .opus: (try? opusDecoder.decode(packet.span, into: &span)) ?? 0
            }
        return Array(pcm[..<count])
    }
}

/// The share of a signal's power that is a tone.
package enum ToneShare {
    /// - Parameter rate: Samples in a second.
    /// - Returns: From 0 to 1; 0 for silence.
    package static func of(_ frequency: Double, in signal: some Collection<Int16>, rate: Int) -> Double {
        var (real, imaginary, all) = (0.0, 0.0, 0.0)
        for (index, sample) in signal.enumerated() {
            let (angle, value) = (2 * .pi * frequency * Double(index) / Double(rate), Double(sample))
            real += value * cos(angle)
            imaginary += value * sin(angle)
            all += value * value
        }
        guard all > 0 else { return 0 }
        return 2 * (real * real + imaginary * imaginary) / Double(signal.count) / all
    }
}

extension FakePhone {
    /// A tone in frames of 20 ms of one codec, for whoever sends to a phone.
    package struct Voice: ~Copyable {
        private var coders: PhoneCoders
        private let codec: AudioCodec
        private let frequency: Double
        private var position = 0

        package init(codec: AudioCodec, frequency: Double) throws {
            let coders = try PhoneCoders()
            self.coders = coders
            self.codec = codec
            self.frequency = frequency
        }

        /// The next frame's payload.
        package mutating func next() -> [UInt8] {
            let count = codec.sampleRate / 50
            let start = position
            position += count
            let pcm = (start..<start + count).map { index in
                Int16(8000 * sin(2 * .pi * frequency * Double(index) / Double(codec.sampleRate)))
            }
            return coders.encode(pcm, as: codec)
        }
    }
}
