/// What a receiver may send back about a codec (RFC 4585 §4.2): the value of `a=rtcp-fb` behind the payload type.
package enum FeedbackKind: String, CaseIterable, Sendable {
    /// Lost packets are asked for again.
    case nack
    /// PLI.
    case pictureLoss = "nack pli"
    /// FIR (RFC 5104 §7.1).
    case fullIntra = "ccm fir"
    /// REMB.
    case receiverBitrate = "goog-remb"
    /// Arrival times of each packet of the transport.
    case transportCC = "transport-cc"
}

extension Codec {
    /// Whether the writer said so about this payload type or about all.
    package func accepts(_ kind: FeedbackKind) -> Bool { feedback.contains(kind.rawValue) }
}

// RTX: a payload type that carries the packets of another again (RFC 4588 §8).

extension Codec {
    /// The payload type whose packets this one carries again; `nil` when this is no RTX, or does not say.
    package var associatedPayloadType: UInt8? {
        guard isNamed("rtx"), let payloadType = parameters["apt"].flatMap({ UInt8($0) }) else { return nil }
        return payloadType < 128 ? payloadType : nil
    }

    /// The codec that carries this one's packets again.
    package func retransmission(payloadType: UInt8) -> Codec {
        Codec(
            payloadType: payloadType,
            name: "rtx",
            clockRate: clockRate,
            parameters: FormatParameters("apt=\(self.payloadType)")
        )
    }
}

extension [Codec] {
    /// The RTX of that payload type, `nil` when there is none of the same clock rate.
    package func retransmission(of codec: Codec) -> Codec? {
        first { $0.associatedPayloadType == codec.payloadType && $0.clockRate == codec.clockRate }
    }
}
