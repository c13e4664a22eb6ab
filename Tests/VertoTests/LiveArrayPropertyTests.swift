import Calls
import Conference
import Testing
import Verto
import Wire

/// Whatever happens, and however slow a watcher is: a client that follows the stock rule never sees a gap, and knows
/// what the room knows once it has caught up.
struct LiveArrayPropertyTests {
    private static let channel = "conference-liveArray.3500@example.com"

    /// A watcher with a network between it and the endpoint: while it is congested nothing is read.
    private struct Watcher {
        let connection: ConnectionID
        var client = LiveArrayClient(channel, "3500")
        var isCongested = false
    }

    @Test(arguments: 0..<25)
    func noWatcherEverSeesAGap(seed: Int) {
        var random = Seeded(UInt64(seed))
        let rig = Rig { $0.heldMessages = 8 }
        let callers = (1...4).map { rig.login("100\($0)") }
        var watchers = (0..<6).map { _ in Watcher(connection: rig.login("board")) }
        for index in watchers.indices { start(rig, watchers[index].connection) }
        var inside: [String] = []
        var nextCall = 0
        for _ in 0..<400 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0...1 where inside.count < 12:
                nextCall += 1
                let caller = callers[Int.random(in: 0..<4, using: &random)]
                if rig.invite(caller, "call-\(nextCall)").isResult {
                    rig.join("call-\(nextCall)")
                    inside.append("call-\(nextCall)")
                }
            case 2 where !inside.isEmpty:
                let call = inside.remove(at: Int.random(in: 0..<inside.count, using: &random))
                rig.leave(call)
                rig.news(call, .ended(.normalClearing))
            case 3...7:
                if let call = inside.randomElement(using: &random) {
                    rig.talk(call, Bool.random(using: &random), score: Int.random(in: 0..<1000, using: &random))
                }
            case 8...9:
                let index = Int.random(in: 0..<watchers.count, using: &random)
                toggle(rig, &watchers[index])
            case 10:
                let index = Int.random(in: 0..<watchers.count, using: &random)
                start(rig, watchers[index].connection)
                watchers[index].client.receive(rig.take(watchers[index].connection))
            default: rig.wait(.milliseconds(Int.random(in: 0..<500, using: &random)))
            }
        }
        for index in watchers.indices {
            if watchers[index].isCongested { toggle(rig, &watchers[index]) }
            watchers[index].client.receive(rig.take(watchers[index].connection))
            #expect(watchers[index].client.gaps.isEmpty, "seed \(seed)")
            #expect(Set(watchers[index].client.rows.keys) == Set(inside), "seed \(seed)")
            for (key, row) in watchers[index].client.rows { #expect(row == known(rig, key), "seed \(seed)") }
        }
    }

    private func start(_ rig: Rig, _ c: ConnectionID) {
        rig.request(c, "verto.subscribe", ["eventChannel": .string(Self.channel)])
        rig.request(
            c, "verto.broadcast",
            [
                "eventChannel": .string(Self.channel), "data": ["liveArray": ["command": "bootstrap"]],
            ])
    }

    private func toggle(_ rig: Rig, _ watcher: inout Watcher) {
        watcher.isCongested.toggle()
        if watcher.isCongested { return rig.congest(watcher.connection) }
        rig.drain(watcher.connection)
        watcher.client.receive(rig.take(watcher.connection))
    }

    /// The room's own row of a call, as its JSON.
    private func known(_ rig: Rig, _ key: String) -> JSON? {
        let room = rig.rooms[RoomKey(name: "3500", domain: Rig.domain)]
        guard let row = room?.snapshot.first(where: { $0.key == key })?.row else { return nil }
        return try? JSON(parsing: RowText.bytes(row))
    }
}

/// A second, plain way to write a row, to hold the first against.
private enum RowText {
    static func bytes(_ row: Row) -> [UInt8] {
        let status: JSON = [
            "audio": [
                "muted": .bool(row.status.muted), "deaf": .bool(row.status.deaf), "onHold": .bool(row.status.onHold),
                "talking": .bool(row.status.talking), "floor": .bool(row.status.floor),
                "energyScore": .integer(Int64(row.status.energyScore)),
            ],
            "video": false, "oldStatus": .string(row.status.oldStatus),
        ]
        let columns: JSON = [
            .string(row.id.paddedText), .string(row.number), .string(row.name), .string(row.codec),
            .string(status.text), [:], .null,
        ]
        return columns.bytes
    }
}
