/// The header fields of a message in their order (RFC 3261 §7.3).
///
/// Names are found without case and by their compact form. No name or value with a CR, an LF or a bare NUL gets in:
/// text from outside cannot add a line.
package struct SIPHeaders: Equatable, Sendable {
    /// One header line, unfolded.
    package struct Field: Equatable, Sendable {
        /// As written, a compact form made long.
        package let name: String
        /// Without white space around it.
        package let value: String
    }

    package private(set) var fields: [Field]

    package init() { fields = [] }

    /// In the order given; what could break a line is left out.
    package init(_ fields: [(String, String)]) {
        self.init()
        for (name, value) in fields { add(name, value) }
    }

    init(parsed: [Field]) { fields = parsed }

    /// The value of the first field of that name. Setting replaces all of them by one, in place; `nil` removes them.
    package subscript(_ name: String) -> String? {
        get {
            let name = SIPHeaderName.long(name)
            return fields.first { $0.name.equalsIgnoringASCIICase(name) }?.value
        }
        set {
            if let newValue { set(name, newValue) } else { remove(name) }
        }
    }

    /// The values of all fields of that name, one per field, in order.
    package func all(_ name: String) -> [String] {
        let name = SIPHeaderName.long(name)
        return fields.compactMap { $0.name.equalsIgnoringASCIICase(name) ? $0.value : nil }
    }

    /// The same with comma lists taken apart, for those fields whose grammar has lists (RFC 3261 §7.3.1).
    package func values(_ name: String) -> [String] {
        let name = SIPHeaderName.long(name)
        let all = all(name)
        return SIPHeaderName.isList(name) ? all.flatMap(SIPScanner.commaList) : all
    }

    package func has(_ name: String) -> Bool {
        let name = SIPHeaderName.long(name)
        return fields.contains { $0.name.equalsIgnoringASCIICase(name) }
    }

    /// Adds a field at the end.
    ///
    /// - Returns: `false`, and nothing is changed, when the name is no token or the value would break its line.
    @discardableResult
    package mutating func add(_ name: String, _ value: String) -> Bool { insert(name, value, at: fields.count) }

    /// Adds a field before the first of its name; at the top when there is none.
    ///
    /// - Returns: As ``add(_:_:)``.
    @discardableResult
    package mutating func prepend(_ name: String, _ value: String) -> Bool {
        let long = SIPHeaderName.long(name)
        return insert(name, value, at: fields.firstIndex { $0.name.equalsIgnoringASCIICase(long) } ?? 0)
    }

    /// Replaces all fields of that name by one, where the first was; at the end when there was none.
    ///
    /// - Returns: As ``add(_:_:)``; a refused value leaves the old ones.
    @discardableResult
    package mutating func set(_ name: String, _ value: String) -> Bool { set(name, all: [value]) }

    /// Replaces all fields of that name by `values`, one field each.
    ///
    /// - Returns: As ``add(_:_:)``; one refused value leaves the old ones.
    @discardableResult
    package mutating func set(_ name: String, all values: [String]) -> Bool {
        let long = SIPHeaderName.long(name)
        guard SIPScanner.isToken(long.utf8), values.allSatisfy(SIPScanner.staysInItsLine) else { return false }
        let index = fields.firstIndex { $0.name.equalsIgnoringASCIICase(long) } ?? fields.count
        fields.removeAll { $0.name.equalsIgnoringASCIICase(long) }
        fields.insert(contentsOf: values.map { Field(name: long, value: $0) }, at: index)
        return true
    }

    /// Removes all fields of that name.
    package mutating func remove(_ name: String) {
        let name = SIPHeaderName.long(name)
        fields.removeAll { $0.name.equalsIgnoringASCIICase(name) }
    }

    private mutating func insert(_ name: String, _ value: String, at index: Int) -> Bool {
        let long = SIPHeaderName.long(name)
        guard SIPScanner.isToken(long.utf8), SIPScanner.staysInItsLine(value) else { return false }
        fields.insert(Field(name: long, value: value), at: index)
        return true
    }
}

extension SIPHeaders {
    /// What every response takes from its request, untouched (RFC 3261 §8.2.6.2).
    var copiedToResponse: SIPHeaders {
        var copy = SIPHeaders()
        copy.fields = fields.filter { $0.name.equalsIgnoringASCIICase("Via") }
        for name in ["From", "To", "Call-ID", "CSeq"] {
            if let field = fields.first(where: { $0.name.equalsIgnoringASCIICase(name) }) { copy.fields.append(field) }
        }
        return copy
    }

    /// A message with these fields: Via first, Content-Length last and counted here.
    func message(startLine: String, body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(fields.reduce(startLine.utf8.count + body.count + 32) { $0 + $1.lineLength })
        bytes.append(contentsOf: startLine.utf8.lazy.filter { $0 != 0x0D && $0 != 0x0A && $0 != 0 })
        bytes.append(contentsOf: [0x0D, 0x0A])
        for field in fields where field.name.equalsIgnoringASCIICase("Via") { field.write(to: &bytes) }
        for field in fields
        where !field.name.equalsIgnoringASCIICase("Via") && !field.name.equalsIgnoringASCIICase("Content-Length") {
            field.write(to: &bytes)
        }
        Field(name: "Content-Length", value: "\(body.count)").write(to: &bytes)
        bytes.append(contentsOf: [0x0D, 0x0A])
        bytes.append(contentsOf: body)
        return bytes
    }
}

extension SIPHeaders.Field {
    fileprivate var lineLength: Int { name.utf8.count + value.utf8.count + 4 }

    fileprivate func write(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: [UInt8(ascii: ":"), UInt8(ascii: " ")])
        bytes.append(contentsOf: value.utf8)
        bytes.append(contentsOf: [0x0D, 0x0A])
    }
}
