package import Native
import RTC
package import Wire

/// Puts one stream's packets back in order and hands them to the mixer on its 20 ms ticks.
///
/// It counts in media time: `playout` is the timestamp of the next sample. A tick without its packet is concealed and
/// moves `playout` on. When the next packet turns out to follow, that one was lost, and nothing else has changed; when
/// the missing one itself comes, it is played now, and all behind it 20 ms later: the delay grows with the first late
/// packet. It shrinks by one frame, in silence if there is any, when even the slowest packet of the last seconds
/// (``TransitWindow``) waits longer than a frame for its turn. A sender whose clock runs fast or slow is the same thing
/// happening for ever, so drift needs no resampler (100 ppm is one frame in 200 s).
///
/// Payloads live in preallocated slots; no method allocates after `init`. Arithmetic on the sender's numbers wraps.
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
        /// Packets whose turn passed before they came.
        package var lost = 0
        package var duplicate = 0
        /// Frames played in place of packets, with (`recovered`) and without a copy of them.
        package var concealed = 0
        package var recovered = 0
        /// How often the delay changed, by about a frame.
        package var grown = 0
        package var shrunk = 0
        /// How often the stream began anew: another numbering, another clock, or too much at once.
        package var restarted = 0
    }

    private struct Entry {
        /// 0 is no packet.
        var sequence: Int64 = 0
        var timestamp: Int64 = 0
        /// Samples at 48 kHz; 0 for padding (RFC 3550 §5.1), which is counted and not played.
        var duration: Int32 = 0
        /// −dBov of RFC 6464; `nil` when the packet carried none.
        var level: Int8?
        var content = AudioContent.other
        /// A pause follows, however long.
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
    /// The highest number stored; 0 before the first. Numbers are extended to 64 bits, and all are positive.
    private var highest: Int64 = 0
    /// The number whose turn is next.
    private var next: Int64 = 0
    /// Numbers below it were played or given up.
    private var gone: Int64 = 0
    private var lastPlayed: Int64 = 0
    /// The number that would confirm a jump.
    private var probation: UInt16?
    /// Late packets since the last one in time.
    private var lateRun = 0
    private var lastTimestamp: Int64?
    /// Timestamp of the next sample to play.
    private var playout: Int64 = 0
    private var wasDTX = false
    /// Ticks in a row that found nothing.
    private var starved = 0
    private var tick = Instant(nanoseconds: 0)
    /// Nothing has been taken in this tick.
    private var isFirst = false
    private var transit = TransitWindow()
    private var shrinkPatience = 0
    /// Rise with each lost and late packet, fall with each played one.
    private var lossScore = 0
    private var lateScore = 0
    /// Packets may hold copies of those before them, as Opus does.
    private var mayRecover = true

    package init() {
        entries = Array(repeating: Entry(), count: Int(Self.slots))
        payloads = PacketSlots(slots: Int(Self.slots), slotSize: Self.slotSize)
    }

    /// Forgets the stream: the next packet is another's first.
    package mutating func restart() {
        if highest > 0 { counters.restarted &+= 1 }
        forgetPackets()
        (state, next, gone, lastPlayed) = (.idle, 0, 0, 0)
        (probation, lastTimestamp, lateRun) = (nil, nil, 0)
        transit = TransitWindow()
    }

    // MARK: Packets in

    /// - Parameters:
    ///   - content: Kept for the owner.
    ///   - timestamp: In 1/48 000 s, whatever the codec's clock.
    ///   - duration: Samples at 48 kHz from the packet's TOC byte or length; 0 for padding.
    package mutating func insert(
        _ payload: Span<UInt8>, as content: AudioContent = .sound(.opus), sequence number: UInt16, timestamp: UInt32,
        duration: Int, level: Int?, at now: Instant
    ) {
        counters.received &+= 1
        guard let sequence = accept(number) else { return }
        let timestamp = extend(timestamp)
        if case .sound(let codec) = content { mayRecover = codec == .opus }
        // Padding repeats an old timestamp.
        if duration > 0 { transit.note(Self.transit(of: timestamp, at: now), at: now) }
        let slot = Self.slot(sequence)
        guard entries[slot].sequence != sequence else {
            counters.duplicate &+= 1
            return
        }
        if state == .idle {
            if sequence >= next, duration > 0 { prime(sequence, timestamp, at: now) }
        } else {
            adapt(to: sequence, timestamp, at: now)
        }
        guard sequence >= next else { return noteLate() }
        guard payload.isEmpty || payloads.store(payload, in: slot) else { return }
        entries[slot] = Entry(
            sequence: sequence, timestamp: timestamp, duration: Int32(truncatingIfNeeded: duration),
            level: level.map { Int8(truncatingIfNeeded: $0) }, content: content,
            isDTX: duration > 0 && (payload.count <= 2 || content == .comfortNoise))
        highest = max(highest, sequence)
        lateRun = 0
    }

    /// Moves the playout where `sequence` asks for it.
    private mutating func adapt(to sequence: Int64, _ timestamp: Int64, at now: Instant) {
        if sequence < next, sequence >= gone, highest - sequence < Self.slots, state != .playing {
            // The first packets came in another order.
            (next, playout) = (sequence, timestamp)
        } else if sequence >= next + Self.slots {
            counters.restarted &+= 1
            forgetPackets()
            prime(sequence, timestamp, at: now)
        }
    }

    private mutating func prime(_ sequence: Int64, _ timestamp: Int64, at now: Instant) {
        let behindSlowest = (transit.slowest ?? 0) &- Self.transit(of: timestamp, at: now)
        let needed = max(0, behindSlowest) &+ Self.margin &+ (isLossy ? Self.frameTime : 0)
        state = .priming(until: now.advanced(byNanoseconds: min(needed, Self.largestDelay)))
        gone = next == 0 ? max(1, sequence - Self.slots / 2) : next
        (next, playout, wasDTX, starved) = (sequence, timestamp, false, 0)
    }

    private mutating func noteLate() {
        counters.late &+= 1
        lateScore = min(lateScore + 50, 1000)
        lateRun += 1
        // Not late but numbered anew, by less than `mostDropout`.
        if lateRun >= Self.mostLate { restart() }
    }

    private mutating func forgetPackets() {
        for index in entries.indices { entries[index].sequence = 0 }
        highest = 0
    }

    // MARK: Frames out

    /// Starts the tick at `now`; call ``take()`` as often as the tick needs frames.
    package mutating func beginTick(at now: Instant) {
        (tick, isFirst) = (now, true)
        if case .priming(let until) = state, now >= until {
            state = .playing
            if bufferedSamples > Self.burst { skip(toLast: Self.afterSkip) }
        }
        guard state == .playing, bufferedSamples > Self.mostBuffered else { return }
        counters.restarted &+= 1
        skip(toLast: Self.afterSkip)
    }

    /// The next thing to play. After ``Playout/recover(slot:)``, ``Playout/conceal`` and ``Playout/pause`` a frame of
    /// 20 ms has passed.
    package mutating func take() -> Playout {
        defer { isFirst = false }
        guard state == .playing else { return .pause }
        while next <= highest {
            let slot = Self.slot(next)
            let entry = entries[slot]
            guard entry.sequence == next else {
                if let repair = repair() { return repair }
                continue
            }
            if entry.duration == 0 || shouldDrop(entry) {
                next += 1
                continue
            }
            let gap = entry.timestamp &- playout
            if gap >= Self.frame, gap <= Self.mostBuffered {
                // The sender skipped media time, as DTX does.
                playout &+= Self.frame
                return .pause
            }
            if shouldGrow(for: entry) { return .conceal }
            return play(entry, slot)
        }
        return starve()
    }

    /// The level the sender claims for a slot, as −dBov.
    package func level(of slot: Int) -> Int? { entries[slot].level.map(Int.init) }

    package func duration(of slot: Int) -> Int { Int(entries[slot].duration) }

    package func content(of slot: Int) -> AudioContent { entries[slot].content }

    package func isDTX(_ slot: Int) -> Bool { entries[slot].isDTX }

    /// The slot of the packet `distance` before the one just played, if it is still there: a decoder that starts cold
    /// is warmed up with those.
    package func played(before distance: Int64) -> Int? {
        let sequence = lastPlayed - distance
        guard sequence > 0 else { return nil }
        let slot = Self.slot(sequence)
        let entry = entries[slot]
        return entry.sequence == sequence && entry.duration > 0 && !entry.isDTX ? slot : nil
    }

    /// Samples waiting, as the difference between the newest packet's end and the playout point.
    package var bufferedSamples: Int64 {
        guard highest >= next, highest > 0 else { return 0 }
        return max(0, newestEnd &- playout)
    }

    private var newestEnd: Int64 {
        let newest = entries[Self.slot(highest)]
        return newest.timestamp &+ Int64(newest.duration)
    }
}

// MARK: - Steps

extension JitterBuffer {
    private mutating func play(_ entry: Entry, _ slot: Int) -> Playout {
        if !wasDTX, playout &- entry.timestamp >= Self.frame / 2 { counters.grown &+= 1 }
        finish(entry)
        lastPlayed = entry.sequence
        guard isFirst, shrinkPatience >= Self.longestShrinkWait, let other = mergeable(with: entry) else {
            return .packet(slot: slot)
        }
        finish(entries[other])
        noteShrunk()
        return .merge(slot: slot, next: other)
    }

    private mutating func finish(_ entry: Entry) {
        playout = entry.timestamp &+ Int64(entry.duration)
        wasDTX = entry.isDTX
        starved = 0
        next = entry.sequence + 1
        lossScore = max(0, lossScore - 1)
        lateScore = max(0, lateScore - 1)
    }

    /// The slot after `entry` when both can become one frame.
    private func mergeable(with entry: Entry) -> Int? {
        let slot = Self.slot(next)
        let other = entries[slot]
        guard entry.duration == Self.frame, !entry.isDTX, other.sequence == next, other.duration == Self.frame,
            !other.isDTX, other.timestamp == playout
        else { return nil }
        return slot
    }

    /// Takes a packet out when the delay should shrink: in silence at once, in speech, where packets of 20 ms are
    /// rather merged, after a while.
    private mutating func shouldDrop(_ entry: Entry) -> Bool {
        guard isFirst else { return false }
        let duration = Int64(entry.duration)
        // Short packets are taken several at a time, the last of them early.
        let least = Self.time(max(duration, Self.frame)) + Self.margin + (isLossy ? Self.frameTime : 0)
        guard transit.isSettled, slack(of: entry) > least else {
            shrinkPatience = 0
            return false
        }
        shrinkPatience += 1
        let isSilent = isQuiet || (entry.level ?? 0) >= Self.silentLevel
        let patience = duration < Self.frame ? Self.longestShrinkWait : Self.longestDropWait
        guard isSilent || shrinkPatience >= patience, entries[Self.slot(next + 1)].sequence == next + 1
        else { return false }
        playout = entry.timestamp &+ duration
        noteShrunk()
        return true
    }

    private mutating func noteShrunk() {
        shrinkPatience = 0
        counters.shrunk &+= 1
    }

    /// Packets keep coming after others had their turn, out of order rather than late: one frame more delay lets them.
    private mutating func shouldGrow(for entry: Entry) -> Bool {
        let slack = slack(of: entry)
        guard isFirst, lateScore > Self.worthADelay, slack < 0, slack > -Self.largestDelay else { return false }
        lateScore = 0
        counters.grown &+= 1
        counters.concealed &+= 1
        return true
    }

    /// How long the slowest packet would have to wait for its turn, if `entry` had its own now.
    private func slack(of entry: Entry) -> Int64 {
        guard let slowest = transit.slowest else { return 0 }
        return Self.transit(of: entry.timestamp, at: tick) &- slowest
    }

    /// The packet whose turn it is is missing and a later one is here. `nil`: go on with that one.
    private mutating func repair() -> Playout? {
        guard let following = firstPresent else {
            next = highest + 1
            return nil
        }
        let missing = following.sequence - next
        let gap = following.timestamp &- playout
        let isRecoverable = mayRecover && following.duration == Self.frame && !following.isDTX
        let isWholeFrame = gap >= Self.frame || gap >= Self.frame / 2 && slack(of: following) < Self.margin
        guard !wasDTX, isWholeFrame, gap <= Self.mostBuffered else {
            giveUp(missing)
            // Starved, and now the packet with the copy is here: where losses are many, waiting for it pays.
            guard isRecoverable, missing == 1, starved == 1, !wasDTX, isLossy, slack(of: following) < Self.frameTime
            else { return nil }
            starved = 0
            counters.grown &+= 1
            counters.recovered &+= 1
            return .recover(slot: Self.slot(following.sequence))
        }
        playout &+= Self.frame
        let isLast = gap < Self.frame * 3 / 2
        // A long packet stays missing until all of it is concealed.
        if isLast || gap / missing < Self.frame * 3 / 2 { giveUp(isLast ? missing : 1) }
        guard isLast, isRecoverable else {
            counters.concealed &+= 1
            return .conceal
        }
        counters.recovered &+= 1
        return .recover(slot: Self.slot(following.sequence))
    }

    /// The first packet to play behind a gap.
    private var firstPresent: Entry? {
        for sequence in next...highest {
            let entry = entries[Self.slot(sequence)]
            if entry.sequence == sequence, entry.duration > 0 { return entry }
        }
        return nil
    }

    private mutating func giveUp(_ count: Int64) {
        next += count
        counters.lost &+= Int(count)
        lossScore = min(lossScore + 50 * Int(count), 1000)
    }

    private mutating func starve() -> Playout {
        playout &+= Self.frame
        starved += 1
        guard starved <= (wasDTX ? Self.longestPause : Self.longestConcealment) else {
            state = .idle
            return .pause
        }
        guard !wasDTX else { return .pause }
        counters.concealed &+= 1
        return .conceal
    }

    /// After a stall everything arrives at once: goes on with what is fresh.
    private mutating func skip(toLast samples: Int64) {
        let end = newestEnd
        while next < highest {
            let entry = entries[Self.slot(next)]
            if entry.sequence == next, entry.duration > 0, end &- entry.timestamp <= samples { break }
            next += 1
        }
        playout = entries[Self.slot(next)].timestamp
        wasDTX = false
    }

    /// Many packets are lost that the following ones may hold copies of.
    private var isLossy: Bool { mayRecover && lossScore > Self.worthADelay }
}

// MARK: - Sequence and time

extension JitterBuffer {
    /// The extended number, nearest to the highest so far. RFC 3550 A.1: a jump is believed when a second packet
    /// follows it; `nil` until then.
    private mutating func accept(_ number: UInt16) -> Int64? {
        guard highest > 0 else { return Self.firstCycle + Int64(number) }
        let step = Int64(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: highest)))
        guard step.magnitude > Self.mostDropout else {
            probation = nil
            return highest + step
        }
        guard probation == number else {
            probation = number &+ 1
            return nil
        }
        restart()
        return Self.firstCycle + Int64(number)
    }

    private mutating func extend(_ timestamp: UInt32) -> Int64 {
        guard let last = lastTimestamp else {
            lastTimestamp = Int64(timestamp)
            return Int64(timestamp)
        }
        let step = Int32(bitPattern: timestamp &- UInt32(truncatingIfNeeded: last))
        let extended = last &+ Int64(step)
        lastTimestamp = extended
        return extended
    }

    /// From media time to the clock, in nanoseconds from an origin of its own.
    private static func transit(of timestamp: Int64, at now: Instant) -> Int64 {
        now.nanoseconds &- time(timestamp)
    }

    /// Nanoseconds of `samples`: 48 are a millisecond.
    private static func time(_ samples: Int64) -> Int64 { samples &* 62_500 / 3 }

    private static func slot(_ sequence: Int64) -> Int { Int(sequence & (slots - 1)) }

    /// 640 ms of 20 ms packets.
    private static let slots: Int64 = 32
    /// Opus never exceeds 1275 bytes for one frame (RFC 6716 §3.4).
    private static let slotSize = 1_280
    private static let frame: Int64 = 960
    private static let frameTime: Int64 = 20_000_000
    /// Nanoseconds before its turn at which the slowest packet should be here.
    private static let margin: Int64 = 5_000_000
    private static let largestDelay: Int64 = 200_000_000
    /// Numbers start here, so that packets from before the first stay positive.
    private static let firstCycle: Int64 = 65_536
    private static let mostDropout: UInt64 = 3_000
    private static let mostLate = 16
    /// A stream that begins with more than 150 ms has been held up, and is begun near its end …
    private static let burst: Int64 = 48 * 150
    private static let afterSkip: Int64 = 48 * 40
    /// … and no stream ever waits for more than this.
    private static let mostBuffered: Int64 = 48 * 400
    /// Ticks: what the decoder can conceal, and five DTX intervals.
    private static let longestConcealment = 5
    private static let longestPause = 100
    /// A level that says silence, −dBov.
    private static let silentLevel: Int8 = 70
    /// Ticks: 1 s until two frames of speech are merged, 5 s until a longer packet is dropped.
    private static let longestShrinkWait = 50
    private static let longestDropWait = 250
    /// A score of 2 % losses.
    private static let worthADelay = 100
}
