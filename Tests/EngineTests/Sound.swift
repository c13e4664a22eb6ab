import Glibc
import Native
import TestKit

/// Sounds to send, and measures of what came.
enum Sound {
    /// A sine of `amplitude` from sample `start` on; silence before.
    static func tone(_ frequency: Double, amplitude: Double = 8000, samples: Int, from start: Int = 0) -> [Int16] {
        (0..<samples).map { index in
            guard index >= start else { return 0 }
            return Int16(amplitude * sin(2 * .pi * frequency * Double(index) / 48_000))
        }
    }

    static func rms(_ samples: some Collection<Int16>) -> Double {
        let sum = samples.reduce(0.0) { $0 + Double($1) * Double($1) }
        return (sum / Double(max(1, samples.count))).squareRoot()
    }

    static func decibels(_ value: Double, over reference: Double) -> Double {
        20 * log10(max(value, 1e-6) / max(reference, 1e-6))
    }

    /// The amplitude of the tone of `frequency` in `samples`, by a Hann-windowed Goertzel filter.
    static func amplitude(of frequency: Double, in samples: some Collection<Int16>) -> Double {
        let count = samples.count
        guard count > 0 else { return 0 }
        let coefficient = 2 * cos(2 * .pi * frequency / 48_000)
        var (one, two) = (0.0, 0.0)
        for (index, sample) in samples.enumerated() {
            let window = 0.5 - 0.5 * cos(2 * .pi * (Double(index) + 0.5) / Double(count))
            (one, two) = (Double(sample) * window + coefficient * one - two, one)
        }
        let power = one * one + two * two - coefficient * one * two
        return power.squareRoot() * 4 / Double(count)
    }
}

/// Encodes sound as a browser does: 20 ms, hybrid, about 32 kb/s.
struct Voice: ~Copyable {
    private var encoder: OpusEncoder
    private let channels: Int

    init(channels: Int = 1, application: OpusEncoder.Application = .voip, loss: Int = 0) throws {
        encoder = try OpusEncoder(channels: channels, bitrate: 32_000 * channels, application: application)
        if loss > 0 {
            encoder.setInbandFEC(true)
            encoder.setExpectedLoss(percent: loss)
        }
        self.channels = channels
    }

    /// One packet of all of `pcm`.
    mutating func encode(_ pcm: [Int16]) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1500)
        var out = bytes.mutableSpan
        let count = try encoder.encode(pcm.span, into: &out)
        return Array(bytes[..<count])
    }

    /// Packets of `length` samples a channel each.
    mutating func packets(of sound: [Int16], length: Int = 960) throws -> [[UInt8]] {
        var packets: [[UInt8]] = []
        let step = length * channels
        for start in stride(from: 0, through: sound.count - step, by: step) {
            packets.append(try encode(Array(sound[start..<(start + step)])))
        }
        return packets
    }
}

extension PCMBuffer {
    var samples: [Int16] { withSpan { span in span.indices.map { span[$0] } } }
}

extension Sound {
    /// The frequency between `low` and `high` that is loudest in `samples` of 48 kHz, to a tenth of a hertz.
    static func frequency(of samples: some Collection<Int16>, from low: Double, to high: Double) -> Double {
        let coarse = loudest(in: samples, from: low, step: 0.5, count: Int((high - low) * 2) + 1)
        return loudest(in: samples, from: coarse - 0.5, step: 0.1, count: 11)
    }

    private static func loudest(in samples: some Collection<Int16>, from low: Double, step: Double, count: Int)
        -> Double
    {
        let amplitudes = (0..<count).map { amplitude(of: low + Double($0) * step, in: samples) }
        return low + step * Double(amplitudes.indices.max { amplitudes[$0] < amplitudes[$1] } ?? 0)
    }

    /// How much of a tone is anything else, by its own recursion, in the worst 5 ms: 0 for a pure one, 1 and more where it
    /// is cut off.
    static func roughness(of frequency: Double, in samples: [Int16], rate: Int) -> Double {
        let factor = 2 * cos(2 * .pi * frequency / Double(rate))
        let residues = (2..<max(2, samples.count)).map { index in
            Double(samples[index]) - factor * Double(samples[index - 1]) + Double(samples[index - 2])
        }
        let level = max(1, rms(samples))
        let window = rate / 200
        return stride(from: 0, through: residues.count - window, by: window).map { start in
            (residues[start..<start + window].reduce(0) { $0 + $1 * $1 } / Double(window)).squareRoot() / level
        }.max() ?? 0
    }
}
