import Wire

/// The codecs we speak, in our own words.
extension Codec {
    static func opus(_ payloadType: UInt8) -> Codec {
        Codec(
            payloadType: payloadType, name: "opus", clockRate: 48_000, channels: 2,
            parameters: "minptime=10;useinbandfec=1")
    }

    /// Keys (RFC 4733): digits, `*`, `#` and A to D.
    static func telephoneEvent(_ payloadType: UInt8, clockRate: Int) -> Codec {
        Codec(payloadType: payloadType, name: "telephone-event", clockRate: clockRate, parameters: "0-15")
    }

    static func vp8(_ payloadType: UInt8, feedback: VideoFeedback) -> Codec {
        Codec(payloadType: payloadType, name: "VP8", clockRate: 90_000, feedback: feedback.texts)
    }
}

extension VideoParameters {
    /// VP8, and what carries its lost packets.
    var codecs: [Codec] {
        let vp8 = Codec.vp8(payloadType, feedback: feedback)
        return [vp8] + (rtxPayloadType.map { [vp8.retransmission(payloadType: $0)] } ?? [])
    }
}
