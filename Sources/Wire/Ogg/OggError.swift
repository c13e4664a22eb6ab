/// Why bytes are no sound in an Ogg file.
package enum OggError: Error, Equatable {
    /// No page in the first bytes.
    case notOgg
    /// The bytes end inside a page. Also what a file that is still being written ends with.
    case truncated
    /// A version of Ogg other than 0.
    case badVersion(UInt8)
    /// A page whose checksum is wrong.
    case badChecksum
    /// More damage in one file than chance explains; reading on would only take time.
    case tooMuchDamage
    /// The first packet is no Opus identification header (RFC 7845 §5.1), or one we cannot read.
    case notOpus
    /// More channels than two, or an order of channels that only its maker knows.
    case unsupportedChannels(Int)
    /// No comment header behind the identification header (RFC 7845 §5.2).
    case noComments
}
