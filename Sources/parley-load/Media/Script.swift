import TestKit
import Wire

/// What one member sends in each 20 ms.
struct Script {
    enum Line {
        case packet(PayloadLoop, Int)
        /// DTX: nothing is sent.
        case nothing
    }

    private let role: Role
    private let repertoire: Repertoire
    private let voice: PayloadLoop
    private let spurt: PayloadLoop
    private var random: SeededGenerator
    private var position: Int
    private var isTalking = false
    private var left = 0

    init(role: Role, repertoire: Repertoire, seed: UInt64) {
        self.role = role
        self.repertoire = repertoire
        random = SeededGenerator(seed: seed)
        voice = repertoire.voices[Int(seed % UInt64(repertoire.voices.count))]
        spurt = repertoire.spurts[Int(seed % UInt64(repertoire.spurts.count))]
        switch role {
        case .marker, .turn, .crowd(.dtx): position = 0
        default: position = Int.random(in: 0..<1000, using: &random)
        }
        if case .crowd(.intermittent) = role { left = Int.random(in: 50..<400, using: &random) }
    }

    /// The next 20 ms.
    ///
    /// - Parameter startsTalking: Set when a talk spurt begins with this packet, which is loud.
    mutating func next(startsTalking: inout Bool, at now: Instant) -> Line {
        position += 1
        switch role {
        case .talker, .crowd(.talk): return .packet(voice, position % voice.count)
        case .marker: return .packet(repertoire.marker, position % repertoire.marker.count)
        case .crowd(.noise), .crowd(.turns): return .packet(repertoire.noise, position % repertoire.noise.count)
        case .crowd(.dtx): return position.isMultiple(of: 20) ? .packet(repertoire.dtx, 0) : .nothing
        case .crowd(.intermittent): return nextOfIntermittent(&startsTalking)
        case .turn(let place, let count):
            return nextOfTurn(&startsTalking, isOn: Int(now.nanoseconds / Self.turn) % count == place)
        }
    }

    /// Speaks once in its turn.
    private mutating func nextOfTurn(_ startsTalking: inout Bool, isOn: Bool) -> Line {
        if isOn != isTalking { (isTalking, position) = (isOn, 0) }
        guard isTalking, position < spurt.count else {
            return .packet(repertoire.noise, position % repertoire.noise.count)
        }
        startsTalking = position == spurt.firstLoud
        return .packet(spurt, position)
    }

    private mutating func nextOfIntermittent(_ startsTalking: inout Bool) -> Line {
        left -= 1
        if left <= 0 {
            isTalking.toggle()
            left =
                isTalking ? Int.random(in: 95..<spurt.count, using: &random) : Int.random(in: 100..<400, using: &random)
            if isTalking { position = 0 }
        }
        if isTalking, position == spurt.firstLoud { startsTalking = true }
        let loop = isTalking ? spurt : repertoire.noise
        return .packet(loop, position % loop.count)
    }

    /// 4 s: the longest of a spurt but its last syllables.
    private static let turn: Int64 = 4_000_000_000
}
