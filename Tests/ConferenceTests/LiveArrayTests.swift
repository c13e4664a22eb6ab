import Conference
import Testing

/// A watcher's copy, fed by deltas alone.
private struct Mirror {
    var entries: [(key: String, row: Row)] = []
    var serial = 0

    mutating func apply(_ delta: Delta) {
        if delta.change != .clear {
            #expect(delta.serial == serial + 1)
            serial = delta.serial
        }
        switch delta.change {
        case .add(let key, let row, let position):
            #expect(position == entries.count && !entries.contains { $0.key == key })
            entries.append((key, row))
        case .modify(let key, let row):
            guard let index = entries.firstIndex(where: { $0.key == key }) else {
                Issue.record("modify of a key that is not there")
                return
            }
            #expect(entries[index].row != row, "a row that did not change was sent")
            entries[index].row = row
        case .remove(let key, let row):
            #expect(entries.first { $0.key == key }?.row == row)
            entries.removeAll { $0.key == key }
        case .clear:
            #expect(delta.serial == -1)
            entries = []
        }
    }

    func shows(_ snapshot: [LiveArray.Entry]) -> Bool {
        entries.count == snapshot.count && zip(entries, snapshot).allSatisfy { $0.key == $1.key && $0.row == $1.row }
    }
}

struct LiveArrayTests {
    private static let commands: [@Sendable (Selector) -> Command] = [
        { .mute($0) }, { .unmute($0) }, { .toggleMute($0) }, { .deaf($0) }, { .undeaf($0) }, { .kick($0) },
        { .hup($0) }, { .volumeIn($0, .up) }, { .volumeOut($0, .down) }, { .energy($0, .up) }, { .floor($0) },
        { _ in .lock }, { _ in .unlock },
    ]

    private func effects(of room: inout Room, at now: Duration, _ random: inout Seeded) -> [Effect] {
        let number = Int.random(in: 1...12, using: &random)
        let id = MemberID(number)
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6:
            let flags: [MemberFlags?] = [nil, .mute, .moderator, .ghost, .secondScreen, .deaf]
            let request = caller(number, flags: flags.randomElement(using: &random)!, screenShare: number == 12)
            return (try? room.join(request, at: now)) ?? []
        case 6: return room.leave(id, at: now)
        case 7..<10: return room.talking(id, Bool.random(using: &random), score: 700, at: now)
        case 10..<12: return room.energy(id, score: Int.random(in: 0...900, using: &random), at: now)
        case 12: return room.setOnHold(id, Bool.random(using: &random), at: now)
        case 13..<17:
            return room.tick((1...12).map { (MemberID($0), Int.random(in: 0...600, using: &random)) }, at: now)
        default:
            let whom: [Selector] = [.member(id), .member(id), .member(id), .member(id), .last, .nonModerator]
            let command = Self.commands.randomElement(using: &random)!(whom.randomElement(using: &random)!)
            return (try? room.perform(command, by: api, at: now).effects) ?? []
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func deltasAloneShowTheRoomThroughTenThousandOperations(seed: UInt64) {
        var random = Seeded(seed)
        var (live, mirror, now, latecomer) = (room(), Mirror(), Duration.zero, Mirror())
        var published = 0
        for step in 0..<10_000 {
            now += .milliseconds(Int.random(in: 0...60, using: &random))
            let effects = effects(of: &live, at: now, &random)
            for delta in effects.deltas {
                mirror.apply(delta)
                if step > 5000 { latecomer.apply(delta) }
                published += 1
            }
            #expect(mirror.shows(live.snapshot))
            if live.isClosed { (live, mirror, latecomer) = (room(), Mirror(), Mirror()) }
            if step == 5000 {
                latecomer.entries = live.snapshot.map { ($0.key, $0.row) }
                latecomer.serial = live.serial
            }
            for entry in live.snapshot where entry.row.status.talking {
                #expect(!entry.row.status.muted && !entry.row.status.onHold)
            }
            #expect(live.snapshot.count { $0.row.status.floor } <= 1)
            #expect(live.summary.talking <= live.summaries(at: now).count)
        }
        #expect(latecomer.shows(live.snapshot))
        #expect(published > 1000)
    }

    @Test func startsAgainAfterClear() {
        var array = LiveArray()
        let status = Status(muted: false, deaf: false, onHold: false, talking: false, floor: false, energyScore: 0)
        let row = Row(id: one, number: "", name: "", codec: "", status: status, variables: [:])
        #expect(array.set(row, for: "a")?.serial == 1)
        #expect(array.set(row, for: "a") == nil)
        #expect(array.remove("b") == nil)
        #expect(array.clear() == Delta(serial: -1, change: .clear))
        #expect(array.snapshot.isEmpty)
        #expect(array.set(row, for: "a") == Delta(serial: 1, change: .add(key: "a", row: row, at: 0)))
    }
}

struct StatusTests {
    typealias Row = (muted: Bool, onHold: Bool, floor: Bool, talking: Bool, text: String)

    static let rows: [Row] = [
        (true, true, true, true, "MUTE"), (false, true, true, true, "HOLD"),
        (false, false, true, true, "TALKING (FLOOR)"), (false, false, true, false, "FLOOR"),
        (false, false, false, true, "TALKING"), (false, false, false, false, "ACTIVE"),
    ]

    @Test(arguments: rows)
    func saysItInAWord(row: Row) {
        let status = Status(
            muted: row.muted, deaf: false, onHold: row.onHold, talking: row.talking, floor: row.floor, energyScore: 0
        )
        #expect(status.oldStatus == row.text)
    }
}

struct TalkingTests {
    @Test func showsInRowAndSummaryOnce() throws {
        var room = try threeMembers()
        let effects = room.talking(one, true, score: 900, at: .zero)
        #expect(effects.deltas.count == 1)
        #expect(effects.summaries.map(\.talking) == [1])
        #expect(room.talking(one, true, score: 950, at: .zero) == [])
        #expect(room.status(one)?.energyScore == 900)
        #expect(room.talking(one, false, score: 3, at: .zero).summaries.map(\.talking) == [0])
        #expect(room.talking(MemberID(99), true, score: 9, at: .zero) == [])
    }

    @Test func scoresFollowFiveTimesASecondAtMost() throws {
        var room = try threeMembers()
        #expect(room.energy(one, score: 500, at: .zero) == [])
        _ = room.talking(one, true, score: 900, at: .zero)
        var rows = 0
        for tick in 1...500 {
            rows += room.energy(one, score: 500 + tick, at: .milliseconds(20 * tick)).count
        }
        #expect(rows == 50)
        #expect(room.energy(one, score: 1000, at: .milliseconds(10_400)) == [])
        _ = room.talking(one, false, score: 0, at: .seconds(11))
        #expect(room.energy(one, score: 500, at: .seconds(12)) == [])
    }

    @Test func theMutedAndTheHeldNeverTalk() throws {
        var room = try threeMembers()
        _ = room.talking(one, true, score: 900, at: .zero)
        let effects = room.setOnHold(one, true, at: .zero)
        #expect(effects.prefix(2) == [.setHeld(one, true), .resetTalkDetector(one)])
        #expect(effects.summaries.map(\.talking) == [0])
        #expect(room.status(one)?.oldStatus == "HOLD")
        #expect(room.talking(one, true, score: 900, at: .zero) == [])
        #expect(room.setOnHold(one, true, at: .zero) == [])
        _ = room.setOnHold(one, false, at: .zero)
        #expect(room.talking(one, true, score: 900, at: .zero).deltas.count == 1)
        _ = try room.perform(.mute(.member(one)), by: api, at: .zero)
        #expect(room.talking(one, true, score: 900, at: .zero) == [])
        #expect(room.summary.talking == 0)
    }
}
