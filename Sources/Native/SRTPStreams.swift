/// What one SSRC used of its packet indices, in SRTP and in SRTCP.
package struct SRTPStream: Sendable {
    /// 1024 packets: a second of video with its retransmissions.
    package var rtp = SRTPReplayWindow<16>()
    /// 128 packets; RFC 3711 §3.3.2 asks for 64.
    package var rtcp = SRTPReplayWindow<2>()

    package init() {}

    /// The index of the packet with this number if it was not used and can still be told.
    package func freshIndex(of sequence: UInt16) -> UInt64? {
        guard let index = packetIndex(of: sequence), rtp.isFresh(index) else { return nil }
        return index
    }

    /// The index of the packet with this number if it was used and is still in the window.
    package func usedIndex(of sequence: UInt16) -> UInt64? {
        guard let index = packetIndex(of: sequence), rtp.isUsed(index) else { return nil }
        return index
    }

    /// The index of the packet with this number: the one nearest to the highest so far (RFC 3711 §3.3.1, appendix A).
    ///
    /// Before the first wrap there is no earlier ROC, so a number that seems to be of the one before counts as new.
    /// - Returns: `nil` past 2^48 packets, where the key's life ends.
    package func packetIndex(of sequence: UInt16) -> UInt64? {
        guard let highest = rtp.highest else { return UInt64(sequence) }
        let last = UInt16(truncatingIfNeeded: highest)
        var rollovers = highest >> 16
        if last < 0x8000 {
            if Int(sequence) - Int(last) > 0x8000, rollovers > 0 { rollovers -= 1 }
        } else if Int(last) - 0x8000 > Int(sequence) {
            rollovers += 1
        }
        guard rollovers <= UInt64(UInt32.max) else { return nil }
        return rollovers << 16 | UInt64(sequence)
    }

    /// The index of the next SRTCP packet to send, from 0 (RFC 3711 §3.4).
    ///
    /// - Returns: `nil` past 2^31 packets, where the key's life ends.
    package var nextControlIndex: UInt32? {
        guard let highest = rtcp.highest else { return 0 }
        return highest < 0x7FFF_FFFF ? UInt32(highest + 1) : nil
    }
}

/// The streams of a session: few, found by a look through their SSRCs, which lie side by side.
struct SRTPStreams: ~Copyable {
    private var ssrcs: [UInt32] = []
    private var streams: [SRTPStream] = []
    /// The stream found last; most packets belong to the same as the one before.
    private var recent = 0

    init() {}

    var count: Int { ssrcs.count }

    /// The place of a stream, valid until the next ``remove(_:)``.
    mutating func place(of ssrc: UInt32) -> Int? {
        if recent < ssrcs.count, ssrcs[recent] == ssrc { return recent }
        guard let found = ssrcs.firstIndex(of: ssrc) else { return nil }
        recent = found
        return found
    }

    /// Begins a stream that has none. The only thing here that allocates.
    mutating func add(_ ssrc: UInt32) -> Int {
        ssrcs.append(ssrc)
        streams.append(SRTPStream())
        recent = ssrcs.count - 1
        return recent
    }

    mutating func remove(_ ssrc: UInt32) {
        guard let place = place(of: ssrc) else { return }
        ssrcs.swapAt(place, ssrcs.count - 1)
        streams.swapAt(place, streams.count - 1)
        ssrcs.removeLast()
        streams.removeLast()
    }

    subscript(place: Int) -> SRTPStream {
        _read { yield streams[place] }
        _modify { yield &streams[place] }
    }
}
