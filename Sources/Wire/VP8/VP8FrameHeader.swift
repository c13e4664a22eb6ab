/// What the first bytes of a frame say (RFC 6386 §9.1).
///
///     |first partition's size, low 3|H| VER |P|  then 16 bits more of that size; P is 0 in a key frame
///     |  9d   |  01   |  2a   |  width, 14 bits, scale  |  height, 14 bits, scale  |   key frames only, little-endian
package struct VP8FrameHeader: Hashable, Sendable {
    /// How large a key frame's picture is, in pixels, before the scaling that a player may do.
    package struct Size: Hashable, Sendable {
        package var width: Int
        package var height: Int

        package init(width: Int, height: Int) { (self.width, self.height) = (width, height) }
    }

    /// A key frame's size; other frames have the size of the key frame before them.
    package let size: Size?

    /// Whether a decoder can begin here.
    package var isKeyFrame: Bool { size != nil }
    /// Pixels; `nil` in frames that are no key frame.
    package var width: Int? { size?.width }
    /// Pixels; `nil` in frames that are no key frame.
    package var height: Int? { size?.height }

    /// - Parameter frame: The frame from its first byte, as much of it as is at hand.
    /// - Throws: ``VP8Error``; of a frame that is no key frame one byte is enough.
    package init(parsing frame: Span<UInt8>) throws(VP8Error) {
        try VP8Error.require(1, of: frame)
        guard frame[0] & 0x01 == 0 else {
            size = nil
            return
        }
        try VP8Error.require(Self.keyFrameSize, of: frame)
        guard frame.uint24(at: 3) == Self.startCode else { throw .badStartCode(frame.uint24(at: 3)) }
        let width = Int(frame[7] & 0x3F) << 8 | Int(frame[6])
        let height = Int(frame[9] & 0x3F) << 8 | Int(frame[8])
        guard width > 0, height > 0 else { throw .emptyPicture }
        size = Size(width: width, height: height)
    }

    /// Reads the header behind `descriptor`; `nil` when that packet does not start a frame.
    ///
    /// - Parameter payload: The payload that `descriptor` was parsed from.
    package init?(parsing payload: Span<UInt8>, behind descriptor: VP8Descriptor) throws(VP8Error) {
        guard descriptor.startsFrame, descriptor.size <= payload.count else { return nil }
        try self.init(parsing: payload.extracting(descriptor.size...))
    }

    private static let keyFrameSize = 10
    private static let startCode: UInt32 = 0x9D_01_2A
}
