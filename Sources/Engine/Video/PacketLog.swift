package import Wire

/// The newest packets of one layer in order of their extended sequence, and the newest complete key frame among them.
///
/// Every receiver of the layer reads from here at its own cursor. A number, once filled, is never filled again, so what
/// is sent twice is the same bytes twice. Numbers only rise: a sender that starts its numbering anew goes on at a higher
/// one, and readers see a gap as wide as the ring.
package struct PacketLog {
    /// Where a packet belongs.
    package enum Place: Equatable {
        /// Free; the numbers in `gap`, just below it, are missing since now.
        case free(Int64, gap: Range<Int64>)
        case duplicate
        /// Older than everything kept, or so far ahead that another must confirm it.
        case outside
    }

    /// The highest number so far; `nil` before the first.
    package private(set) var highest: Int64?
    /// The newest key frame that is complete, from its first packet to the one with the marker.
    package private(set) var keyFrame: ClosedRange<Int64>?
    /// When the key frame became complete.
    package private(set) var keyFrameArrival = Instant(nanoseconds: 0)

    private var records: [PacketRecord] = []
    private var finder = KeyFrameFinder()
    /// Numbers below were never to be had: from before the log was opened or the sender started anew.
    private var first: Int64 = 0
    /// The number that confirms a jump.
    private var afterJump: UInt16?
    private var isFresh = true

    package init() {}

    /// Whether packets are kept.
    package var isOpen: Bool { !records.isEmpty }

    /// Makes room; nothing is kept before.
    package mutating func open() {
        guard !isOpen else { return }
        let none = PacketRecord(
            sequence: .min, timestamp: 0, marker: false, content: .padding, arrival: Instant(nanoseconds: 0), size: 0)
        records = Array(repeating: none, count: Int(Self.capacity))
        startAnew()
    }

    /// Gives the room back.
    package mutating func close() {
        records = []
        startAnew()
    }

    /// Forgets all packets: the next one begins another piece of the stream.
    package mutating func startAnew() {
        isFresh = true
        afterJump = nil
        keyFrame = nil
        finder = KeyFrameFinder()
        if let highest { first = highest &+ 1 }
    }

    /// Finds the place of a packet that has just come.
    ///
    /// - Parameter isRepair: It was sent again, so it fills gaps and never moves the stream on.
    package mutating func place(for sequence: UInt16, isRepair: Bool) -> Place {
        guard isOpen else { return .outside }
        guard let highest else { return isRepair ? .outside : begin(at: Int64(sequence) &+ 0x1_0000) }
        let step = Int64(Int16(bitPattern: sequence &- UInt16(truncatingIfNeeded: highest)))
        if isFresh {
            return isRepair ? .outside : begin(at: highest &+ Self.forward(from: highest, to: sequence))
        }
        let number = highest &+ step
        if step <= 0, step > -Self.capacity {
            guard number >= first else { return .outside }
            return record(number) == nil ? .free(number, gap: number..<number) : .duplicate
        }
        guard !isRepair else { return .outside }
        if step > 0, step <= Self.mostMissing {
            afterJump = nil
            return .free(number, gap: (highest &+ 1)..<number)
        }
        guard afterJump == sequence else {
            afterJump = sequence &+ 1
            return .outside
        }
        return begin(at: highest &+ Self.forward(from: highest, to: sequence))
    }

    /// Keeps `record` at the number that ``place(for:isRepair:)`` gave. Returns whether a key frame became complete.
    package mutating func insert(_ record: PacketRecord) -> Bool {
        guard isOpen, record.sequence >= first else { return false }
        records[Self.index(record.sequence)] = record
        highest = max(highest ?? record.sequence, record.sequence)
        isFresh = false
        var finder = self.finder
        let found = finder.insert(record, in: self)
        self.finder = finder
        guard let found else { return false }
        keyFrame = found
        keyFrameArrival = record.arrival
        return true
    }

    /// The packet at `number`; `nil` when it has not come, or has been left behind.
    package func record(_ number: Int64) -> PacketRecord? {
        guard isOpen else { return nil }
        let record = records[Self.index(number)]
        return record.sequence == number && number >= first ? record : nil
    }

    /// The timestamp of the newest packet.
    package var newestTimestamp: UInt32? { highest.flatMap { record($0) }?.timestamp }

    /// Numbers from here to ``highest`` can be there.
    package var oldest: Int64 { max(first, (highest ?? 0) &- Self.capacity &+ 1) }

    /// Where a new reader can begin at once: the newest key frame, when it is young and all since is here.
    package func start(at now: Instant) -> Int64? {
        guard let keyFrame, let highest, keyFrame.lowerBound >= oldest,
            now.nanoseconds(since: keyFrameArrival) <= Self.youth, highest - keyFrame.upperBound <= Self.mostToCatchUp
        else { return nil }
        for number in keyFrame.lowerBound...highest where record(number)?.content ?? .unusable == .unusable {
            return nil
        }
        return keyFrame.lowerBound
    }

    private mutating func begin(at number: Int64) -> Place {
        startAnew()
        first = number
        return .free(number, gap: number..<number)
    }

    /// The least distance that leads to `sequence` and leaves all readers behind.
    private static func forward(from highest: Int64, to sequence: UInt16) -> Int64 {
        let distance = Int64(sequence &- UInt16(truncatingIfNeeded: highest))
        return distance > capacity ? distance : distance &+ 0x1_0000
    }

    private static func index(_ number: Int64) -> Int { Int(truncatingIfNeeded: number & (capacity - 1)) }

    /// Packets kept: 2 to 10 s of video, and as much memory for payloads as 0.6 MB.
    package static let capacity: Int64 = 512
    /// A gap wider than that is another numbering, or a loss that nobody repairs.
    private static let mostMissing: Int64 = 400
    private static let youth: Int64 = 1_000_000_000
    private static let mostToCatchUp: Int64 = 64
}
