import Wire

/// How many calls strangers may have, and how many a second may begin (sip.md §4.7).
///
/// Gateways and listed addresses are no strangers: only a rate of their own holds for them. Users of the directory count
/// by whom they call, not by their address, which a whole office may share.
struct CallQuotas: Sendable {
    /// A caller at its address and whom it calls: what goes round in circles comes back with the same three.
    struct Pair: Hashable, Sendable {
        let source: SourceKey
        let caller: String
        let callee: String
    }

    /// What a call counts against until it ends.
    struct Share: Sendable {
        var source: SourceKey?
        var pair: Pair?
    }

    private var bySource: [SourceKey: Int] = [:]
    private var byPair: [Pair: Int] = [:]
    /// Of profiles and of gateways.
    private var rates: [Rate: RateBucket] = [:]

    enum Rate: Hashable, Sendable {
        case profile(String)
        case gateway(String)
    }

    /// Sources and pairs with a call.
    var count: Int { bySource.count + byPair.count }

    /// Whether one more call is within the limits of its profile; `nil`: it is, and ``take(_:)`` counts it.
    func refuses(_ share: Share, _ profile: SIPProfile) -> SIPCounter? {
        if let source = share.source, let limit = profile.maximumCallsPerSource, bySource[source, default: 0] >= limit {
            return .sourceCallLimit
        }
        if let pair = share.pair, let limit = profile.maximumCallsPerPair, byPair[pair, default: 0] >= limit {
            return .pairCallLimit
        }
        return nil
    }

    /// Takes one call from a rate a second. A second's worth may come at once.
    mutating func permits(_ rate: Rate, _ perSecond: Double?, at now: Instant) -> Bool {
        guard let perSecond else { return true }
        let burst = max(1, perSecond)
        return rates[rate, default: RateBucket(burst: burst, at: now)].take(rate: perSecond, burst: burst, at: now)
    }

    mutating func take(_ share: Share) {
        if let source = share.source { bySource[source, default: 0] += 1 }
        if let pair = share.pair { byPair[pair, default: 0] += 1 }
    }

    /// The call is over.
    mutating func release(_ share: Share) {
        if let source = share.source { Self.lower(&bySource[source]) }
        if let pair = share.pair { Self.lower(&byPair[pair]) }
    }

    private static func lower(_ count: inout Int?) { count = count.flatMap { $0 > 1 ? $0 - 1 : nil } }
}
