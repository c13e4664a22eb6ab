extension Room {
    /// Carries out `command`, or refuses it and changes nothing. A command that finds its work done answers the same
    /// and has no effects.
    package mutating func perform(
        _ command: Command, by issuer: Issuer, at now: Duration
    ) throws(Refusal) -> (reply: Reply, effects: [Effect]) {
        guard !isClosed else { throw .notActive }
        try authorise(command, by: issuer)
        var effects: [Effect] = []
        let reply = try carryOut(command, at: now, into: &effects)
        if !isClosed { summarise(into: &effects) }
        return (reply, effects)
    }

    /// The one place that asks who may do what, whatever the door. The role is that of this moment.
    private func authorise(_ command: Command, by issuer: Issuer) throws(Refusal) {
        let own = issuer.member.flatMap { role(of: $0) } ?? .participant
        let requirement = profile.policy.requirement(for: command)
        guard requirement != .nobody else { throw .forbidden(command: command.name) }
        if issuer.capabilities.contains(command.name) { return }
        if case .role(let required) = requirement, max(own, issuer.role) >= required { return }
        if issuer.pressesOwnKeys, let member = issuer.member, command.isOwnKey(of: member) { return }
        throw .forbidden(command: command.name)
    }

    private mutating func carryOut(
        _ command: Command, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        switch command {
        case .mute(let who, _):
            try each(who, into: &effects) { $0.setMuted(true, $1, at: now, into: &$2) }
        case .unmute(let who, _):
            try each(who, into: &effects) { $0.setMuted(false, $1, at: now, into: &$2) }
        case .toggleMute(let who, _):
            try each(who, into: &effects) { $0.toggleMuted($1, at: now, into: &$2) }
        case .deaf(let who, _):
            try each(who, into: &effects) { $0.setDeaf(true, $1, at: now, into: &$2) }
        case .undeaf(let who, _):
            try each(who, into: &effects) { $0.setDeaf(false, $1, at: now, into: &$2) }
        case .volumeIn(let who, let change):
            try each(who, into: &effects) { $0.changeVolumeIn(change, $1, into: &$2) }
        case .volumeOut(let who, let change):
            try each(who, into: &effects) { $0.changeVolumeOut(change, $1, into: &$2) }
        case .energy(let who, let change):
            try each(who, into: &effects) { $0.changeEnergy(change, $1, into: &$2) }
        case .floor(let who):
            try each(who, into: &effects) { room, id, effects throws(Refusal) in
                try room.toggleFloor(id, at: now, into: &effects)
            }
        case .videoMute(let who):
            try each(who, into: &effects) { room, id, effects throws(Refusal) in
                try room.setVideoMuted(true, id, at: now, into: &effects)
            }
        case .videoUnmute(let who):
            try each(who, into: &effects) { room, id, effects throws(Refusal) in
                try room.setVideoMuted(false, id, at: now, into: &effects)
            }
        case .toggleVideoMute(let who):
            try each(who, into: &effects) { room, id, effects throws(Refusal) in
                try room.toggleVideoMuted(id, at: now, into: &effects)
            }
        case .videoBlind(let who):
            try each(who, into: &effects) { $0.setBlind(true, $1, into: &$2) }
        case .videoUnblind(let who):
            try each(who, into: &effects) { $0.setBlind(false, $1, into: &$2) }
        case .toggleVideoBlind(let who):
            try each(who, into: &effects) { $0.toggleBlind($1, into: &$2) }
        case .videoFloor(let who, let force):
            try each(who, into: &effects) { room, id, effects throws(Refusal) in
                try room.toggleVideoFloor(id, force: force, at: now, into: &effects)
            }
        case .clearVideoFloor: clearVideoFloor(at: now, into: &effects)
        case .reserveLayer: throw .notMixing
        case .videoBandwidth(let who, let limit): try setVideoBandwidth(limit, of: who, into: &effects)
        case .kick(let who, _): try remove(who, .kicked(playing: nil), .kick, at: now, into: &effects)
        case .hup(let who): try remove(who, .hungUp, .hup, at: now, into: &effects)
        case .lock: setLocked(true)
        case .unlock: setLocked(false)
        case .list: .list(roster(at: now))
        case .count: .count(count)
        case .jsonList: .roster(roster(at: now))
        case .get(let property): .value(property, value(of: property, at: now))
        case .set(let property, let text): try set(property, to: text, at: now)
        default: throw .unknownCommand(command.name)
        }
    }

    /// Does `action` to each of `who`. A refusal for one of several goes into its result.
    private mutating func each(
        _ who: Selector, into effects: inout [Effect],
        _ action: (inout Room, MemberID, inout [Effect]) throws(Refusal) -> MemberResult
    ) throws(Refusal) -> Reply {
        let targets = try targets(of: who)
        guard !targets.isSingle else { return .members([try action(&self, targets.ids[0], &effects)]) }
        var results: [MemberResult] = []
        for id in targets.ids {
            guard !targets.skipped.contains(id) else {
                results.append(.skippedModerator(id))
                continue
            }
            do throws(Refusal) {
                results.append(try action(&self, id, &effects))
            } catch {
                results.append(.refused(id, error))
            }
        }
        return .members(results)
    }

    private mutating func remove(
        _ who: Selector, _ reason: RemovalReason, _ word: MemberAction, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        var departed: [Member] = []
        let reply = try each(who, into: &effects) { room, id, effects in
            if let member = room.members[id] { departed.append(member) }
            room.depart(id, reason, at: now, into: &effects)
            return .done(word, id)
        }
        conclude(departed: departed, at: now, into: &effects)
        return reply
    }

    /// Leaves out who sends no video, and refuses when that is everybody.
    private mutating func setVideoBandwidth(
        _ limit: Int?, of who: Selector, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        let reply = try each(who, into: &effects) { room, id, effects throws(Refusal) in
            try room.setVideoBandwidth(limit, id, into: &effects)
        }
        guard case .members(let results) = reply else { return reply }
        let set = results.filter { if case .refused(_, .noVideo) = $0 { false } else { true } }
        guard !set.isEmpty else { throw .noVideo }
        return .members(set)
    }

    private typealias Targets = (ids: [MemberID], skipped: Set<MemberID>, isSingle: Bool)

    /// Whom a selector means now, newest first.
    private func targets(of who: Selector) throws(Refusal) -> Targets {
        switch who {
        case .member(let id):
            guard contains(id) else { throw .unknownMember(id) }
            return ([id], [], true)
        case .last:
            guard let id = order.max() else { throw .noSelection }
            return ([id], [], true)
        case .all:
            return (memberIDs, [], false)
        case .nonModerator:
            return (memberIDs, Set(order.filter { members[$0]?.isModerator == true }), false)
        case .variable(let name, let value):
            guard let id = order.last(where: { members[$0]?.request.callVariables[name] == value }) else {
                throw .noSelection
            }
            return ([id], [], true)
        }
    }
}
