/// Where a room's sounds play: one after another for all, one under them, and one after another for each member.
struct PlaybackLanes: Sendable {
    enum Lane: Hashable, Sendable {
        case queue
        case background
        case member(MemberID)

        var listener: PlaybackOrder.Listener {
            switch self {
            case .queue, .background: .everybody
            case .member(let id): .member(id)
            }
        }

        /// How many may be there at a time. The background has one, and a new one takes its place.
        var limit: Int {
            switch self {
            case .queue: 64
            case .background: 1
            case .member: 16
            }
        }
    }

    private var lanes: [Lane: [Playback]] = [:]
    private var homes: [PlaybackID: Lane] = [:]
    private var lastID = 0

    /// In order; the first one plays.
    subscript(lane: Lane) -> [Playback] { lanes[lane] ?? [] }

    func lane(of id: PlaybackID) -> Lane? { homes[id] }

    func isFull(_ lane: Lane) -> Bool { self[lane].count >= lane.limit }

    mutating func nextID() -> PlaybackID {
        lastID += 1
        return PlaybackID(lastID)
    }

    mutating func append(_ playback: Playback, to lane: Lane) {
        lanes[lane, default: []].append(playback)
        homes[playback.id] = lane
    }

    /// Takes a playback out; its lane's next one does not play yet.
    mutating func remove(_ id: PlaybackID) -> Playback? {
        guard let lane = homes.removeValue(forKey: id), var list = lanes[lane] else { return nil }
        guard let index = list.firstIndex(where: { $0.id == id }) else { return nil }
        let playback = list.remove(at: index)
        lanes[lane] = list.isEmpty ? nil : list
        return playback
    }

    /// Changes what plays in a lane.
    mutating func update(_ lane: Lane, _ change: (inout Playback) -> Void) {
        guard var list = lanes[lane], !list.isEmpty else { return }
        change(&list[0])
        lanes[lane] = list
    }
}
