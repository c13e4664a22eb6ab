import CSpanDSP

/// A G.722 decoder at 64 kbit/s, with spandsp: two samples a byte, 16 kHz out (RFC 3551 §4.5.2).
///
/// Move-only: one owner, freed once, never locked. It allocates when it is made and never again.
@safe package struct G722Decoder: ~Copyable {
    private let state: UnsafeMutablePointer<g722_decode_state_t>

    package init() throws(G722Error) {
        guard let state = unsafe g722_decode_init(nil, rate, 0) else { throw .outOfMemory }
        unsafe self.state = state
    }

    deinit { _ = unsafe g722_decode_free(state) }

    /// Decodes the front of `packet` into `pcm`, as much as fits. Returns how many samples: twice as many as bytes.
    ///
    /// Every byte is sound, so there is no bad packet.
    package mutating func decode(_ packet: Span<UInt8>, into pcm: inout MutableSpan<Int16>) -> Int {
        let count = min(packet.count, pcm.count / 2)
        guard count > 0 else { return 0 }
        return unsafe packet.withUnsafeBufferPointer { input in
            unsafe pcm.withUnsafeMutableBufferPointer { output in
                guard let source = input.baseAddress, let target = output.baseAddress else { return 0 }
                return Int(unsafe g722_decode(state, target, source, CInt(clamping: count)))
            }
        }
    }

    /// Forgets the signal so far.
    package mutating func reset() { _ = unsafe g722_decode_init(state, rate, 0) }
}

/// Bits in a second: all eight bits of the byte are sound.
private let rate: CInt = 64_000
