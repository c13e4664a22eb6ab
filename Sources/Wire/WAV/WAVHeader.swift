/// The 44 bytes in front of 16-bit PCM in a WAV file.
///
/// A file that grows has them written again as it does; in between it ends behind what they say.
package enum WAVHeader {
    /// - Parameters:
    ///   - rate: Hz.
    ///   - dataSize: Bytes of samples, at most ``largestData``.
    package static func bytes(channels: Int, rate: Int, dataSize: Int) -> [UInt8] {
        let size = UInt32(clamping: min(max(0, dataSize), largestData))
        var bytes = Array("RIFF".utf8)
        bytes.append(littleEndian: size + 36)
        bytes += Array("WAVEfmt ".utf8)
        bytes.append(littleEndian: UInt32(16))
        bytes.append(littleEndian: UInt16(1))
        bytes.append(littleEndian: UInt16(clamping: channels))
        bytes.append(littleEndian: UInt32(clamping: rate))
        bytes.append(littleEndian: UInt32(clamping: rate * channels * 2))
        bytes.append(littleEndian: UInt16(clamping: channels * 2))
        bytes.append(littleEndian: UInt16(16))
        bytes += Array("data".utf8)
        bytes.append(littleEndian: size)
        return bytes
    }

    package static let size = 44
    /// More cannot be said: 12 hours of 48 kHz mono.
    package static let largestData = Int(UInt32.max) - 44
}
