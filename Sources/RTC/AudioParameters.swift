package import Wire

/// What offer and answer agreed on for audio.
package struct AudioParameters: Sendable, Equatable {
    package let mid: String
    /// What we send with; its clock is that of ``codec``.
    package let payloadType: UInt8
    /// What we send.
    package let codec: AudioCodec
    /// The payload types that may come and what they hold; of browsers just ``payloadType``.
    package let receives: [UInt8: AudioCodec]
    /// RFC 6464 header extension id, when negotiated.
    package let audioLevelID: UInt8?
    /// RFC 4733 payload types, any clock rate; the first is the one to send with.
    package let telephoneEvents: [UInt8]
    /// Those of ``telephoneEvents`` in Hz, by payload type: the durations of keys count in it.
    package let keyClockRates: [UInt8: Int]
    /// The payload type of comfort noise (RFC 3389), when negotiated.
    package let comfortNoise: UInt8?
    /// Milliseconds of audio in a packet we send, a multiple of 10 from 10 to 60. Any multiple of 10 may come.
    package let ptime: Int
    /// Seen from us.
    package let direction: MediaDirection

    /// - Parameter receives: `nil`: what is sent, too.
    package init(
        mid: String, payloadType: UInt8, codec: AudioCodec = .opus, receives: [UInt8: AudioCodec]? = nil,
        audioLevelID: UInt8?, telephoneEvents: [UInt8], keyClockRates: [UInt8: Int] = [:],
        comfortNoise: UInt8? = nil, ptime: Int = 20, direction: MediaDirection
    ) {
        self.mid = mid
        self.payloadType = payloadType
        self.codec = codec
        self.receives = receives ?? [payloadType: codec]
        self.audioLevelID = audioLevelID
        self.telephoneEvents = telephoneEvents
        self.keyClockRates = keyClockRates
        self.comfortNoise = comfortNoise
        self.ptime = ptime
        self.direction = direction
    }
}
