/// An outbound leg on its way to a door, with what its offer depends on.
package struct Outgoing: Sendable, Equatable {
    package let leg: Leg
    /// Offer video when this leg's offer had it, and use its media loop; `nil` when nobody waits for the answer.
    package let like: LegID?
    /// The leg's `verto_h_…` variables, in full name, for the call parameters of `verto.invite`.
    package let headers: [String: String]
    /// The leg's `verto_svar_…` variables, in full name, for the `variables` object.
    package let serverVariables: [String: String]
    /// For a SIP door: what stands in Max-Forwards.
    package var maxForwards: Int { leg.maxForwards }

    package init(leg: Leg, like: LegID?) {
        self.leg = leg
        self.like = like
        headers = leg.variables.filter { $0.key.hasPrefix("verto_h_") }
        serverVariables = leg.variables.filter { $0.key.hasPrefix("verto_svar_") }
    }
}
