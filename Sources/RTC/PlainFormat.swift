import Wire

/// What a payload type of an audio m-line without ICE may hold, of what we understand.
enum PlainFormat: Hashable, Sendable {
    case audio(AudioCodec)
    /// Keys (RFC 4733), in ticks of this clock.
    case keys(clockRate: Int)
    /// RFC 3389, 8 kHz.
    case comfortNoise

    init?(_ codec: Codec) {
        if codec.isNamed("telephone-event"), codec.clockRate == 8000 || codec.clockRate == 48_000 {
            self = .keys(clockRate: codec.clockRate)
        } else if codec.isNamed("CN"), codec.clockRate == 8000 {
            self = .comfortNoise
        } else if let audio = AudioCodec.allCases.first(where: { codec.isNamed($0.name) }),
            codec.clockRate == audio.clockRate, codec.channels == 1 || audio == .opus
        {
            self = .audio(audio)
        } else {
            return nil
        }
    }

    var audio: AudioCodec? { if case .audio(let codec) = self { codec } else { nil } }

    var keyClockRate: Int? { if case .keys(let rate) = self { rate } else { nil } }

    /// As SDP says it under this number.
    ///
    /// - Parameter hasFlash: Keys: event 16, which some analog gateways have, is among them (RFC 4733 §3.2).
    func codec(_ payloadType: UInt8, hasFlash: Bool = false) -> Codec {
        switch self {
        case .audio(.opus): .opus(payloadType)
        case .audio(let codec): Codec(payloadType: payloadType, name: codec.name, clockRate: codec.clockRate)
        case .keys(let rate) where hasFlash:
            Codec(payloadType: payloadType, name: "telephone-event", clockRate: rate, parameters: "0-16")
        case .keys(let rate): .telephoneEvent(payloadType, clockRate: rate)
        case .comfortNoise: Codec(payloadType: payloadType, name: "CN", clockRate: 8000)
        }
    }
}

/// One payload type somebody listed, and what it holds.
struct PlainPayload: Equatable, Sendable {
    let payloadType: UInt8
    let format: PlainFormat
    /// Keys: event 16, too.
    let hasFlash: Bool

    init?(_ codec: Codec) {
        guard let format = PlainFormat(codec) else { return nil }
        payloadType = codec.payloadType
        self.format = format
        hasFlash =
            format.keyClockRate != nil
            && codec.parameters.raw.split(separator: ",").contains { $0.hasSuffix("-16") || $0 == "16" }
    }

    var codec: Codec { format.codec(payloadType, hasFlash: hasFlash) }
}

extension MediaDescription {
    /// What we understand of the m-line, in its order.
    var plainPayloads: [PlainPayload] { codecs.compactMap(PlainPayload.init) }

    /// Milliseconds of audio in a packet the writer wants: what `a=ptime` says and `a=maxptime` allows, as far as we can
    /// send it.
    func ptime(for codec: AudioCodec) -> Int {
        let wish = min(ptime ?? 20, max(10, maxptime ?? 60))
        let possible = codec == .opus ? [10, 20, 40, 60] : [10, 20, 30, 40, 50, 60]
        return possible.last { $0 <= wish } ?? 10
    }
}
