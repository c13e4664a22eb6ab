extension Room {
    /// Carries out `command`, or refuses it and changes nothing. A command that finds its work done answers the same
    /// and has no effects.
    package mutating func perform(
        _ command: Command, by issuer: Issuer, at now: Duration
    ) throws(Refusal) -> (reply: Reply, effects: [Effect]) {
        guard !isClosed else { throw .notActive }
        try authorise(command, by: issuer)
        var effects: [Effect] = []
        let occasion = Occasion(now, isByKeys: issuer.pressesOwnKeys)
        let reply = try carryOut(command, occasion, into: &effects)
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

    /// The same for who may: the table of what each command does.
    mutating func carryOut(
        _ command: Command, _ occasion: Occasion, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        let now = occasion.now
        switch command {
        case .mute(let who, let quiet):
            return try each(who, into: &effects) {
                $0.setMuted(true, $1, quiet: $0.hushes(quiet, who), occasion, into: &$2)
            }
        case .unmute(let who, let quiet):
            return try each(who, into: &effects) {
                $0.setMuted(false, $1, quiet: $0.hushes(quiet, who), occasion, into: &$2)
            }
        case .toggleMute(let who, let quiet):
            return try each(who, into: &effects) {
                $0.toggleMuted($1, quiet: $0.hushes(quiet, who), occasion, into: &$2)
            }
        case .deaf(let who, let quiet):
            return try each(who, into: &effects) {
                $0.setDeaf(true, $1, quiet: $0.hushes(quiet, who), at: now, into: &$2)
            }
        case .undeaf(let who, let quiet):
            return try each(who, into: &effects) {
                $0.setDeaf(false, $1, quiet: $0.hushes(quiet, who), at: now, into: &$2)
            }
        case .hold(let who, let sound):
            let sound = try sound?.found()
            return try each(who, into: &effects) { $0.setHeld(true, $1, sound, at: now, into: &$2) }
        case .unhold(let who):
            return try each(who, into: &effects) { $0.setHeld(false, $1, nil, at: now, into: &$2) }
        case .volumeIn(let who, let change):
            return try each(who, into: &effects) { $0.changeVolumeIn(change, $1, occasion, into: &$2) }
        case .volumeOut(let who, let change):
            return try each(who, into: &effects) { $0.changeVolumeOut(change, $1, occasion, into: &$2) }
        case .energy(let who, let change):
            return try each(who, into: &effects) { $0.changeEnergy(change, $1, occasion, into: &$2) }
        case .autoEnergy(let who, let change):
            return try each(who, into: &effects) { $0.changeAutoEnergy(change, $1, at: now, into: &$2) }
        case .autoGain(let who, let change):
            return try each(who, into: &effects) { $0.changeAutoGain(change, $1, at: now, into: &$2) }
        case .denoise(let who, let isDenoised):
            return try each(who, into: &effects) { $0.setDenoised(isDenoised, $1, into: &$2) }
        case .position(let who, let position):
            return try each(who, into: &effects) { room, id, effects throws(Refusal) in
                try room.setPosition(position, id, at: now, into: &effects)
            }
        case .sendDigits(let who, let digits):
            return try each(who, into: &effects) { $0.sendDigits(digits, to: $1, at: now, into: &$2) }
        case .getUUID(let who):
            return try each(who, into: &effects) { room, id, _ in .uuid(id, room.members[id]?.request.uuid ?? "") }
        case .floor(let who):
            return try each(who, into: &effects) { room, id, effects throws(Refusal) in
                try room.toggleFloor(id, at: now, into: &effects)
            }
        case .hand(let who, let isRaised):
            return try each(who, into: &effects) { $0.setHand(isRaised, $1, at: now, into: &$2) }
        case .videoMute(let who):
            return try each(who, into: &effects) { room, id, effects throws(Refusal) in
                try room.setVideoMuted(true, id, at: now, into: &effects)
            }
        case .videoUnmute(let who):
            return try each(who, into: &effects) { room, id, effects throws(Refusal) in
                try room.setVideoMuted(false, id, at: now, into: &effects)
            }
        case .toggleVideoMute(let who):
            return try each(who, into: &effects) { room, id, effects throws(Refusal) in
                try room.toggleVideoMuted(id, at: now, into: &effects)
            }
        case .videoBlind(let who):
            return try each(who, into: &effects) { $0.setBlind(true, $1, at: now, into: &$2) }
        case .videoUnblind(let who):
            return try each(who, into: &effects) { $0.setBlind(false, $1, at: now, into: &$2) }
        case .toggleVideoBlind(let who):
            return try each(who, into: &effects) { $0.toggleBlind($1, at: now, into: &$2) }
        case .videoFloor(let who, let force):
            return try each(who, into: &effects) { room, id, effects throws(Refusal) in
                try room.toggleVideoFloor(id, force: force, at: now, into: &effects)
            }
        case .clearVideoFloor: return clearVideoFloor(at: now, into: &effects)
        case .reserveLayer: throw .notMixing
        case .videoBandwidth(let who, let limit): return try setVideoBandwidth(limit, of: who, into: &effects)
        case .relate(let ones, let others, let change): return try relate(ones, others, change, into: &effects)
        case .listRelations(let id): return relations(of: id)
        case .kick(let who, let sound):
            let reason = RemovalReason.kicked(playing: try sound?.found().name ?? profile.sound(.kicked))
            return try remove(who, reason, .kick, .kickMember, at: now, into: &effects)
        case .hup(let who): return try remove(who, .hungUp, .hup, .hupMember, at: now, into: &effects)
        case .transfer(let ids, let room, let profile):
            return transfer(ids, to: room, profile, at: now, into: &effects)
        case .redirect(let who, let destination): return try redirect(who, to: destination, at: now, into: &effects)
        case .dial(let request, let inBackground): return try dial(request, inBackground: inBackground, into: &effects)
        case .lock: return setLocked(true, at: now, into: &effects)
        case .unlock: return setLocked(false, at: now, into: &effects)
        case .pin(let pin, let role): return try setPIN(pin, for: role)
        case .noPIN: return try setPIN(nil, for: .participant)
        case .announcement(let passage, let change):
            return try changeAnnouncement(passage, change, at: now, into: &effects)
        case .music(let change): return try changeMusic(change, into: &effects)
        case .play(let request): return try play(request, at: now, into: &effects)
        case .stop(let scope, let who): return try stop(scope, who, at: now, into: &effects)
        case .pausePlayback(let who): return try togglePause(who, at: now, into: &effects)
        case .playbackStatus(let who): return try playbackStatus(who, at: now)
        case .seek(let change, let who): return try seek(change, who, at: now, into: &effects)
        case .fileVolume(let gain, let inBackground):
            return try setFileVolume(gain, inBackground: inBackground, into: &effects)
        case .say, .sayMember: throw .noSpeech(command: command.name)
        case .record(let name, let tracks): return try startRecording(name, tracks: tracks, at: now, into: &effects)
        case .stopRecording(let name): return try stopRecording(name, at: now, into: &effects)
        case .pauseRecording(let name): return try pauseRecording(name, true, at: now, into: &effects)
        case .resumeRecording(let name): return try pauseRecording(name, false, at: now, into: &effects)
        case .checkRecording: return .recordings(recordingSummaries)
        case .list: return .list(roster(at: now))
        case .count: return .count(count)
        case .jsonList: return .roster(roster(at: now))
        case .get(let property): return .value(property, value(of: property, at: now))
        case .set(let property, let text): return try set(property, to: text, at: now)
        case .getVariable(let name): return .variable(name, variables[name])
        case .setVariable(let name, let value): return try setVariable(name, to: value)
        }
    }

    /// Does `action` to each of `who`. A refusal for one of several goes into its result.
    mutating func each(
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
        _ who: Selector, _ reason: RemovalReason, _ word: MemberAction, _ action: RoomAction, at now: Duration,
        into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        var departed: [Member] = []
        let reply = try each(who, into: &effects) { room, id, effects in
            if let member = room.members[id] { departed.append(member) }
            room.tell(action, id, at: now, into: &effects)
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

    /// The members of a selector, where one of several cannot be refused for itself.
    func presentMembers(_ who: Selector) throws(Refusal) -> [MemberID] {
        let targets = try targets(of: who)
        return targets.ids.filter { !targets.skipped.contains($0) }
    }

    /// So many at once are not told one by one how they are: each would need a mix of its own.
    private func hushes(_ quiet: Bool, _ who: Selector) -> Bool {
        quiet || who.isCollective && order.count > Self.crowd
    }

    private static let crowd = 50

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
