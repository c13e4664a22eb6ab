/// Where a sound of a given name may be.
package enum SoundPath {
    /// Files to look for, the best first.
    ///
    /// A name without its file may have one of another ending: profiles ask for `conference/conf-alone.wav`, and ours are
    /// Opus. Collections made for FreeSWITCH keep each rate in a folder of its own, below that of the name.
    ///
    /// - Returns: `nil` for a name that leads out of the folders, whatever is in them.
    package static func candidates(for name: String, in folders: [String]) -> [String]? {
        var relative = name.hasPrefix("file://") ? String(name.dropFirst("file://".count)) : name
        var folders = folders
        if relative.hasPrefix("/") {
            // A whole path is fine when it is one of ours.
            let inside = folders.filter { relative.hasPrefix($0 + "/") }
            guard let folder = inside.max(by: { $0.utf8.count < $1.utf8.count }) else { return nil }
            relative = String(relative.dropFirst(folder.utf8.count + 1))
            folders = [folder]
        }
        guard isHarmless(relative) else { return nil }
        let slash = relative.lastIndex(of: "/")
        let (place, file) =
            slash.map { (relative[...$0], relative[relative.index(after: $0)...]) } ?? ("", relative[...])
        let files = endings(of: file)
        return folders.flatMap { folder in
            files.map { "\(folder)/\(place)\($0)" }
                + rates.flatMap { rate in files.map { "\(folder)/\(place)\(rate)/\($0)" } }
        }
    }

    private static func endings(of file: Substring) -> [String] {
        let stem = known.first { file.lowercased().hasSuffix($0) }.map { file.dropLast($0.utf8.count) } ?? file
        return [String(file)] + known.map { stem + $0 }.filter { $0 != file }
    }

    /// Goes neither up nor to hidden files.
    private static func isHarmless(_ path: String) -> Bool {
        guard !path.isEmpty, path.utf8.count <= 1024, !path.utf8.contains(0) else { return false }
        return path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && !$0.hasPrefix(".")
        }
    }

    private static let known = [".opus", ".wav", ".ogg"]
    private static let rates = [48_000, 32_000, 16_000, 8000]
}
