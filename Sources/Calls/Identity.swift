/// A name and a number, as one party of a call is shown to another.
struct Identity: Sendable, Equatable {
    var name: String
    var number: String

    /// Without control characters, and not longer than anybody reads.
    static func clean(_ text: String?) -> String? {
        guard let text else { return nil }
        let scalars = text.unicodeScalars.lazy.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(maximumLength)
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        let cleaned = String(String(view).trimmed)
        return cleaned.isEmpty ? nil : cleaned
    }

    private static let maximumLength = 256
}

extension Leg {
    /// Who is at the far end of this leg.
    var identity: Identity {
        switch direction {
        case .inbound: Identity(name: callerIDName, number: callerIDNumber)
        case .outbound: Identity(name: calleeIDName, number: calleeIDNumber)
        }
    }

    /// Who is at the far end of this leg, as the dialplan wants others to see it: `effective_caller_id_…` on an
    /// inbound leg.
    var shownIdentity: Identity {
        var shown = identity
        guard direction == .inbound else { return shown }
        if let name = Identity.clean(variables["effective_caller_id_name"]) { shown.name = name }
        if let number = Identity.clean(variables["effective_caller_id_number"]) { shown.number = number }
        return shown
    }

    /// Who the far end believes to talk to.
    var remoteIdentity: Identity {
        get {
            switch direction {
            case .inbound: Identity(name: calleeIDName, number: calleeIDNumber)
            case .outbound: Identity(name: callerIDName, number: callerIDNumber)
            }
        }
        set {
            switch direction {
            case .inbound: (calleeIDName, calleeIDNumber) = (newValue.name, newValue.number)
            case .outbound: (callerIDName, callerIDNumber) = (newValue.name, newValue.number)
            }
        }
    }
}
