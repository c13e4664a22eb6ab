package import Wire

/// A question of the text API about calls, on its way to them.
struct PendingQuery {
    let asker: Asker
    let query: CallQuery
    /// The command as the audit log sees it.
    let line: String
    /// Makes the answer's text.
    let words: @Sendable (CallQueryAnswer) -> String
    /// A question leaves no audit line.
    var isOrder: Bool {
        switch query {
        case .legs, .contacts, .phones: false
        case .sofia(let words): !words.lowercased().hasPrefix("status")
        case .kill, .killAll, .transfer, .deflect, .originate: true
        }
    }
}

extension VertoEndpoint {
    /// Sends a question to the calls.
    mutating func ask(_ pending: PendingQuery, at now: Instant, into out: inout [VertoOutput]) -> TextAnswer {
        if case .connection(let c) = pending.asker.place {
            guard let underWay = connections[c]?.pendingCommands, underWay < settings.pendingCommands else {
                out += [.count(.overflow), .audit(pending.asker.audit(pending.line, .refused("too many commands")))]
                return .text("-ERR Too many commands\n")
            }
            connections[c]?.pendingCommands += 1
        }
        let token = nextToken()
        queries[token] = pending
        var patience = settings.commandTimeout
        if case .originate = pending.query { patience = settings.dialTimeout }
        timers.schedule(.query(token), at: now.advanced(by: patience))
        out.append(.ask(token, pending.query))
        return .waiting(token)
    }

    /// The calls' answer to a ``VertoOutput/ask(_:_:)``.
    package mutating func told(
        _ token: RequestToken,
        _ answer: CallQueryAnswer,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let pending = queries[token] else { return }
        conclude(token, pending.words(answer), at: now, into: &out)
    }

    mutating func timeOutQuery(_ token: RequestToken, at now: Instant, into out: inout [VertoOutput]) {
        out.append(.count(.commandTimedOut))
        conclude(token, "-ERR Timeout\n", at: now, into: &out)
    }

    private mutating func conclude(
        _ token: RequestToken,
        _ text: String,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let pending = queries.removeValue(forKey: token) else { return }
        timers.cancel(.query(token))
        if case .connection(let c) = pending.asker.place { connections[c]?.pendingCommands -= 1 }
        if pending.isOrder {
            let firstLine = String(text.prefix { !$0.isNewline }.prefix(128))
            let result = firstLine.hasPrefix("-") ? AuditEntry.Result.refused(firstLine) : .done(firstLine)
            out.append(.audit(pending.asker.audit(pending.line, result)))
        }
        give(pending.asker.place, token, text, at: now, into: &out)
    }
}
