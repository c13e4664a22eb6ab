import Glibc
import Native
import Testing

struct ResamplerTests {
    private func tone(_ frequency: Double, rate: Int, samples: Int) -> [Int16] {
        (0..<samples).map { Int16(8000 * sin(2 * .pi * frequency * Double($0) / Double(rate))) }
    }

    @Test(arguments: [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
    func aToneStaysWhereItIs(rate: Int) throws {
        let sound = try Resampler.convert(tone(440, rate: rate, samples: rate).span, from: rate, to: 48_000)
        #expect(sound.count == 48_000, "as long as before")
        let wanted = tone(440, rate: 48_000, samples: 48_000)
        // Neither delayed nor louder, apart from the edges.
        let worst = (2_000..<46_000).map { abs(Int(sound[$0]) - Int(wanted[$0])) }.max() ?? 0
        #expect(worst < 80, "\(rate) Hz is off by \(worst)")
    }

    @Test func goesDownWithoutFoldingWhatIsTooHigh() throws {
        let sound = try Resampler.convert(tone(6_000, rate: 48_000, samples: 48_000).span, from: 48_000, to: 8_000)
        #expect(sound.count == 8_000)
        #expect((sound[1_000..<7_000].map { abs(Int($0)) }.max() ?? 0) < 40)
    }

    @Test func piecesAreAsGoodAsTheWhole() throws {
        let source = tone(700, rate: 8_000, samples: 8_000)
        var resampler = try Resampler(from: 8_000, to: 48_000)
        var whole = try Resampler(from: 8_000, to: 48_000)
        #expect(resampler.lookahead > 0)
        var (pieces, all) = ([Int16](), [Int16](repeating: 0, count: 48_000))
        for start in stride(from: 0, to: source.count, by: 160) {
            var out = [Int16](repeating: 0, count: 960)
            var span = out.mutableSpan
            let step = try resampler.convert(source.span.extracting(start..<start + 160), into: &span)
            #expect(step.taken == 160)
            pieces += out[..<step.written]
        }
        var span = all.mutableSpan
        let step = try whole.convert(source.span, into: &span)
        #expect(Array(all[..<step.written]) == pieces)
    }

    @Test func keepsChannelsApart() throws {
        let left = tone(440, rate: 16_000, samples: 1_600)
        let both = left.flatMap { [$0, Int16(0)] }
        var resampler = try Resampler(channels: 2, from: 16_000, to: 48_000)
        var out = [Int16](repeating: 7, count: 9_600)
        var span = out.mutableSpan
        let step = try resampler.convert(both.span, into: &span)
        #expect(step.taken == 1_600 && step.written > 4_000)
        #expect((0..<step.written).allSatisfy { out[$0 * 2 + 1] == 0 })
        #expect((0..<step.written).contains { out[$0 * 2] > 7_000 })
    }

    @Test func takesNothingAndGivesNothing() throws {
        #expect(try Resampler.convert([Int16]().span, from: 8_000, to: 48_000).isEmpty)
        #expect(try Resampler.convert([1, 2, 3].span, from: 8_000, to: 48_000).count == 18)
    }

    @Test(arguments: [(0, 8_000, 48_000), (9, 8_000, 48_000), (1, 0, 48_000), (1, 8_000, -1), (1, 1 << 40, 48_000)])
    func refusesWhatIsOutOfRange(row: (channels: Int, from: Int, to: Int)) {
        #expect(throws: SpeexError.badArgument) {
            _ = try Resampler(channels: row.channels, from: row.from, to: row.to)
        }
    }
}
