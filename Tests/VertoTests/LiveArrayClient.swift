import Wire

/// A watcher of one live array that follows the stock client's rule (conference.md §2.4) to the letter: after one gap
/// it never accepts a numbered change again, until a `clear`.
struct LiveArrayClient {
    let channel: String
    let name: String
    private(set) var rows: [String: JSON] = [:]
    private(set) var order: [String] = []
    /// Serials that did not follow the one before.
    private(set) var gaps: [String] = []
    private(set) var bootCount = 0
    private var last = 0

    init(_ channel: String, _ name: String) { (self.channel, self.name) = (channel, name) }

    mutating func receive(_ messages: [JSON]) {
        for message in messages where message["params"]?["eventChannel"]?.string == channel {
            if let data = message["params"]?["data"] { receive(data) }
        }
    }

    private mutating func receive(_ data: JSON) {
        guard data["name"]?.string == name, let serial = data["wireSerno"]?.int else { return }
        guard accepts(serial) else { return gaps.append("\(serial) after \(last)") }
        let key = data["hashKey"]?.string ?? ""
        switch data["action"]?.string {
        case "bootObj": boot(data["data"]?.array ?? [])
        case "clear": (rows, order, last) = ([:], [], 0)
        case "add", "modify":
            if rows.updateValue(data["data"] ?? .null, forKey: key) == nil { order.append(key) }
        case "del":
            rows[key] = nil
            order.removeAll { $0 == key }
        default: break
        }
    }

    private mutating func accepts(_ serial: Int) -> Bool {
        guard serial >= 0 else { return true }
        guard last == 0 || serial == last + 1 else { return false }
        last = serial
        return true
    }

    /// The stock client merges: rows that went away meanwhile stay.
    private mutating func boot(_ entries: [JSON]) {
        bootCount += 1
        for entry in entries {
            guard let pair = entry.array, pair.count == 2, let key = pair[0].string else { continue }
            if rows.updateValue(pair[1], forKey: key) == nil { order.append(key) }
        }
    }
}
