import Wire

/// Finds whole frames in one picture's packets by their descriptors and marks, and keeps no picture data.
///
/// Frames come out in the order of their packets. When one is missing everything behind it waits until it comes, or
/// until a whole key frame lies behind the gap: that is what a browser does.
struct FrameAssembler: Sendable {
    /// A frame all of whose packets came.
    struct Frame: Sendable {
        let mark: FrameMark?
        let isKeyFrame: Bool
        /// Extended sequence numbers.
        let packets: ClosedRange<Int64>
    }

    /// Packets that may wait, and for which others keep what belongs to them.
    static let capacity = 512

    /// Gaps that were given up, and frames without beginning or end.
    private(set) var damages = 0

    private struct Record {
        var number = Int64.min
        var startsFrame = false
        var isKeyFrame = false
        var isLast = false
        /// Takes up a number and nothing else.
        var isPadding = false
        var mark: FrameMark?
    }

    private var records = [Record](repeating: Record(), count: Self.capacity)
    private var extender = SequenceExtender()
    /// First packet of the frame that is being put together; `nil` before any packet.
    private var start: Int64?
    /// First packet that is not known to be there.
    private var end: Int64 = 0
    private var highest: Int64 = 0

    /// Takes a packet of the picture.
    ///
    /// - Parameter descriptor: `nil` for padding.
    /// - Returns: Its extended sequence; `nil` when it came twice or too late.
    mutating func insert(
        sequence: UInt16, isLast: Bool, descriptor: VP8Descriptor?, payload: Span<UInt8>
    ) -> Int64? {
        let number = extender.extend(sequence)
        let start = self.start ?? number
        if self.start == nil { (self.start, end, highest) = (number, number, number) }
        guard number >= start, self[number] == nil else { return nil }
        if number - start >= Int64(Self.capacity) {
            damages += 1
            (self.start, end) = (number, number)
        }
        highest = max(highest, number)
        var record = Record(number: number, isLast: isLast, isPadding: descriptor == nil)
        if let descriptor {
            record.startsFrame = descriptor.startsFrame
            record.isKeyFrame = (try? VP8FrameHeader(parsing: payload, behind: descriptor))?.isKeyFrame ?? false
            if isLast { record.mark = FrameMark(atEndOf: payload) }
        }
        records[Self.place(of: number)] = record
        return number
    }

    /// The next whole frame.
    mutating func next() -> Frame? {
        while let start {
            guard let record = self[end] else {
                guard highest > end, let keyFrame = wholeKeyFrame() else { return nil }
                damages += 1
                (self.start, end) = (keyFrame, keyFrame)
                continue
            }
            let isBeginning = end == start
            if isBeginning, record.isPadding || !record.startsFrame {
                if !record.isPadding { damages += 1 }
                (self.start, end) = (end + 1, end + 1)
            } else if !isBeginning, record.startsFrame {
                damages += 1
                self.start = end
            } else {
                end += 1
                guard record.isLast else { continue }
                self.start = end
                let isKeyFrame = self[start]?.isKeyFrame ?? false
                return Frame(mark: record.mark, isKeyFrame: isKeyFrame, packets: start...end - 1)
            }
        }
        return nil
    }

    /// Where the first key frame begins that lies behind the gap and is all there.
    private func wholeKeyFrame() -> Int64? {
        (end + 1...highest).first { number in
            guard let first = self[number], first.startsFrame, first.isKeyFrame else { return false }
            var last = number
            while let record = self[last] {
                if record.isLast { return true }
                last += 1
            }
            return false
        }
    }

    private subscript(number: Int64) -> Record? {
        let record = records[Self.place(of: number)]
        return record.number == number ? record : nil
    }

    private static func place(of number: Int64) -> Int { Int(number & Int64(capacity - 1)) }
}
