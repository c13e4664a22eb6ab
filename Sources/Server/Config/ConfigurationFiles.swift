/// Where configuration files come from: a disk, or a dictionary in a test.
package protocol ConfigurationFiles: Sendable {
    /// The bytes of a file, `nil` when there is none.
    func contents(of path: String) -> [UInt8]?
    /// Names in a directory, in no order; empty when there is none.
    func names(in directory: String) -> [String]
}

/// Files in memory, by their path.
package struct MemoryFiles: ConfigurationFiles {
    private let files: [String: String]

    package init(_ files: [String: String]) { self.files = files }

    package func contents(of path: String) -> [UInt8]? { files[path].map { Array($0.utf8) } }

    package func names(in directory: String) -> [String] {
        let prefix = directory + "/"
        let rests = files.keys.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }
        return Set(rests.compactMap { $0.split(separator: "/").first.map(String.init) }).sorted()
    }
}

extension ConfigurationFiles {
    /// The paths that `pattern` stands for, sorted. `*` and `?` stand for characters of one path component.
    ///
    /// A pattern without either is itself, whether there is such a file or not.
    func paths(matching pattern: String) -> [String] {
        guard pattern.contains(where: { $0 == "*" || $0 == "?" }) else { return [pattern] }
        var found = [pattern.hasPrefix("/") ? "/" : ""]
        for component in pattern.split(separator: "/") {
            found = found.flatMap { directory in
                guard component.contains(where: { $0 == "*" || $0 == "?" }) else {
                    return [join(directory, String(component))]
                }
                // Hidden files are editors' copies.
                return names(in: directory.isEmpty ? "." : directory).sorted()
                    .filter { !$0.hasPrefix(".") && Glob.matches($0[...], component) }
                    .map { join(directory, $0) }
            }
            guard found.count <= Glob.limit else { return Array(found.prefix(Glob.limit)) }
        }
        return found
    }

    private func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty || directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }
}

enum Glob {
    /// Paths one pattern may stand for.
    static let limit = 4_096

    /// Whether `name` is what `pattern` stands for. Linear in both but for the last star it goes back to.
    static func matches(_ name: Substring, _ pattern: Substring) -> Bool {
        var (name, pattern) = (name, pattern)
        var retry: (name: Substring, pattern: Substring)?
        while true {
            if pattern.first == "*" {
                pattern.removeFirst()
                retry = (name, pattern)
            } else if let character = name.first, let wanted = pattern.first, wanted == "?" || wanted == character {
                name.removeFirst()
                pattern.removeFirst()
            } else if name.isEmpty && pattern.isEmpty {
                return true
            } else if let last = retry, !last.name.isEmpty {
                retry = (last.name.dropFirst(), last.pattern)
                (name, pattern) = (last.name.dropFirst(), last.pattern)
            } else {
                return false
            }
        }
    }
}
