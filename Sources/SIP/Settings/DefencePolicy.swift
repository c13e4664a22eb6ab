/// How strangers are held off (`SourceGuard`).
package struct DefencePolicy: Sendable, Equatable {
    /// Requests a second of one address (IPv6: one /64), and how many at once (`max-recv-requests-per-second`).
    package var requestsPerSecond = 50.0
    package var requestBurst = 200.0
    /// The same for all addresses that are not trusted.
    package var globalRequestsPerSecond = 2000.0
    package var globalRequestBurst = 4000.0
    /// Failed logins of one address that cost nothing; each is forgotten after ``forgiveness``.
    package var freeFailures = 8
    /// Failed logins on one account, from anywhere, after which an address that fails on it is banned as well.
    package var freeFailuresPerAccount = 30
    package var forgiveness: Duration = .seconds(60)
    /// The first ban; each further one lasts twice as long.
    package var firstBan: Duration = .seconds(60)
    package var longestBan: Duration = .seconds(24 * 3600)
    /// A ban's length is remembered for so long after its end.
    package var banMemory: Duration = .seconds(24 * 3600)
    /// A `User-Agent` that contains one of these, whatever the case, is a scanner: no answer, and a ban.
    package var scanners = [
        "friendly-scanner", "sipcli", "sipvicious", "sip-scan", "sundayddr", "vaxsipuseragent", "pplsip",
    ]
    /// Unknown sources on UDP get no answer to OPTIONS and REGISTER without credentials (`unknown-source: drop`).
    package var isSilent = false
    /// Addresses with a record.
    package var capacity = 16_384

    package init() {}
}
