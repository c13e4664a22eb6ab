/// The profiles and gateways there are, each with the context in which its far ends may dial by themselves: what comes
/// in over it, and whom somebody reached over it may be transferred to.
package struct SIPRoutes: Sendable, Equatable {
    /// Context by profile name.
    package var profiles: [String: String]
    /// Context by gateway name.
    package var gateways: [String: String]

    package init(profiles: [String: String] = [:], gateways: [String: String] = [:]) {
        (self.profiles, self.gateways) = (profiles, gateways)
    }

    /// Why `target` cannot be called at all.
    func refusal(of target: SIPTarget) -> HangupCause? {
        switch target {
        case .gateway(let name, _): gateways[name] == nil ? .invalidGateway : nil
        case .address(let profile, _), .binding(_, let profile), .caller(let profile, _):
            profiles[profile] == nil ? .invalidProfile : nil
        }
    }

    /// Where the far end of a trunk dials by itself.
    func context(of target: SIPTarget) -> String? {
        switch target {
        case .gateway(let name, _): gateways[name]
        case .address(let profile, _), .binding(_, let profile), .caller(let profile, _): profiles[profile]
        }
    }

    /// Of a trunk that nobody told us of: FreeSWITCH's context for strangers.
    static let strangers = "public"
}
