/// How loud the sender says one audio packet is (RFC 6464 §3): the one byte of `ssrc-audio-level`.
///
///     |V|    level    |
package struct AudioLevel: Hashable, Sendable {
    /// −dBov as a positive number: 0 is the loudest sound there is, 127 is digital silence.
    package let dBov: Int
    /// The sender's voice detector. Browsers set it always but in DTX pauses: never judge by it alone.
    package let voice: Bool

    package init(byte: UInt8) {
        dBov = Int(byte & 0x7F)
        voice = byte & 0x80 != 0
    }
}
