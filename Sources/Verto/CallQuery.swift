package import Calls

/// A question or an order of the text API about calls: from users whose lists name the command, or from the control
/// socket. The server need not ask for permissions again.
package enum CallQuery: Sendable, Equatable {
    /// `show channels` and `show calls`: answered with all live legs.
    case legs
    /// `verto_contact`: where this user (`id@domain`) can be called. Answered with a dial string, which holds no
    /// session.
    case contacts(of: String)
    /// `uuid_kill`.
    case kill(LegID, HangupCause)
    /// `hupall`.
    case killAll(HangupCause)
    /// `uuid_transfer`: this leg, or its far one, goes to an extension of its own context.
    case transfer(LegID, to: String, farLeg: Bool)
    /// `uuid_deflect`: the far end of this SIP leg is asked to call somebody itself.
    case deflect(LegID, to: String)
    /// `originate`: call out and run `destination`, an extension or `&application(data)`. The answer may take as long
    /// as the far end rings.
    case originate(dialString: String, destination: String)
    /// `sofia_contact`: where the phones of this user can be called, as `PROFILE/id@domain`, `*/id@domain` or
    /// `id@domain`. Answered as ``contacts(of:)`` is.
    case phones(of: String)
    /// `sofia …`: registrations, gateways and profiles. Answered with a text.
    case sofia(String)
}

/// The answer to a ``CallQuery``.
package enum CallQueryAnswer: Sendable, Equatable {
    /// Carried out.
    case done
    case legs([Leg])
    case contacts(String)
    case text(String)
    /// An ``CallQuery/originate(dialString:destination:)`` was answered; its new leg.
    case originated(LegID)
    case noSuchCall
    case failed(HangupCause)
}
