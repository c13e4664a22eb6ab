import CSpanDSP

/// Why there is no G.722 coder.
package enum G722Error: Error, Equatable, Sendable { case outOfMemory }

/// A G.722 encoder at 64 kbit/s, with spandsp: 16 kHz in, two samples a byte (RFC 3551 §4.5.2).
///
/// Move-only: one owner, freed once, never locked. It allocates when it is made and never again.
@safe package struct G722Encoder: ~Copyable {
    private let state: UnsafeMutablePointer<g722_encode_state_t>

    package init() throws(G722Error) {
        guard let state = unsafe g722_encode_init(nil, rate, 0) else { throw .outOfMemory }
        unsafe self.state = state
    }

    deinit { _ = unsafe g722_encode_free(state) }

    /// Encodes `pcm` into the front of `packet`. Returns how many bytes: half as many as samples.
    ///
    /// - Precondition: An even number of samples, and room for the bytes.
    package mutating func encode(_ pcm: Span<Int16>, into packet: inout MutableSpan<UInt8>) -> Int {
        precondition(pcm.count.isMultiple(of: 2), "a byte of G.722 holds two samples")
        precondition(packet.count >= pcm.count / 2, "no room for the G.722 packet")
        return unsafe pcm.withUnsafeBufferPointer { input in
            unsafe packet.withUnsafeMutableBufferPointer { output in
                guard let source = input.baseAddress, let target = output.baseAddress else { return 0 }
                return Int(unsafe g722_encode(state, target, source, CInt(clamping: input.count)))
            }
        }
    }

    /// Goes on where `other` is, sample by sample.
    package mutating func copyState(of other: borrowing G722Encoder) {
        unsafe cspandsp_g722_encoder_copy(state, other.state)
    }

    /// Forgets the signal so far.
    package mutating func reset() { _ = unsafe g722_encode_init(state, rate, 0) }
}

/// Bits in a second: all eight bits of the byte are sound.
private let rate: CInt = 64_000
