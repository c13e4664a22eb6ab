import Conference

/// A member that joins in tests: call `call-7` of member 7.
func caller(
    _ id: Int, flags: MemberFlags? = nil, pin: String? = nil, screenShare: Bool = false, enforced: Bool = true
) -> JoinRequest {
    JoinRequest(
        id: MemberID(id), callID: "call-\(id)", callerName: "Name \(id)", callerNumber: "10\(id)", flags: flags,
        suppliedPIN: pin, isScreenShare: screenShare, enforceSecurity: enforced
    )
}

/// A room of a profile with a live array and these parameters besides.
func room(_ parameters: (String, String)...) -> Room {
    let profile = RoomProfile(name: "default", parameters: [("conference-flags", "livearray-sync")] + parameters)
    return Room(key: RoomKey(name: "3500", domain: "example.com"), profile: profile, startedAt: 1_755_770_000)
}

/// Members 1 and 2, participants, and 3, a moderator: the newest.
func threeMembers(_ parameters: (String, String)...) throws -> Room {
    let profile = RoomProfile(name: "default", parameters: [("conference-flags", "livearray-sync")] + parameters)
    var room = Room(key: RoomKey(name: "3500", domain: "example.com"), profile: profile, startedAt: 1_755_770_000)
    _ = try room.join(caller(1), at: .zero)
    _ = try room.join(caller(2), at: .zero)
    _ = try room.join(caller(3, flags: .moderator), at: .zero)
    return room
}

let one = MemberID(1)
let two = MemberID(2)
let three = MemberID(3)
let api = Issuer(name: "api", role: .operator)
let moderator = Issuer(name: "1003", member: three)
let participant = Issuer(name: "1001", member: one)

extension [Effect] {
    /// Without events and records, which have tests of their own.
    var plain: [Effect] {
        filter {
            switch $0 {
            case .event, .record: false
            default: true
            }
        }
    }
    var events: [RoomEvent] { compactMap { if case .event(let event) = $0 { event } else { nil } } }
    var actions: [RoomAction] { events.map(\.action) }
    var orders: [PlaybackOrder] { compactMap { if case .play(let order) = $0 { order } else { nil } } }
    var records: [ConferenceRecord] { compactMap { if case .record(let record) = $0 { record } else { nil } } }
    var deltas: [Delta] { compactMap { if case .publish(let delta) = $0 { delta } else { nil } } }
    var summaries: [RoomSummary] { compactMap { if case .summary(let summary) = $0 { summary } else { nil } } }
    var removed: [MemberID] { compactMap { if case .remove(let id, _) = $0 { id } else { nil } } }
}

extension Room {
    func status(_ id: MemberID) -> Status? { snapshot.first { $0.row.id == id }?.row.status }

    /// A tick in which these members have these smoothed scores.
    mutating func tick(_ scores: [(MemberID, Int)], at now: Duration = .zero) -> [Effect] {
        beginTick()
        for (id, score) in scores { consider(id, smoothedScore: score) }
        return endTick(at: now)
    }
}

/// A small repeatable source of numbers (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

extension Sound {
    /// A file that the server has loaded.
    init(_ name: String, seconds: Int = 10) {
        self.init(SoundName(configured: name)!, duration: .seconds(seconds))
    }
}

extension Room {
    /// Does `command` as an operator, and hands on its effects without events.
    mutating func tell(_ command: Command, at now: Duration = .zero) throws -> [Effect] {
        try perform(command, by: api, at: now).effects.plain
    }

    mutating func ask(_ command: Command, at now: Duration = .zero) throws -> Reply {
        try perform(command, by: api, at: now).reply
    }
}
