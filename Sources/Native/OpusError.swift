import COpus

/// Why libopus refused.
package enum OpusError: Error, Equatable {
    /// The payload is no Opus packet (RFC 6716 §3.4), or holds more than the buffer: treat it as lost.
    case invalidPacket
    /// A frame size, a channel count or a setting that Opus does not have.
    case badArgument
    /// The output buffer is too small.
    case bufferTooSmall
    case outOfMemory
    /// Another status of the library's.
    case other(Int32)

    init(status: Int32) {
        switch status {
        case OPUS_INVALID_PACKET: self = .invalidPacket
        case OPUS_BAD_ARG: self = .badArgument
        case OPUS_BUFFER_TOO_SMALL: self = .bufferTooSmall
        case OPUS_ALLOC_FAIL: self = .outOfMemory
        default: self = .other(status)
        }
    }
}
