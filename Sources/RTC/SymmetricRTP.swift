package import Wire

/// Where plain RTP comes from and goes to (RFC 4961), and which source is believed.
///
/// The address in an SDP is often wrong, because of a NAT, and plain RTP proves nothing: whoever sprays our ports with
/// packets would like to be taken for the far end. So we begin with the SDP's address and search until a source is
/// settled: the first that sends ``probation`` packets of one SSRC in a row, with payload types that were agreed on. The
/// SDP's own address, and any in its network or the network the signalling comes from, is believed at once; from
/// elsewhere only after a time in which none of those was heard, and until one of them comes. Then everything else is
/// dropped, until a new offer and answer or a long silence open the search again; after a silence from elsewhere only
/// the stream that was heard before. Feed it only what proved authentic, where there are keys.
package struct SymmetricRTP: Sendable {
    package enum Verdict: Equatable, Sendable {
        /// From the far end.
        case known
        /// From the far end, which turned out to be at another address: send there.
        case moved
        /// From somebody else, or from somebody not believed yet: drop it.
        case stranger
    }

    /// Where to send RTP; `nil` until there is an address.
    package private(set) var rtp: TransportAddress?
    /// Where to send RTCP.
    package private(set) var rtcp: TransportAddress?
    /// RTCP goes to and comes from the port of RTP (RFC 5761).
    package private(set) var isMuxed: Bool
    /// Whether a source is settled, or the search was given up for now.
    package var isLocked: Bool { search == .closed }

    private enum Search: Equatable {
        /// Nothing came yet that could be the far end.
        case waiting
        case open(since: Instant)
        case closed
    }

    private var search = Search.waiting
    private var candidates: [Candidate] = []
    private var remote: PlainRemote
    /// Where the far end was before the last offer and answer; what still comes from there is old.
    private var former: TransportAddress?
    /// The stream of the source that was settled last; `nil` when none was since the last offer and answer. After a
    /// silence strangers may come with this one only: a phone whose NAT has given it another port goes on with it.
    private var settled: SSRC?
    /// Settled on a source from nowhere we know, for want of another one: one that we trust may still take its place.
    private var isGuess = false
    private var isReportLocked = false
    /// When anything came from the far end, RTCP included.
    private var lastHeard: Instant
    /// When RTP came from it.
    private var lastMedia: Instant
    /// When RTP came from a source that is believed at once.
    private var lastTrusted: Instant?

    package init(remote: PlainRemote, at now: Instant) {
        (rtp, rtcp, isMuxed) = (remote.rtp, remote.rtcp, remote.isMuxed)
        self.remote = remote
        lastHeard = now
        lastMedia = now
        candidates.reserveCapacity(Self.mostCandidates)
    }

    /// Takes what a new offer and answer say, and searches again.
    ///
    /// Where the SDP's address is as before, the place we found the far end at serves on: phones behind a NAT say the
    /// same wrong address each time.
    package mutating func renegotiate(_ remote: PlainRemote, at now: Instant) {
        let isElsewhere = remote.rtp != self.remote.rtp || isGuess
        if isElsewhere || remote.rtcp != self.remote.rtcp || remote.isMuxed != isMuxed { rtcp = remote.rtcp }
        if isElsewhere { (former, rtp) = (rtp, remote.rtp) }
        if remote.isMuxed, !isMuxed { rtcp = rtp }
        isMuxed = remote.isMuxed
        self.remote = remote
        (isGuess, settled) = (false, nil)
        (lastHeard, lastMedia) = (now, now)
        reopen()
    }

    /// Whether a packet from `source` is worth a look; for all others not even a signature is checked.
    package func mayComeFrom(_ source: TransportAddress) -> Bool {
        source == rtp || !isLocked || (isGuess && trusts(source))
    }

    /// Takes the header of an RTP packet.
    package mutating func receive(_ header: RTPHeader, from source: TransportAddress, at now: Instant) -> Verdict {
        guard source != rtp || !isLocked else {
            (lastHeard, lastMedia) = (now, now)
            return .known
        }
        closeIfLate(at: now)
        guard mayComeFrom(source), remote.payloadTypes.contains(header.payloadType) else { return .stranger }
        let isTrusted = trusts(source)
        let isKnown = isTrusted || source == rtp || settled == nil || settled == header.ssrc
        guard isKnown else { return .stranger }
        // Strangers do not run the far end's time down.
        if isTrusted, search == .waiting { search = .open(since: now) }
        if isTrusted { lastTrusted = now }
        let isSettled = count(header, from: source, isTrusted: isTrusted, at: now)
        guard source != rtp else {
            (lastHeard, lastMedia) = (now, now)
            if isSettled { settle(on: source, header.ssrc, isTrusted: !isGuess) }
            return .known
        }
        guard isSettled else { return .stranger }
        (lastHeard, lastMedia) = (now, now)
        settle(on: source, header.ssrc, isTrusted: isTrusted)
        return .moved
    }

    /// Whether RTCP from `source` is worth a look.
    ///
    /// - Parameter isOnRTP: It came to the port of RTP; some multiplex without having agreed on it.
    package func reportMayComeFrom(_ source: TransportAddress, isOnRTP: Bool) -> Bool {
        if source == rtcp || (isOnRTP && source == rtp) { return true }
        // A NAT gives RTCP a port of its own; the address must be the one that RTP proved.
        guard !isMuxed, !isReportLocked, isLocked, let rtp else { return false }
        return !isOnRTP && source.isSameHost(as: rtp)
    }

    /// Takes the source of an RTCP packet that ``reportMayComeFrom(_:isOnRTP:)``. Returns whether reports go elsewhere
    /// from now on.
    package mutating func receiveReport(from source: TransportAddress, isOnRTP: Bool, at now: Instant) -> Bool {
        lastHeard = now
        guard !isOnRTP, !isMuxed else { return false }
        if isLocked { isReportLocked = true }
        guard source != rtcp else { return false }
        rtcp = source
        return true
    }

    /// Gives up the search, or begins it again.
    ///
    /// - Parameter mayUnlock: Not on hold, where silence is as it should be.
    package mutating func advance(to now: Instant, mayUnlock: Bool) {
        closeIfLate(at: now)
        guard isLocked, mayUnlock, now.duration(since: lastMedia) > Self.unlockingSilence else { return }
        lastMedia = now
        reopen()
    }

    /// How long nothing came from the far end.
    package func silence(at now: Instant) -> Duration { now.duration(since: lastHeard) }

    /// Packets in a row that make a source (RFC 3550 §A.1 has two).
    package static let probation = 3
    /// From the first packet on that could be the far end's.
    package static let searchTime: Duration = .seconds(5)
    package static let unlockingSilence: Duration = .seconds(10)
    /// How long a source from nowhere we know must send, and no other one.
    package static let strangersPatience: Duration = .seconds(1)
    private static let mostCandidates = 4
}

// MARK: - The search

extension SymmetricRTP {
    /// A source on probation.
    private struct Candidate {
        let address: TransportAddress
        let ssrc: SSRC
        let isTrusted: Bool
        var sequence: UInt16
        var inRow: Int
        var first: Instant
        var last: Instant
    }

    private func trusts(_ source: TransportAddress) -> Bool {
        if source == rtp { return !isGuess }
        guard source != former else { return false }
        return remote.rtp.map(source.isSameNetwork(as:)) == true
            || remote.signalling.map(source.isSameNetwork(as:)) == true
    }

    /// Counts a packet to its source; `true` when that is believed now.
    private mutating func count(
        _ header: RTPHeader, from source: TransportAddress, isTrusted: Bool, at now: Instant
    ) -> Bool {
        guard let place = place(for: header, from: source, isTrusted: isTrusted, at: now) else { return false }
        let candidate = candidates[place]
        guard candidate.inRow >= Self.probation else { return false }
        if isTrusted { return true }
        return now.duration(since: candidate.first) >= Self.strangersPatience
            && lastTrusted.map { now.duration(since: $0) >= Self.strangersPatience } ?? true
    }

    private mutating func place(
        for header: RTPHeader, from source: TransportAddress, isTrusted: Bool, at now: Instant
    ) -> Int? {
        if let known = candidates.firstIndex(where: { $0.address == source && $0.ssrc == header.ssrc }) {
            let isNext = header.sequence == candidates[known].sequence &+ 1
            candidates[known].inRow = isNext ? candidates[known].inRow &+ 1 : 1
            candidates[known].sequence = header.sequence
            candidates[known].last = now
            return known
        }
        let candidate = Candidate(
            address: source, ssrc: header.ssrc, isTrusted: isTrusted, sequence: header.sequence, inRow: 1, first: now,
            last: now)
        if candidates.count < Self.mostCandidates {
            candidates.append(candidate)
            return candidates.count - 1
        }
        guard let place = replaceable(isTrusted: isTrusted, at: now) else { return nil }
        candidates[place] = candidate
        return place
    }

    /// The place of a source that may be forgotten: one that has stopped, and for one we trust any that we do not, so
    /// that a crowd cannot keep the far end out.
    private func replaceable(isTrusted: Bool, at now: Instant) -> Int? {
        candidates.firstIndex { now.duration(since: $0.last) > Self.pause }
            ?? (isTrusted ? candidates.firstIndex { !$0.isTrusted } : nil)
    }

    private mutating func settle(on source: TransportAddress, _ ssrc: SSRC, isTrusted: Bool) {
        (isGuess, settled) = (!isTrusted, ssrc)
        if source != rtp {
            rtp = source
            // Where it is for sure nobody knows until it comes; the port above is where it would be without a NAT.
            if isMuxed { rtcp = source } else if !isReportLocked { rtcp = source.nextPort ?? rtcp }
        }
        close()
    }

    private mutating func closeIfLate(at now: Instant) {
        guard case .open(let start) = search, now.duration(since: start) > Self.searchTime else { return }
        lastMedia = now
        close()
    }

    private mutating func close() {
        search = .closed
        former = nil
        candidates.removeAll(keepingCapacity: true)
    }

    private mutating func reopen() {
        search = .waiting
        isReportLocked = false
        lastTrusted = nil
        candidates.removeAll(keepingCapacity: true)
    }

    /// Longer than any packet, shorter than the time a stranger must wait.
    private static let pause: Duration = .milliseconds(500)
}

// MARK: - Networks

extension TransportAddress {
    fileprivate func isSameHost(as other: TransportAddress) -> Bool {
        if let own = ipv4 { return own == other.ipv4 }
        guard let own = ipv6, let other = other.ipv6 else { return false }
        return own == other
    }

    /// The same /24 of IPv4 or /64 of IPv6: the pool of a carrier's NAT, the racks of a trunk.
    fileprivate func isSameNetwork(as other: TransportAddress) -> Bool {
        if let own = ipv4 { return other.ipv4.map { $0 >> 8 == own >> 8 } ?? false }
        return ipv6?.high == other.ipv6?.high
    }

    fileprivate var nextPort: TransportAddress? {
        guard port < .max else { return nil }
        if let ipv4 { return TransportAddress(ipv4: ipv4, port: port + 1) }
        return ipv6.map { TransportAddress(ipv6High: $0.high, low: $0.low, port: port + 1) }
    }
}
