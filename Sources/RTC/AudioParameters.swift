package import Wire

/// What offer and answer agreed on for audio.
package struct AudioParameters: Sendable, Equatable {
    package let mid: String
    /// Opus, 48 kHz clock.
    package let payloadType: UInt8
    /// RFC 6464 header extension id, when negotiated.
    package let audioLevelID: UInt8?
    /// RFC 4733 payload types, any clock rate.
    package let telephoneEvents: [UInt8]
    /// Those of ``telephoneEvents`` in Hz, by payload type: the durations of keys count in it.
    package let keyClockRates: [UInt8: Int]
    /// Seen from us.
    package let direction: MediaDirection

    package init(
        mid: String, payloadType: UInt8, audioLevelID: UInt8?, telephoneEvents: [UInt8],
        keyClockRates: [UInt8: Int] = [:], direction: MediaDirection
    ) {
        self.mid = mid
        self.payloadType = payloadType
        self.audioLevelID = audioLevelID
        self.telephoneEvents = telephoneEvents
        self.keyClockRates = keyClockRates
        self.direction = direction
    }
}
