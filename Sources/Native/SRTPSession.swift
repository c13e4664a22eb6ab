/// Why a packet was not protected or not accepted. The caller counts and drops; none of these ends a call.
package enum SRTPError: Error, Equatable {
    /// Tampered with, or protected with other keys.
    case authenticationFailed
    /// Used before, older than the window of 1024 packets (128 of RTCP), or past the last index: a normal duplicate.
    case replayed
    /// No RTP or RTCP packet, or keys of the wrong length.
    case malformed
    /// The packet would begin one stream more than the session keeps. Not looked at, so perhaps not authentic.
    case tooManyStreams
    /// libcrypto refused: no memory, or an algorithm it was built without.
    case library
}

/// One direction of SRTP and SRTCP for all streams of a transport (RFC 3711, RFC 7714).
///
/// Streams appear with their first authentic packet and stay, up to a limit: ``remove(ssrc:)`` after BYE. Nothing
/// changes before a packet proved authentic. Start sequence numbers below 0x8000, or a loss around the first wrap costs
/// the receiver its rollover counter (RFC 3711 §3.3.1). After a stream's first packet nothing is allocated, and no lock
/// is ever taken: a session belongs to one event loop.
package struct SRTPSession: ~Copyable {
    package enum Direction: Sendable { case inbound, outbound }

    /// Bytes that protecting adds at most: 16 of GCM's tag and SRTCP's word of 4. SRTP alone adds 4, 10 or 16.
    package static let trailer = 20

    private var rtp: SRTPCipher
    private var rtcp: SRTPCipher
    private var streams = SRTPStreams()
    private let maximumStreams: Int
    private let profile: SRTPProfile

    /// - Parameters:
    ///   - key: Master key, then master salt: `profile.masterLength` bytes.
    ///   - maximumStreams: How many SSRCs a peer may send with, RTP and RTCP together, before more of them are refused
    ///     with ``SRTPError/tooManyStreams``: a peer with good keys shall not fill our memory. What we send has no limit.
    /// - Throws: ``SRTPError/malformed`` for a key of another length.
    package init(
        profile: SRTPProfile, key: [UInt8], direction: Direction, maximumStreams: Int = 64
    ) throws(SRTPError) {
        let rtpKeys = try SRTPSessionKeys(deriving: .rtp, of: profile, from: key)
        let rtcpKeys = try SRTPSessionKeys(deriving: .rtcp, of: profile, from: key)
        let rtp = try SRTPCipher(profile: profile, keys: rtpKeys, protocolKind: .rtp, direction: direction)
        let rtcp = try SRTPCipher(profile: profile, keys: rtcpKeys, protocolKind: .rtcp, direction: direction)
        self.rtp = rtp
        self.rtcp = rtcp
        self.maximumStreams = maximumStreams
        self.profile = profile
    }

    /// Encrypts and signs the RTP packet in the first `count` bytes, in place. Returns the protected length.
    ///
    /// Header, CSRCs and extension stay readable; padding is payload. Never twice for one SSRC and sequence number
    /// (RFC 7714 §8.1), which throws ``SRTPError/replayed``. A number that was left out may follow later, within the
    /// window.
    /// - Parameter isRepeat: The very same bytes were protected before and become the same again: one key stream, one
    ///   text. Throws ``SRTPError/replayed`` for what was not, or left the window.
    /// - Precondition: `packet` has room for ``trailer`` bytes behind `count`.
    package mutating func protect(
        _ packet: inout MutableSpan<UInt8>, count: Int, isRepeat: Bool = false
    ) throws(SRTPError) -> Int {
        precondition(count >= 0 && packet.count - Self.trailer >= count, "no room for the SRTP trailer")
        let header = try SRTPHeader(ofRTP: packet.span.extracting(..<count))
        let place = streams.place(of: header.ssrc) ?? streams.add(header.ssrc)
        let number = header.sequence
        guard let index = isRepeat ? streams[place].usedIndex(of: number) : streams[place].freshIndex(of: number)
        else { throw .replayed }
        if !isRepeat { streams[place].rtp.record(index) }  // before its use: an index whose sealing failed is spent
        try rtp.seal(&packet, frame(header, index: index, end: count))
        return count + profile.tagLength
    }

    /// The same for a compound RTCP packet (RFC 3711 §3.4).
    package mutating func protectRTCP(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SRTPError) -> Int {
        precondition(count >= 0 && packet.count - Self.trailer >= count, "no room for the SRTCP trailer")
        let header = try SRTPHeader(ofRTCP: packet.span.extracting(..<count))
        let place = streams.place(of: header.ssrc) ?? streams.add(header.ssrc)
        guard let index = streams[place].nextControlIndex else { throw .replayed }
        streams[place].rtcp.record(UInt64(index))
        let frame = controlFrame(header, word: Self.encryptedFlag | index, end: count)
        Self.write(frame.word, to: &packet, at: wordOffset(end: count))
        try rtcp.seal(&packet, frame)
        return count + profile.controlTagLength + Self.wordLength
    }

    /// Checks and decrypts the SRTP packet in the first `count` bytes, in place. Returns the RTP packet's length.
    ///
    /// After an error the bytes behind the header mean nothing.
    package mutating func unprotect(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SRTPError) -> Int {
        guard count <= packet.count, count >= profile.tagLength else { throw .malformed }
        let end = count - profile.tagLength
        let header = try SRTPHeader(ofRTP: packet.span.extracting(..<end))
        let known = try knownPlace(of: header.ssrc)
        var index = UInt64(header.sequence)
        if let known {
            guard let fresh = streams[known].freshIndex(of: header.sequence) else { throw .replayed }
            index = fresh
        }
        try rtp.open(&packet, frame(header, index: index, end: end))
        let place = known ?? streams.add(header.ssrc)
        streams[place].rtp.record(index)
        return end
    }

    /// The same for SRTCP. Takes packets that are signed only, too (E = 0, RFC 3711 §3.4).
    package mutating func unprotectRTCP(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SRTPError) -> Int {
        let added = profile.controlTagLength + Self.wordLength
        guard count <= packet.count, count >= added else { throw .malformed }
        let end = count - added
        let header = try SRTPHeader(ofRTCP: packet.span.extracting(..<end))
        let known = try knownPlace(of: header.ssrc)
        let word = Self.read(packet.span, at: wordOffset(end: end))
        let index = UInt64(word & ~Self.encryptedFlag)
        if let known, !streams[known].rtcp.isFresh(index) { throw .replayed }
        try rtcp.open(&packet, controlFrame(header, word: word, end: end))
        let place = known ?? streams.add(header.ssrc)
        streams[place].rtcp.record(index)
        return end
    }

    /// Forgets a stream, its rollover counter and its replay window; an unknown one is no error.
    ///
    /// What was recorded of it can be replayed from then on, and an outbound SSRC must not be used again with these
    /// keys: its indices would start from 0.
    package mutating func remove(ssrc: UInt32) { streams.remove(ssrc) }
}

// MARK: - Frames

extension SRTPSession {
    /// - Throws: ``SRTPError/tooManyStreams`` for a new SSRC when there is no place left, before any cryptography.
    private mutating func knownPlace(of ssrc: UInt32) throws(SRTPError) -> Int? {
        let known = streams.place(of: ssrc)
        guard known != nil || streams.count < maximumStreams else { throw .tooManyStreams }
        return known
    }

    private func frame(_ header: SRTPHeader, index: UInt64, end: Int) -> SRTPCipher.Frame {
        SRTPCipher.Frame(
            clear: header.length, end: end, tag: end, ssrc: header.ssrc, index: index,
            word: UInt32(truncatingIfNeeded: index >> 16))
    }

    /// Without E the whole packet stays readable.
    private func controlFrame(_ header: SRTPHeader, word: UInt32, end: Int) -> SRTPCipher.Frame {
        SRTPCipher.Frame(
            clear: word & Self.encryptedFlag == 0 ? end : header.length, end: end, tag: controlTagOffset(end: end),
            ssrc: header.ssrc, index: UInt64(word & ~Self.encryptedFlag), word: word)
    }

    /// The word stands before the tag in RFC 3711 (§3.4) and behind it in RFC 7714 (§9.2).
    private func wordOffset(end: Int) -> Int { profile == .aeadAES128GCM ? end + profile.tagLength : end }
    private func controlTagOffset(end: Int) -> Int { profile == .aeadAES128GCM ? end : end + Self.wordLength }

    private static func write(_ word: UInt32, to packet: inout MutableSpan<UInt8>, at offset: Int) {
        for index in 0..<wordLength {
            packet[offset + index] = UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * index))
        }
    }

    private static func read(_ packet: Span<UInt8>, at offset: Int) -> UInt32 {
        (0..<wordLength).reduce(0) { $0 << 8 | UInt32(packet[offset + $1]) }
    }

    /// E: the packet is encrypted, not only signed.
    private static let encryptedFlag: UInt32 = 0x8000_0000
    private static let wordLength = 4
}
