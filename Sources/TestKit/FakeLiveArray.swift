package import Wire

/// One row of a conference's live array: a member as dashboards see it.
package struct FakeLiveArrayRow: Equatable, Sendable {
    /// Zero-padded to four digits.
    package let memberID: String
    package let number: String
    package let name: String
    package let codec: String
    package let isMuted: Bool
    package let isDeaf: Bool
    package let isTalking: Bool
    package let hasFloor: Bool
    package let energyScore: Int
    /// Its picture is what everybody sees.
    package let hasVideoFloor: Bool
    /// `ACTIVE`, `TALKING (FLOOR)` …
    package let statusText: String

    /// Reads `[id, number, name, codec, status, vars?, null]`; the status is JSON in a string, or plain text from
    /// servers without `livearray-json-status`.
    package init?(_ json: JSON) {
        guard let columns = json.array, columns.count >= 5, let memberID = columns[0].string,
            let status = columns[4].string
        else { return nil }
        self.memberID = memberID
        number = columns[1].string ?? ""
        name = columns[2].string ?? ""
        codec = columns[3].string ?? ""
        if status.utf8.first == UInt8(ascii: "{"), let parsed = try? JSON(parsing: status) {
            let audio = parsed["audio"]
            isMuted = audio?["muted"]?.bool ?? false
            isDeaf = audio?["deaf"]?.bool ?? false
            isTalking = audio?["talking"]?.bool ?? false
            hasFloor = audio?["floor"]?.bool ?? false
            energyScore = audio?["energyScore"]?.int ?? 0
            hasVideoFloor = parsed["video"]?["floor"]?.bool ?? false
            statusText = parsed["oldStatus"]?.string ?? ""
        } else {
            statusText = status
            isMuted = status.hasPrefix("MUTE")
            isTalking = status.hasPrefix("TALKING")
            hasFloor = status.hasPrefix("FLOOR") || status.hasPrefix("TALKING (FLOOR)")
            (isDeaf, energyScore) = (false, 0)
            hasVideoFloor = status.hasSuffix(" VIDEO (FLOOR)")
        }
    }
}

/// A live array as the stock client keeps it, with its rule for serial numbers (`conference.md` §2.4).
///
/// After one gap the client drops every later delta until a `clear`: a server must never let ``gaps`` rise.
package struct FakeLiveArray: Equatable, Sendable {
    package enum Change: Equatable, Sendable {
        case boot(count: Int)
        case added(key: String, FakeLiveArrayRow)
        case modified(key: String, FakeLiveArrayRow, before: FakeLiveArrayRow?)
        case removed(key: String)
        case cleared
        /// Dropped by the client: `serial` is not `last` + 1.
        case gap(last: Int, serial: Int)
        /// Another array's name, an unknown action, a row that cannot be read, or a key that does not exist.
        case ignored(String)
    }

    package let channel: String
    package let name: String
    package private(set) var rows: [String: FakeLiveArrayRow] = [:]
    /// The last serial accepted; 0 before the first and after a `clear`.
    package private(set) var lastSerial = 0
    /// Deltas dropped because of their serial.
    package private(set) var gaps = 0
    /// Deltas accepted.
    package private(set) var deltas = 0

    package init(channel: String, name: String) {
        self.channel = channel
        self.name = name
    }

    /// Whether the client would still ask for a snapshot after a gap: it does so twice.
    package var stillAsksAgain: Bool { gaps < 3 }

    /// Takes the `data` of an event on ``channel``.
    package mutating func apply(_ data: JSON) -> Change {
        guard data["name"]?.string == name else { return .ignored("name") }
        guard let action = data["action"]?.string, let serial = data["wireSerno"]?.int else {
            return .ignored("action or wireSerno")
        }
        if serial >= 0 {
            guard lastSerial == 0 || serial == lastSerial + 1 else {
                gaps += 1
                return .gap(last: lastSerial, serial: serial)
            }
            lastSerial = serial
            deltas += 1
        }
        return carryOut(action, data)
    }

    private mutating func carryOut(_ action: String, _ data: JSON) -> Change {
        let key = data["hashKey"]?.string
        switch action {
        case "bootObj": return boot(data["data"]?.array ?? [])
        case "clear":
            rows = [:]
            lastSerial = 0
            return .cleared
        case "add", "modify":
            guard let key, let row = data["data"].flatMap(FakeLiveArrayRow.init) else { return .ignored("row") }
            let before = rows.updateValue(row, forKey: key)
            return action == "add" ? .added(key: key, row) : .modified(key: key, row, before: before)
        case "del":
            guard let key, rows.removeValue(forKey: key) != nil else { return .ignored("del of an unknown key") }
            return .removed(key: key)
        default: return .ignored(action)
        }
    }

    /// The client merges: keys that vanished before the snapshot stay.
    private mutating func boot(_ pairs: [JSON]) -> Change {
        for pair in pairs {
            guard let pair = pair.array, pair.count == 2, let key = pair[0].string,
                let row = FakeLiveArrayRow(pair[1])
            else { continue }
            rows[key] = row
        }
        return .boot(count: pairs.count)
    }
}
