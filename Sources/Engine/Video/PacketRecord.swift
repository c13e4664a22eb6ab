package import Wire

/// What is known of one packet of a video layer; its payload lies in the layer's ring under the same number.
package struct PacketRecord: Sendable {
    package enum Content: UInt8, Sendable {
        /// A piece of a frame.
        case picture
        /// A number in the sequence that carries nothing: padding, which is not forwarded.
        case padding
        /// Something we could not keep or not read: the frame it belongs to is broken.
        case unusable
    }

    /// The sender's sequence number, extended by the log; unique in the layer's life.
    package var sequence: Int64
    package var timestamp: UInt32
    /// Ends its frame.
    package var marker: Bool
    package var content: Content
    /// Begins a key frame. Meaningless unless the descriptor says that it starts a frame.
    package var isKeyFrame: Bool
    package var descriptor: VP8Descriptor
    /// When it came, which for a repaired one is later than its neighbours.
    package var arrival: Instant
    /// Payload bytes.
    package var size: Int

    package init(
        sequence: Int64, timestamp: UInt32, marker: Bool, content: Content, isKeyFrame: Bool = false,
        descriptor: VP8Descriptor = VP8Descriptor(startsPartition: false), arrival: Instant, size: Int
    ) {
        (self.sequence, self.timestamp, self.marker) = (sequence, timestamp, marker)
        (self.content, self.isKeyFrame, self.descriptor) = (content, isKeyFrame, descriptor)
        (self.arrival, self.size) = (arrival, size)
    }

    package var startsFrame: Bool { content == .picture && descriptor.startsFrame }
    package var startsKeyFrame: Bool { startsFrame && isKeyFrame }
}
