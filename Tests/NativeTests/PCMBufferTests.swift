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

    private func buffer(_ samples: [Int16]) -> PCMBuffer {
        let buffer = PCMBuffer(count: samples.count)
        buffer.copy(from: samples.span)
        return buffer
    }

    private func samples(_ bus: MixBus) -> [Int32] { bus.withSpan { span in span.indices.map { span[$0] } } }

    @Test(arguments: [Pan.middle, Pan(left: 4096, right: 0), Pan(left: 1, right: 4095)])
    func whatWasAddedCanBeTakenOutToTheBit(pan: Pan) {
        let (one, two) = (buffer([1, -1, 32_767, -32_768]), buffer([7, 5, -3, 1_111]))
        for channels in [1, 2] {
            let bus = MixBus(count: 4 * channels, channels: channels)
            bus.add(one, at: pan)
            let before = samples(bus)
            bus.add(two, at: pan)
            #expect(samples(bus) != before)
            bus.subtract(two, at: pan)
            #expect(samples(bus) == before)
        }
    }

    @Test func aVoiceIsAsLoudOnEachSideAsItsPlaceSays() {
        let bus = MixBus(count: 4, channels: 2)
        bus.add(buffer([1_000, -1_000]), at: Pan(left: 4096, right: 1024))
        #expect(samples(bus) == [1_000, 250, -1_000, -250])
        let out = PCMBuffer(count: 4)
        bus.add(buffer([10, 20]))
        bus.write(without: buffer([10, 20]), to: out)
        #expect(out.withSpan { [$0[0], $0[1], $0[2], $0[3]] } == [1_000, 250, -1_000, -250])
        #expect(samples(bus) == [1_010, 260, -980, -230], "the bus stays")
    }

    @Test func aSoundIsCopiedAsFarAsItGoes() {
        let sound = Sound(samples: [1, 2, 3, 4, 5])
        #expect(sound.count == 5 && sound.byteCount == 10)
        #expect(Sound(samples: [Int16](repeating: 0, count: 24_000)).duration == .milliseconds(500))
        let rows: [(from: Int, offset: Int, count: Int, result: [Int16])] = [
            (0, 0, 4, [1, 2, 3, 4]), (3, 0, 2, [4, 5, 0, 0]), (0, 3, 1, [0, 0, 0, 1]), (5, 0, 0, [0, 0, 0, 0]),
            (-1, 0, 0, [0, 0, 0, 0]), (0, 4, 0, [0, 0, 0, 0]), (0, -1, 0, [0, 0, 0, 0]),
        ]
        for row in rows {
            var out = [Int16](repeating: 0, count: 4)
            var span = out.mutableSpan
            #expect(sound.copy(from: row.from, into: &span, at: row.offset) == row.count)
            #expect(out == row.result)
        }
    }
}
