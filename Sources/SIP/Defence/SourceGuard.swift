package import Wire

/// Holds off strangers: rates, failed logins, scanners, bans (sip.md §4.7).
///
/// Trusted sources (gateways, listed networks) are never held off and never banned: their address is worth forging. Who
/// has a call, or comes the way it registered, is not held off by what others do behind the same address. For the same reason nothing is learned from what one UDP packet claims: a
/// scanner on UDP is dropped at once, but banned only when it goes on.
package struct SourceGuard: Sendable {
    package struct Ban: Sendable, Equatable {
        /// `192.0.2.1`, or `2001:db8:0:1::/64`.
        package let source: String
        package let until: Instant
    }

    private struct Record: Sendable {
        var bucket: RateBucket
        var failures = FailureLevel()
        var bannedUntil: Instant?
        /// Bans so far, each twice as long as the one before.
        var strikes = 0

        func isBanned(at now: Instant) -> Bool { bannedUntil.map { now < $0 } ?? false }
    }

    private let policy: DefencePolicy
    private let scanners: [[UInt8]]
    private var records: [SourceKey: Record] = [:]
    private var accounts: [String: FailureLevel] = [:]
    private var everybody: RateBucket

    package init(policy: DefencePolicy) {
        self.policy = policy
        scanners = policy.scanners.filter { !$0.isEmpty }.map { Array($0.lowercased().utf8) }
        everybody = RateBucket(burst: policy.globalRequestBurst, at: Instant(nanoseconds: 0))
    }

    /// Whether a datagram or message may be looked at; `nil`: yes, else what to count while it is dropped.
    package mutating func admit(_ source: TransportAddress, isTrusted: Bool, at now: Instant) -> SIPCounter? {
        if isTrusted { return nil }
        let key = SourceKey(source)
        if records[key]?.isBanned(at: now) == true { return .bannedSource }
        makeRoom(for: key, at: now)
        let isWithinRate = records[key, default: Record(bucket: RateBucket(burst: policy.requestBurst, at: now))]
            .bucket.take(rate: policy.requestsPerSecond, burst: policy.requestBurst, at: now)
        guard isWithinRate else { return .sourceRate }
        let isCalm = everybody.take(
            rate: policy.globalRequestsPerSecond, burst: policy.globalRequestBurst, at: now)
        return isCalm ? nil : .globalRate
    }

    /// Whether that `User-Agent` is a scanner's: drop the request without a word.
    package mutating func isScanner(
        _ userAgent: String?, from source: TransportAddress, over transport: SIPTransport, isTrusted: Bool,
        at now: Instant
    ) -> Bool {
        guard !isTrusted, let userAgent, names(userAgent) else { return false }
        let weight = transport.isReliable ? policy.freeFailures + 1 : Self.scannerWeight
        _ = blame(source, by: weight, at: now)
        return true
    }

    /// A wrong password, shown with a nonce that this source was given. True when that gets it banned.
    package mutating func failed(
        _ account: String, from source: TransportAddress, isTrusted: Bool, at now: Instant
    ) -> Bool {
        if accounts.count >= policy.capacity, accounts[account] == nil { forgetAccounts(at: now) }
        let level = accounts[account, default: FailureLevel()].raise(by: 1, at: now, forgiving: policy.forgiveness)
        if isTrusted { return false }
        return blame(source, by: level > policy.freeFailuresPerAccount ? policy.freeFailures + 1 : 1, at: now)
    }

    package func isBanned(_ source: TransportAddress, at now: Instant) -> Bool {
        records[SourceKey(source)]?.isBanned(at: now) ?? false
    }

    /// Who is banned, sorted by name.
    package func bans(at now: Instant) -> [Ban] {
        records.compactMap { key, record in
            guard let until = record.bannedUntil, now < until else { return nil }
            return Ban(source: key.description, until: until)
        }.sorted { $0.source < $1.source }
    }

    /// Lifts the ban of `source` and forgets its past; `nil` lifts all.
    package mutating func unban(_ source: TransportAddress?) {
        guard let source else {
            records = [:]
            return
        }
        records[SourceKey(source)] = nil
    }

    /// Records kept, for gauges.
    package var recordCount: Int { records.count + accounts.count }

    private mutating func blame(_ source: TransportAddress, by count: Int, at now: Instant) -> Bool {
        let key = SourceKey(source)
        makeRoom(for: key, at: now)
        var record = records[key] ?? Record(bucket: RateBucket(burst: policy.requestBurst, at: now))
        defer { records[key] = record }
        guard record.failures.raise(by: count, at: now, forgiving: policy.forgiveness) > policy.freeFailures
        else { return false }
        if let until = record.bannedUntil, until.advanced(by: policy.banMemory) < now { record.strikes = 0 }
        record.bannedUntil = now.advanced(byNanoseconds: banLength(record.strikes))
        record.strikes += 1
        record.failures.clear()
        return true
    }

    private func banLength(_ strikes: Int) -> Int64 {
        let longest = policy.longestBan.wholeNanoseconds
        var length = policy.firstBan.wholeNanoseconds
        for _ in 0..<min(strikes, 40) where length < longest { length &*= 2 }
        return min(length, longest)
    }

    private func names(_ userAgent: String) -> Bool {
        let text = Array(userAgent.lowercased().utf8)
        return scanners.contains { scanner in
            text.indices.contains { text[$0...].starts(with: scanner) }
        }
    }

    /// When the table is full: first those who did nothing, then those who were quiet for longest. Bans stay longest.
    private mutating func makeRoom(for key: SourceKey, at now: Instant) {
        guard records.count >= policy.capacity, records[key] == nil else { return }
        let target = policy.capacity / 2
        let ranked = records.map { key, record in
            let rank =
                record.isBanned(at: now) ? 2 : record.failures.value(at: now, forgiving: policy.forgiveness).signum()
            return (key: key, rank: rank, heard: record.bucket.filledAt)
        }.sorted { ($0.rank, $0.heard) < ($1.rank, $1.heard) }
        for entry in ranked.dropLast(target) { records[entry.key] = nil }
    }

    private mutating func forgetAccounts(at now: Instant) {
        accounts = accounts.filter { $0.value.value(at: now, forgiving: policy.forgiveness) > 0 }
        guard accounts.count >= policy.capacity else { return }
        accounts = accounts.filter { $0.value.value(at: now, forgiving: policy.forgiveness) > 1 }
        if accounts.count >= policy.capacity { accounts = [:] }
    }

    /// Packets of a scanner over UDP that get its source banned: half as many as wrong passwords.
    private static let scannerWeight = 2
}
