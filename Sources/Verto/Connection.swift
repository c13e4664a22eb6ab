import Calls
import Wire

/// What the endpoint knows about one WebSocket connection.
struct Connection {
    let address: String
    let openedAt: Instant

    /// Who it is; `nil` before the login.
    var identity: Identity?
    /// Bound by the first successful login, for good.
    var session: SessionID?
    var loginVariables: [(name: String, value: String)] = []
    /// Chat display name: the directory's, or the first one the user called with.
    var displayName: String?
    /// Unix time at which the login ends, in seconds.
    var expiresAt: Int64?
    var isReady = false

    var lastHeard: Instant
    var lastPing: Instant

    var requests: TokenBucket
    var chat: TokenBucket
    var failedLogins = 0
    /// Requests refused since the last one that was not.
    var refusals = 0
    var pendingCommands = 0

    /// The outbox is above its mark: live array changes are dropped, and their channels noted in `stale`.
    var isCongested = false
    var stale: Set<String> = []

    var speedTest = SpeedTest()
    var speedTestDue: Instant?

    /// The message being answered. While there is one, everything else to this connection waits in `held`.
    var exchange: Exchange?
    var held: [[UInt8]] = []
    var heldBytes = 0
    /// Requests that are answered out of turn.
    var late: [RequestToken: Request] = [:]
    var backlog: [[UInt8]] = []
    var backlogBytes = 0

    /// Told to close; nothing goes in or out any more.
    var isClosing = false
    /// To close when the reply under way is out.
    var closing: Closing?

    init(address: String, settings: VertoSettings, at now: Instant) {
        self.address = address
        (openedAt, lastHeard, lastPing) = (now, now, now)
        requests = TokenBucket(rate: Double(settings.requestsPerSecond), burst: Double(settings.requestBurst), at: now)
        chat = TokenBucket(rate: Double(settings.chatsPerSecond), burst: Double(settings.chatBurst), at: now)
    }

    mutating func loggedIn(as identity: Identity, _ variables: [(name: String, value: String)], until expiry: Int64?) {
        self.identity = identity
        failedLogins = 0
        displayName = identity.user.callerIDName ?? displayName
        loginVariables = variables
        expiresAt = expiry
    }

    /// Keeps an event back until the reply under way is out. What the request itself causes always finds room; while
    /// it waits for others, there is a limit, and false is returned beyond it.
    mutating func hold(_ message: [UInt8], limits: VertoSettings) -> Bool {
        let hasRoom = held.count < limits.heldMessages && heldBytes + message.count <= limits.heldBytes
        guard hasRoom || exchange?.waiting == nil else { return false }
        held.append(message)
        heldBytes += message.count
        return true
    }

    /// Keeps a message of the client's until its turn; false when there is no room for it.
    mutating func queue(_ message: [UInt8], limits: VertoSettings) -> Bool {
        guard backlog.count < limits.heldMessages, backlogBytes + message.count <= limits.heldBytes else {
            return false
        }
        backlog.append(message)
        backlogBytes += message.count
        return true
    }

    mutating func nextQueued() -> [UInt8]? {
        guard exchange == nil, !backlog.isEmpty else { return nil }
        let message = backlog.removeFirst()
        backlogBytes -= message.count
        return message
    }

    mutating func takeHeld() -> [[UInt8]] {
        defer { (held, heldBytes) = ([], 0) }
        return held
    }
}

/// How a connection ends: the WebSocket close code and a reason for the log.
struct Closing: Equatable {
    let code: UInt16
    let reason: String

    static let normal = Closing(code: 1000, reason: "")
    static let punted = Closing(code: 1000, reason: "session taken over")
    static let sessionInUse = Closing(code: 1000, reason: "session in use")
    static let notLoggedIn = Closing(code: 1008, reason: "login timeout")
    static let tooManyLogins = Closing(code: 1008, reason: "too many failed logins")
    static let tooManyConnections = Closing(code: 1013, reason: "too many connections")
    static let tooManyRequests = Closing(code: 1008, reason: "too many requests")
    static let tooBig = Closing(code: 1009, reason: "message too big")
    static let overflow = Closing(code: 1008, reason: "too much is waiting")
    static let idle = Closing(code: 1000, reason: "idle")
    static let expired = Closing(code: 1000, reason: "login expired")
}

/// One message of the client's on its way through the endpoint: a single request or a batch.
struct Exchange {
    private let items: [RPCMessage]
    private var next = 0
    /// Answers so far; `nil` for a single request, which is answered at once.
    var replies: [JSON]?
    /// The command a request of this exchange waits for, and the id to answer.
    var waiting: (token: RequestToken, request: Request)?

    init(_ items: [RPCMessage], isBatch: Bool) {
        self.items = items
        replies = isBatch ? [] : nil
    }

    mutating func nextItem() -> RPCMessage? {
        guard waiting == nil, next < items.count else { return nil }
        defer { next += 1 }
        return items[next]
    }
}
