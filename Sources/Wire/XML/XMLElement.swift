/// One element of a configuration, and where it stands.
package struct XMLElement: Sendable {
    package let name: String
    /// In the order written; no name twice.
    package let attributes: [(name: String, value: String)]
    package let children: [XMLElement]
    /// The character data directly inside, white space and all, what lies between children put together.
    package let text: String
    package let file: String
    /// The line of the start tag, from 1.
    package let line: Int

    package init(
        name: String,
        attributes: [(name: String, value: String)] = [],
        children: [XMLElement] = [],
        text: String = "",
        file: String,
        line: Int
    ) {
        (self.name, self.attributes, self.children) = (name, attributes, children)
        (self.text, self.file, self.line) = (text, file, line)
    }

    /// The value of an attribute, by its exact name.
    package subscript(_ attribute: String) -> String? { attributes.first { $0.name == attribute }?.value }

    /// The children of that name, in order.
    package func children(named name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The first child of that name.
    package func child(named name: String) -> XMLElement? { children.first { $0.name == name } }
}

/// What is wrong with an XML file, and where.
package struct XMLError: Error, Equatable, CustomStringConvertible {
    package let file: String
    /// From 1.
    package let line: Int
    /// Bytes from the start of the line, from 1.
    package let column: Int
    /// A sentence for whoever wrote the file.
    package let reason: String

    package init(file: String, line: Int, column: Int, reason: String) {
        (self.file, self.line, self.column, self.reason) = (file, line, column, reason)
    }

    /// `conf/verto.xml:12:5: the element <b> is not closed`.
    package var description: String { "\(file):\(line):\(column): \(reason)" }
}
