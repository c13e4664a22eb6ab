extension SessionDescription {
    /// The description in the order of RFC 8866 §5, each line ended by CRLF: Chromium refuses a last line without.
    ///
    /// Line ends inside a value are left out, so that no name from outside can add a line.
    package var text: String {
        var text = SDPText()
        text.add("v", "0")
        text.add("o", "\(origin.username) \(origin.sessionID) \(origin.sessionVersion) \(origin.connection.text)")
        text.add("s", name)
        for line in information { text.add(line.letter, line.value) }
        if let connection { text.add("c", connection.text) }
        for value in bandwidth { text.add("b", value) }
        for line in timing { text.add(line.letter, line.value) }
        text.add(attributes)
        for description in media { description.write(to: &text) }
        return text.text
    }
}

extension MediaDescription {
    /// The lines of this description alone.
    package var text: String {
        var text = SDPText()
        write(to: &text)
        return text.text
    }

    fileprivate func write(to text: inout SDPText) {
        let ports = portCount == 1 ? "\(port)" : "\(port)/\(portCount)"
        text.add("m", "\(kind) \(ports) \(transport) \(formats.joined(separator: " "))")
        if let information { text.add("i", information) }
        if let connection { text.add("c", connection.text) }
        for value in bandwidth { text.add("b", value) }
        text.add(attributes)
    }
}

/// Lines in the making.
private struct SDPText {
    private(set) var text = ""

    mutating func add(_ letter: Character, _ value: String) {
        text.append(letter)
        text.append("=")
        if value.utf8.contains(where: Self.breaksLines) {
            text.append(String(decoding: value.utf8.filter { !Self.breaksLines($0) }, as: UTF8.self))
        } else {
            text.append(value)
        }
        text.append("\r\n")
    }

    mutating func add(_ attributes: [SDPAttribute]) {
        for attribute in attributes { add("a", attribute.value.map { "\(attribute.name):\($0)" } ?? attribute.name) }
    }

    private static func breaksLines(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A || byte == 0 }
}
