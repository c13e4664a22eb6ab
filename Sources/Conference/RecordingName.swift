/// The name of a recording: a file below the server's folder for recordings, Ogg Opus or WAV by its ending.
package struct RecordingName: Hashable, Sendable {
    package let text: String

    /// What somebody wrote; names with no ending, or another one, get `.opus`. `nil` for absolute paths, ways up,
    /// hidden files and addresses.
    package init?(_ text: some StringProtocol) {
        guard SafePath.accepts(text) else { return nil }
        let named = Self.withEnding(String(text))
        guard SafePath.accepts(named) else { return nil }
        self.text = named
    }

    /// What the configuration says: any path, for the server writes only below its folder.
    package init?(configured text: String) {
        guard !text.isEmpty, text.utf8.count <= 1024 else { return nil }
        self.text = Self.withEnding(text)
    }

    /// Written as WAV, not as Ogg Opus.
    package var isWAV: Bool { text.lowercased().hasSuffix(".wav") }

    private static func withEnding(_ text: String) -> String {
        let lower = text.lowercased()
        return endings.contains { lower.hasSuffix($0) && lower.utf8.count > $0.utf8.count } ? text : text + ".opus"
    }

    private static let endings = [".opus", ".ogg", ".wav"]
}

/// One recording of a room, unique in it.
package struct RecordingID: Hashable, Sendable {
    package let rawValue: Int

    package init(_ rawValue: Int) { self.rawValue = rawValue }
}

/// A recording in lists and replies.
package struct RecordingSummary: Equatable, Sendable {
    package var id: RecordingID
    package var name: RecordingName
    /// It was begun by the profile's `auto-record`.
    package var isAutomatic: Bool
    package var isPaused: Bool
    /// Besides the mix, each member is recorded by itself.
    package var hasTracks: Bool
    /// Room time.
    package var startedAt: Duration
    /// Seconds since 1970.
    package var startedAtUnix: Int
}

extension RecordingName {
    /// `a-2.opus` for `a.opus`.
    func numbered(_ number: Int) -> RecordingName {
        let dot = text.lastIndex(of: ".") ?? text.endIndex
        return RecordingName(unchecked: "\(text[..<dot])-\(number)\(text[dot...])")
    }

    private init(unchecked text: String) { self.text = text }
}
