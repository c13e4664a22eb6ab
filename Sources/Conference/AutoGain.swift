/// How a member's loudness is evened out (conference.md §6.6, `agc`).
package struct AutoGain: Hashable, Sendable {
    /// The mean absolute sample that speech is brought to, 1…32767.
    package var level: Int
    /// Speech below this comes up at once; 0 for none.
    package var lowLevel: Int
    /// How many periods off the level change the gain by 1 dB.
    package var changeFactor: Int

    package init(level: Int, lowLevel: Int = 0, changeFactor: Int = 2) {
        (self.level, self.lowLevel, self.changeFactor) = (level, lowLevel, changeFactor)
    }

    static let levels = 0...32_767
    static let step = 200
}

/// What `agc` asks for: `<level>[:<low>[:<factor>]]`, `up` or `down`. Level 0 ends it.
package struct AutoGainChange: Hashable, Sendable {
    package var level: LevelChange
    package var lowLevel: Int?
    package var changeFactor: Int?

    package init(_ level: LevelChange, lowLevel: Int? = nil, changeFactor: Int? = nil) {
        (self.level, self.lowLevel, self.changeFactor) = (level, lowLevel, changeFactor)
    }

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), let level = LevelChange(parts[0]) else { return nil }
        let rest = parts.dropFirst().map { Int($0) }
        guard rest.allSatisfy({ $0.map(AutoGain.levels.contains) == true }) else { return nil }
        self.init(level, lowLevel: rest.first ?? nil, changeFactor: rest.count > 1 ? rest[1] : nil)
    }
}
