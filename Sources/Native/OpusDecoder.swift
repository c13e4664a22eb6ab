import COpus

/// A libopus decoder at 48 kHz, one for each incoming SSRC. About 18 kB.
///
/// Lengths of PCM are in samples of all channels together (interleaved); results are samples of one channel.
@safe package struct OpusDecoder: ~Copyable {
    private let state: OpaquePointer
    private let channels: Int

    /// - Parameter channels: 1 or 2; a stereo packet decoded to one channel is mixed down.
    package init(channels: Int = 1) throws(OpusError) {
        guard channels == 1 || channels == 2 else { throw .badArgument }
        var status: CInt = 0
        guard let state = unsafe opus_decoder_create(48_000, CInt(channels), &status) else {
            throw OpusError(status: status)
        }
        self.channels = channels
        unsafe self.state = state
    }

    deinit { unsafe opus_decoder_destroy(state) }

    /// Decodes one packet into the front of `pcm`. Returns samples of one channel, as the packet's TOC says.
    ///
    /// - Parameter pcm: Room for the packet's duration, at most 5760 samples a channel (120 ms).
    /// - Throws: ``OpusError/invalidPacket`` or ``OpusError/bufferTooSmall``; an empty payload is invalid here.
    package mutating func decode(_ packet: Span<UInt8>, into pcm: inout MutableSpan<Int16>) throws(OpusError) -> Int {
        guard packet.count > 0 else { throw .invalidPacket }
        return try run(packet, into: &pcm, usesFEC: false)
    }

    /// Fills `pcm` with the lost audio just before `next`, from the copy in `next` or by concealment when it has none.
    ///
    /// Then decode `next` as usual.
    /// - Parameter pcm: Exactly as long as what was lost, a multiple of 2.5 ms.
    package mutating func decodeFEC(_ next: Span<UInt8>, into pcm: inout MutableSpan<Int16>) throws(OpusError) -> Int {
        guard next.count > 0 else { throw .invalidPacket }
        return try run(next, into: &pcm, usesFEC: true)
    }

    /// Fills `pcm` with what the decoder expects next, fading out over repeated calls.
    ///
    /// - Parameter pcm: A multiple of 2.5 ms.
    package mutating func conceal(into pcm: inout MutableSpan<Int16>) throws(OpusError) -> Int {
        let frame = CInt(clamping: pcm.count / channels)
        let samples = unsafe pcm.withUnsafeMutableBufferPointer { output -> Int32 in
            guard let target = output.baseAddress else { return OPUS_BAD_ARG }
            return unsafe opus_decode(state, nil, 0, target, frame, 0)
        }
        guard samples >= 0 else { throw OpusError(status: samples) }
        return Int(samples)
    }

    /// Forgets the signal so far.
    package mutating func reset() { _ = unsafe copus_decoder_reset(state) }

    private func run(
        _ packet: Span<UInt8>,
        into pcm: inout MutableSpan<Int16>,
        usesFEC: Bool
    ) throws(OpusError) -> Int {
        let frame = CInt(clamping: pcm.count / channels)
        let samples = unsafe packet.withUnsafeBufferPointer { input in
            unsafe pcm.withUnsafeMutableBufferPointer { output -> Int32 in
                guard let source = input.baseAddress, let target = output.baseAddress else {
                    return OPUS_BAD_ARG
                }
                let length = Int32(clamping: input.count)
                return unsafe opus_decode(state, source, length, target, frame, usesFEC ? 1 : 0)
            }
        }
        guard samples >= 0 else { throw OpusError(status: samples) }
        return Int(samples)
    }
}
