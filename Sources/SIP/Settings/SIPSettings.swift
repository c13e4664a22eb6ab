/// What an operator may turn on the SIP door as a whole; most is turned per ``SIPProfile``.
package struct SIPSettings: Sendable, Equatable {
    package var profiles: [SIPProfile] = []
    /// `User-Agent` and `Server` (`user-agent-string`); empty: neither is sent.
    package var userAgent = "Parley"
    package var timers = SIPTimers()
    package var limits = SIPLimits()
    package var defence = DefencePolicy()

    /// Calls at one time over all profiles; above it an INVITE gets 503 with ``busyRetryAfter`` (`max-sessions`).
    package var maximumCalls = 1000
    /// Placed calls of one gateway at one time without a limit of its own.
    package var maximumCallsPerGateway = 200
    /// What `Retry-After` says when there are too many calls.
    package var busyRetryAfter: Duration = .seconds(300)
    /// What a request may bring as `Max-Forwards` when it brings none, and what a placed call starts with.
    package var maximumForwards = 70
    /// Hops of a call that follows redirections (`3xx`).
    package var maximumRedirects = 5
    /// A call without a final answer is given up after so long, whatever asked for it.
    package var ringLimit: Duration = .seconds(300)
    /// Unix time of ``Wire/Instant`` zero, in seconds: what `Date` is counted with.
    package var unixTimeAtZero: Int64 = 0
    /// A name for this server that stays over restarts, for `+sip.instance` of gateways (`urn:uuid:…`); empty: none.
    package var instanceID = ""

    package init() {}

    /// The profile of that name.
    package func profile(_ name: String) -> SIPProfile? { profiles.first { $0.name == name } }

    /// The gateway of that name and the profile it belongs to.
    package func gateway(_ name: String) -> (settings: GatewaySettings, profile: SIPProfile)? {
        for profile in profiles {
            if let gateway = profile.gateways.first(where: { $0.name == name }) { return (gateway, profile) }
        }
        return nil
    }
}
