/// Why bytes are no WAV file that we can play.
package enum WAVError: Error, Equatable {
    /// Neither `RIFF` nor `WAVE` in front.
    case notWAV
    /// The bytes end before the first sample.
    case truncated
    /// No `fmt ` before the samples, or one that contradicts itself.
    case badFormat
    /// A coding other than PCM and floating point, by its number.
    case unsupportedCoding(UInt16)
    case unsupportedBits(Int)
    /// More channels than eight, or none.
    case unsupportedChannels(Int)
    /// Hz, outside of 4000 to 192 000.
    case unsupportedRate(Int)
    /// No samples.
    case noData
}
