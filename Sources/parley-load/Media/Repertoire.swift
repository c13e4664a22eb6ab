import Glibc
import Native
import RTC
import TestKit

/// All sounds of one codec, and the marker's place in its own packets.
final class Repertoire {
    /// Speech without end.
    let voices: [PayloadLoop]
    /// A little noise, then speech: encoded in one go, for a decoder that is thrown into the middle of speech takes a
    /// quarter of a second to become loud.
    let spurts: [PayloadLoop]
    let noise: PayloadLoop
    /// One packet, to be sent every 400 ms; of Opus only.
    let dtx: PayloadLoop
    /// A burst of 20 ms, then silence, ``markerPeriod`` packets in all.
    let marker: PayloadLoop
    /// Seconds from the start of the burst's packet to where a detector behind a decoder finds the tone; 0 when it is not Opus, for which
    /// there is no detector.
    let markerOnset: Double

    init(codec: AudioCodec) throws {
        var voices: [PayloadLoop] = []
        var spurts: [PayloadLoop] = []
        for voice in 1...4 {
            var speech = SyntheticSpeech(voice: UInt64(voice))
            voices.append(try PayloadLoop(encoding: speech.samples(seconds: 8), as: codec, bitrate: 32_000))
            let spurt = Self.noise(seconds: 0.4) + speech.samples(seconds: 4)
            spurts.append(try PayloadLoop(encoding: spurt, as: codec, bitrate: 32_000))
        }
        (self.voices, self.spurts) = (voices, spurts)
        noise = try PayloadLoop(encoding: Self.noise(seconds: 2), as: codec, bitrate: 32_000)
        // What libopus sends in DTX: a TOC of its mode and nothing else (RFC 6716 §3.1).
        dtx = PayloadLoop(packets: [[0x78]], level: 127)
        marker = try PayloadLoop(encoding: Self.burst, as: codec, bitrate: 64_000, application: .audio, warmUp: 3)
        markerOnset = codec == .opus ? try Self.onset(in: marker) : 0
    }

    /// RMS 30, about −61 dBov.
    private static func noise(seconds: Double) -> [Int16] {
        var random = SeededGenerator(seed: 77)
        return (0..<Int(seconds * 48_000)).map { _ in Int16.random(in: -52...52, using: &random) }
    }

    private static var burst: [Int16] {
        (0..<markerPeriod * PayloadLoop.frame).map { index in
            guard index < PayloadLoop.frame else { return 0 }
            return Int16(markerAmplitude * sin(2 * Double.pi * markerFrequency * Double(index) / 48_000))
        }
    }

    /// The codec's delay and the detector's bias, measured the way receivers measure.
    private static func onset(in marker: PayloadLoop) throws(OpusError) -> Double {
        var ear = try MarkerEar()
        for index in 0..<2 * marker.count {
            let found = marker.withPacket(index % marker.count) { ear.hear($0) }
            if let found, index >= marker.count {
                return Double(index - marker.count) * 0.02 + found
            }
        }
        throw .invalidPacket
    }

    /// Half a second: the hangover of talk detection (800 ms) never ends in between.
    static let markerPeriod = 25
    static let markerFrequency = 3000.0
    static let markerAmplitude = 8000.0
}

/// A decoder with a tone detector behind it.
struct MarkerEar: ~Copyable {
    private var decoder: OpusDecoder
    private var detector = ToneDetector(
        frequency: Repertoire.markerFrequency, amplitude: Repertoire.markerAmplitude)
    private let pcm = PCMBuffer(count: 5760)
    private let lost = PCMBuffer(count: PayloadLoop.frame)

    init() throws(OpusError) { decoder = try OpusDecoder() }

    /// Seconds from the start of the packet's audio to where the tone begins; `nil` when it does not begin here.
    mutating func hear(_ packet: Span<UInt8>) -> Double? {
        let samples = pcm.withMutableSpan { (try? decoder.decode(packet, into: &$0)) ?? 0 }
        return find(in: samples)
    }

    /// One packet was lost: what the decoder makes up is listened to as well.
    mutating func miss() {
        _ = lost.withMutableSpan { (try? decoder.conceal(into: &$0)) ?? 0 }
        _ = lost.withSpan { detector.process($0) }
    }

    private mutating func find(in samples: Int) -> Double? {
        pcm.withSpan { detector.process($0.extracting(0..<samples)) }.map { $0 / 48_000 }
    }
}
