package import Wire

/// What an operator may turn on a Verto endpoint. Every limit has a default that suits one server of a few thousand
/// users.
package struct VertoSettings: Sendable {
    /// How the domain of a login name is found; a `forceRegisterDomain` wins over both.
    package enum UserAuthentication: Sendable {
        /// `user@domain` is split at the first `@`; without one the directory's default domain is used.
        case directory
        /// The whole login name is the user's id in this domain (`userauth="@domain"`).
        case fixedDomain(String)
    }

    // Who may log in, and as whom.
    package var userAuthentication = UserAuthentication.directory
    package var forceRegisterDomain: String?
    package var loginThrottle = LoginThrottle.Policy()
    /// Failed logins after which a connection is closed.
    package var loginsPerConnection = 6
    /// Unix time of ``Wire/Instant`` zero, in seconds: what `verto.ping` and `login-expires` are counted with.
    package var unixTimeAtZero: Int64 = 0
    /// Since when the server is up.
    package var startedAt = Instant(nanoseconds: 0)

    // Connections. Origins are checked by the server, before there is a connection.
    package var allowedOrigins: [String] = []
    package var connectionsPerAddress = 200
    package var preAuthTimeout: Duration = .seconds(15)
    /// Silence after which `verto.ping` is sent.
    package var pingInterval: Duration = .seconds(30)
    /// Silence after which a connection is closed; `nil` leaves that to WebSocket pings. Clients need not answer
    /// `verto.ping`, so this counts only what ``VertoEndpoint/heard(from:at:)`` reports beside messages.
    package var idleLimit: Duration?

    // Traffic of one connection.
    package var messageBytes = 256 * 1024
    package var requestsPerSecond = 40
    package var requestBurst = 120
    /// Requests refused in a row for coming too fast after which the connection is closed.
    package var refusalsBeforeClose = 500
    package var batchItems = 32
    /// Messages, and their bytes, that may wait in either direction while a request waits for a room.
    package var heldMessages = 256
    package var heldBytes = 256 * 1024
    /// Moderator commands of one connection that may be under way.
    package var pendingCommands = 32
    package var commandTimeout: Duration = .seconds(10)
    /// How long something that rings a telephone first may take.
    package var dialTimeout: Duration = .seconds(65)
    /// Lines of the control socket that may be under way.
    package var pendingControls = 64
    /// Outbox bytes above which the server calls ``VertoEndpoint/congested(_:)``.
    package var sheddingBytes = 256 * 1024
    /// Outbox bytes above which the server closes the connection.
    package var outboxBytes = 2 * 1024 * 1024

    // Event channels.
    package var subscriptions = 200
    /// Bytes of a channel name.
    package var channelNameBytes = 256
    /// Whether the states of calls are told on `presence.…` (`enable-presence`).
    package var tellsPresence = true
    /// Events that tell a new subscriber of `presence` or `user` how things are.
    package var replayedEvents = 256
    /// String members added to every private conference event (`conference_verto_<x>`).
    package var privateEventMembers: [(name: String, value: String)] = []

    // Chat, and events that clients send each other.
    package var chatBytes = 4096
    package var relayBytes = 16 * 1024
    package var chatsPerSecond = 2
    package var chatBurst = 10

    // Calls.
    package var callsPerSession = 8
    /// New offers for one call: how often.
    package var offersPerSecond = 1
    package var offerBurst = 10
    /// Requests about one call that may wait for their answer.
    package var pendingCallRequests = 4
    /// Requests of one call for key frames and for other pictures, each of which makes cameras send key frames.
    package var pictureRequestsPerSecond = 5
    package var pictureRequestBurst = 20
    package var context = "default"
    package var dialplan = "XML"
    /// How long a lost session stays reserved for its user, and its answered calls alive.
    package var detachTimeout: Duration = .seconds(120)
    /// User variables taken from one request: how many, and how long a value.
    package var userVariables = 64
    package var userVariableBytes = 1024

    // The `#SP` speed test.
    package var speedTestBytes = 1024 * 1024
    package var speedTestInterval: Duration = .seconds(5)

    package init() {}
}
