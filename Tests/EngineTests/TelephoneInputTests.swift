import Engine
import Native
import RTC
import TestKit
import Testing
import Wire

/// One stream of G.711 or G.722 packets to frames of 48 kHz.
struct TelephoneInputTests {
    static let narrow: [AudioCodec] = [.pcmu, .pcma, .g722]

    /// Packets of a tone, and what an input makes of them.
    struct Run {
        let input = AudioInput(energyLevel: 0, scratch: DecodeScratch())
        var heard: [Int16] = []
        private var now: Int64 = 0
        private var next: Int64 = 0
        private var sequence: UInt16 = 65_500
        private var timestamp: UInt32 = 0xFFFF_FFF0

        init(_ codecs: AudioCodec...) { input.prepare(for: codecs) }

        mutating func feed(_ payload: [UInt8]?, as content: AudioContent, milliseconds: Int, clock: UInt32 = 8) {
            while now < next { tick() }
            if let payload {
                input.insert(
                    payload.span, as: content, sequence: sequence, timestamp: timestamp, level: nil,
                    at: Instant(nanoseconds: next))
            }
            sequence &+= 1
            timestamp &+= UInt32(milliseconds) * clock
            next += Int64(milliseconds) * 1_000_000
        }

        mutating func tick() {
            now += 20_000_000
            let isHeard = input.take(at: Instant(nanoseconds: now - 1_000_000), isWanted: true)
            heard += isHeard ? input.pcm.samples : [Int16](repeating: 0, count: 960)
        }
    }

    /// A tone in packets.
    static func packets(
        _ codec: AudioCodec, milliseconds: Int, seconds: Double = 2, frequency: Double = 440, amplitude: Double = 6_000
    ) throws -> [[UInt8]] {
        let rate = codec.sampleRate
        let tone = Sound.tone(
            frequency * 48_000 / Double(rate), amplitude: amplitude, samples: Int(seconds * Double(rate)))
        var encoder = try G722Encoder()
        let length = milliseconds * rate / 1_000
        return stride(from: 0, through: tone.count - length, by: length).map { start in
            var bytes = [UInt8](repeating: 0, count: length)
            var out = bytes.mutableSpan
            let pcm = Array(tone[start..<start + length])
            let count =
                switch codec {
                case .pcmu: G711.muLaw.encode(pcm.span, into: &out)
                case .pcma: G711.aLaw.encode(pcm.span, into: &out)
                default: encoder.encode(pcm.span, into: &out)
                }
            return Array(bytes[..<count])
        }
    }

    @Test(arguments: narrow, [10, 20, 30, 40, 60, 120])
    func playsPacketsOfAnyLength(codec: AudioCodec, milliseconds: Int) throws {
        var run = Run(codec)
        for packet in try Self.packets(codec, milliseconds: milliseconds, seconds: 3) {
            run.feed(packet, as: .sound(codec), milliseconds: milliseconds)
        }
        let steady = Array(run.heard[48_000..<96_000])
        #expect(abs(Sound.decibels(Sound.amplitude(of: 440, in: steady), over: 6_000)) < 1)
        #expect(abs(Sound.frequency(of: steady, from: 435, to: 445) - 440) < 0.3)
        let noise = Sound.roughness(of: 440, in: steady, rate: 48_000)
        #expect(noise < 0.01, "no seam between packets: \(noise)")
        #expect(run.input.counters.concealed <= 1, "where the delay is found")
    }

    @Test(arguments: narrow, [200.0, 440, 1_000, 2_500])
    func aLostPacketIsHardlyHeard(codec: AudioCodec, frequency: Double) throws {
        var run = Run(codec)
        for (index, packet) in try Self.packets(codec, milliseconds: 20, seconds: 4, frequency: frequency).enumerated()
        {
            run.feed(index > 30 && index % 10 == 0 ? nil : packet, as: .sound(codec), milliseconds: 20)
        }
        #expect(run.input.counters.lost >= 15)
        let steady = Array(run.heard[96_000..<180_000])
        #expect(abs(Sound.decibels(Sound.rms(steady), over: 6_000 / 2.0.squareRoot())) < 0.7)
        let softest = stride(from: 0, to: steady.count - 480, by: 480).map { Sound.rms(steady[$0..<$0 + 480]) }.min()
        #expect(softest ?? 0 > 3_000)
        let steepest = zip(steady, steady.dropFirst()).map { abs(Int($1) - Int($0)) }.max() ?? 0
        let slope = 6_000 * 2 * Double.pi * frequency / 48_000
        #expect(Double(steepest) < 1.7 * slope + 300, "\(steepest) against \(slope)")
    }

    @Test func whatStaysAwayFadesAndComesBackWithoutAClick() throws {
        var run = Run(.pcmu)
        let packets = try Self.packets(.pcmu, milliseconds: 20, seconds: 3)
        for (index, packet) in packets.enumerated() {
            run.feed((60..<90).contains(index) ? nil : packet, as: .sound(.pcmu), milliseconds: 20)
        }
        let hole = run.heard[(75 * 960)..<(85 * 960)]
        #expect(Sound.rms(hole) == 0)
        let steepest = zip(run.heard, run.heard.dropFirst()).map { abs(Int($1) - Int($0)) }.max() ?? 0
        #expect(steepest < 800, "\(steepest)")
    }

    static let changes: [(AudioCodec, AudioCodec)] = [(.pcmu, .pcma), (.pcmu, .g722), (.g722, .pcma)]

    @Test(arguments: changes)
    func aChangeOfCodecIsNoClick(change: (AudioCodec, AudioCodec)) throws {
        var run = Run(change.0, change.1)
        let (first, second) = (
            try Self.packets(change.0, milliseconds: 20), try Self.packets(change.1, milliseconds: 20)
        )
        for packet in first[..<50] { run.feed(packet, as: .sound(change.0), milliseconds: 20) }
        for packet in second[50...] { run.feed(packet, as: .sound(change.1), milliseconds: 20) }
        let heard = run.heard[24_000...]
        let steepest = zip(heard, heard.dropFirst()).map { abs(Int($1) - Int($0)) }.max() ?? 0
        #expect(steepest < 900, "\(steepest)")
        #expect(run.input.counters.restarted == 0)
    }

    @Test func anotherClockBeginsAnew() throws {
        var voice = try Voice()
        var run = Run(.pcmu)
        for packet in try Self.packets(.pcmu, milliseconds: 20)[..<50] {
            run.feed(packet, as: .sound(.pcmu), milliseconds: 20)
        }
        for packet in try voice.packets(of: Sound.tone(440, amplitude: 6_000, samples: 96_000)) {
            run.feed(packet, as: .sound(.opus), milliseconds: 20, clock: 48)
        }
        #expect(Sound.amplitude(of: 440, in: run.heard.suffix(48_000)) > 5_500)
        let steepest = zip(run.heard, run.heard.dropFirst()).map { abs(Int($1) - Int($0)) }.max() ?? 0
        #expect(steepest < 1_500, "\(steepest)")
        #expect(run.input.counters.restarted == 1)
    }

    @Test func comfortNoiseIsAsLoudAsTheSenderSays() throws {
        for level: UInt8 in [35, 50, 60] {
            var run = Run(.pcmu)
            run.input.makesNoise = true
            for packet in try Self.packets(.pcmu, milliseconds: 20)[..<50] {
                run.feed(packet, as: .sound(.pcmu), milliseconds: 20)
            }
            run.feed([level], as: .comfortNoise, milliseconds: 2_000)
            for _ in 0..<100 { run.tick() }
            let loudness = Sound.decibels(Sound.rms(run.heard.suffix(24_000)), over: 32_768)
            #expect(abs(loudness + Double(level)) < 3, "\(loudness)")
        }
    }

    @Test func aSenderCannotMakeItLoud() {
        var run = Run(.pcmu)
        run.input.makesNoise = true
        run.feed([0], as: .comfortNoise, milliseconds: 1_000)
        for _ in 0..<50 { run.tick() }
        #expect(Sound.decibels(Sound.rms(run.heard.suffix(24_000)), over: 32_768) < -26)
    }

    @Test(arguments: GeneratorSeeds.many)
    func survivesAnyPayload(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var run = Run(.pcmu, .pcma, .g722)
        run.input.makesNoise = seed.isMultiple(of: 2)
        let contents: [AudioContent] = [
            .sound(.pcmu), .sound(.pcma), .sound(.g722), .sound(.opus), .comfortNoise, .other,
        ]
        for _ in 0..<200 {
            let content = contents.randomElement(using: &random) ?? .other
            run.feed(random.bytes(upTo: 1_400), as: content, milliseconds: Int.random(in: 0...60, using: &random))
        }
        for packet in try Self.packets(.pcma, milliseconds: 20, seconds: 4) {
            run.feed(packet, as: .sound(.pcma), milliseconds: 20)
        }
        #expect(Sound.amplitude(of: 440, in: run.heard.suffix(24_000)) > 5_500, "seed \(seed)")
    }
}
