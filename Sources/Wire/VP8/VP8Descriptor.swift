/// What stands in front of the VP8 data of each packet (RFC 7741 §4.2).
///
///          |X|R|N|S|R| PID |
///     X:   |I|L|T|K|  RSV  |
///     I:   |M| PictureID   |     M: |   PictureID   |
///     L:   |   TL0PICIDX   |
///     T/K: |TID|Y| KEYIDX  |
///
/// A value: change the fields and ``append(to:)`` makes another. Forwarding changes numbers in place instead, with
/// ``write(pictureID:tl0PictureIndex:keyIndex:into:)``.
package struct VP8Descriptor: Hashable, Sendable {
    /// X: the second byte is there. Browsers always write it; needed for any of the optional fields.
    package var isExtended: Bool
    /// N: no other frame refers to this one, so it may be left out.
    package var isNonReference: Bool
    /// S: the payload begins a partition.
    package var startsPartition: Bool
    /// PID, 0 to 7. Browsers put the whole frame into partition 0.
    package var partition: UInt8
    /// Rises by one per frame, in 7 or 15 bits; see ``hasWidePictureID``.
    package var pictureID: UInt16?
    /// M: the picture id has 15 bits. Meaningless without one.
    package var hasWidePictureID: Bool
    /// TL0PICIDX: rises by one per frame of temporal layer 0.
    package var tl0PictureIndex: UInt8?
    /// TID, 0 to 3.
    package var temporalID: UInt8?
    /// Y: the frame refers to temporal layer 0 alone, so a receiver may go up to its layer here. Goes with TID.
    package var isLayerSync: Bool
    /// KEYIDX, 5 bits: rises by one per key frame. No browser writes it.
    package var keyIndex: UInt8?

    /// The second byte is written when a field needs it.
    package init(
        startsPartition: Bool,
        partition: UInt8 = 0,
        isNonReference: Bool = false,
        pictureID: UInt16? = nil,
        hasWidePictureID: Bool = true,
        tl0PictureIndex: UInt8? = nil,
        temporalID: UInt8? = nil,
        isLayerSync: Bool = false,
        keyIndex: UInt8? = nil
    ) {
        (self.startsPartition, self.partition, self.isNonReference) = (startsPartition, partition, isNonReference)
        (self.pictureID, self.hasWidePictureID) = (pictureID, hasWidePictureID)
        (self.tl0PictureIndex, self.temporalID, self.isLayerSync) = (tl0PictureIndex, temporalID, isLayerSync)
        self.keyIndex = keyIndex
        isExtended = pictureID != nil || tl0PictureIndex != nil || temporalID != nil || keyIndex != nil
    }

    /// Reads the front of an RTP payload, padding taken off. Reserved bits are passed over.
    ///
    /// - Throws: ``VP8Error/truncated(needed:had:)``, ``VP8Error/noPicture``.
    package init(parsing payload: Span<UInt8>) throws(VP8Error) {
        try VP8Error.require(1, of: payload)
        self.init(
            startsPartition: payload[0] & 0x10 != 0,
            partition: payload[0] & 0x07,
            isNonReference: payload[0] & 0x20 != 0,
            hasWidePictureID: false
        )
        isExtended = payload[0] & 0x80 != 0
        if isExtended { try readExtension(payload) }
        guard payload.count > size else { throw .noPicture }
    }

    /// Bytes of the descriptor: where in the payload the VP8 data starts.
    package var size: Int { isExtended ? layerOffset + (hasLayerByte ? 1 : 0) : 1 }

    /// The first packet of a frame: a ``VP8FrameHeader`` follows.
    package var startsFrame: Bool { startsPartition && partition == 0 }

    /// Changes the numbers that are there and nothing else; the picture id keeps its width.
    ///
    /// - Parameters:
    ///   - pictureID: Cut to 15 or 7 bits.
    ///   - keyIndex: Cut to 5 bits; `nil` leaves it as it is.
    ///   - payload: The payload that this descriptor was parsed from, or a copy.
    /// - Precondition: `payload` holds ``size`` bytes.
    package func write(
        pictureID: UInt16,
        tl0PictureIndex: UInt8,
        keyIndex: UInt8? = nil,
        into payload: inout MutableSpan<UInt8>
    ) {
        guard isExtended else { return }
        if self.pictureID != nil {
            if hasWidePictureID {
                payload.set(pictureID | 0x8000, at: Self.pictureIDOffset)
            } else {
                payload[Self.pictureIDOffset] = UInt8(truncatingIfNeeded: pictureID) & 0x7F
            }
        }
        if self.tl0PictureIndex != nil { payload[layerOffset - 1] = tl0PictureIndex }
        if self.keyIndex != nil, let keyIndex {
            payload[layerOffset] = payload[layerOffset] & 0xE0 | keyIndex & 0x1F
        }
    }

    /// Appends the descriptor's bytes, reserved bits 0, numbers cut to their widths.
    package func append(to bytes: inout [UInt8]) {
        bytes.append(
            (isExtended ? 0x80 : 0) | (isNonReference ? 0x20 : 0) | (startsPartition ? 0x10 : 0) | partition & 0x07
        )
        guard isExtended else { return }
        bytes.append(
            (pictureID == nil ? 0 : 0x80) | (tl0PictureIndex == nil ? 0 : 0x40) | (temporalID == nil ? 0 : 0x20)
                | (keyIndex == nil ? 0 : 0x10)
        )
        if let pictureID {
            if hasWidePictureID { bytes.append(0x80 | UInt8(truncatingIfNeeded: pictureID >> 8)) }
            bytes.append(UInt8(truncatingIfNeeded: pictureID) & (hasWidePictureID ? 0xFF : 0x7F))
        }
        if let tl0PictureIndex { bytes.append(tl0PictureIndex) }
        if hasLayerByte {
            let layer = temporalID.map { $0 << 6 | (isLayerSync ? 0x20 : 0) } ?? 0
            bytes.append(layer | (keyIndex ?? 0) & 0x1F)
        }
    }

    private mutating func readExtension(_ payload: Span<UInt8>) throws(VP8Error) {
        try VP8Error.require(2, of: payload)
        let flags = payload[1]
        var offset = Self.pictureIDOffset
        if flags & 0x80 != 0 {
            try VP8Error.require(offset + 1, of: payload)
            hasWidePictureID = payload[offset] & 0x80 != 0
            if hasWidePictureID { try VP8Error.require(offset + 2, of: payload) }
            pictureID = hasWidePictureID ? payload.uint16(at: offset) & 0x7FFF : UInt16(payload[offset])
            offset += hasWidePictureID ? 2 : 1
        }
        if flags & 0x40 != 0 {
            try VP8Error.require(offset + 1, of: payload)
            tl0PictureIndex = payload[offset]
            offset += 1
        }
        if flags & 0x30 != 0 {
            try VP8Error.require(offset + 1, of: payload)
            if flags & 0x20 != 0 {
                temporalID = payload[offset] >> 6
                isLayerSync = payload[offset] & 0x20 != 0
            }
            if flags & 0x10 != 0 { keyIndex = payload[offset] & 0x1F }
        }
    }

    private var hasLayerByte: Bool { temporalID != nil || keyIndex != nil }

    /// Where TID, Y and KEYIDX stand, behind what is there of picture id and TL0PICIDX.
    private var layerOffset: Int {
        Self.pictureIDOffset + (pictureID == nil ? 0 : hasWidePictureID ? 2 : 1) + (tl0PictureIndex == nil ? 0 : 1)
    }

    private static let pictureIDOffset = 2
}
