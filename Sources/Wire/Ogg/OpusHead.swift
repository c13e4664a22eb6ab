/// The identification header of Opus in Ogg (RFC 7845 §5.1), for one or two channels.
package struct OpusHead: Equatable, Sendable {
    /// 1, or 2 for left and right.
    package var channels: Int
    /// Samples at 48 kHz that the decoder gives first and nobody is to hear.
    package var preSkip: Int
    /// Of the original, in Hz, 0 when unknown; only a hint.
    package var originalRate: Int
    /// To be applied to what is decoded, in 1/256 dB.
    package var gain: Int16

    package init(channels: Int, preSkip: Int, originalRate: Int = 48_000, gain: Int16 = 0) {
        (self.channels, self.preSkip, self.originalRate, self.gain) = (channels, preSkip, originalRate, gain)
    }

    /// - Throws: ``OggError/notOpus`` or ``OggError/unsupportedChannels(_:)``.
    package init(parsing packet: Span<UInt8>) throws(OggError) {
        guard packet.starts(with: Self.magic), packet.count >= Self.size, packet[8] & 0xF0 == 0 else { throw .notOpus }
        channels = Int(packet[9])
        preSkip = Int(packet.littleEndian16(at: 10))
        originalRate = Int(packet.littleEndian32(at: 12))
        gain = Int16(bitPattern: packet.littleEndian16(at: 16))
        guard channels > 0 else { throw .notOpus }
        switch packet[18] {
        case 0: guard channels <= 2 else { throw .notOpus }
        // Family 1 with up to two channels in one stream is the same as family 0 (RFC 7845 §5.1.1.2).
        case 1:
            guard channels <= 2, packet.count > Self.size, packet[19] == 1 else {
                throw .unsupportedChannels(channels)
            }
        default: throw .unsupportedChannels(channels)
        }
    }

    /// - Precondition: One or two channels, and a pre-skip of 16 bits.
    package var packet: [UInt8] {
        precondition((1...2).contains(channels), "channels without a table")
        var bytes = Self.magic + [1, UInt8(channels)]
        bytes.append(littleEndian: UInt16(clamping: preSkip))
        bytes.append(littleEndian: UInt32(clamping: originalRate))
        bytes.append(littleEndian: gain)
        bytes.append(0)
        return bytes
    }

    private static let magic = Array("OpusHead".utf8)
    private static let size = 19
}

/// The comment header of Opus in Ogg (RFC 7845 §5.2): who made the file, and lines such as `TITLE=Room 3500`.
package struct OpusTags: Equatable, Sendable {
    package var vendor: String
    package var comments: [String]

    package init(vendor: String, comments: [String] = []) { (self.vendor, self.comments) = (vendor, comments) }

    /// Texts are cut at 1024 bytes.
    package var packet: [UInt8] {
        var bytes = Self.magic
        append(vendor, to: &bytes)
        bytes.append(littleEndian: UInt32(comments.count))
        for comment in comments { append(comment, to: &bytes) }
        return bytes
    }

    private func append(_ text: String, to bytes: inout [UInt8]) {
        let text = text.utf8.prefix(Self.longestText)
        bytes.append(littleEndian: UInt32(text.count))
        bytes += text
    }

    /// Whether `packet` is such a header; what it says does not matter for playing.
    static func isHeader(_ packet: Span<UInt8>) -> Bool { packet.starts(with: magic) }

    private static let magic = Array("OpusTags".utf8)
    private static let longestText = 1024
}

extension Span where Element == UInt8 {
    fileprivate func starts(with bytes: [UInt8]) -> Bool {
        guard count >= bytes.count else { return false }
        for index in bytes.indices where self[index] != bytes[index] { return false }
        return true
    }
}
