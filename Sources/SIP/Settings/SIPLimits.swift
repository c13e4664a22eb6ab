/// Caps on what others can make the SIP door keep. Every refusal is counted.
package struct SIPLimits: Sendable, Equatable {
    /// Live transactions of both sides. 300 calls a second that are answered and ended leave some 40 000.
    package var transactions = 50_000
    /// Half of ``transactions``: what sources that are not trusted may have of them. The rest is for trunks, for
    /// registered phones and for requests of ours, which no flood keeps out.
    package var strangerTransactions: Int { (transactions + 1) / 2 }
    /// Live server transactions that one source address (IPv6: one /64) may have, unless it is trusted.
    package var transactionsPerSource = 2000
    /// Connections (TCP, TLS, WebSocket) and how many of one address. The server keeps to them.
    package var connections = 4000
    package var connectionsPerAddress = 50
    /// A connection without a message is closed after so long; a half message after ``partialMessageTimeout``.
    package var idleConnectionTimeout: Duration = .seconds(3600)
    package var partialMessageTimeout: Duration = .seconds(10)
    /// Bytes that may wait to be written on one connection.
    package var outboxBytes = 512 * 1024
    /// Bytes of a `MESSAGE` that is passed on as chat.
    package var textBytes = 4096
    /// Nonces that are remembered at one time.
    package var nonces = 20_000
    /// Bindings of all users.
    package var bindings = 20_000
    /// Bytes of one Contact or Path value.
    package var contactBytes = 1024
    /// Contacts in one REGISTER.
    package var contactsPerRequest = 10
    /// Addresses that a name may stand for.
    package var addressesPerTarget = 16

    package init() {}
}
