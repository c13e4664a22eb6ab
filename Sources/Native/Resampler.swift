import CSpeexDSP

/// Changes the sample rate of one stream, with speexdsp. Move-only: one owner, freed once, never locked.
///
/// The filter looks some samples ahead, which come out behind the last input as silence is fed.
@safe package struct Resampler: ~Copyable {
    /// How well, and at what cost: to 48 kHz 7 to 14 µs for 20 ms (`media.md` §9).
    package enum Quality: CInt, Sendable {
        /// For telephones.
        case voice = 3
        /// For files, which are converted once.
        case music = 8
    }

    private let state: OpaquePointer
    private let channels: Int

    /// - Parameters:
    ///   - channels: 1 to 8, interleaved.
    ///   - source: Hz, as `target`; both within ``rates``.
    package init(
        channels: Int = 1, from source: Int, to target: Int, quality: Quality = .voice
    ) throws(SpeexError) {
        guard (1...8).contains(channels), Self.rates.contains(source), Self.rates.contains(target) else {
            throw .badArgument
        }
        var status: CInt = 0
        guard
            let state = unsafe speex_resampler_init(
                UInt32(channels), UInt32(source), UInt32(target), quality.rawValue, &status)
        else { throw .outOfMemory }
        // What would come first is the filter's own silence. Always succeeds.
        _ = unsafe speex_resampler_skip_zeros(state)
        unsafe self.state = state
        self.channels = channels
    }

    deinit { unsafe speex_resampler_destroy(state) }

    /// Converts as much as there is and fits.
    ///
    /// - Returns: Samples of one channel that were taken from `input`, and written to the front of `output`.
    package mutating func convert(
        _ input: Span<Int16>, into output: inout MutableSpan<Int16>
    ) throws(SpeexError) -> (taken: Int, written: Int) {
        guard !input.isEmpty, output.count > 0 else { return (0, 0) }
        var taken = UInt32(clamping: input.count / channels)
        var written = UInt32(clamping: output.count / channels)
        let status = unsafe input.withUnsafeBufferPointer { from in
            unsafe output.withUnsafeMutableBufferPointer { to -> CInt in
                guard let source = from.baseAddress, let target = to.baseAddress else { return 0 }
                return unsafe speex_resampler_process_interleaved_int(state, source, &taken, target, &written)
            }
        }
        guard status == 0 else { throw .library(status) }
        return (Int(taken), Int(written))
    }

    /// Input that has to follow the last sample until that is out, in samples of one channel.
    package var lookahead: Int { Int(unsafe speex_resampler_get_input_latency(state)) }

    /// Rates it takes, in Hz.
    package static let rates = 4_000...384_000
}

extension Resampler {
    /// Converts a whole sound of one channel: as long as before to a sample, and not delayed.
    package static func convert(
        _ sound: Span<Int16>, from source: Int, to target: Int, quality: Quality = .music
    ) throws(SpeexError) -> [Int16] {
        var resampler = try Resampler(from: source, to: target, quality: quality)
        let length = (sound.count * target + source / 2) / source
        var result = [Int16](repeating: 0, count: length)
        let silence = [Int16](repeating: 0, count: 1024)
        var (taken, written) = (0, 0)
        while written < length {
            let input = taken < sound.count ? sound.extracting(taken..<sound.count) : silence.span
            let step = try resampler.convert(input, into: &result, from: written)
            guard step.taken > 0 || step.written > 0 else { throw .library(0) }
            taken += taken < sound.count ? step.taken : 0
            written += step.written
        }
        return result
    }

    private mutating func convert(
        _ input: Span<Int16>, into result: inout [Int16], from start: Int
    ) throws(SpeexError) -> (taken: Int, written: Int) {
        var all = result.mutableSpan
        var rest = all._mutatingExtracting(start..<all.count)
        return try convert(input, into: &rest)
    }
}
