import Calls
import Wire

/// A sessid and whose it is. It outlives its connection for the detach timeout, so that nobody else can take it.
struct Session {
    /// `id@domain`; no other user may use this sessid.
    let owner: String
    /// The connection it is bound to; `nil` while its client is away.
    var connection: ConnectionID?
    /// Calls in the order in which they were made.
    var calls: [LegID] = []
    /// Calls that are members of rooms.
    var memberships: Set<LegID> = []
    /// When the connection was lost.
    var lostAt: Instant?
}

extension VertoEndpoint {
    /// Binds a connection that has just logged in to a sessid, taking it over from an older connection of the same
    /// user.
    ///
    /// - Returns: False when the sessid is another user's, whether or not that user is here now.
    mutating func bind(
        _ c: ConnectionID,
        to name: String?,
        of uid: String,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Bool {
        let id = SessionID(name.map { String($0.prefix(Self.sessionNameLength)) } ?? randomToken())
        if let session = sessions[id] {
            guard session.owner == uid else { return false }
            if let old = session.connection, old != c { punt(old, at: now, into: &out) }
        }
        timers.cancel(.session(id))
        sessionsOf[uid, default: []].insert(id)
        sessions[id, default: Session(owner: uid)].connection = c
        sessions[id]?.lostAt = nil
        connections[c]?.session = id
        return true
    }

    /// Sends away the connection whose session somebody takes over (verto.md §3.7).
    private mutating func punt(_ c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) {
        out.append(.send(c, Message.request(nextRequestID(), "verto.punt", [:])))
        out.append(.count(.takeover))
        close(c, .punted, at: now, into: &out)
    }

    /// Once per connection, after its login: calls that waited for this session, then `verto.clientReady`.
    mutating func welcome(_ c: ConnectionID, into out: inout [VertoOutput]) {
        guard connections[c]?.isReady == false, let id = connections[c]?.session else { return }
        connections[c]?.isReady = true
        let waiting = sessions[id]?.calls.filter { calls[$0]?.isDetached == true } ?? []
        for leg in waiting {
            calls[leg]?.isDetached = false
            out.append(.reattach(leg))
        }
        let names = waiting.map { JSON.string($0.rawValue) }
        tell(c, "verto.clientReady", ["reattached_sessions": .array(names)], into: &out)
    }

    /// Takes everything from a connection that is gone or about to go.
    mutating func release(_ c: ConnectionID, at now: Instant, expired: Bool = false, into out: inout [VertoOutput]) {
        channels.remove(c)
        connections[c]?.exchange = nil  // whatever its calls waited for
        guard let id = connections[c]?.session, sessions[id]?.connection == c else { return }
        sessions[id]?.connection = nil
        sessions[id]?.lostAt = now
        timers.schedule(.session(id), at: now.advanced(by: settings.detachTimeout))
        loseCalls(of: id, expired: expired, at: now, into: &out)
        if let owner = sessions[id]?.owner { forgetOldest(of: owner) }
    }

    /// Keeps few lost sessions of one user, so that a client which comes back under ever new names fills no memory.
    private mutating func forgetOldest(of owner: String) {
        let lost = (sessionsOf[owner] ?? []).filter { sessions[$0]?.connection == nil && sessions[$0]?.calls == [] }
        guard lost.count > Self.lostSessions else { return }
        let oldest = lost.min {
            (sessions[$0]?.lostAt ?? Instant(nanoseconds: 0)) < (sessions[$1]?.lostAt ?? Instant(nanoseconds: 0))
        }
        if let oldest { forget(oldest) }
    }

    private mutating func forget(_ id: SessionID) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        timers.cancel(.session(id))
        sessionsOf[session.owner]?.remove(id)
        if sessionsOf[session.owner]?.isEmpty == true { sessionsOf[session.owner] = nil }
    }

    private mutating func loseCalls(
        of id: SessionID,
        expired: Bool,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        var kept: [LegID] = []
        for leg in sessions[id]?.calls ?? [] {
            guard let call = calls[leg] else { continue }
            if expired {
                end(leg, .bearercapabilityNotauth, at: now, into: &out)
            } else if !settings.keepDetachedCalls || (call.isAnswered && !call.isRecoverable) {
                end(leg, .normalClearing, at: now, into: &out)
            } else if !call.isAnswered {
                end(leg, .destinationOutOfOrder, at: now, into: &out)
            } else {
                calls[leg]?.isDetached = true
                kept.append(leg)
            }
        }
        if !kept.isEmpty { out.append(.detached(kept)) }
    }

    /// The reservation of a lost session is over, and its calls with it.
    mutating func expire(_ id: SessionID, at now: Instant, into out: inout [VertoOutput]) {
        guard let session = sessions[id], session.connection == nil else { return }
        for leg in session.calls { end(leg, .recoveryOnTimerExpire, at: now, into: &out) }
        forget(id)
    }

    private static let sessionNameLength = 256
    private static let lostSessions = 32
}
