import COpus

/// A libopus encoder at 48 kHz. Move-only: one owner, freed once, never locked. About 44 kB.
@safe package struct OpusEncoder: ~Copyable {
    package enum Application: Sendable {
        /// Speech: SILK or hybrid at low bit rates, which alone can carry in-band FEC.
        case voip
        /// Music and speech; stays in CELT at complexity 5 and below, at a third of the cost.
        case audio
        /// CELT only, 2.5 ms less delay.
        case lowDelay
    }

    private let state: OpaquePointer
    private let channels: Int

    /// - Parameters:
    ///   - channels: 1 or 2, interleaved.
    ///   - bitrate: Target, in bits per second.
    ///   - complexity: 0 (cheap) to 10.
    package init(
        channels: Int = 1,
        bitrate: Int,
        complexity: Int = 5,
        application: Application = .voip
    ) throws(OpusError) {
        guard channels == 1 || channels == 2 else { throw .badArgument }
        var status: CInt = 0
        guard
            let state = unsafe opus_encoder_create(48_000, CInt(channels), application.libraryValue, &status)
        else { throw OpusError(status: status) }
        status = unsafe copus_encoder_set(state, OPUS_SET_BITRATE_REQUEST, Int32(clamping: bitrate))
        if status == OPUS_OK {
            status = unsafe copus_encoder_set(state, OPUS_SET_COMPLEXITY_REQUEST, Int32(clamping: complexity))
        }
        guard status == OPUS_OK else {
            unsafe opus_encoder_destroy(state)  // deinit runs only once `self` is complete
            throw OpusError(status: status)
        }
        self.channels = channels
        unsafe self.state = state
    }

    deinit { unsafe opus_encoder_destroy(state) }

    /// Encodes one frame into the front of `packet` and returns its length, at most 1275 bytes (RFC 6716 §3.4).
    ///
    /// - Parameter pcm: 2.5, 5, 10, 20, 40 or 60 ms; 20 ms is 960 samples a channel.
    package mutating func encode(_ pcm: Span<Int16>, into packet: inout MutableSpan<UInt8>) throws(OpusError) -> Int {
        let samples = CInt(clamping: pcm.count / channels)
        let length = unsafe pcm.withUnsafeBufferPointer { input in
            unsafe packet.withUnsafeMutableBufferPointer { output -> Int32 in
                guard let source = input.baseAddress, let target = output.baseAddress else {
                    return OPUS_BAD_ARG
                }
                return unsafe opus_encode(state, source, samples, target, Int32(clamping: output.count))
            }
        }
        guard length >= 0 else { throw OpusError(status: length) }
        return Int(length)
    }

    /// Makes this encoder continue where `other` is, bit for bit, with `other`'s settings.
    ///
    /// For a listener who begins to be heard and moves from the shared encoder to a personal one: the browser's
    /// decoder notices nothing. The state is one flat block without pointers to itself, a few microseconds to copy.
    /// - Precondition: Both have the same number of channels.
    package mutating func copyState(of other: borrowing OpusEncoder) {
        precondition(channels == other.channels, "encoders of different shape")
        let size = Int(opus_encoder_get_size(CInt(channels)))
        unsafe UnsafeMutableRawPointer(state).copyMemory(from: UnsafeRawPointer(other.state), byteCount: size)
    }

    /// Forgets the signal so far and keeps the settings.
    package mutating func reset() { _ = unsafe copus_encoder_reset(state) }

    /// Bits per second; libopus keeps it between 500 and 512 000.
    package mutating func setBitrate(_ bitrate: Int) { set(OPUS_SET_BITRATE_REQUEST, bitrate) }

    /// 0 to 10; others change nothing.
    package mutating func setComplexity(_ complexity: Int) { set(OPUS_SET_COMPLEXITY_REQUEST, complexity) }

    /// In-band FEC (LBRR): each packet may carry a coarse copy of the one before. Needs an expected loss too.
    package mutating func setInbandFEC(_ isOn: Bool) { set(OPUS_SET_INBAND_FEC_REQUEST, isOn ? 1 : 0) }

    /// Loss the receivers report, in percent, 0 to 100.
    package mutating func setExpectedLoss(percent: Int) {
        set(OPUS_SET_PACKET_LOSS_PERC_REQUEST, max(0, min(percent, 100)))
    }

    /// Discontinuous transmission: one-byte packets while there is silence.
    package mutating func setDTX(_ isOn: Bool) { set(OPUS_SET_DTX_REQUEST, isOn ? 1 : 0) }

    private func set(_ request: Int32, _ value: Int) {
        _ = unsafe copus_encoder_set(state, request, Int32(clamping: value))
    }
}

extension OpusEncoder.Application {
    fileprivate var libraryValue: Int32 {
        switch self {
        case .voip: OPUS_APPLICATION_VOIP
        case .audio: OPUS_APPLICATION_AUDIO
        case .lowDelay: OPUS_APPLICATION_RESTRICTED_LOWDELAY
        }
    }
}
