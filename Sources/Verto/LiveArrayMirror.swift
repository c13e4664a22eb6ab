import Wire

/// One live array as its watchers know it: the rows, ready as JSON, and the serial of the last change.
///
/// Snapshot and stream both come from here, so a `bootObj` never lacks a delta that was sent, nor holds one that will
/// be sent after it. Every change is encoded once, whoever watches.
struct LiveArrayMirror {
    /// `conference-liveArray.3500@example.com`.
    let channel: String
    /// What clients compare with the `laName` they were told.
    let name: String
    /// Serial of the last change; the next is one more.
    private(set) var serial = 0
    private var order: [String] = []
    private var rows: [String: [UInt8]] = [:]
    /// The rows as `[[key,row],…]`, until they change.
    private var snapshot: [UInt8]?

    init(channel: String, name: String) { (self.channel, self.name) = (channel, name) }

    var isEmpty: Bool { order.isEmpty }

    /// The encoded row of `key`.
    func row(_ key: String) -> [UInt8]? { rows[key] }

    /// Adds or replaces the row of `key` under `serial`, and returns the `data` object that tells of it.
    mutating func set(_ row: [UInt8], for key: String, serial: Int) -> [UInt8] {
        (self.serial, snapshot) = (serial, nil)
        if rows.updateValue(row, forKey: key) != nil {
            return data("modify", key, row)
        }
        order.append(key)
        return data("add", index: "\"arrIndex\":\(order.count - 1),", key, row)
    }

    /// Takes the row of `key` away; `nil`, and no new serial, when there is none.
    mutating func remove(_ key: String, serial: Int) -> [UInt8]? {
        guard let row = rows.removeValue(forKey: key), let index = order.firstIndex(of: key) else { return nil }
        order.remove(at: index)
        (self.serial, snapshot) = (serial, nil)
        return data("del", key, row)
    }

    /// Takes the rows for what they are now, without a word to anybody.
    mutating func replace(with rows: [(key: String, row: [UInt8])], serial: Int) {
        order = []
        self.rows = [:]
        for (key, row) in rows where self.rows.updateValue(row, forKey: key) == nil { order.append(key) }
        (self.serial, snapshot) = (serial, nil)
    }

    /// The `data` object of a `bootObj`: all rows, outside the sequence.
    mutating func bootData() -> [UInt8] {
        var bytes = head("bootObj", serial: -1)
        bytes += snapshotRows()
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// The `data` object of a `clear`, which makes a client forget rows and serial.
    func clearData() -> [UInt8] { head("clear", serial: -1) + Array("{}}".utf8) }

    private mutating func snapshotRows() -> [UInt8] {
        if let snapshot { return snapshot }
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        for (index, key) in order.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "["))
            JSON.string(key).write(into: &bytes)
            bytes.append(UInt8(ascii: ","))
            bytes += rows[key] ?? []
            bytes.append(UInt8(ascii: "]"))
        }
        bytes.append(UInt8(ascii: "]"))
        snapshot = bytes
        return bytes
    }

    private func data(_ action: String, index: String = "", _ key: String, _ row: [UInt8]) -> [UInt8] {
        var bytes = head(action, index: index, key: "\"hashKey\":\(JSON.string(key).text),", serial: serial)
        bytes += row
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Everything up to the value of `data`, in the order of the original; `index` and `key` are whole members.
    private func head(_ action: String, index: String = "", key: String = "", serial: Int) -> [UInt8] {
        let name = JSON.string(name).text
        return Array("{\"action\":\"\(action)\",\(index)\"name\":\(name),\(key)\"wireSerno\":\(serial),\"data\":".utf8)
    }
}
