package import Native
package import Wire

/// Puts one stream's packets back in order and hands them to the mixer on its 20 ms ticks.
///
/// It keeps one number in check, the *slack*: how long before its turn a packet arrives. A packet that comes after its
/// turn has already cost a concealed frame, which has put everything behind it 20 ms later: the delay grows at once.
/// When the smallest slack of some seconds stays above a frame, one frame is taken out, in silence if there is any: the
/// delay shrinks slowly. A sender whose clock runs fast or slow is the same thing happening for ever, so drift needs no
/// resampler (100 ppm is one frame in 200 s).
///
/// Times: packets come with their arrival, ticks with the mixer's deadline. Payloads live in preallocated slots; no
/// method allocates after `init`.
package struct JitterBuffer {
    /// What to play next.
    package enum Playout: Equatable {
        /// Decode this slot.
        case packet(slot: Int)
        /// Decode both and blend them into one frame: the delay shrinks in the middle of speech.
        case merge(slot: Int, next: Int)
        /// A lost frame whose copy the packet in `slot` may carry (RFC 6716 §2.1.7).
        case recover(slot: Int)
        /// A lost or late frame.
        case conceal
        /// The sender says nothing: DTX, mute, or not started.
        case pause
    }

    package struct Counters: Equatable, Sendable {
        package var received = 0
        package var late = 0
        package var lost = 0
        package var duplicate = 0
        package var grown = 0
        package var shrunk = 0
        package var restarted = 0
    }

    private struct Entry {
        var sequence: Int64 = -1
        var timestamp: Int64 = 0
        /// Samples at 48 kHz; 0 for padding (RFC 3550 §5.1), which is counted and not played.
        var duration: Int32 = 0
        /// −dBov of RFC 6464; `nil` when the packet carried none.
        var level: Int8?
        var isDTX = false
    }

    private enum State: Equatable {
        case idle
        case priming(until: Instant)
        case playing
    }

    package private(set) var counters = Counters()
    /// The payload bytes, by slot.
    package let payloads: PacketSlots
    /// Set by the owner: the last decoded frame was quiet, so a frame may be dropped unheard.
    package var isQuiet = false

    private var entries: [Entry]
    private var state = State.idle
    private var sequences = SequenceExtender()
    private var lastTimestamp: Int64?
    private var highest: Int64 = -1
    private var next: Int64 = -1
    private var probation: Int64?
    /// Timestamp of the next sample to play.
    private var playout: Int64 = 0
    private var lastDuration: Int64 = 960
    private var wasDTX = false
    /// Concealed frames whose packet was neither seen nor given up.
    private var owed = 0
    private var pausedTicks = 0
    private var tick = Instant(nanoseconds: 0)
    /// What a talk spurt starts with.
    private var target: Duration
    private var slack = SlackWindow()
    private var shrinkPatience = 0
    private var lossScore = 0

    package init() {
        entries = Array(repeating: Entry(), count: Self.slots)
        payloads = PacketSlots(slots: Self.slots, slotSize: Self.slotSize)
        target = Self.smallestTarget
    }

    // MARK: Packets in

    /// - Parameter duration: Samples at 48 kHz from the packet's TOC byte; 0 for padding.
    package mutating func insert(
        _ payload: Span<UInt8>, sequence: UInt16, timestamp: UInt32, duration: Int, level: Int?, at now: Instant
    ) {
        counters.received &+= 1
        let sequence = sequences.extend(sequence)
        guard isPlausible(sequence) else { return }
        let timestamp = extend(timestamp)
        if case .idle = state, sequence > next - 1 { prime(sequence, timestamp, at: now) }
        if case .priming = state, sequence < next, sequence > highest - Int64(Self.slots), next - sequence < 8 {
            (next, playout) = (sequence, timestamp)
        }
        guard sequence >= next else {
            counters.late &+= 1
            return
        }
        if sequence >= next + Int64(Self.slots) { restart(sequence, timestamp, at: now) }
        let slot = Self.slot(sequence)
        guard entries[slot].sequence != sequence else {
            counters.duplicate &+= 1
            return
        }
        guard payload.isEmpty || payloads.store(payload, in: slot) else { return }
        entries[slot] = Entry(
            sequence: sequence, timestamp: timestamp, duration: Int32(truncatingIfNeeded: duration),
            level: level.map { Int8(truncatingIfNeeded: $0) }, isDTX: duration > 0 && payload.count <= 2)
        if sequence > highest { highest = sequence }
        noteSlack(of: timestamp, at: now)
    }

    // MARK: Frames out

    /// Starts the tick at `now`; call ``take()`` as often as the tick needs frames.
    package mutating func beginTick(at now: Instant) {
        tick = now
        if case .priming(let until) = state, now >= until {
            state = .playing
            pausedTicks = 0
        }
        guard state == .playing else { return }
        if highest >= next, bufferedSamples > Self.mostBuffered { catchUp() }
    }

    /// The next thing to play. After ``Playout/conceal`` and ``Playout/pause`` a frame of 20 ms has passed.
    package mutating func take() -> Playout {
        guard state == .playing else { return .pause }
        while true {
            let slot = Self.slot(next)
            let entry = entries[slot]
            if entry.sequence == next {
                owed = 0
                if entry.duration == 0 {
                    next += 1
                    continue
                }
                if entry.timestamp - playout >= Self.frame { return waitForTimestamp(entry) }
                if shouldDrop(entry) { continue }
                return play(entry, slot)
            }
            guard highest >= next else { return starve() }
            if owed > 0 {
                // Its turn was concealed while we still hoped; now a later packet proves it lost.
                owed -= 1
                giveUp()
                continue
            }
            let following = Self.slot(next + 1)
            giveUp()
            let hasCopy = entries[following].sequence == next && entries[following].duration > 0
            return hasCopy ? .recover(slot: following) : .conceal
        }
    }

    /// The level the sender claims for a slot, as −dBov.
    package func level(of slot: Int) -> Int? { entries[slot].level.map(Int.init) }

    package func duration(of slot: Int) -> Int { Int(entries[slot].duration) }

    package func isDTX(_ slot: Int) -> Bool { entries[slot].isDTX }

    /// The slot of the packet `distance` before the one just played, if it is still there: a decoder that starts cold
    /// is warmed up with those.
    package func played(before distance: Int64) -> Int? {
        let sequence = next - 1 - distance
        guard sequence >= 0 else { return nil }
        let slot = Self.slot(sequence)
        let entry = entries[slot]
        return entry.sequence == sequence && entry.duration > 0 && !entry.isDTX ? slot : nil
    }

    /// Samples waiting, as the difference between the newest packet's end and the playout point.
    package var bufferedSamples: Int64 {
        guard highest >= next, state == .playing else { return 0 }
        let newest = entries[Self.slot(highest)]
        return max(0, newest.timestamp + Int64(newest.duration) - playout)
    }

    // MARK: Steps

    private mutating func play(_ entry: Entry, _ slot: Int) -> Playout {
        playout = entry.timestamp + Int64(entry.duration)
        lastDuration = Int64(entry.duration)
        wasDTX = entry.isDTX
        pausedTicks = 0
        next += 1
        lossScore = max(0, lossScore - 1)
        if slack.wantsShrink, shrinkPatience >= Self.longestShrinkWait, entry.duration == 960, let other = mergeable() {
            next += 1
            playout += 960
            finishShrink()
            return .merge(slot: slot, next: other)
        }
        return .packet(slot: slot)
    }

    /// The slot after the one just played when both can become one frame.
    private func mergeable() -> Int? {
        let slot = Self.slot(next)
        let entry = entries[slot]
        guard entry.sequence == next, entry.duration == 960, !entry.isDTX, entry.timestamp == playout else { return nil }
        return slot
    }

    /// Takes a silent frame out when the delay should shrink.
    private mutating func shouldDrop(_ entry: Entry) -> Bool {
        guard slack.wantsShrink else {
            shrinkPatience = 0
            return false
        }
        shrinkPatience += 1
        let isSilent = isQuiet || (entry.level ?? 0) >= Self.silentLevel
        guard isSilent, entry.duration == 960, entries[Self.slot(next + 1)].sequence == next + 1 else { return false }
        playout = entry.timestamp + 960
        next += 1
        finishShrink()
        return true
    }

    private mutating func finishShrink() {
        slack.shrunk()
        shrinkPatience = 0
        counters.shrunk &+= 1
        if target > Self.smallestTarget { target -= .milliseconds(10) }
    }

    /// The sender skipped media time: DTX, or a clock that jumped.
    private mutating func waitForTimestamp(_ entry: Entry) -> Playout {
        if entry.timestamp - playout > Self.longestGap {
            playout = entry.timestamp
            counters.restarted &+= 1
            return .pause
        }
        playout += Self.frame
        return .pause
    }

    private mutating func starve() -> Playout {
        if wasDTX {
            pausedTicks += 1
            playout += Self.frame
            if pausedTicks > Self.longestPause { state = .idle }
            return .pause
        }
        guard owed < Self.longestConcealment else {
            state = .idle
            owed = 0
            slack = SlackWindow()
            return .pause
        }
        owed += 1
        counters.grown &+= 1
        slack.grew()
        target = min(target + .milliseconds(10), Self.largestTarget)
        return .conceal
    }

    private mutating func giveUp() {
        next += 1
        playout += lastDuration
        counters.lost &+= 1
        lossScore = min(lossScore + 50, 1_000)
    }

    private mutating func prime(_ sequence: Int64, _ timestamp: Int64, at now: Instant) {
        // A stream that loses packets is worth a frame of delay: only then has the copy in the next packet arrived.
        let delay = lossScore > 100 ? max(target, Self.recoveryTarget) : target
        state = .priming(until: now.advanced(by: delay))
        (next, playout, owed, wasDTX) = (sequence, timestamp, 0, false)
        slack = SlackWindow()
    }

    private mutating func restart(_ sequence: Int64, _ timestamp: Int64, at now: Instant) {
        counters.restarted &+= 1
        highest = -1
        for index in entries.indices { entries[index].sequence = -1 }
        prime(sequence, timestamp, at: now)
    }

    /// After a stall everything arrives at once: skip to what is fresh.
    private mutating func catchUp() {
        counters.restarted &+= 1
        while highest > next, bufferedSamples > Self.afterCatchUp {
            let entry = entries[Self.slot(next)]
            next += 1
            if entry.sequence == next - 1, entry.duration > 0 { playout = entry.timestamp + Int64(entry.duration) }
        }
        let entry = entries[Self.slot(next)]
        if entry.sequence == next { playout = entry.timestamp }
        slack = SlackWindow()
    }

    // MARK: Sequence and time

    /// RFC 3550 A.1: a jump is believed when a second packet follows it.
    private mutating func isPlausible(_ sequence: Int64) -> Bool {
        guard highest >= 0, abs(sequence - highest) > Self.mostDropout else {
            probation = nil
            return true
        }
        guard probation == sequence else {
            probation = sequence + 1
            return false
        }
        probation = nil
        highest = -1
        next = sequence
        lastTimestamp = nil
        for index in entries.indices { entries[index].sequence = -1 }
        state = .idle
        counters.restarted &+= 1
        return true
    }

    private mutating func extend(_ timestamp: UInt32) -> Int64 {
        guard let last = lastTimestamp else {
            lastTimestamp = Int64(timestamp)
            return Int64(timestamp)
        }
        let step = Int32(truncatingIfNeeded: Int64(timestamp) - last)
        let extended = last + Int64(step)
        lastTimestamp = extended
        return extended
    }

    private mutating func noteSlack(of timestamp: Int64, at now: Instant) {
        guard state == .playing else { return }
        let untilTick = tick.advanced(byNanoseconds: 20_000_000).nanoseconds(since: now)
        slack.note(untilTick + (timestamp - playout) * 125_000 / 6)  // 48 samples are 1 ms
    }

    private static func slot(_ sequence: Int64) -> Int { Int(sequence & Int64(slots - 1)) }

    private static let slots = 32
    /// Opus never exceeds 1275 bytes for one frame (RFC 6716 §3.4).
    private static let slotSize = 1_280
    private static let frame: Int64 = 960
    private static let smallestTarget: Duration = .milliseconds(5)
    private static let largestTarget: Duration = .milliseconds(200)
    private static let recoveryTarget: Duration = .milliseconds(25)
    private static let mostBuffered: Int64 = 48 * 400
    private static let afterCatchUp: Int64 = 48 * 60
    private static let mostDropout: Int64 = 3_000
    private static let longestConcealment = 5
    private static let longestPause = 100
    private static let longestGap: Int64 = 48_000 * 4
    private static let silentLevel: Int8 = 70
    private static let longestShrinkWait = 50
}

/// The smallest slack of the last 2.5 to 5 seconds.
private struct SlackWindow {
    private var current = Int64.max
    private var previous = Int64.max
    private var count = 0

    mutating func note(_ nanoseconds: Int64) {
        current = min(current, nanoseconds)
        count += 1
        guard count >= Self.length else { return }
        (previous, current, count) = (current, .max, 0)
    }

    /// Both halves are known and a whole frame, and some margin, was never needed.
    var wantsShrink: Bool { previous != .max && min(previous, current) > Self.frame + Self.margin }

    mutating func shrunk() {
        if previous != .max { previous -= Self.frame }
        if current != .max { current -= Self.frame }
    }

    mutating func grew() {
        if previous != .max { previous += Self.frame }
        if current != .max { current += Self.frame }
    }

    private static let length = 125
    private static let frame: Int64 = 20_000_000
    private static let margin: Int64 = 5_000_000
}
