/// One SRV record: where a service of a domain is (RFC 2782).
package struct SRVRecord: Hashable, Sendable {
    /// The lowest is tried first.
    package let priority: UInt16
    /// Its share among those of one priority.
    package let weight: UInt16
    package let port: UInt16
    /// Empty is the root: no such service.
    package let target: String

    package init(priority: UInt16, weight: UInt16, port: UInt16, target: String) {
        (self.priority, self.weight, self.port, self.target) = (priority, weight, port, target)
    }

    static let type: UInt16 = 33

    /// By priority, and by chance among those of one, each as likely to be next as its weight says.
    package static func ordered(
        _ records: [SRVRecord], using generator: inout some RandomNumberGenerator
    ) -> [SRVRecord] {
        var result: [SRVRecord] = []
        for priority in Set(records.map(\.priority)).sorted() {
            // Those without weight first, so that they have a small chance too (RFC 2782).
            var left = records.filter { $0.priority == priority }.sorted { $0.weight < $1.weight }
            while !left.isEmpty {
                let total = left.reduce(0) { $0 + Int($1.weight) }
                var drawn = Int.random(in: 0...total, using: &generator)
                let index =
                    left.firstIndex { record in
                        drawn -= Int(record.weight)
                        return drawn <= 0
                    } ?? 0
                result.append(left.remove(at: index))
            }
        }
        return result
    }

    /// The SRV records of the answer section of a DNS message (RFC 1035 §4.1); none of a message that breaks off.
    package static func records(in message: [UInt8]) -> [SRVRecord] {
        var reader = DNSReader(message)
        guard reader.skip(4), let questions = reader.uint16(), let answers = reader.uint16(), reader.skip(4) else {
            return []
        }
        for _ in 0..<questions { guard reader.name() != nil, reader.skip(4) else { return [] } }
        var found: [SRVRecord] = []
        for _ in 0..<min(answers, mostRecords) {
            guard reader.name() != nil, let type = reader.uint16(), reader.skip(6), let length = reader.uint16() else {
                return found
            }
            let end = reader.position + Int(length)
            if type == Self.type, let record = record(&reader) { found.append(record) }
            guard reader.move(to: end) else { return found }
        }
        return found
    }

    private static func record(_ reader: inout DNSReader) -> SRVRecord? {
        guard let priority = reader.uint16(), let weight = reader.uint16(), let port = reader.uint16(),
            let target = reader.name()
        else { return nil }
        return SRVRecord(priority: priority, weight: weight, port: port, target: target)
    }

    private static let mostRecords: UInt16 = 64
}

/// Reads the fields of a DNS message.
private struct DNSReader {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func move(to place: Int) -> Bool {
        guard place <= bytes.count else { return false }
        position = place
        return true
    }

    mutating func skip(_ count: Int) -> Bool { move(to: position + count) }

    mutating func uint16() -> UInt16? {
        guard position + 2 <= bytes.count else { return nil }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    /// A domain name, compressed or not (RFC 1035 §4.1.4), without its last dot.
    mutating func name() -> String? {
        var labels: [String] = []
        var place = position
        var length = 0
        var jumps = 0
        while place < bytes.count {
            let size = Int(bytes[place])
            if size == 0 {
                if jumps == 0 { position = place + 1 }
                return labels.joined(separator: ".")
            }
            if size >= 0xC0 {
                guard place + 1 < bytes.count, jumps < Self.mostJumps else { return nil }
                if jumps == 0 { position = place + 2 }
                place = (size & 0x3F) << 8 | Int(bytes[place + 1])
                jumps += 1
                continue
            }
            length += size + 1
            guard size < 0x40, length <= 255, place + 1 + size <= bytes.count else { return nil }
            var label = ""
            for index in place + 1..<place + 1 + size {
                guard bytes[index] > 0x20, bytes[index] < 0x7F else { return nil }
                label.unicodeScalars.append(Unicode.Scalar(bytes[index]))
            }
            labels.append(label)
            place += 1 + size
        }
        return nil
    }

    private static let mostJumps = 16
}
