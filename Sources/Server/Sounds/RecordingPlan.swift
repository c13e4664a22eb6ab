import Glibc

/// Whose voice a track is.
package struct RecordedMember: Hashable, Sendable {
    package var number: Int
    /// `1000@example.com`; empty for callers that are no users.
    package var user: String
    /// As others read it.
    package var name: String
    /// The call's id.
    package var call: String

    package init(number: Int, user: String, name: String, call: String) {
        (self.number, self.user, self.name, self.call) = (number, user, name, call)
    }
}

/// Where the files of a recording are.
package struct RecordingPlan: Hashable, Sendable {
    package let room: String
    /// Seconds since 1970.
    package let startedAtUnix: Int
    /// The mix.
    package let file: String

    /// The folder with the tracks: `a.tracks` for `a.opus`.
    package var folder: String { Self.stem(of: file) + ".tracks" }
    package var list: String { folder + "/index.json" }
    package var comments: [String] { ["TITLE=\(room)", "ORGANIZATION=Parley"] }

    /// Finds a name that nothing has yet: recordings never replace one another.
    ///
    /// - Parameter name: Below the folder, or a whole path in it.
    /// - Returns: `nil` for a name that leads out of the folder.
    init?(_ name: String, room: String, startedAtUnix: Int, below folder: String) {
        let relative = name.hasPrefix(folder + "/") ? String(name.dropFirst(folder.utf8.count + 1)) : name
        let parts = relative.split(separator: "/", omittingEmptySubsequences: false)
        guard relative.utf8.count <= 1024, !relative.utf8.contains(0),
            parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") })
        else { return nil }
        (self.room, self.startedAtUnix) = (room, startedAtUnix)
        let path = folder + "/" + relative
        let candidates = [path] + (2...999).map { Self.stem(of: path) + "-\($0)" + Self.ending(of: path) }
        guard let free = candidates.first(where: Self.isFree) else { return nil }
        file = free
    }

    /// `02-1000.opus`: files in the order of joining.
    func track(_ number: Int, of member: RecordedMember) -> String {
        let user = member.user.prefix { $0 != "@" }.utf8.filter(Self.isPlain).prefix(40)
        let digits = number < 10 ? "0\(number)" : "\(number)"
        let owner = user.isEmpty ? "member-\(member.number)" : String(decoding: Array(user), as: UTF8.self)
        return "\(folder)/\(digits)-\(owner)\(Self.ending(of: file))"
    }

    /// What is behind the last slash.
    static func name(of path: String) -> String {
        String(path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...])
    }

    private static func isFree(_ path: String) -> Bool {
        [path, stem(of: path) + ".tracks"].allSatisfy { (file: String) in unsafe access(file, F_OK) != 0 }
    }

    private static func stem(of path: String) -> String { String(path.dropLast(ending(of: path).utf8.count)) }

    private static func ending(of path: String) -> String {
        let name = name(of: path)
        return name.lastIndex(of: ".").map { String(name[$0...]) } ?? ""
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
