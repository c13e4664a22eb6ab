import Native
import Testing

/// Each kernel against one plain line of arithmetic.
struct PCMTests {
    static let lengths = [0, 1, 7, 160, 959, 960, 1920]

    @Test(arguments: lengths)
    func accumulates(length: Int) {
        var generator = SeededGenerator(seed: UInt64(length))
        var bus = [Int32](repeating: 0, count: length)
        var expected = bus
        for _ in 0..<5 {
            let frame = generator.samples(length)
            var span = bus.mutableSpan
            PCM.accumulate(into: &span, frame.span)
            for i in frame.indices { expected[i] += Int32(frame[i]) }
        }
        #expect(bus == expected)
    }

    @Test(arguments: lengths)
    func subtractsExactlyBelowFullScale(length: Int) {
        var generator = SeededGenerator(seed: UInt64(length) + 1)
        let own = generator.samples(length)
        var rest = generator.samples(length)
        if length > 1 { (rest[0], rest[1]) = (.max, .min) }  // the ends of the range still fit
        let bus = zip(own, rest).map { Int32($0) + Int32($1) }
        #expect(subtract(bus, own) == rest)
        #expect(clip(rest.map(Int32.init)) == rest)
    }

    @Test(arguments: [32_769, 40_000, 65_536, 32_767 * 1000], [Int32(1), -1])
    func bendsOnlyAboveMinusSixDecibels(peak: Int32, sign: Int32) {
        let ramp = (0...1000).map { sign * (peak / 1000 * Int32($0)) } + [sign * peak]
        let own = ramp.map { Int16(truncatingIfNeeded: $0 % 100) }
        let bus = zip(ramp, own).map { $0 + Int32($1) }
        let heard = subtract(bus, own)
        #expect(clip(ramp) == heard)
        for (sample, result) in zip(ramp, heard) where abs(sample) <= 16_384 { #expect(Int32(result) == sample) }
        let magnitudes = heard.map { abs(Int($0)) }
        #expect(zip(magnitudes, magnitudes.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(heard.allSatisfy { $0 == 0 || ($0 > 0) == (sign > 0) })
        #expect((32_766...32_767).contains(magnitudes[magnitudes.count - 1]))
    }

    @Test func aPeakJustOverFullScaleChangesAlmostNothing() {
        let frame: [Int32] = [20_000, -25_000, 30_000, 32_768]
        let heard = clip(frame)
        for (sample, result) in zip(frame, heard) { #expect(abs(abs(sample) - abs(Int32(result))) <= 2) }
    }

    @Test(arguments: lengths)
    func measuresTheMeanOfAbsoluteValues(length: Int) {
        var generator = SeededGenerator(seed: UInt64(length) + 2)
        let frame = generator.samples(length)
        let sum = frame.reduce(0) { $0 + abs(Int($1)) }
        #expect(PCM.meanAbsolute(frame.span) == (length == 0 ? 0 : sum / length))
    }

    @Test func measuresTheLoudestFrameThereIs() {
        let frame = [Int16](repeating: .min, count: 65_535)
        #expect(PCM.meanAbsolute(frame.span) == 32_768)
    }

    @Test(arguments: [0, 1, 2048, 4095, 4096, 4097, 8192, 65_535])
    func scalesAndSaturates(gain: Int) {
        var generator = SeededGenerator(seed: UInt64(gain))
        let frame = generator.samples(960) + [.max, .min, 0, 1, -1]
        var scaled = frame
        var span = scaled.mutableSpan
        PCM.scale(&span, gain: gain)
        #expect(scaled == frame.map { Int16(clamping: (Int($0) * gain + 2048) >> 12) })
    }

    @Test(arguments: [1, 5, 480, 960, 5760])
    func crossfadesInAStraightLine(length: Int) {
        let from = [Int16](repeating: 20_000, count: length)
        let to = [Int16](repeating: -10_000, count: length)
        var out = [Int16](repeating: 0, count: length)
        var span = out.mutableSpan
        PCM.crossfade(into: &span, from: from.span, to: to.span)
        for i in 0..<length {
            let exact = 20_000 - 30_000 * Double(i) / Double(length)
            #expect(abs(Double(out[i]) - exact) < 30_000 * 0.006 + 2)
        }
        #expect(out[0] == 20_000)
        // Equal signals pass unchanged.
        var loud = [Int16](repeating: 0, count: length)
        let extreme = [Int16](repeating: .min, count: length)
        var loudSpan = loud.mutableSpan
        PCM.crossfade(into: &loudSpan, from: extreme.span, to: extreme.span)
        #expect(loud == extreme)
    }

    @Test func fadesMeetSilence() {
        var rising = [Int16](repeating: 10_000, count: 960)
        var falling = rising
        var risingSpan = rising.mutableSpan
        PCM.fadeIn(&risingSpan)
        var fallingSpan = falling.mutableSpan
        PCM.fadeOut(&fallingSpan)
        #expect(rising[0] == 0 && rising[959] > 9_900)
        #expect(falling[0] == 10_000 && falling[959] < 100)
        #expect(zip(rising, falling).allSatisfy { abs(Int($0) + Int($1) - 10_000) <= 1 })
        var silenced = falling
        var silencedSpan = silenced.mutableSpan
        PCM.silence(&silencedSpan)
        #expect(silenced.allSatisfy { $0 == 0 })
    }

    private func subtract(_ bus: [Int32], _ own: [Int16]) -> [Int16] {
        var out = [Int16](repeating: 1, count: bus.count)
        var span = out.mutableSpan
        PCM.subtractAndClip(out: &span, bus: bus.span, own: own.span)
        return out
    }

    private func clip(_ bus: [Int32]) -> [Int16] {
        var out = [Int16](repeating: 1, count: bus.count)
        var span = out.mutableSpan
        PCM.clip(out: &span, bus: bus.span)
        return out
    }
}
