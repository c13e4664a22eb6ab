package import Wire

/// Slows down guessing of passwords, per address and per account.
///
/// Each side keeps a level that rises by one per failure and falls by one per ``Policy/forgiveness``. Above the free
/// attempts every further failure closes the door for a time that doubles, up to a limit. A closed door refuses
/// without looking at the password, so that a right guess cannot be told from a wrong one. An address that has logged
/// in to an account before is not held up by what others try on that account; otherwise anybody could lock it.
package struct LoginThrottle: Sendable {
    package struct Policy: Sendable {
        /// Failures from one address before it has to wait. An office of many shares one address.
        package var freePerAddress = 8
        /// Failures on one account, from anywhere, before it has to wait.
        package var freePerAccount = 5
        package var firstDelay: Duration = .seconds(1)
        package var longestDelay: Duration = .seconds(60)
        /// Time in which one failure is forgotten.
        package var forgiveness: Duration = .seconds(60)
        /// Records kept per table. When full the ones that matter least go.
        package var capacity = 8192

        package init() {}

        /// Nanoseconds to wait after so many failures too many.
        fileprivate func delay(after surplus: Int) -> Int64 {
            let longest = longestDelay.wholeNanoseconds
            var delay = firstDelay.wholeNanoseconds
            for _ in 0..<min(max(0, surplus - 1), 40) where delay < longest { delay &*= 2 }
            return min(delay, longest)
        }
    }

    private struct Record {
        var level: Int
        var at: Instant
        var closedUntil: Instant

        func level(at now: Instant, forgiving step: Int64) -> Int {
            max(0, level - Int(max(0, now.nanoseconds(since: at)) / max(1, step)))
        }
    }

    private struct Acquaintance: Hashable {
        var address: String
        var account: String
    }

    private let policy: Policy
    private var addresses: [String: Record] = [:]
    private var accounts: [String: Record] = [:]
    private var acquaintances: [Acquaintance: Instant] = [:]

    package init(policy: Policy = Policy()) { self.policy = policy }

    /// Whether an attempt has to be refused without looking at it.
    package func isClosed(to account: String, from address: String, at now: Instant) -> Bool {
        if let record = addresses[address], now < record.closedUntil { return true }
        guard let record = accounts[account], now < record.closedUntil else { return false }
        return acquaintances[Acquaintance(address: address, account: account)] == nil
    }

    package mutating func failed(_ account: String, from address: String, at now: Instant) {
        Self.raise(&addresses, address, policy.freePerAddress, policy, now)
        Self.raise(&accounts, account, policy.freePerAccount, policy, now)
    }

    /// A success forgives nothing: somebody with one account could otherwise reset the count for all others.
    package mutating func succeeded(_ account: String, from address: String, at now: Instant) {
        if acquaintances.count >= policy.capacity {
            let median = acquaintances.values.sorted()[acquaintances.count / 2]
            acquaintances = acquaintances.filter { $0.value > median }
        }
        acquaintances[Acquaintance(address: address, account: account)] = now
    }

    /// Records kept at this moment, for gauges and tests.
    package var recordCount: Int { addresses.count + accounts.count + acquaintances.count }

    private static func raise(
        _ table: inout [String: Record],
        _ key: String,
        _ free: Int,
        _ policy: Policy,
        _ now: Instant
    ) {
        let step = policy.forgiveness.wholeNanoseconds
        let level = (table[key]?.level(at: now, forgiving: step) ?? 0) + 1
        if table[key] == nil, table.count >= policy.capacity { shrink(&table, to: policy.capacity / 2, step, now) }
        let delay = level > free ? policy.delay(after: level - free) : 0
        table[key] = Record(level: level, at: now, closedUntil: now.advanced(byNanoseconds: delay))
    }

    /// Drops what is forgotten anyway and, when that is not enough, the lowest levels.
    private static func shrink(_ table: inout [String: Record], to target: Int, _ step: Int64, _ now: Instant) {
        table = table.filter { $0.value.level(at: now, forgiving: step) > 0 }
        guard table.count > target else { return }
        var surplus = table.count - target
        let limit = table.values.map(\.level).sorted()[surplus - 1]
        table = table.filter { entry in
            guard surplus > 0, entry.value.level <= limit else { return true }
            surplus -= 1
            return false
        }
    }
}
