import Calls
import Wire

/// A sessid and whose it is. It outlives its connection for the detach timeout, so that nobody else can take it.
struct Session {
    /// `id@domain`; no other user may use this sessid.
    let owner: String
    /// The connection it is bound to; `nil` while its client is away.
    var connection: ConnectionID?
    /// Its user can be called here: the client is there, and may answer.
    var isRegistered = false
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

    /// Once per connection, after its login: `verto.clientReady`, behind a `verto.attach` for every call that waited for
    /// this session.
    mutating func welcome(_ c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) {
        guard connections[c]?.isReady == false, let id = connections[c]?.session else { return }
        let waiting = sessions[id]?.calls.filter { calls[$0]?.isDetached == true } ?? []
        guard !waiting.isEmpty else { return ready(c, [], into: &out) }
        timers.schedule(.reattach(c), at: now.advanced(by: settings.commandTimeout))
        out.append(.reattach(session: id.rawValue, waiting))
    }

    mutating func ready(_ c: ConnectionID, _ reattached: [LegID], into out: inout [VertoOutput]) {
        connections[c]?.isReady = true
        timers.cancel(.reattach(c))
        let names = reattached.map { JSON.string($0.rawValue) }
        tell(c, "verto.clientReady", ["reattached_sessions": .array(names)], into: &out)
    }

    /// No offers came for the calls of a client that is back; it must not wait for ever.
    mutating func timeOutReattach(_ c: ConnectionID, into out: inout [VertoOutput]) {
        guard connections[c]?.isReady == false, connections[c]?.isClosing == false else { return }
        out.append(.count(.reattachTimedOut))
        ready(c, [], into: &out)
    }

    /// Makes a session's user reachable, if the user may answer calls.
    mutating func register(_ c: ConnectionID, into out: inout [VertoOutput]) {
        guard let identity = connections[c]?.identity, let id = connections[c]?.session,
            sessions[id]?.isRegistered == false, identity.methods.allows("verto.answer")
        else { return }
        sessions[id]?.isRegistered = true
        out.append(.registered(session: id.rawValue, user: identity.uid))
        publishRegistrations(of: identity.uid, "registered", into: &out)
    }

    private mutating func unregister(_ id: SessionID, into out: inout [VertoOutput]) {
        guard let session = sessions[id], session.isRegistered else { return }
        sessions[id]?.isRegistered = false
        out.append(.unregistered(session: id.rawValue))
        publishRegistrations(of: session.owner, "unregistered", into: &out)
    }

    /// Takes everything from a connection that is gone or about to go. A session that is taken over stays registered.
    mutating func release(
        _ c: ConnectionID,
        _ closing: Closing? = nil,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        channels.remove(c)
        timers.cancel(.reattach(c))
        connections[c]?.exchange = nil  // whatever its calls waited for
        guard let id = connections[c]?.session, sessions[id]?.connection == c else { return }
        sessions[id]?.connection = nil
        sessions[id]?.lostAt = now
        timers.schedule(.session(id), at: now.advanced(by: settings.detachTimeout))
        if closing != .punted { unregister(id, into: &out) }
        loseCalls(of: id, expired: closing == .expired, at: now, into: &out)
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

    /// What becomes of the calls of a client that is gone (verto.md §3.8).
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
            } else if !call.isAnswered {
                end(leg, .destinationOutOfOrder, at: now, into: &out)
            } else if !call.isRecoverable {
                end(leg, .normalClearing, at: now, into: &out)
            } else {
                calls[leg]?.isDetached = true
                calls[leg]?.isOffered = false
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
