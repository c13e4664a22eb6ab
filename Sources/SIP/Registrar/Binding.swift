package import Wire

/// One registered contact of a user.
package struct Binding: Sendable, Equatable {
    /// Random; opens nothing, and may stand in records and dial strings.
    package let handle: String
    /// `id@domain`.
    package let user: String
    package let profile: String
    /// The contact as the client wrote it, which is how every 200 shows it.
    package internal(set) var contact: String
    /// Its URI: the Request-URI of what is sent there.
    package internal(set) var uri: SIPURI
    /// The Route of what is sent there (RFC 3327), as written.
    package internal(set) var path: [String]
    /// Where to send: the way the REGISTER came, or the contact's own address.
    package internal(set) var flow: SIPPath
    /// Where the REGISTER came from.
    package internal(set) var source: TransportAddress
    /// Over which its last REGISTER came.
    package internal(set) var transport: SIPTransport
    package internal(set) var callID: String
    package internal(set) var cseq: UInt32
    package internal(set) var expiresAt: Instant
    /// Thousandths, 0 to 1000.
    package internal(set) var priority: Int
    package internal(set) var userAgent: String
    /// `+sip.instance` without quotes.
    package internal(set) var instance: String?
    package internal(set) var regID: Int?
    /// Its address is not the one it claims.
    package internal(set) var isBehindNAT: Bool
}

/// What happened to a binding.
package enum BindingChange: Sendable, Equatable {
    case added(Binding)
    /// `previous` is the flow before, which dialogs may still use.
    case refreshed(Binding, previous: SIPPath)
    case removed(Binding)

    package var binding: Binding {
        switch self {
        case .added(let binding), .refreshed(let binding, previous: _), .removed(let binding): binding
        }
    }
}
