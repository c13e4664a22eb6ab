/// How a member's gate tunes itself to its surroundings (conference.md §6.6).
package struct AutoEnergy: Hashable, Sendable {
    /// The gate never rises above this score.
    package let ceiling: Int
    /// Ticks of silence after which the gate comes down a step.
    package let patience: Int

    package init(ceiling: Int, seconds: Int) {
        self.ceiling = ceiling
        patience = seconds * 50
    }

    /// What one spurt of talk was like.
    struct Spurt: Sendable {
        /// 20 ms ticks since the talk began.
        var ticks = 0
        var openTicks = 0
        var closedTicks = 0
        /// Sum of the scores of ticks with an open gate.
        var openScore = 0

        mutating func frame(score: Int, isOpen: Bool) {
            ticks += 1
            if isOpen {
                openTicks += 1
                openScore += score
            } else {
                closedTicks += 1
            }
        }

        /// The level that fits this spurt: it lasted over 2 s and more than 1 % of it was closed.
        func level(ceiling: Int) -> Int? {
            guard ticks > 100, openTicks > 0, closedTicks * 100 > openTicks else { return nil }
            return min(openScore / openTicks * 3 / 4, ceiling)
        }
    }

    /// How far the gate comes down at a time.
    static let step = 100
}
