import Engine
import Native
import TestKit
import Testing
import Wire

/// One stream from Opus packets to frames, with the real codec.
struct AudioInputTests {
    /// Feeds packets every `length` samples and takes a frame every 20 ms.
    struct Run {
        let input: AudioInput
        var heard: [Int16] = []
        var heardTicks = 0
        private var now: Int64 = 0
        private var nextPacket: Int64 = 0
        private var sequence: UInt16 = 65_500
        private var timestamp: UInt32 = 0xFFFF_FFF0

        init(energyLevel: Int = 0) { input = AudioInput(energyLevel: energyLevel, scratch: DecodeScratch()) }

        /// - Parameter lose: Numbers of packets that do not arrive.
        mutating func feed(
            _ packets: [[UInt8]], length: Int = 960, lose: Set<Int> = [], isWanted: Bool = true,
            level: (Int) -> Int? = { _ in nil }
        ) {
            for (index, packet) in packets.enumerated() {
                while now < nextPacket { tick(isWanted: isWanted) }
                if !lose.contains(index) {
                    input.insert(
                        packet.span, sequence: sequence, timestamp: timestamp, level: level(index),
                        at: Instant(nanoseconds: nextPacket))
                }
                sequence &+= 1
                timestamp &+= UInt32(length)
                nextPacket += Int64(length) * 62_500 / 3
            }
            while now < nextPacket { tick(isWanted: isWanted) }
        }

        mutating func tick(isWanted: Bool = true) {
            now += 20_000_000
            let isHeard = input.take(at: Instant(nanoseconds: now - 1_000_000), isWanted: isWanted)
            if isHeard { heardTicks += 1 }
            heard += isHeard ? input.pcm.samples : [Int16](repeating: 0, count: 960)
        }
    }

    @Test(arguments: [120, 240, 480, 960, 1920, 2880])
    func playsAToneInAsTheSameTone(length: Int) throws {
        var voice = try Voice()
        var run = Run()
        run.feed(try voice.packets(of: Sound.tone(1000, samples: 96_000), length: length), length: length)
        let steady = run.heard[24_000..<72_000]
        #expect(abs(Sound.decibels(Sound.amplitude(of: 1000, in: steady), over: 8000)) < 1)
        #expect(abs(Sound.decibels(Sound.rms(steady), over: 8000 / 2.0.squareRoot())) < 1)
    }

    @Test func playsThePacketsOf120Milliseconds() throws {
        var voice = try Voice(application: .audio)
        let frames = try voice.packets(of: Sound.tone(1000, samples: 96_000))
        // Code 3: six frames of variable length, the sixth without its own (RFC 6716 §3.2.5).
        let packets = stride(from: 0, to: frames.count - 5, by: 6).map { start -> [UInt8] in
            let six = frames[start..<start + 6].map { Array($0.dropFirst()) }
            var packet: [UInt8] = [frames[start][0] | 3, 0x80 | 6]
            for frame in six.dropLast() {
                if frame.count < 252 {
                    packet.append(UInt8(frame.count))
                } else {
                    let low = 252 + frame.count % 4
                    packet += [UInt8(low), UInt8((frame.count - low) / 4)]
                }
            }
            return packet + six.joined()
        }
        try #require(packets.allSatisfy { OpusPacket.duration($0.span) == 5760 })
        var run = Run()
        run.feed(packets, length: 5760)
        #expect(abs(Sound.decibels(Sound.amplitude(of: 1000, in: run.heard[24_000..<72_000]), over: 8000)) < 1)
    }

    @Test func mixesStereoDown() throws {
        var voice = try Voice(channels: 2, application: .audio)
        let tone = Sound.tone(700, samples: 48_000)
        var run = Run()
        // Left only: half of it is left in the middle.
        run.feed(try voice.packets(of: tone.flatMap { [$0, 0] }))
        let left = Sound.amplitude(of: 700, in: run.heard[19_200..<43_200])
        #expect(abs(Sound.decibels(left, over: 4000)) < 1.5)
    }

    @Test func usesTheCopyInTheNextPacket() throws {
        var speech = SyntheticSpeech(voice: 5)
        let sound = speech.samples(seconds: 8, rms: 3000)
        var voice = try Voice(loss: 25)
        let packets = try voice.packets(of: sound)
        #expect(packets.count { OpusPacket.hasInbandFEC($0.span) } > packets.count / 3)
        let lost = Set(stride(from: 20, to: packets.count, by: 9))
        var run = Run()
        run.feed(packets, lose: lost)
        #expect(run.input.counters.recovered > lost.count * 8 / 10)

        // The same with the copies taken away: packets that are no SILK carry none.
        var music = try Voice(application: .audio)
        var plain = Run()
        plain.feed(try music.packets(of: sound), lose: lost)
        let (repaired, concealed) = (similarity(run.heard, sound), similarity(plain.heard, sound))
        #expect(repaired > concealed, "\(repaired) against \(concealed)")
    }

    /// Correlation of loudness, 20 ms at a time, at the best of some delays.
    private func similarity(_ heard: [Int16], _ sound: [Int16]) -> Double {
        func loudness(_ samples: [Int16], from start: Int) -> [Double] {
            stride(from: start, to: min(samples.count, 48_000 * 7) - 960, by: 960).map {
                Sound.rms(samples[$0..<$0 + 960])
            }
        }
        let original = loudness(sound, from: 0)
        return (0..<8).map { shift in
            let other = loudness(heard, from: shift * 480)
            let count = min(original.count, other.count)
            let (a, b) = (original[..<count], other[..<count])
            let (meanA, meanB) = (a.reduce(0, +) / Double(count), b.reduce(0, +) / Double(count))
            var (both, squareA, squareB) = (0.0, 0.0, 0.0)
            for (x, y) in zip(a, b) {
                both += (x - meanA) * (y - meanB)
                squareA += (x - meanA) * (x - meanA)
                squareB += (y - meanB) * (y - meanB)
            }
            return both / (squareA * squareB).squareRoot()
        }.max() ?? 0
    }

    @Test func hearsTheFirstSyllableAfterGatedSilence() throws {
        var voice = try Voice()
        let silent = 60 * 960
        // Starts 6.5 ms before a frame, the encoder's look-ahead, so that the frame of the onset is full of it.
        let sound = Sound.tone(500, samples: silent + 48_000, from: silent - 312)
        var run = Run(energyLevel: 100)
        run.feed(try voice.packets(of: sound)) { $0 < 60 ? 127 : 20 }
        let first = try #require(run.heard.firstIndex { $0 != 0 }) / 960 * 960
        #expect(run.heardTicks == 50, "only what was said is decoded")
        let onset = Sound.rms(run.heard[first..<first + 960])
        let steady = Sound.rms(run.heard[(first + 9600)..<(first + 28_800)])
        #expect(Sound.decibels(onset, over: steady) > -6)
        // The three packets before the onset warmed the decoder up.
        #expect(run.input.decodedFrames == 53)
    }

    @Test func decodesNothingWhileTheLevelSaysSilence() throws {
        var voice = try Voice()
        var run = Run(energyLevel: 100)
        run.feed(try voice.packets(of: Sound.tone(500, amplitude: 10, samples: 96_000))) { _ in 90 }
        #expect(run.input.decodedFrames == 0 && run.heardTicks == 0)
    }

    @Test func decodesNothingOfTheMutedAndIsThereAtOnceAfterwards() throws {
        var voice = try Voice()
        let packets = try voice.packets(of: Sound.tone(500, samples: 96_000))
        var run = Run()
        run.feed(Array(packets[..<50]), isWanted: false)
        #expect(run.input.decodedFrames == 0 && run.heardTicks == 0)
        let start = run.heard.count
        run.feed(Array(packets[50...]))
        let first = Sound.rms(run.heard[(start + 960)..<(start + 1920)])
        #expect(Sound.decibels(first, over: 8000 / 2.0.squareRoot()) > -6)
    }

    @Test func staysQuietDuringDTX() throws {
        var voice = try Voice()
        let packets = try voice.packets(of: Sound.tone(500, samples: 48_000))
        var run = Run()
        run.feed(packets)
        let before = (run.heardTicks, run.input.decodedFrames)
        for _ in 0..<5 { run.feed([[packets[0][0]]], length: 19_200) }
        #expect(run.heardTicks - before.0 <= 2)
        #expect(run.input.decodedFrames - before.1 <= 2)
        run.feed(packets)
        #expect(run.heardTicks - before.0 >= 48)
        #expect(run.input.counters.lost == 0)
    }

    @Test func takesAnotherSourceAtOnce() throws {
        var voice = try Voice()
        let packets = try voice.packets(of: Sound.tone(500, samples: 48_000))
        var run = Run()
        run.feed(packets)
        run.input.restart()
        let before = run.heardTicks
        run.feed(packets)
        #expect(run.heardTicks - before >= 48)
    }

    @Test(arguments: GeneratorSeeds.many)
    func survivesAnyPayload(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var voice = try Voice(loss: 20)
        var speech = SyntheticSpeech(voice: seed)
        let good = try voice.packets(of: speech.samples(seconds: 4))
        var run = Run(energyLevel: seed.isMultiple(of: 2) ? 0 : 200)
        let bad = good.map { packet in
            switch Int.random(in: 0..<4, using: &random) {
            case 0: random.bytes(upTo: 200)
            case 1: random.damaged(packet)
            case 2: Array(packet.prefix(Int.random(in: 0...packet.count, using: &random)))
            default: packet
            }
        }
        run.feed(bad) { [127, nil, 0, 200, -1][$0 % 5] }
        run.feed(good)
        #expect(Sound.rms(run.heard.suffix(48_000)) > 200, "the voice is back, seed \(seed)")
    }
}
