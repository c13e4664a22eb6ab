import CVPX

/// Why libvpx refused.
package enum VPXError: Error, Equatable {
    /// A size, a bit rate or a number of layers that cannot be.
    case badArgument
    /// The frame is damaged, or refers to pictures that the decoder never saw.
    case corruptFrame
    /// A frame of another version or profile.
    case unsupported
    case outOfMemory
    /// Another status of the library's.
    case other(Int32)

    init(status: vpx_codec_err_t) {
        switch status {
        case VPX_CODEC_INVALID_PARAM: self = .badArgument
        case VPX_CODEC_CORRUPT_FRAME: self = .corruptFrame
        case VPX_CODEC_UNSUP_BITSTREAM, VPX_CODEC_UNSUP_FEATURE: self = .unsupported
        case VPX_CODEC_MEM_ERROR: self = .outOfMemory
        default: self = .other(Int32(bitPattern: status.rawValue))
        }
    }
}
