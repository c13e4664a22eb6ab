/// What is wrong with the text of a tone stream.
package enum ToneError: Error, Equatable, Sendable {
    case noTone
    /// The part that could not be read.
    case malformed(String)
    /// Outside what can be played: at most 64 tones, 16 frequencies each, 60 s a part, 20 Hz to 20 kHz.
    case outOfRange(String)
}

/// Tones to synthesise: FreeSWITCH's `tone_stream://`.
///
///     %(on, off, f1[, f2 …])   on and off in milliseconds, frequencies in Hz
///     v=-7                      volume of the tones behind it, in dB
///     L=3                       the whole script three times; -1 without end
///     l=2                       each tone behind it twice
///
/// Parts are separated by `;`. `{loops=-1}` in front and `;loops=-1` behind mean `L`.
package struct ToneScript: Sendable, Hashable {
    package struct Tone: Sendable, Hashable {
        /// Sound, then silence.
        package let on: Duration
        package let off: Duration
        /// Hz, mixed at equal level.
        package let frequencies: [Double]
        /// dB below full scale, 0 or negative.
        package let volume: Double
        /// At least 1.
        package let repeats: Int
    }

    package let tones: [Tone]
    /// How often the whole is played; `nil` without end.
    package let loops: Int?

    /// - Parameter text: What stands behind `tone_stream://`.
    /// - Parameter loops: From `{loops=…}` in front of the address.
    package init(parsing text: String, loops: Int? = 1) throws(ToneError) {
        var tones: [Tone] = []
        var volume = -7.0
        var repeats = 1
        var total = loops
        for part in text.split(separator: ";").map(\.trimmed) where !part.isEmpty {
            if part.hasPrefix("%(") {
                tones.append(try Self.tone(part, volume: volume, repeats: repeats))
                guard tones.count <= 64 else { throw .outOfRange(String(part)) }
                continue
            }
            let (name, value) = try Self.setting(part)
            switch name {
            case "v": volume = min(0, max(-60, value))
            case "L", "loops": total = value < 0 ? nil : max(1, min(Int(value), 10_000))
            case "l": repeats = max(1, min(Int(value), 10_000))
            case "c", "r", "d", "w", ">", "+", "<": break
            default: throw .malformed(String(part))
            }
        }
        guard !tones.isEmpty else { throw .noTone }
        self.tones = tones
        self.loops = total
    }

    private init(tones: [Tone], loops: Int?) {
        self.tones = tones
        self.loops = loops
    }

    /// The same tones over and over.
    package var endless: ToneScript { ToneScript(tones: tones, loops: nil) }

    /// Length of one pass.
    package var duration: Duration {
        tones.reduce(.zero) { $0 + ($1.on + $1.off) * $1.repeats }
    }

    /// `name=value`; decay has two signs, as in `>=2`.
    private static func setting(_ part: Substring) throws(ToneError) -> (name: String, value: Double) {
        guard let equals = part.firstIndex(of: "="),
            let value = Double(part[part.index(after: equals)...].trimmed), value.isFinite, abs(value) < 1e9
        else { throw .malformed(String(part)) }
        return (String(part[..<equals].trimmed), value)
    }

    private static func tone(_ part: Substring, volume: Double, repeats: Int) throws(ToneError) -> Tone {
        guard part.hasSuffix(")") else { throw .malformed(String(part)) }
        let fields = part.dropFirst(2).dropLast().split(separator: ",", omittingEmptySubsequences: false)
        var numbers: [Double] = []
        for field in fields {
            guard let number = Double(field.trimmed), number.isFinite else { throw .malformed(String(part)) }
            numbers.append(number)
        }
        guard numbers.count >= 3 else { throw .malformed(String(part)) }
        let frequencies = Array(numbers[2...])
        guard numbers[0] > 0, numbers[0] <= 60_000, numbers[1] >= 0, numbers[1] <= 60_000, frequencies.count <= 16,
            frequencies.allSatisfy({ (20...20_000).contains($0) })
        else { throw .outOfRange(String(part)) }
        return Tone(
            on: .milliseconds(Int(numbers[0])),
            off: .milliseconds(Int(numbers[1])),
            frequencies: frequencies,
            volume: volume,
            repeats: repeats
        )
    }
}
