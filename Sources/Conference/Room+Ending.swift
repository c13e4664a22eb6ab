/// How a room ends, and what it does by the clock until then (conference.md §10.2).
extension Room {
    /// - Parameter isForced: For want of members that had to be here.
    mutating func close(isForced: Bool, at now: Duration, into effects: inout [Effect]) {
        guard !isClosed else { return }
        isClosed = true
        timers.cancelAll()
        for lane in [PlaybackLanes.Lane.queue, .background] { stopAll(in: lane, at: now, into: &effects) }
        followMusic(into: &effects)
        endRecordings(at: now, into: &effects)
        for id in order.reversed() { depart(id, .conferenceEnded, at: now, into: &effects) }
        if publishes { effects.append(.publish(liveArray.clear())) }
        tell(.conferenceDestroy, at: now, into: &effects)
        effects += [.record(record(isForced: isForced, at: now)), .closed]
    }

    /// A member brings its timers, and the first one the room's.
    mutating func startTimers(for member: Member, at now: Duration) {
        if member.flags.contains(.talkDataEvents) {
            timers.set(.talkReport(member.id), to: now + Self.talkReportInterval)
        }
        if profile.heartbeat > .zero, timers[.heartbeat] == nil {
            timers.set(.heartbeat, to: now + profile.heartbeat)
        }
        if profile.terminateOnSilence > .zero, timers[.silence] == nil {
            timers.set(.silence, to: now + profile.terminateOnSilence)
        }
    }

    mutating func beat(at now: Duration, into effects: inout [Effect]) {
        guard !isEmpty else { return }
        tell(.conferenceHeartbeat, at: now, into: &effects)
        timers.set(.heartbeat, to: now + profile.heartbeat)
    }

    /// Several are here, and none has spoken or come for too long: the room ends. Else it looks again when that can
    /// be so at the earliest.
    mutating func endSilence(at now: Duration, into effects: inout [Effect]) {
        guard !isEmpty else { return }
        let end = lastActivity + profile.terminateOnSilence
        if count > 1, headcount.talkers == 0, end <= now {
            close(isForced: false, at: now, into: &effects)
        } else {
            timers.set(.silence, to: end > now ? end : now + profile.terminateOnSilence)
        }
    }
}

/// Members by kind.
struct Headcount: Sendable {
    /// Without ghosts and screens.
    var people = 0
    var ghosts = 0
    var talkers = 0

    /// A member comes (1) or goes (-1).
    mutating func count(_ member: Member, _ change: Int) {
        if member.isCounted { people += change }
        if member.flags.contains(.ghost) { ghosts += change }
        if member.isTalking { talkers += change }
    }
}
