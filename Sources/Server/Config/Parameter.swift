package import Calls
import Wire

/// One `<param name= value=/>` and where it stands.
package struct Parameter: Sendable, Hashable {
    /// With `-` where the file may have `_`.
    package let name: String
    package let value: String
    package let origin: Origin

    package init(name: String, value: String, origin: Origin) {
        self.name = name
        self.value = value
        self.origin = origin
    }
}

extension ConfigurationReport {
    /// The `<param>` children of `element`, in order. Other children are listed as without effect, but for `others`.
    mutating func parameters(of element: XMLElement, besides others: Set<String> = []) -> [Parameter] {
        element.children.compactMap { child in
            guard child.name == "param" else {
                if !others.contains(child.name) { noEffect("<\(child.name)> in <\(element.name)>", at: child.origin) }
                return nil
            }
            guard let (name, value) = pair(child) else { return nil }
            return Parameter(name: name.replacing("_", with: "-").lowercased(), value: value, origin: child.origin)
        }
    }

    /// The name and value of a `<param>` or `<variable>`.
    mutating func pair(_ element: XMLElement) -> (name: String, value: String)? {
        guard let name = element["name"], !name.isEmpty else {
            fail("<\(element.name)> without a name", at: element.origin)
            return nil
        }
        guard let value = element["value"] else {
            fail("<\(element.name)> '\(name)' without a value", at: element.origin)
            return nil
        }
        return (name, value)
    }

    mutating func noEffect(_ what: String, at origin: Origin) {
        warn("\(what) has no effect", at: origin)
    }

    // MARK: Values; a bad one is listed as a mistake

    mutating func boolean(_ parameter: Parameter) -> Bool? {
        switch parameter.value.lowercased() {
        case "true", "yes", "on", "enabled", "enable", "active", "allow", "1", "t": return true
        case "false", "no", "off", "disabled", "disable", "inactive", "disallow", "0", "f": return false
        default:
            fail("\(parameter.name): '\(parameter.value)' is neither true nor false", at: parameter.origin)
            return nil
        }
    }

    mutating func integer(_ parameter: Parameter, in range: ClosedRange<Int>) -> Int? {
        guard let number = Int(parameter.value), range.contains(number) else {
            let limits = "\(range.lowerBound) to \(range.upperBound)"
            fail("\(parameter.name): '\(parameter.value)' is not a number from \(limits)", at: parameter.origin)
            return nil
        }
        return number
    }

    /// A number from 1; 0 is no limit at all.
    mutating func limit(_ parameter: Parameter) -> Int? {
        integer(parameter, in: 0...1_000_000).flatMap { $0 == 0 ? nil : $0 }
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(_ parameter: Parameter) -> Word?
    where Word.RawValue == String {
        if let word = Word(rawValue: parameter.value.lowercased()) { return word }
        let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
        fail("\(parameter.name): '\(parameter.value)' is not one of \(words)", at: parameter.origin)
        return nil
    }

    /// The text, `nil` when it is empty.
    func text(_ parameter: Parameter) -> String? { parameter.value.isEmpty ? nil : parameter.value }

    /// `192.0.2.1:8081` or `[2001:db8::1]:8081`; port 0 takes a free one.
    mutating func socketAddress(_ parameter: Parameter) -> TransportAddress? {
        let text = parameter.value
        if let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) {
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            if let address = TransportAddress(ip: String(host), port: port) { return address }
        }
        fail("\(parameter.name): '\(text)' is not address:port, such as 0.0.0.0:8081", at: parameter.origin)
        return nil
    }
}
