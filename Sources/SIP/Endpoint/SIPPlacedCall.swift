package import Calls

/// A call from us to a phone or through a gateway.
package struct SIPPlacedCall: Sendable, Equatable {
    /// Its id is unique among live legs; its variables are those of sip.md §2.2.
    package var leg: Leg
    package var target: SIPTarget
    /// The complete offer.
    package var sdp: String
    package var callerIDName: String
    package var callerIDNumber: String
    package var variables: [String: String]
    /// One less than that of the leg it is placed for.
    package var maxForwards: Int

    package init(
        leg: Leg, target: SIPTarget, sdp: String, callerIDName: String = "", callerIDNumber: String = "",
        variables: [String: String] = [:], maxForwards: Int = 70
    ) {
        (self.leg, self.target, self.sdp) = (leg, target, sdp)
        (self.callerIDName, self.callerIDNumber) = (callerIDName, callerIDNumber)
        (self.variables, self.maxForwards) = (variables, maxForwards)
    }
}
