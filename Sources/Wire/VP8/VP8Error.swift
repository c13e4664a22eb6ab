/// Why a payload is no VP8. The caller counts it and drops the packet.
package enum VP8Error: Error, Equatable {
    case truncated(needed: Int, had: Int)
    /// A descriptor with nothing behind it; browsers refuse such a packet and then ask for it again.
    case noPicture
    /// A key frame without the bytes `9d 01 2a` (RFC 6386 §9.1).
    case badStartCode(UInt32)
    /// A key frame of no width or no height.
    case emptyPicture

    static func require(_ needed: Int, of bytes: Span<UInt8>) throws(VP8Error) {
        guard bytes.count >= needed else { throw .truncated(needed: needed, had: bytes.count) }
    }
}
