/// One `;name=value` of a URI or a header field.
package struct SIPParameter: Hashable, Sendable {
    package var name: String
    /// As written, with quotes and escapes; `nil` for a parameter that is only a name.
    package var value: String?

    package init(_ name: String, _ value: String? = nil) { (self.name, self.value) = (name, value) }
}

/// The parameters behind a URI, an address or a header value, in their order (RFC 3261 §7.3.1).
package struct SIPParameters: Hashable, Sendable, ExpressibleByArrayLiteral {
    package var items: [SIPParameter]

    package init(_ items: [SIPParameter] = []) { self.items = items }
    package init(arrayLiteral elements: SIPParameter...) { items = elements }

    package var isEmpty: Bool { items.isEmpty }

    /// The value of the first parameter of that name, found without case and without its quotes; empty when it is
    /// only a name, `nil` when there is none.
    ///
    /// Setting puts it in its place, or at the end, quoted when it needs to be; `nil` takes it out, and an empty
    /// text makes it only a name.
    package subscript(_ name: String) -> String? {
        get {
            guard let item = items.first(where: { $0.name.equalsIgnoringASCIICase(name) }) else { return nil }
            guard let value = item.value else { return "" }
            return SIPScanner.unquoted(value)
        }
        set {
            guard let newValue else { return items.removeAll { $0.name.equalsIgnoringASCIICase(name) } }
            let value = newValue.isEmpty ? nil : SIPScanner.quotedIfNeeded(newValue)
            if let index = items.firstIndex(where: { $0.name.equalsIgnoringASCIICase(name) }) {
                items[index].value = value
            } else {
                items.append(SIPParameter(name, value))
            }
        }
    }

    /// Whether there is one of that name, with or without a value.
    package func has(_ name: String) -> Bool { items.contains { $0.name.equalsIgnoringASCIICase(name) } }

    /// `;name=value;name`, empty without parameters.
    package var text: String {
        var text = ""
        for item in items {
            text += ";"
            text += item.name
            if let value = item.value {
                text += "="
                text += value
            }
        }
        return text
    }
}
