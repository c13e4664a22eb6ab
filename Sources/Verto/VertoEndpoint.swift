package import Calls
import Conference
package import Wire

/// The whole Verto endpoint: logins, sessions, calls, event channels, live arrays and moderator commands of all
/// connections, without a socket or a clock.
///
/// Feed it messages, news of calls and rooms, and the time; it appends what to do to `out`. Three orders hold for every
/// connection (verto.md §1.4): answers come in the order of the requests, whatever a request causes comes after its
/// answer, and events keep their order.
package struct VertoEndpoint {
    let settings: VertoSettings
    /// Accounts. Replace it when the configuration is read again; logins made before stay as they are.
    package var directory: Directory
    let md5Hex: @Sendable (String) -> String
    /// Makes up a sessid for a client that brings none; has to be unguessable.
    let randomToken: () -> String

    var connections: [ConnectionID: Connection] = [:]
    var connectionsFrom: [String: Int] = [:]
    var sessions: [SessionID: Session] = [:]
    /// Sessions by their owner's uid.
    var sessionsOf: [String: Set<SessionID>] = [:]
    var calls: [LegID: Call] = [:]
    /// Calls that were hung up and whose end is not reported yet: their ids are still taken.
    var releasing: Set<LegID> = []
    var memberships: [LegID: Membership] = [:]
    var channels = EventChannels()
    var rooms = RoomFeeds()
    var commands: [RequestToken: PendingCommand] = [:]
    /// Rooms that are being asked who is in them, and whether that has changed meanwhile.
    var describing: [RoomKey: Bool] = [:]
    var gatherings: [RequestToken: Gathering] = [:]
    var callRequests: [RequestToken: CallRequest] = [:]
    var queries: [RequestToken: PendingQuery] = [:]
    /// Lines of the control socket that wait for a room or for the calls.
    var controlsUnderWay = 0
    var presences = PresenceBook()
    var throttle: LoginThrottle
    var timers = Timers()
    private var lastRequestID = firstRequestID - 1
    private var lastToken: UInt64 = 0

    package init(
        settings: VertoSettings,
        directory: Directory,
        md5Hex: @escaping @Sendable (String) -> String,
        randomToken: @escaping () -> String
    ) {
        (self.settings, self.directory, self.md5Hex, self.randomToken) = (settings, directory, md5Hex, randomToken)
        throttle = LoginThrottle(policy: settings.loginThrottle)
    }

    // MARK: Time

    /// When ``advance(to:into:)`` has something to do; `nil` means never.
    package var deadline: Instant? { timers.deadline }

    package mutating func advance(to now: Instant, into out: inout [VertoOutput]) {
        while let timer = timers.popDue(at: now) {
            switch timer {
            case .connection(let id): check(id, at: now, into: &out)
            case .session(let id): expire(id, at: now, into: &out)
            case .command(let token): timeOut(token, at: now, into: &out)
            case .callRequest(let token): timeOutCallRequest(token, at: now, into: &out)
            case .query(let token): timeOutQuery(token, at: now, into: &out)
            case .reattach(let id): timeOutReattach(id, into: &out)
            case .releasing(let leg): releasing.remove(LegID(leg))
            }
        }
    }

    // MARK: Figures

    package var connectionCount: Int { connections.count }
    package var sessionCount: Int { sessions.values.count { $0.connection != nil } }
    package var callCount: Int { calls.count }

    // MARK: Numbers

    /// The id of the next request to a client: away from the small ids of clients, within 32 bits with sign.
    mutating func nextRequestID() -> Int {
        lastRequestID = lastRequestID >= Int(Int32.max) ? Self.firstRequestID : lastRequestID + 1
        return lastRequestID
    }

    mutating func nextToken() -> RequestToken {
        lastToken += 1
        return RequestToken(lastToken)
    }

    /// Unix time in whole seconds.
    func unixTime(at now: Instant) -> Int64 { settings.unixTimeAtZero + now.nanoseconds / 1_000_000_000 }

    private static let firstRequestID = 1_000_000_000
}
