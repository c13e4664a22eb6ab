// Values of single header fields.

/// What a body is, or may be (RFC 3261 §20.1, §20.15).
package struct SIPMediaType: Hashable, Sendable {
    /// In lower case, as is ``subtype``; `*` in an Accept.
    package var type: String
    package var subtype: String
    package var parameters: SIPParameters

    package init(_ type: String, _ subtype: String, parameters: SIPParameters = []) {
        (self.type, self.subtype, self.parameters) = (type, subtype, parameters)
    }

    package static let sdp = SIPMediaType("application", "sdp")
    package static let dtmfRelay = SIPMediaType("application", "dtmf-relay")
    package static let dtmf = SIPMediaType("application", "dtmf")
    package static let sipfrag = SIPMediaType("message", "sipfrag")
    package static let plainText = SIPMediaType("text", "plain")

    /// Whether it is that type, whatever the parameters.
    package func matches(_ other: SIPMediaType) -> Bool { type == other.type && subtype == other.subtype }

    /// Whether this range of an Accept takes `other`: `*/*`, `application/*`.
    package func accepts(_ other: SIPMediaType) -> Bool {
        (type == "*" || type == other.type) && (subtype == "*" || subtype == other.subtype)
    }

    package var text: String { "\(type)/\(subtype)\(parameters.text)" }
}

/// The dialog that an INVITE takes over (RFC 3891 §6.1). Tags as seen by who gets it.
package struct SIPReplaces: Hashable, Sendable {
    package var callID: String
    package var toTag: String
    package var fromTag: String
    package var earlyOnly: Bool

    package init(callID: String, toTag: String, fromTag: String, earlyOnly: Bool = false) {
        (self.callID, self.toTag, self.fromTag, self.earlyOnly) = (callID, toTag, fromTag, earlyOnly)
    }

    package var text: String {
        "\(callID);to-tag=\(toTag);from-tag=\(fromTag)\(earlyOnly ? ";early-only" : "")"
    }
}

/// How long a session lasts without a refresh, and who refreshes (RFC 4028 §4).
package struct SIPSessionExpires: Hashable, Sendable {
    package enum Refresher: String, Sendable { case uac, uas }

    package var seconds: Int
    package var refresher: Refresher?

    package init(_ seconds: Int, refresher: Refresher? = nil) { (self.seconds, self.refresher) = (seconds, refresher) }

    package var text: String { "\(seconds)" + (refresher.map { ";refresher=\($0.rawValue)" } ?? "") }
}

/// Which provisional response a PRACK acknowledges (RFC 3262 §7.2).
package struct RAck: Hashable, Sendable {
    package var rseq: UInt32
    package var cseq: CSeq

    package init(_ rseq: UInt32, _ cseq: CSeq) { (self.rseq, self.cseq) = (rseq, cseq) }

    package var text: String { "\(rseq) \(cseq.text)" }
}

/// Why a request is sent, in the words of one protocol (RFC 3326): `Q.850;cause=16;text="…"`.
package struct SIPReason: Hashable, Sendable {
    /// `SIP` or `Q.850`, as written.
    package var protocolName: String
    package var cause: Int?
    package var text: String { write() }
    /// For people, without quotes.
    package var phrase: String?

    package init(_ protocolName: String, cause: Int?, phrase: String? = nil) {
        (self.protocolName, self.cause, self.phrase) = (protocolName, cause, phrase)
    }

    /// Protocol names are compared without case here: both spellings of `Q.850` are met.
    package func isNamed(_ name: String) -> Bool { protocolName.equalsIgnoringASCIICase(name) }

    private func write() -> String {
        var parameters = SIPParameters()
        if let cause { parameters["cause"] = "\(cause)" }
        if let phrase, !phrase.isEmpty { parameters.items.append(SIPParameter("text", SIPScanner.quoted(phrase))) }
        return protocolName + parameters.text
    }
}

/// What a NOTIFY or a SUBSCRIBE is about (RFC 6665 §8.2.1).
package struct SIPEvent: Hashable, Sendable {
    /// `refer`, `dialog`, `presence` …
    package var package: String
    package var parameters: SIPParameters

    package init(_ package: String, id: String? = nil) {
        (self.package, self.parameters) = (package, [])
        self.id = id
    }

    package var id: String? {
        get { parameters["id"] }
        set { parameters["id"] = newValue }
    }

    package var text: String { self.package + parameters.text }
}

/// How a subscription stands (RFC 6665 §8.2.3).
package struct SIPSubscriptionState: Hashable, Sendable {
    /// `active`, `pending`, `terminated` or another, in lower case.
    package var state: String
    package var parameters: SIPParameters

    package init(_ state: String, expires: Int? = nil, reason: String? = nil) {
        (self.state, self.parameters) = (state, [])
        if let expires { parameters["expires"] = "\(expires)" }
        parameters["reason"] = reason
    }

    /// Seconds.
    package var expires: Int? { parameters["expires"].flatMap { SIPScanner.number($0.utf8, below: 1 << 32) } }
    package var reason: String? { parameters["reason"] }

    package var text: String { state + parameters.text }
}
