import Dispatch
import Native
import Testing

struct RecordingRingTests {
    private func frame(_ value: Int16) -> PCMBuffer {
        let frame = PCMBuffer(count: RecordingRing.frame)
        frame.withMutableSpan { for index in $0.indices { $0[index] = value } }
        return frame
    }

    private func push(_ value: Int16, at place: Int, to ring: RecordingRing) {
        frame(value).withSpan { ring.push($0, at: place) }
    }

    /// The places and the first samples of all that waits.
    private func popAll(_ ring: RecordingRing) -> [[Int]] {
        let frame = PCMBuffer(count: RecordingRing.frame)
        var found: [[Int]] = []
        while let place = frame.withMutableSpan({ ring.pop(into: &$0) }) {
            found.append([place, Int(frame.withSpan { $0[0] })])
        }
        return found
    }

    @Test func givesFramesBackInOrderWithTheirPlaces() {
        let ring = RecordingRing(capacity: 4)
        #expect(popAll(ring).isEmpty)
        for round in 0..<5 {
            push(1, at: round * 10, to: ring)
            push(2, at: round * 10 + 7, to: ring)
            ring.advance(to: round * 10 + 10)
            #expect(ring.length == round * 10 + 10)
            #expect(popAll(ring) == [[round * 10, 1], [round * 10 + 7, 2]])
        }
        #expect(ring.dropped == 0)
    }

    @Test func dropsAndCountsWhatFindsNoPlace() {
        let ring = RecordingRing(capacity: 3)
        for place in 0..<5 { push(Int16(place), at: place, to: ring) }
        #expect(ring.dropped == 2)
        #expect(popAll(ring) == [[0, 0], [1, 1], [2, 2]])
        push(9, at: 9, to: ring)
        #expect(popAll(ring) == [[9, 9]])
    }

    @Test func tellsEachEndWhatTheOtherDid() {
        let ring = RecordingRing(capacity: 3)
        #expect(!ring.isClosed && !ring.isAbandoned && ring.length == 0)
        ring.close()
        ring.abandon()
        #expect(ring.isClosed && ring.isAbandoned)
    }

    /// What the reader's rule promises: with the length taken first, no frame before it comes later.
    @Test func oneThreadWritesWhileAnotherReads() async {
        let ring = RecordingRing(capacity: 8)
        let count = 20_000
        DispatchQueue.global().async {
            let frame = PCMBuffer(count: RecordingRing.frame)
            for place in 0..<count {
                if place % 3 != 0 {
                    frame.withMutableSpan { ($0[0], $0[959]) = (Int16(place & 0x7FFF), Int16(place & 0x7FFF)) }
                    frame.withSpan { ring.push($0, at: place) }
                }
                ring.advance(to: place + 1)
            }
            ring.close()
        }
        let frame = PCMBuffer(count: RecordingRing.frame)
        var (last, seen, isEnd) = (-1, 0, false)
        while !isEnd {
            let (length, closed) = (ring.length, ring.isClosed)
            while let place = frame.withMutableSpan({ ring.pop(into: &$0) }) {
                let isWhole = frame.withSpan { $0[0] == Int16(place & 0x7FFF) && $0[959] == $0[0] }
                guard isWhole, place > last, place % 3 != 0 else {
                    Issue.record("frame \(place) behind \(last)")
                    return
                }
                (last, seen) = (place, seen + 1)
            }
            guard last + 2 >= length - ring.dropped || ring.dropped > 0 else {
                Issue.record("length \(length), but only \(last) came")
                return
            }
            isEnd = closed
        }
        #expect(seen + ring.dropped == (0..<count).count { $0 % 3 != 0 })
    }
}
