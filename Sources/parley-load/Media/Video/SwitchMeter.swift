import Wire

/// How long it takes from a talker's first loud packet to the first frame of its picture at each of the others.
struct SwitchMeter: Sendable {
    /// Milliseconds.
    private(set) var delays: [Double] = []
    /// Talk spurts that began in the window while others saw somebody else.
    private(set) var switches = 0
    /// Pictures that should have come before the next spurt, and did not.
    private(set) var missed = 0

    private struct Turn {
        let talker: Int
        let start: Instant
        var waiting: Set<Int>
    }

    /// By room.
    private var turns: [Int: Turn] = [:]

    /// - Parameter waiting: Members who do not see the talker yet.
    mutating func starts(_ talker: Int, in room: Int, waiting: Set<Int>, at now: Instant) {
        missed += turns[room]?.waiting.count ?? 0
        turns[room] = Turn(talker: talker, start: now, waiting: waiting)
        if !waiting.isEmpty { switches += 1 }
    }

    /// A member now sees `other`.
    mutating func sees(_ other: Int?, by member: Int, in room: Int, at now: Instant) {
        guard let turn = turns[room], turn.talker == other, turn.waiting.contains(member) else { return }
        turns[room]?.waiting.remove(member)
        delays.append(now.milliseconds(since: turn.start))
    }

    /// Who has waited for two seconds will not see it any more.
    mutating func end(at now: Instant) {
        for turn in turns.values where now.duration(since: turn.start) > .seconds(2) { missed += turn.waiting.count }
        turns.removeAll()
    }
}
