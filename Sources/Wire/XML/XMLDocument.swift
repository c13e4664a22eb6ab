/// A strict reader for configuration files: XML 1.0 in UTF-8, without what a configuration does not need.
///
/// A DOCTYPE is skipped, so no entity but the five predefined ones exists and nothing is ever loaded or expanded.
/// One leniency: comments may hold `--`, as FreeSWITCH's own files do.
package enum XMLDocument {
    /// Reads a file.
    ///
    /// - Parameters:
    ///   - file: Its name, for errors and ``XMLElement/file``.
    ///   - fragment: Whether any number of root elements may stand side by side, as in an included file. Otherwise there
    ///     is exactly one.
    package static func parse(
        _ bytes: [UInt8],
        file: String,
        fragment: Bool = false
    ) throws(XMLError) -> [XMLElement] {
        var scanner = XMLScanner(bytes: bytes, file: file)
        try scanner.checkEncoding()
        return try scanner.document(fragment: fragment)
    }

    /// Elements inside each other.
    package static let maximumDepth = 64
    /// Bytes.
    package static let maximumSize = 16 * 1024 * 1024
}

extension XMLScanner {
    mutating func document(fragment: Bool) throws(XMLError) -> [XMLElement] {
        var roots: [XMLElement] = []
        skip("\u{FEFF}")
        if isXMLDeclaration { try processingInstruction() }
        while true {
            skipSpace()
            guard let byte = peek else { break }
            if try skipAside() { continue }
            if starts(with: "<!DOCTYPE"), roots.isEmpty {
                try documentType()
            } else if byte == UInt8(ascii: "<") {
                guard fragment || roots.isEmpty else { throw error("a second root element") }
                roots.append(try element(depth: 1))
            } else {
                throw error("text outside of an element")
            }
        }
        guard fragment || !roots.isEmpty else { throw error("no element in the file") }
        return roots
    }

    private mutating func element(depth: Int) throws(XMLError) -> XMLElement {
        guard depth <= XMLDocument.maximumDepth else {
            throw error("more than \(XMLDocument.maximumDepth) elements inside each other")
        }
        let start = position
        advance()
        let name = try name("element")
        let attributes = try attributes(of: name)
        var content = Content()
        if !skip("/>") {
            guard skip(">") else { throw error("expected > at the end of the tag <\(name)>") }
            content = try contentAndEndTag(of: name, from: start, depth: depth)
        }
        return XMLElement(
            name: name,
            attributes: attributes,
            children: content.children,
            text: String(decoding: content.text, as: UTF8.self),
            file: file,
            line: start.line
        )
    }

    private struct Content {
        var children: [XMLElement] = []
        var text: [UInt8] = []
    }

    private mutating func contentAndEndTag(
        of name: String,
        from start: Position,
        depth: Int
    ) throws(XMLError) -> Content {
        var content = Content()
        while let byte = peek {
            if starts(with: "</") {
                try endTag(of: name, from: start)
                return content
            } else if skip("<![CDATA[") {
                try characterData(into: &content.text)
            } else if try skipAside() {
                continue
            } else if byte == UInt8(ascii: "<") {
                content.children.append(try element(depth: depth + 1))
            } else if byte == UInt8(ascii: "&") {
                content.text += try reference()
            } else {
                guard !starts(with: "]]>") else { throw error("]]> outside of a CDATA section") }
                try character(into: &content.text)
            }
        }
        throw error("the element <\(name)> is not closed", at: start)
    }

    private mutating func endTag(of name: String, from start: Position) throws(XMLError) {
        let place = position
        skip("</")
        let found = try self.name("element")
        skipSpace()
        guard skip(">") else { throw error("expected > at the end of the tag </\(found)>") }
        guard found == name else {
            throw error("</\(found)> where </\(name)> was expected, for line \(start.line)", at: place)
        }
    }

    private mutating func attributes(of element: String) throws(XMLError) -> [(name: String, value: String)] {
        var attributes: [(name: String, value: String)] = []
        var seen: Set<String> = []
        while skipSpace(), let byte = peek, byte != UInt8(ascii: ">"), byte != UInt8(ascii: "/") {
            let place = position
            let name = try name("attribute")
            skipSpace()
            guard skip("=") else { throw error("expected = after the attribute \(name)") }
            skipSpace()
            let value = try attributeValue(of: name)
            guard seen.insert(name).inserted else { throw error("the attribute \(name) stands twice", at: place) }
            attributes.append((name, value))
        }
        guard peek != nil else { throw error("the file ends inside the tag <\(element)>") }
        return attributes
    }

    private mutating func attributeValue(of name: String) throws(XMLError) -> String {
        guard let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            throw error("the value of \(name) is not in quotes")
        }
        let start = position
        advance()
        var value: [UInt8] = []
        while let byte = peek {
            switch byte {
            case quote:
                advance()
                return String(decoding: value, as: UTF8.self)
            case UInt8(ascii: "<"): throw error("< in the value of \(name): write &lt;")
            case UInt8(ascii: "&"): value += try reference()
            case 0x09, 0x0A, 0x0D:
                if !skip("\r\n") { advance() }
                value.append(0x20)  // XML 1.0 §3.3.3
            default: try character(into: &value)
            }
        }
        throw error("the value of \(name) does not end", at: start)
    }
}
