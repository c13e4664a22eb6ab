import Conference
package import Wire

/// A moderator's command on its way to a room.
struct PendingCommand {
    enum Destination {
        /// The subscribers of this moderator channel, on behalf of this connection.
        case channel(String, ConnectionID)
        case asker(Asker.Place)
        /// A list of all rooms, of which this room is one.
        case gathering(RequestToken)
        /// Whoever watches who is in the room, or this connection alone.
        case description(ConnectionID?)
    }

    let destination: Destination
    let replies: ConferenceReplies
    /// The command as clients see it.
    let line: String
    /// The command as the audit log sees it, when that is more.
    var auditLine: String?
    let issuer: Issuer
    let address: String
    let door: AuditEntry.Door

    /// Whose quota it takes; the control socket has one of its own.
    var connection: ConnectionID? {
        switch destination {
        case .channel(_, let c), .asker(.connection(let c)): c
        case .description(let c): c
        case .asker(.control), .gathering: nil
        }
    }

    func audit(_ result: AuditEntry.Result) -> AuditEntry {
        AuditEntry(
            who: issuer.name,
            address: address,
            member: issuer.member,
            room: replies.room.address,
            command: replies.verb.isSecret ? "\(replies.name) \(replies.verb.name) ***" : auditLine ?? line,
            door: door,
            result: result
        )
    }

    /// The first line of an answer, as far as the log may know it.
    func audit(_ outcome: CommandOutcome, _ text: String) -> AuditEntry {
        let firstLine = String(text.prefix { !$0.isNewline }.prefix(128))
        guard case .success = outcome else { return audit(.refused(firstLine)) }
        return audit(.done(replies.verb.isSecret ? "+OK" : firstLine))
    }
}

extension VertoEndpoint {
    /// Sends a command to its room, unless this connection has too many under way.
    ///
    /// - Returns: The token to wait for, or `nil` when it was not sent.
    mutating func send(
        _ pending: PendingCommand,
        _ command: Command,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> RequestToken? {
        if let c = pending.connection {
            guard let underWay = connections[c]?.pendingCommands, underWay < settings.pendingCommands else {
                out += [.count(.overflow), .audit(pending.audit(.refused("too many commands")))]
                return nil
            }
            connections[c]?.pendingCommands += 1
        }
        let token = nextToken()
        commands[token] = pending
        let patience = command.name == "dial" ? settings.dialTimeout : settings.commandTimeout
        timers.schedule(.command(token), at: now.advanced(by: patience))
        out.append(.perform(token, pending.replies.room, command, by: pending.issuer))
        return token
    }

    /// A room has carried out, or refused, a ``VertoOutput/perform(_:_:_:by:)``. A call that its issuer waits for is not
    /// over when it is begun: that answer comes again as ``Conference/Reply/dialed(cause:)``.
    package mutating func completed(
        _ token: RequestToken,
        _ outcome: CommandOutcome,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let pending = commands[token] else { return }
        if case .success(.dialing(_, inBackground: false)) = outcome { return }
        timers.cancel(.command(token))
        guard !informs(pending, token, outcome, at: now, into: &out) else { return }
        let text = pending.replies.text(outcome)
        if case .refused(.forbidden) = outcome { out.append(.count(.forbidden)) }
        out.append(.audit(pending.audit(outcome, text)))
        conclude(token, text, at: now, into: &out)
    }

    mutating func timeOut(_ token: RequestToken, at now: Instant, into out: inout [VertoOutput]) {
        guard let pending = commands[token] else { return }
        out.append(.count(.commandTimedOut))
        guard !informs(pending, token, .noSuchRoom, at: now, into: &out) else { return }
        out.append(.audit(pending.audit(.refused("timeout"))))
        conclude(token, "-ERR Timeout\n", at: now, into: &out)
    }

    private mutating func conclude(
        _ token: RequestToken,
        _ text: String,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let pending = commands.removeValue(forKey: token) else { return }
        if let c = pending.connection { connections[c]?.pendingCommands -= 1 }
        switch pending.destination {
        case .channel(let channel, _):
            respond(
                ["conf-command": .string(Secrets.masked(pending.line)), "response": .string(text)], on: channel,
                into: &out)
        case .asker(let place): give(place, token, text, at: now, into: &out)
        case .gathering, .description: return
        }
    }

    /// For the questions of our own, which leave no audit line: hands the answer on.
    private mutating func informs(
        _ pending: PendingCommand,
        _ token: RequestToken,
        _ outcome: CommandOutcome,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Bool {
        switch pending.destination {
        case .channel, .asker: return false
        case .gathering(let gathering):
            commands[token] = nil
            gather(outcome, of: token, for: gathering, at: now, into: &out)
        case .description(let c):
            commands[token] = nil
            described(outcome, pending.replies.room, to: c, at: now, into: &out)
        }
        return true
    }

    /// One response on a moderator channel, to all who moderate.
    mutating func respond(_ members: JSONObject, on channel: String, into out: inout [VertoOutput]) {
        var data: JSONObject = ["action": "response"]
        for (key, value) in members.members { data[key] = value }
        publish(["data": .object(data)], on: channel, into: &out)
    }
}
