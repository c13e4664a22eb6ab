package import Calls
package import Wire

/// Where the messages of calls go, as far as that is known: media are likely to be near.
extension SIPEndpoint {
    /// Where an INVITE to this target would go; `nil` when a name has to be looked up first.
    package func address(of target: SIPTarget, _ variables: [String: String], at now: Instant) -> TransportAddress? {
        (try? route(to: target, variables, at: now))?.paths.first?.remote
    }

    /// Where the far end of a call is, by what it said last; `nil` before it said anything.
    package func address(of leg: LegID) -> TransportAddress? {
        guard let call = calls[leg] else { return nil }
        return call.dialog?.path.remote ?? call.placed?.path?.remote
    }
}
