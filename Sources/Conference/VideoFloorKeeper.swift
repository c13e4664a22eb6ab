/// Whose picture everybody sees: one member at a time (conference.md §7.3).
///
/// The newest picture takes the floor, and whoever speaks long enough takes it from there, neither before a minimum
/// hold, so that two who talk in turns, or many who come at once, do not tear at it. A lock keeps it where it is; a shared screen locks it while it
/// lasts and gives it back afterwards. The keeper knows only members whose picture may be shown: who leaves, mutes its
/// video or is held ``disappear(_:at:)``s. Times are the room's.
package struct VideoFloorKeeper: Sendable {
    package struct State: Equatable, Sendable {
        package internal(set) var holder: MemberID?
        /// Who held it before, or would have; what the holder sees, for nobody sees itself.
        package internal(set) var previous: MemberID?
        /// Neither talk nor a new picture moves it.
        package internal(set) var isLocked = false
        /// Who held it before that, while a screen is shared: what a sharer sees that was on screen itself.
        package internal(set) var beforeShare: MemberID?
    }

    /// How a picture comes.
    package enum Entrance: Sendable {
        /// For the first time: it takes a floor that is not locked and was held for its minimum.
        case new
        /// For the first time, with `join-vid-floor`: it takes the floor and locks it.
        case locking
        /// As content: it takes and locks the floor, and gives it back when it goes.
        case share
        /// It was seen before, and is unmuted, or taken from hold: it takes a vacant floor only.
        case back
    }

    package private(set) var state = State()

    /// Who holds the audio floor: the first to fall back to.
    package var audioHolder: MemberID?

    private struct Candidate: Sendable {
        let id: MemberID
        let isSticky: Bool
    }

    /// Pictures of people, in order of their numbers: the newest last.
    private var candidates: [Candidate] = []
    /// Shared screens in order of coming; the last one is shown.
    private var shares: [MemberID] = []
    /// The state to come back to when the last share is over; set while a share holds the floor.
    private var saved: State?

    private let autoFloor: Duration
    private let minimumHold: Duration
    /// When talk may move it again.
    private var freeAt: Duration = .zero
    private var speaker: MemberID?
    private var speakingSince: Duration = .zero

    /// - Parameters:
    ///   - autoFloor: How long a member speaks, holding the audio floor, before it is shown.
    ///   - minimumHold: How long a member is shown at least that took the floor by talk, hand or coming.
    package init(autoFloor: Duration = .zero, minimumHold: Duration = .milliseconds(1500)) {
        (self.autoFloor, self.minimumHold) = (autoFloor, minimumHold)
    }

    /// Whether its picture may be shown.
    package func contains(_ id: MemberID) -> Bool { isCandidate(id) || shares.contains(id) }

    /// A picture came, or came back.
    ///
    /// - Parameter isSticky: `video-bridge`: the floor is this member's whenever nobody has locked it.
    package mutating func appear(_ id: MemberID, _ entrance: Entrance, isSticky: Bool = false, at now: Duration) {
        guard !contains(id) else { return }
        if entrance == .share {
            shares.append(id)
            show(share: id)
        } else {
            insert(Candidate(id: id, isSticky: isSticky))
            switch entrance {
            case .locking: take(id, locking: true, at: now)
            case .new where mayMove(at: now): take(id, at: now)
            default: break
            }
        }
        settle(at: now)
    }

    /// The member left, muted its video, is held, or has no video any more. A lock of its own goes with it.
    package mutating func disappear(_ id: MemberID, at now: Duration) {
        guard contains(id) else { return }
        keep(at: now) { $0 != id }
    }

    /// Forgets all but those who `stay`.
    package mutating func keep(at now: Duration, _ stay: (MemberID) -> Bool) {
        candidates.removeAll { !stay($0.id) }
        shares.removeAll { !stay($0) }
        saved = saved?.keeping { contains($0) }
        guard let holder = state.holder, !contains(holder) else { return settle(at: now) }
        if let share = shares.last, saved != nil {
            show(share: share)
        } else {
            state = saved ?? State(previous: state.previous)
            (saved, freeAt) = (nil, now)
        }
        settle(at: now)
    }

    /// Once a tick: who speaks and holds the audio floor, `nil` when nobody does. Whether the floor moved.
    package mutating func follow(_ speaker: MemberID?, at now: Duration) -> Bool {
        if speaker != self.speaker { (self.speaker, speakingSince) = (speaker, now) }
        guard let speaker, speaker != state.holder, mayMove(at: now) else { return false }
        guard now >= speakingSince + autoFloor, isCandidate(speaker) else { return false }
        take(speaker, at: now)
        settle(at: now)
        return true
    }

    /// `vid-floor`: unlocks the floor of a member that holds it locked, else gives and locks it when it is free or with
    /// `force`. Answers who has it locked now, `nil` for nobody.
    ///
    /// - Throws: ``Refusal/floorHeld(by:)``. The member must be one that the keeper ``contains(_:)``.
    package mutating func toggle(_ id: MemberID, force: Bool, at now: Duration) throws(Refusal) -> MemberID? {
        if state.holder == id, state.isLocked {
            unlock(at: now)
            return nil
        }
        if let holder = state.holder, !force { throw .floorHeld(by: holder) }
        take(id, locking: true, at: now)
        settle(at: now)
        return id
    }

    /// Lets talk move the floor again; it stays where it is until then.
    package mutating func unlock(at now: Duration) {
        state.isLocked = false
        settle(at: now)
    }

    // MARK: Moving

    private mutating func take(_ id: MemberID, locking: Bool = false, at now: Duration) {
        if locking { state.isLocked = true }
        freeAt = now + minimumHold
        guard id != state.holder else { return }
        (state.holder, state.previous, saved) = (id, state.holder ?? state.previous, nil)
        state.beforeShare = nil
    }

    private mutating func show(share id: MemberID) {
        let under = saved ?? state
        saved = under
        state = State(holder: id, previous: under.holder, isLocked: true, beforeShare: under.previous)
    }

    /// Fills what is vacant: nobody holds the floor only while nobody can be seen.
    private mutating func settle(at now: Duration) {
        if state.holder == nil, let share = shares.last {
            show(share: share)
        } else if state.holder == nil {
            (state.holder, state.isLocked, freeAt) = (successor(), false, now)
        } else if !state.isLocked, !isHeldBySticky, let sticky = candidates.last(where: \.isSticky) {
            take(sticky.id, at: now)
        }
        if let previous = state.previous, previous != state.holder, contains(previous) { return }
        state.previous = candidates.last { $0.id != state.holder }?.id
    }

    private func successor() -> MemberID? {
        if let sticky = candidates.last(where: \.isSticky) { return sticky.id }
        if let audioHolder, isCandidate(audioHolder) { return audioHolder }
        return candidates.last?.id
    }

    // MARK: Looking

    /// Whether talk or a new picture may move it.
    private func mayMove(at now: Duration) -> Bool {
        state.holder == nil || !state.isLocked && now >= freeAt && !isHeldBySticky
    }

    private var isHeldBySticky: Bool {
        guard let holder = state.holder else { return false }
        return candidates.contains { $0.isSticky && $0.id == holder }
    }

    private func isCandidate(_ id: MemberID) -> Bool { candidates.contains { $0.id == id } }

    private mutating func insert(_ candidate: Candidate) {
        let index = candidates.lastIndex { $0.id < candidate.id }.map { $0 + 1 } ?? 0
        candidates.insert(candidate, at: index)
    }
}

extension VideoFloorKeeper.State {
    /// Without those who are gone; a lock goes with its holder.
    fileprivate func keeping(_ isHere: (MemberID) -> Bool) -> Self {
        let holder = holder.flatMap { isHere($0) ? $0 : nil }
        let previous = previous.flatMap { isHere($0) ? $0 : nil }
        return Self(holder: holder, previous: previous, isLocked: isLocked && holder != nil)
    }
}
