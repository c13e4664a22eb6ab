package import Calls
package import Wire

/// What the bridge says of calls.
extension SIPEndpoint {
    /// Something happened to a call that came as ``SIPOutput/invite(_:)``, or that was placed. Unknown legs are ignored.
    package mutating func call(
        _ leg: LegID, _ news: SIPCallNews, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg], call.isLive else { return }
        switch news {
        case .ringing: progress(leg, 180, sdp: nil, at: now, into: &out)
        case .early(let sdp): progress(leg, 183, sdp: sdp, at: now, into: &out)
        case .answered(let sdp): accept(leg, sdp: sdp, at: now, into: &out)
        case .ended(let cause, let status, let warning):
            end(leg, cause, status: status, warning: warning, at: now, into: &out)
        case .display(let name, let number): calls[leg]?.shown = (name, number)
        }
        settle(at: now, into: &out)
    }

    /// Headers for what we say of this call from now on: `sip_bye_h_…`, `sip_ph_…`, `sip_rh_…`, `sip_info_h_…` and the
    /// switches of sip.md §2.2.
    package mutating func setVariables(_ variables: [String: String], of leg: LegID) {
        calls[leg]?.variables.merge(variables) { $1 }
    }
}
