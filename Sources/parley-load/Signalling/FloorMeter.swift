import Wire

/// How far the row that says who has the video floor and the floor holder's picture are apart, at each member.
struct FloorMeter: Sendable {
    /// Milliseconds from the row to the picture; negative where the picture was first.
    private(set) var delays: [Double] = []

    private struct Floor {
        let holder: Int
        let at: Instant
    }

    private struct Sight {
        let member: Int
        let at: Instant
    }

    /// By room.
    private var floors: [Int: Floor] = [:]
    /// What each member sees, by room and index; taken out once it is counted.
    private var sights: [Int: [Int: Sight]] = [:]

    /// A row says that `holder` has the floor; the first of several dashboards counts.
    mutating func moves(to holder: Int, in room: Int, at now: Instant, counts: Bool) {
        guard floors[room]?.holder != holder else { return }
        floors[room] = Floor(holder: holder, at: now)
        for (viewer, sight) in sights[room] ?? [:] where sight.member == holder && viewer != holder {
            sights[room]?[viewer] = nil
            if counts, now.duration(since: sight.at) < .seconds(2) {
                delays.append(sight.at.milliseconds(since: now))
            }
        }
    }

    /// A member now sees `other`.
    mutating func sees(_ other: Int?, by viewer: Int, in room: Int, at now: Instant, counts: Bool) {
        guard let other else { return }
        guard let floor = floors[room], floor.holder == other else {
            sights[room, default: [:]][viewer] = Sight(member: other, at: now)
            return
        }
        sights[room]?[viewer] = nil
        if counts, now.duration(since: floor.at) < .seconds(2) {
            delays.append(now.milliseconds(since: floor.at))
        }
    }
}
