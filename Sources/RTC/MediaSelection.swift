import Wire

/// Which m-lines of an offer are accepted: those that hold what we can use and share one transport.
struct MediaSelection {
    /// One of our pairs of sources for a video m-line.
    struct Video {
        let index: Int
        /// Place in ``LocalTransport/videoSSRCs``.
        let pair: Int
    }

    /// Index of the m-line.
    private(set) var audio: Int?
    private(set) var videos: [Video] = []
    /// All that is accepted, in the order of the BUNDLE group: the first one's transport is everybody's (RFC 8843
    /// §7.3.1).
    private(set) var accepted: [Int]
    /// Whether ``accepted`` are a group; a single m-line need not be.
    let isBundled: Bool
    /// Our pair of sources, by m-line. Once given it stays, also while the m-line is refused: a source with a past must
    /// not appear elsewhere.
    private(set) var pairs: [Int: Int]

    /// - Parameters:
    ///   - pairs: What earlier offers of the call gave.
    ///   - available: How many pairs there are.
    init(of offer: SessionDescription, pairs: [Int: Int], available: Int) throws(Negotiation.Failure) {
        let usable = Self.distinct(offer)
        audio = usable.first { offer.media[$0].kind == "audio" }
        if let audio, Self.opus(of: offer.media[audio]) == nil { throw .noOpus }
        let videos = usable.filter { Self.isUsableVideo(offer.media[$0]) }
        guard let lead = audio ?? videos.first else { throw .noMedia }

        let candidates = Set(videos + (audio.map { [$0] } ?? []))
        let group = Self.bundle(offer, among: candidates)
        isBundled = group.contains(lead)
        accepted = isBundled ? group : [lead]
        self.pairs = pairs
        for index in videos where accepted.contains(index) {
            guard let pair = givePair(to: index, available: available) else { continue }
            self.videos.append(Video(index: index, pair: pair))
        }
        accepted = accepted.filter { index in index == audio || self.videos.contains { $0.index == index } }
        if accepted.isEmpty { throw .noMedia }
    }

    private mutating func givePair(to index: Int, available: Int) -> Int? {
        if let known = pairs[index] { return known }
        let taken = Set(pairs.values)
        let free = (0..<min(available, VideoParameters.mostLines)).first { !taken.contains($0) }
        if let free { pairs[index] = free }
        return free
    }

    /// M-lines that are on offer, without those whose name an earlier one has (RFC 5888 §4).
    private static func distinct(_ offer: SessionDescription) -> [Int] {
        var names: Set<String> = []
        return offer.media.indices.filter { index in
            let line = offer.media[index]
            let isNew = line.mid.map { names.insert($0).inserted } ?? true
            return isNew && !line.isRejected
        }
    }

    /// The `candidates` in the order of the BUNDLE group.
    private static func bundle(_ offer: SessionDescription, among candidates: Set<Int>) -> [Int] {
        var places: [String: Int] = [:]
        for index in candidates {
            if let mid = offer.media[index].mid { places[mid] = index }
        }
        return offer.bundleGroup.compactMap { places.removeValue(forKey: $0) }
    }

    /// Without rtcp-mux there is no BUNDLE (RFC 8843 §9.3).
    private static func isUsableVideo(_ line: MediaDescription) -> Bool {
        line.kind == "video" && line.rtcpMux && vp8(of: line) != nil
    }

    static func opus(of line: MediaDescription) -> Codec? {
        line.codecs.first { $0.isNamed("opus") && $0.clockRate == 48_000 }
    }

    static func vp8(of line: MediaDescription) -> Codec? {
        line.codecs.first { $0.isNamed("VP8") && $0.clockRate == 90_000 }
    }
}
