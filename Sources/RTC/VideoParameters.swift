package import Wire

/// What offer and answer agreed on for one video m-line.
///
/// The orientation extension is never agreed on: a browser that may use it leaves the pixels as the phone is held, and
/// Firefox, which does not offer it, would show them sideways. Without it the sender turns the picture itself (RFC 7742
/// §4), which is right for everybody.
package struct VideoParameters: Sendable, Equatable {
    /// Place of the m-line in offer and answer; it keeps it in every re-offer.
    package let index: Int
    package let mid: String
    /// Header extension id under which packets name their m-line, 1 to 14, when negotiated for both directions.
    package let midExtensionID: UInt8?
    /// VP8, 90 kHz clock.
    package let payloadType: UInt8
    /// RFC 4588 with ``payloadType`` as its `apt`; `nil`: lost packets are sent again as they were.
    package let rtxPayloadType: UInt8?
    package let feedback: VideoFeedback
    /// Seen from us. At most one m-line of a call receives.
    package let direction: MediaDirection
    /// The RIDs of a simulcast we accepted, in the offer's order (browsers: lowest first), 2 or 3; else empty.
    package let layers: [String]
    /// Where packets of a simulcast name their layer; set when there are ``layers``.
    package let ridExtensionID: UInt8?
    /// … and retransmissions theirs.
    package let repairedRIDExtensionID: UInt8?
    /// What the browser announced that it will send: at most one per layer, in order. Chromium announces nothing when
    /// it sends a simulcast.
    package let announced: [StreamSSRCs]
    /// What the browser wants to receive at most (`b=TIAS`, `b=AS`), in bits per second; only a ceiling.
    package let maximumBitrate: Int?
    /// Our sources for this m-line, announced when we send; they stay for the whole call.
    package let local: StreamSSRCs

    /// The element that every packet we send here begins with; make it once.
    package var midElement: ExtensionElement? {
        midExtensionID.flatMap { ExtensionElement(id: $0, text: mid) }
    }

    package init(
        index: Int, mid: String, midExtensionID: UInt8?, payloadType: UInt8, rtxPayloadType: UInt8?,
        feedback: VideoFeedback, direction: MediaDirection, layers: [String] = [], ridExtensionID: UInt8? = nil,
        repairedRIDExtensionID: UInt8? = nil, announced: [StreamSSRCs] = [], maximumBitrate: Int? = nil,
        local: StreamSSRCs
    ) {
        self.index = index
        self.mid = mid
        self.midExtensionID = midExtensionID
        self.payloadType = payloadType
        self.rtxPayloadType = rtxPayloadType
        self.feedback = feedback
        self.direction = direction
        self.layers = layers
        self.ridExtensionID = ridExtensionID
        self.repairedRIDExtensionID = repairedRIDExtensionID
        self.announced = announced
        self.maximumBitrate = maximumBitrate
        self.local = local
    }

    /// As many m-lines with video as a call may have.
    package static let mostLines = 16
    /// As many layers as a simulcast may have.
    package static let mostLayers = 3
}

/// One stream's source, and the one that repeats its packets (RFC 4588 §5.3, `a=ssrc-group:FID`).
package struct StreamSSRCs: Hashable, Sendable {
    package let media: SSRC
    package let rtx: SSRC?

    package init(media: SSRC, rtx: SSRC?) {
        self.media = media
        self.rtx = rtx
    }
}

/// The RTCP feedback that both sides may send about a video m-line (`a=rtcp-fb`, RFC 4585 §4.2).
package struct VideoFeedback: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let nack = VideoFeedback(rawValue: 1)
    package static let pli = VideoFeedback(rawValue: 2)
    package static let fir = VideoFeedback(rawValue: 4)
    package static let remb = VideoFeedback(rawValue: 8)

    /// What is known among that which was offered for a codec. Never transport-cc: agreed on and not fed it makes browsers send
    /// 30 kb/s (`media.md` §0.1).
    package init(of codec: Codec) {
        self = Self.values.reduce(into: []) { flags, known in
            if codec.accepts(known.kind) { flags.insert(known.flag) }
        }
    }

    /// As `a=rtcp-fb` says it.
    package var texts: [String] { Self.values.filter { contains($0.flag) }.map(\.kind.rawValue) }

    private static let values: [(kind: FeedbackKind, flag: VideoFeedback)] = [
        (.nack, .nack), (.pictureLoss, .pli), (.fullIntra, .fir), (.receiverBitrate, .remb),
    ]
}
