/// Whose certificates a SIP profile looks at (`tls-verify-policy`).
package enum TLSVerification: Sendable, Equatable {
    case none
    /// Of servers we connect to: it has to carry the domain that was looked up.
    case servers
    /// Of clients, which need one that our authorities signed.
    case clients
    case all

    var looksAtServers: Bool { self == .servers || self == .all }
    var looksAtClients: Bool { self == .clients || self == .all }
}
