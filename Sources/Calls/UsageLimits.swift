/// Who uses what the `limit` application counts: at most so many legs at a time, or so many calls in an interval.
struct UsageLimits: Sendable {
    private var holders: [String: Set<LegID>] = [:]
    private var rates: [String: (from: Duration, calls: Int)] = [:]

    /// Takes one of `claim`'s places for `leg`. Returns how many are taken now, or `nil` when there is none left.
    mutating func take(_ claim: LimitClaim, for leg: LegID, at now: Duration) -> Int? {
        guard let interval = claim.interval else { return hold(claim, for: leg) }
        guard rates[claim.name] != nil || rates.count < Self.maximumCount || forget(at: now) else { return nil }
        var rate = rates[claim.name] ?? (from: now, calls: 0)
        if now - rate.from >= interval { rate = (from: now, calls: 0) }
        guard claim.maximum.map({ rate.calls < $0 }) ?? true else { return nil }
        rate.calls += 1
        rates[claim.name] = rate
        return rate.calls
    }

    /// Gives back every place of a leg that is gone.
    mutating func release(_ leg: LegID) {
        guard !holders.isEmpty else { return }
        for name in holders.keys where holders[name]?.remove(leg) != nil && holders[name]?.isEmpty == true {
            holders[name] = nil
        }
    }

    func usage(_ name: String) -> Int { holders[name]?.count ?? rates[name]?.calls ?? 0 }

    private mutating func hold(_ claim: LimitClaim, for leg: LegID) -> Int? {
        var taken = holders[claim.name] ?? []
        guard taken.contains(leg) || claim.maximum.map({ taken.count < $0 }) ?? true else { return nil }
        taken.insert(leg)
        holders[claim.name] = taken
        return taken.count
    }

    /// Drops counts nobody asked about for a day; whether that made room.
    private mutating func forget(at now: Duration) -> Bool {
        rates = rates.filter { now - $0.value.from < .seconds(86_400) }
        return rates.count < Self.maximumCount
    }

    private static let maximumCount = 10_000
}

/// The data of the `limit` application: `backend realm id [max[/seconds]] [destination [dialplan [context]]]`.
package struct LimitClaim: Sendable, Equatable {
    /// `realm_id`, as FreeSWITCH names its usage.
    package let name: String
    /// `nil` counts without a bound.
    package let maximum: Int?
    /// Counts calls in this time instead of legs at a time.
    package let interval: Duration?
    /// Where a leg goes that found no place; `!CAUSE` hangs up.
    package let overflow: String?

    package init(name: String, maximum: Int?, interval: Duration? = nil, overflow: String? = nil) {
        self.name = name
        self.maximum = maximum
        self.interval = interval
        self.overflow = overflow
    }

    package init?(parsing text: String) {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count >= 3, ["hash", "db"].contains(words[0]) else { return nil }
        name = "\(words[1])_\(words[2])"
        overflow = words.count > 4 ? words[4] : nil
        guard words.count > 3 else {
            (maximum, interval) = (nil, nil)
            return
        }
        let fields = words[3].split(separator: "/", omittingEmptySubsequences: false)
        guard fields.count <= 2, let number = Int(fields[0]), number <= 1_000_000 else { return nil }
        maximum = number < 0 ? nil : number
        guard fields.count == 2 else {
            interval = nil
            return
        }
        guard let seconds = Int(fields[1]), (1...86_400).contains(seconds) else { return nil }
        interval = .seconds(seconds)
    }
}
