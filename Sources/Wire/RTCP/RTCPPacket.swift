/// Why bytes are no RTCP. The caller counts it and drops the datagram.
package enum RTCPError: Error, Equatable {
    case truncated(needed: Int, had: Int)
    case badVersion(UInt8)
    case badPadding(Int)
}

/// One packet of an RTCP datagram (RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3).
package enum RTCPPacket: Equatable, Sendable {
    case senderReport(SenderReport)
    case receiverReport(ReceiverReport)
    case sourceDescription([SourceDescription])
    /// BYE; the reason is not kept.
    case goodbye([SSRC])
    /// Packets the receiver asks for again (RFC 4585 §6.2.1).
    case nack(NACK)
    /// PLI: the receiver cannot go on without a key frame (RFC 4585 §6.3.1).
    case pictureLoss(sender: SSRC, media: SSRC)
    /// FIR (RFC 5104 §4.3.1).
    case fullIntra(FullIntraRequest)
    /// REMB.
    case receiverBitrate(ReceiverBitrate)
    /// Anything else, such as transport-cc feedback: read over, and not written.
    case other(type: UInt8, count: UInt8)
}

/// What a sender has sent, and what it receives (RFC 3550 §6.4.1).
package struct SenderReport: Equatable, Sendable {
    package var ssrc: SSRC
    /// Wall clock: seconds since 1900 in the upper half, fractions of a second in the lower.
    package var ntp: UInt64
    /// The same moment on the media clock.
    package var rtpTimestamp: UInt32
    package var packets: UInt32
    /// Payload bytes.
    package var octets: UInt32
    package var reports: [ReportBlock]

    package init(
        ssrc: SSRC,
        ntp: UInt64,
        rtpTimestamp: UInt32,
        packets: UInt32,
        octets: UInt32,
        reports: [ReportBlock] = []
    ) {
        (self.ssrc, self.ntp, self.rtpTimestamp) = (ssrc, ntp, rtpTimestamp)
        (self.packets, self.octets, self.reports) = (packets, octets, reports)
    }
}

/// What somebody who does not send receives (RFC 3550 §6.4.2).
package struct ReceiverReport: Equatable, Sendable {
    package var ssrc: SSRC
    package var reports: [ReportBlock]

    package init(ssrc: SSRC, reports: [ReportBlock] = []) {
        (self.ssrc, self.reports) = (ssrc, reports)
    }
}

/// How one source is received (RFC 3550 §6.4.1).
package struct ReportBlock: Equatable, Sendable {
    package var ssrc: SSRC
    /// Lost since the last report, in 1/256.
    package var fractionLost: UInt8
    /// Lost since the beginning, 24 bits; negative after duplicates.
    package var cumulativeLost: Int32
    /// The highest sequence number, its wraps counted in the upper half.
    package var highestSequence: UInt32
    /// Interarrival jitter in ticks of the media clock.
    package var jitter: UInt32
    /// The middle 32 bits of the last sender report's NTP time; 0 without one.
    package var lastSR: UInt32
    /// Time since that sender report in 1/65 536 s.
    package var delaySinceLastSR: UInt32

    package init(
        ssrc: SSRC,
        fractionLost: UInt8,
        cumulativeLost: Int32,
        highestSequence: UInt32,
        jitter: UInt32,
        lastSR: UInt32,
        delaySinceLastSR: UInt32
    ) {
        (self.ssrc, self.fractionLost, self.cumulativeLost) = (ssrc, fractionLost, cumulativeLost)
        (self.highestSequence, self.jitter) = (highestSequence, jitter)
        (self.lastSR, self.delaySinceLastSR) = (lastSR, delaySinceLastSR)
    }
}

/// Who a source is (RFC 3550 §6.5): of all items the canonical name, which ties audio and video together.
package struct SourceDescription: Equatable, Sendable {
    package var ssrc: SSRC
    /// At most 255 bytes of UTF-8; `nil` when the chunk has none.
    package var cname: String?

    package init(ssrc: SSRC, cname: String?) {
        (self.ssrc, self.cname) = (ssrc, cname)
    }
}

/// Packets to be sent again.
package struct NACK: Equatable, Sendable {
    package var sender: SSRC
    package var media: SSRC
    /// Sequence numbers, oldest first.
    package var lost: [UInt16]

    package init(sender: SSRC, media: SSRC, lost: [UInt16]) {
        (self.sender, self.media, self.lost) = (sender, media, lost)
    }
}

/// Key frames asked for by command.
package struct FullIntraRequest: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var media: SSRC
        /// Rises by one with each new request, and stays in repeats.
        package var sequence: UInt8

        package init(media: SSRC, sequence: UInt8) {
            (self.media, self.sequence) = (media, sequence)
        }
    }

    package var sender: SSRC
    package var entries: [Entry]

    package init(sender: SSRC, entries: [Entry]) {
        (self.sender, self.entries) = (sender, entries)
    }
}

/// How much the receiver can take (draft-alvestrand-rmcat-remb-03 §2.2).
package struct ReceiverBitrate: Equatable, Sendable {
    package var sender: SSRC
    /// For all ``sources`` together; written rounded down to 18 significant bits.
    package var bitsPerSecond: UInt64
    /// What it is about: the media sources themselves, never 0.
    package var sources: [SSRC]

    package init(sender: SSRC, bitsPerSecond: UInt64, sources: [SSRC]) {
        (self.sender, self.bitsPerSecond, self.sources) = (sender, bitsPerSecond, sources)
    }
}

/// Packet types and, for feedback, what stands in the count field (RFC 3550 §12.1, RFC 4585 §6.1, RFC 5104 §4.3).
enum RTCPType {
    static let senderReport: UInt8 = 200
    static let receiverReport: UInt8 = 201
    static let sourceDescription: UInt8 = 202
    static let goodbye: UInt8 = 203
    static let transportFeedback: UInt8 = 205
    static let payloadFeedback: UInt8 = 206

    static let genericNACK: UInt8 = 1
    static let pictureLoss: UInt8 = 1
    static let fullIntra: UInt8 = 4
    static let applicationLayer: UInt8 = 15

    /// "REMB".
    static let receiverBitrate: UInt32 = 0x5245_4D42
    static let canonicalName: UInt8 = 1
}
