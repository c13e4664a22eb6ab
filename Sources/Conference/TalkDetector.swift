/// Whether one member talks: the gate and the two counters of conference.md §6.3 and §6.4.
///
/// The member's audio leg holds it and calls ``frame(score:)`` or ``silentFrame()`` once a 20 ms mixer tick, never
/// once a packet; the room hears only the changes. A muted or held member is not fed, and ``reset()`` once.
package struct TalkDetector: Sendable {
    package enum Change: Sendable { case started, stopped }

    package private(set) var isTalking = false
    /// Mean absolute sample of the last tick, 0…32768.
    package private(set) var score = 0
    /// The score smoothed over about five ticks, at most 25 000: what the floor is decided by.
    package private(set) var smoothedScore = 0
    /// The last tick was louder than ``energyLevel``.
    package private(set) var isGateOpen = false

    private var level: Int
    private let conferenceLevel: Int
    private var auto: AutoEnergy?
    private var spurt = AutoEnergy.Spurt()
    private var quietTicks = 0
    /// Open ticks on the way to talk, `hangunder`.
    private var startCount = 0
    /// Closed ticks on the way to silence, `hangover`.
    private var stopCount = 0

    /// - Parameter energyLevel: The score above which the gate opens.
    package init(energyLevel: Int, auto: AutoEnergy?) {
        (level, conferenceLevel, self.auto) = (energyLevel, energyLevel, auto)
    }

    /// The score above which the gate opens. Setting it above the automatic ceiling ends the automatic.
    package var energyLevel: Int {
        get { level }
        set {
            level = newValue
            if let auto, newValue > auto.ceiling { self.auto = nil }
        }
    }

    /// How the gate tunes itself from now on.
    package var autoEnergy: AutoEnergy? {
        get { auto }
        set { (auto, quietTicks, spurt) = (newValue, 0, AutoEnergy.Spurt()) }
    }

    /// One tick with audio of mean absolute sample `score`.
    package mutating func frame(score heard: Int) -> Change? {
        measure(min(max(heard, 0), 32_768))
        isGateOpen = score > level
        tune()
        guard isGateOpen else {
            startCount = max(0, startCount - 1)
            return closedTick()
        }
        return openTick()
    }

    /// One tick without audio: the packet was comfort noise, late or never sent. Counts as silence.
    ///
    /// The smoothed score falls as if zeros had come, so that a sender that goes quiet by sending nothing frees the
    /// floor as soon as one that sends silence.
    package mutating func silentFrame() -> Change? {
        measure(0)
        isGateOpen = false
        tune()
        guard let change = closedTick() else { return nil }
        smoothedScore = 0
        return change
    }

    /// The member was muted or held: it does not talk, and nobody is told by this.
    package mutating func reset() {
        (isTalking, isGateOpen) = (false, false)
        (score, smoothedScore, startCount, stopCount, quietTicks) = (0, 0, 0, 0, 0)
    }

    private mutating func measure(_ heard: Int) {
        score = heard
        smoothedScore = min(Self.smoothedLimit, (heard + 4 * smoothedScore) / 5)
    }

    /// A loud tick, or enough open ones, begin the talk.
    private mutating func openTick() -> Change? {
        stopCount = max(0, stopCount - 1)
        startCount += 1
        guard score - level >= Self.immediateDifference || startCount >= Self.startTicks else { return nil }
        (startCount, stopCount) = (0, 0)
        guard !isTalking else { return nil }
        isTalking = true
        spurt = AutoEnergy.Spurt()
        return .started
    }

    /// Enough closed ticks end the talk.
    private mutating func closedTick() -> Change? {
        guard isTalking else { return nil }
        stopCount += 1
        guard stopCount >= Self.stopTicks else { return nil }
        (startCount, stopCount, isTalking, quietTicks) = (0, 0, false, 0)
        if let auto, let fitting = spurt.level(ceiling: auto.ceiling) { level = fitting }
        return .stopped
    }

    /// Counts for the automatic level, which comes down a step after every ``AutoEnergy/patience`` ticks of silence,
    /// not below the conference's.
    private mutating func tune() {
        guard let auto else { return }
        guard !isTalking else { return spurt.frame(score: score, isOpen: isGateOpen) }
        quietTicks += 1
        guard quietTicks >= auto.patience else { return }
        quietTicks = 0
        if level > conferenceLevel { level = max(conferenceLevel, level - AutoEnergy.step) }
    }

    /// Thresholds of conference.md §6.4, in ticks and in score.
    private static let startTicks = 5
    private static let stopTicks = 40
    private static let immediateDifference = 400
    private static let smoothedLimit = 25_000
}
