import Native
import Testing

struct PCMBufferTests {
    @Test func beginsSilentAndKeepsWhatIsWritten() {
        let buffer = PCMBuffer(count: 4)
        #expect(samples(of: buffer) == [0, 0, 0, 0])
        buffer.withMutableSpan { $0[2] = 7 }
        #expect(samples(of: buffer) == [0, 0, 7, 0])
        buffer.silence()
        #expect(samples(of: buffer) == [0, 0, 0, 0])
    }

    @Test func copiesWhatFits() {
        let buffer = PCMBuffer(count: 3)
        let short: [Int16] = [1, 2]
        let long: [Int16] = [5, 6, 7, 8]
        #expect(buffer.copy(from: short.span) == 2)
        #expect(samples(of: buffer) == [1, 2, 0])
        #expect(buffer.copy(from: long.span) == 3)
        #expect(samples(of: buffer) == [5, 6, 7])
        let nothing: [Int16] = []
        #expect(buffer.copy(from: nothing.span) == 0)
    }

    @Test func aTalkerHearsTheOthers() {
        let (bus, one, two, out) = (MixBus(count: 2), PCMBuffer(count: 2), PCMBuffer(count: 2), PCMBuffer(count: 2))
        one.withMutableSpan { ($0[0], $0[1]) = (100, -30_000) }
        two.withMutableSpan { ($0[0], $0[1]) = (11, -10_000) }
        bus.clear()
        bus.add(one)
        bus.add(two)
        bus.write(without: one, to: out)
        #expect(samples(of: out) == [11, -10_000])
        bus.write(without: two, to: out)
        #expect(samples(of: out) == [100, -30_000])
        bus.write(to: out)
        #expect(out.withSpan { $0[0] } == 111)
        #expect(out.withSpan { $0[1] } <= -32_766)  // −40 000 does not fit and is limited
        bus.clear()
        #expect(bus.withSpan { $0[1] } == 0)
    }

    private func samples(of buffer: PCMBuffer) -> [Int16] {
        buffer.withSpan { span in span.indices.map { span[$0] } }
    }
}
