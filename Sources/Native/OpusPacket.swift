import COpus

/// What an Opus packet says about itself without being decoded (RFC 6716 §3).
package enum OpusPacket {
    /// Samples of one channel at 48 kHz, from the TOC and the frame count; `nil` for an invalid packet or over 120 ms.
    package static func duration(_ packet: Span<UInt8>) -> Int? {
        let samples = unsafe packet.withUnsafeBufferPointer { bytes -> Int32 in
            guard let start = bytes.baseAddress else { return 0 }
            return unsafe opus_packet_get_nb_samples(start, Int32(clamping: bytes.count), 48_000)
        }
        return samples > 0 ? Int(samples) : nil
    }

    /// Whether the packet carries a coarse copy of the audio before it (the LBRR flags, RFC 6716 §4.2.3 and §4.2.4).
    ///
    /// The flags are the first symbols of a SILK or hybrid frame, each of even odds, so the range coder leaves them
    /// as plain bits from the top of the first byte: for each channel one VAD flag for every 20 ms, then one LBRR flag.
    package static func hasInbandFEC(_ packet: Span<UInt8>) -> Bool {
        guard packet.count > 1 else { return false }
        let toc = packet[0]
        guard toc < celtOnly, let first = firstFrame(of: packet) else { return false }
        let channelBits = silkFrames(toc) + 1
        let flag = UInt8(0x80) >> UInt8(channelBits - 1)
        let isStereo = toc & 0x04 != 0
        return first & (isStereo ? flag | flag >> UInt8(channelBits) : flag) != 0
    }

    /// The first byte of the first frame; `nil` when the framing is invalid (RFC 6716 §3.4) or the frame is empty.
    private static func firstFrame(of packet: Span<UInt8>) -> UInt8? {
        let offset = unsafe packet.withUnsafeBufferPointer { bytes in
            unsafe withUnsafeTemporaryAllocation(of: Int16.self, capacity: 48) { sizes -> Int? in
                guard let start = bytes.baseAddress, let lengths = sizes.baseAddress else { return nil }
                var offset: Int32 = 0
                let count = unsafe opus_packet_parse(
                    start, Int32(clamping: bytes.count), nil, nil, lengths, &offset)
                guard count > 0, unsafe lengths[0] > 0 else { return nil }
                return Int(offset)
            }
        }
        guard let offset, packet.indices.contains(offset) else { return nil }
        return packet[offset]
    }

    /// SILK frames in one Opus frame: 20 ms each, one for 10 ms (RFC 6716 §3.1, table 2).
    private static func silkFrames(_ toc: UInt8) -> Int {
        let configuration = toc >> 3
        guard configuration < 12 else { return 1 }  // hybrid: 10 or 20 ms
        return max(1, Int(configuration & 3))
    }

    /// Configurations 16 to 31 are CELT and have no SILK layer.
    private static let celtOnly: UInt8 = 16 << 3
}
