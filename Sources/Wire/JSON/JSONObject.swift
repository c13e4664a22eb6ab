/// The members of a JSON object, in order.
///
/// Two parallel arrays rather than a dictionary: protocol objects have a dozen members, and a scan beats hashing.
package struct JSONObject: Equatable, Sendable {
    package private(set) var keys: [String] = []
    package private(set) var values: [JSON] = []

    package init() {}

    package init(_ members: some Sequence<(String, JSON)>) {
        for (key, value) in members { append(value, for: key) }
    }

    /// All members in order, duplicates too.
    package var members: [(key: String, value: JSON)] { zip(keys, values).map { (key: $0, value: $1) } }

    package var count: Int { keys.count }

    package var isEmpty: Bool { keys.isEmpty }

    /// Reading looks for the exact key, then for one that differs in the case of ASCII letters only; of duplicates
    /// the first counts, as in the servers whose clients we serve. Writing replaces the value of the exact key or
    /// appends a member; `nil` removes all members of that exact key.
    package subscript(_ key: String) -> JSON? {
        get {
            let index = keys.firstIndex(of: key) ?? keys.firstIndex { $0.equalsIgnoringASCIICase(key) }
            return index.map { values[$0] }
        }
        set {
            guard let newValue else { return remove(key) }
            guard let index = keys.firstIndex(of: key) else { return append(newValue, for: key) }
            values[index] = newValue
        }
    }

    /// Appends a member without looking whether there is one of that name already.
    package mutating func append(_ value: JSON, for key: String) {
        keys.append(key)
        values.append(value)
    }

    private mutating func remove(_ key: String) {
        while let index = keys.firstIndex(of: key) {
            keys.remove(at: index)
            values.remove(at: index)
        }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}

extension String {
    /// Equal when only the case of the letters A to Z differs.
    func equalsIgnoringASCIICase(_ other: String) -> Bool {
        utf8.count == other.utf8.count
            && zip(utf8, other.utf8).allSatisfy { $0 == $1 || $0.lowercasedASCII == $1.lowercasedASCII }
    }
}

extension UInt8 {
    /// This byte with A to Z made small.
    var lowercasedASCII: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}
