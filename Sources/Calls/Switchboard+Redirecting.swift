/// Far ends that want a call elsewhere (SIP 3xx).
///
/// Where to is a wish: the caller's leg is routed to the user of the first address that has one, in the context
/// `sip_redirect_context`, else `redirected` when there is such a context, else where the far end may dial by itself.
/// The host of the address is never called.
extension Switchboard {
    /// Keeps where the far end sent the call, until the leg ends.
    mutating func redirected(_ id: LegID, to contacts: [String]) -> [CallStep] {
        guard calls[id]?.activity == .offered else { return [] }
        calls[id]?.redirectedTo = contacts.prefix(Self.maximumContacts).map { String($0.prefix(Self.maximumSize)) }
        return []
    }

    /// Where the end of `run` sends the one who called it; `nil` when it does not, or may not.
    func redirection(by run: LegRun, of id: AttemptID) -> Attempt.Redirection? {
        guard let attempt = attempts[id], attempt.redirection == nil, case .leg(let origin) = attempt.origin,
            let caller = calls[origin], let first = run.redirectedTo.first
        else { return nil }
        let own = run.leg.variables.merging(caller.leg.variables) { one, _ in one }
        guard !(own["outbound_redirect_fatal"]?.isAffirmative ?? false) else { return nil }
        guard let contact = run.redirectedTo.lazy.compactMap(SIPContact.init(parsing:)).first else { return nil }
        let named = own["sip_redirect_context"].flatMap { $0.isEmpty ? nil : $0 }
        let context = named ?? (dialplan.hasContext(Self.context) ? Self.context : run.leg.homeContext)
        var variables = ["sip_redirected_to": first, "sip_redirected_by": run.leg.identity.number]
        for (index, text) in run.redirectedTo.enumerated() {
            guard let contact = SIPContact(parsing: text) else { continue }
            variables["sip_redirect_contact_\(index)"] = text
            variables["sip_redirect_contact_user_\(index)"] = contact.user
            variables["sip_redirect_contact_host_\(index)"] = contact.host
        }
        return Attempt.Redirection(destination: contact.user, context: context, variables: variables)
    }

    /// Sends the caller where a far end wanted it; `nil` when it has been sent around enough, or there is nothing.
    mutating func follow(_ redirection: Attempt.Redirection?, _ id: LegID, at now: Duration) -> [CallStep]? {
        guard let redirection, let run = calls[id], run.redirects < Self.maximumHops else { return nil }
        calls[id]?.leg.variables.merge(redirection.variables) { $1 }
        guard leads(redirection.destination, in: redirection.context, for: id) else { return nil }
        calls[id]?.redirects += 1
        return jump(id, to: redirection.destination, redirection.context, at: now)
    }

    /// Whether the leg would find an extension there.
    func leads(_ destination: String, in context: String, for id: LegID) -> Bool {
        guard var attributes = calls[id]?.leg.attributes else { return false }
        (attributes.destinationNumber, attributes.context) = (destination, context)
        return !dialplan.route(attributes, in: context, functions: functions).applications.isEmpty
    }

    private static let context = "redirected"
    private static let maximumHops = 5
    private static let maximumContacts = 5
    /// In characters.
    private static let maximumSize = 1_024
}
