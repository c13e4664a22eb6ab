/// Who holds the audio floor: one member at a time, decided once a mixer tick from the smoothed scores
/// (conference.md §6.7).
///
/// A member louder than 300 takes it from a holder below 100, the newest first, and keeps it for a minimum, so that
/// two who talk equally loud do not tear at it. A tick is ``beginTick()``, ``consider(_:smoothedScore:)`` for every
/// member that may speak, ``endTick()``; none of them allocates. A holder that is not considered counts as silent.
package struct FloorKeeper: Sendable {
    package struct Change: Equatable, Sendable {
        package let old: MemberID?
        package let new: MemberID?

        package init(old: MemberID?, new: MemberID?) { (self.old, self.new) = (old, new) }
    }

    package private(set) var holder: MemberID?

    private let minimumHold: Int
    /// Ticks since the floor was taken by speech or set; a floor that fell to a silent member is free at once.
    private var heldTicks = 0
    /// The floor was put down by hand and waits for somebody to speak.
    private var awaitsSpeech = false

    private var holderScore = 0
    private var newest: MemberID?
    private var newestLoud: MemberID?

    /// - Parameter minimumHold: Ticks of 20 ms.
    package init(minimumHold: Int = 50) { self.minimumHold = minimumHold }

    package mutating func beginTick() { (holderScore, newest, newestLoud) = (0, nil, nil) }

    /// One member that may speak, in any order: the highest number counts as the newest.
    package mutating func consider(_ id: MemberID, smoothedScore: Int) {
        if id == holder {
            holderScore = smoothedScore
            return
        }
        newest = max(newest ?? id, id)
        if smoothedScore > Self.takes { newestLoud = max(newestLoud ?? id, id) }
    }

    /// Decides; `nil` when the floor stays.
    package mutating func endTick() -> Change? {
        heldTicks += 1
        guard holder != nil else {
            guard let taker = newestLoud ?? (awaitsSpeech ? nil : newest) else { return nil }
            return give(to: taker, holding: newestLoud != nil)
        }
        guard let newestLoud, holderScore < Self.yields, heldTicks >= minimumHold else { return nil }
        return give(to: newestLoud, holding: true)
    }

    /// Gives the floor by hand; `nil` puts it down until somebody speaks.
    package mutating func set(_ id: MemberID?) -> Change? {
        guard id != holder else { return nil }
        let change = give(to: id, holding: true)
        awaitsSpeech = id == nil
        return change
    }

    /// The member left, or can no longer speak. The next tick finds another holder.
    package mutating func release(_ id: MemberID) -> Change? {
        guard id == holder else { return nil }
        return give(to: nil, holding: false)
    }

    private mutating func give(to id: MemberID?, holding: Bool) -> Change {
        let change = Change(old: holder, new: id)
        (holder, heldTicks, awaitsSpeech) = (id, holding ? 0 : minimumHold, false)
        return change
    }

    private static let takes = 300
    private static let yields = 100
}
