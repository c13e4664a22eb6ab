package import Calls
import Wire

/// A mistake in the configuration: the server does not start with one.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    package let origin: Origin
    /// What is wrong and what would be right, in a sentence for the operator.
    package let reason: String

    package var description: String { "\(origin): error: \(reason)" }
}

/// Something the configuration asks for that Parley does not do. The server starts.
package struct ConfigurationWarning: Hashable, Sendable, CustomStringConvertible {
    /// The first place; the same thing further down is not listed again.
    package let origin: Origin
    package let reason: String

    package var description: String { "\(origin): warning: \(reason)" }
}

/// Every mistake found, so that one run shows them all.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// Never empty.
    package let problems: [ConfigurationProblem]
    package let warnings: [ConfigurationWarning]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects mistakes and warnings while the readers go on.
struct ConfigurationReport {
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var warnings: [ConfigurationWarning] = []
    private var warned: Set<String> = []

    mutating func fail(_ reason: String, at origin: Origin) {
        guard problems.count < Self.limit else { return }
        problems.append(ConfigurationProblem(origin: origin, reason: reason))
    }

    mutating func fail(_ error: XMLError) {
        fail("column \(error.column): \(error.reason)", at: Origin(file: error.file, line: error.line))
    }

    /// - Parameter key: What the warning is about: the first one of a key is kept. The reason when there is none.
    mutating func warn(_ reason: String, once key: String? = nil, at origin: Origin) {
        guard warnings.count < Self.limit, warned.insert(key ?? reason).inserted else { return }
        warnings.append(ConfigurationWarning(origin: origin, reason: reason))
    }

    /// More would not be read.
    private static let limit = 500
}

extension XMLElement {
    var origin: Origin { Origin(file: file, line: line) }
}
