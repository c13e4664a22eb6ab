/// One `a=` line (RFC 8866 §5.13): known or not, it is kept.
package struct SDPAttribute: Hashable, Sendable {
    /// Case matters.
    package var name: String
    /// What follows the first colon; `nil` for a property such as `a=rtcp-mux`.
    package var value: String?

    package init(_ name: String, _ value: String? = nil) { (self.name, self.value) = (name, value) }
}

extension [SDPAttribute] {
    /// The value of the first attribute of that name; `nil` when there is none or it is a property.
    package func value(of name: String) -> String? { first { $0.name == name }?.value }

    /// The values of all attributes of that name, in order.
    package func values(of name: String) -> [String] { filter { $0.name == name }.compactMap(\.value) }

    package func has(_ name: String) -> Bool { contains { $0.name == name } }

    /// Leaves one attribute of that name, at the end; none for `nil`.
    mutating func replace(_ name: String, with value: String?) {
        removeAll { $0.name == name }
        if let value { append(name, value) }
    }

    package mutating func append(_ name: String, _ value: String? = nil) { append(SDPAttribute(name, value)) }
}
