/// Cuts encoded frames into RTP payloads as browsers do (RFC 7741 §4): 15-bit picture ids, one partition, pieces of
/// equal size.
///
/// The bridge sends what it receives; this is for senders of our own, in tests and in `parley-load`.
package struct VP8Packetizer: Sendable {
    /// Where a frame stands in a stream of temporal layers.
    package struct Layer: Hashable, Sendable {
        /// TID: 0 is needed by all, higher ones may be left out.
        package var temporalID: UInt8
        /// Y: refers to layer 0 alone.
        package var isLayerSync: Bool
        /// N: nothing refers to it.
        package var isNonReference: Bool

        package init(temporalID: UInt8, isLayerSync: Bool = false, isNonReference: Bool = false) {
            (self.temporalID, self.isLayerSync, self.isNonReference) = (temporalID, isLayerSync, isNonReference)
        }
    }

    /// Of the next frame, 15 bits.
    package private(set) var pictureID: UInt16
    /// Of the last frame of layer 0.
    package private(set) var tl0PictureIndex: UInt8
    /// The longest payload, descriptor included.
    package let maximumPayload: Int

    /// - Parameters:
    ///   - pictureID: Of the first frame; browsers choose it at random.
    ///   - tl0PictureIndex: Of the first frame of layer 0.
    /// - Precondition: A payload has room for the descriptor and something more.
    package init(pictureID: UInt16, tl0PictureIndex: UInt8 = 0, maximumPayload: Int = Self.browserPayload) {
        precondition(maximumPayload > Self.largestDescriptor, "a payload holds more than its descriptor")
        self.pictureID = pictureID & 0x7FFF
        self.tl0PictureIndex = tl0PictureIndex &- 1
        self.maximumPayload = maximumPayload
    }

    /// The payloads of one frame in order, the last to be sent with the marker; none for an empty frame.
    ///
    /// - Parameter layer: `nil` for a stream without temporal layers, whose descriptors have no TL0PICIDX and TID.
    package mutating func payloads(of frame: Span<UInt8>, layer: Layer? = nil) -> [[UInt8]] {
        guard frame.count > 0 else { return [] }
        var descriptor = next(layer)
        let room = maximumPayload - descriptor.size
        let count = (frame.count + room - 1) / room
        return (0..<count).map { index in
            descriptor.startsPartition = index == 0
            var payload: [UInt8] = []
            payload.reserveCapacity(maximumPayload)
            descriptor.append(to: &payload)
            for position in (frame.count * index / count)..<(frame.count * (index + 1) / count) {
                payload.append(frame[position])
            }
            return payload
        }
    }

    /// Counts a frame and describes it.
    private mutating func next(_ layer: Layer?) -> VP8Descriptor {
        defer { pictureID = (pictureID + 1) & 0x7FFF }
        guard let layer else { return VP8Descriptor(startsPartition: true, pictureID: pictureID) }
        if layer.temporalID == 0 { tl0PictureIndex &+= 1 }
        return VP8Descriptor(
            startsPartition: true,
            isNonReference: layer.isNonReference,
            pictureID: pictureID,
            tl0PictureIndex: tl0PictureIndex,
            temporalID: layer.temporalID,
            isLayerSync: layer.isLayerSync
        )
    }

    /// The longest payload that browsers send.
    package static let browserPayload = 1178
    private static let largestDescriptor = 6
}
