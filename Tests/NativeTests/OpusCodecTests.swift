import Glibc
import Native
import Testing

/// 20 ms at 48 kHz.
private let frame = 960

/// A voice of sorts: a 140 Hz pulse train with slow swells, which libopus takes for speech.
private func speech(frames: Int) -> [Int16] {
    var generator = SeededGenerator(seed: 12)
    return (0..<frames * frame).map { n in
        let time = Double(n) / 48_000
        let swell = 0.55 + 0.45 * sin(2 * .pi * 2.3 * time)
        var voice = 0.0
        for harmonic in 1...20 {
            let phase = 2 * Double.pi * 140 * Double(harmonic) * time + Double(harmonic * harmonic)
            voice += sin(phase) / Double(harmonic)
        }
        let noise = Double.random(in: -1...1, using: &generator)
        return Int16(4000 * swell * voice + 300 * noise)
    }
}

private func sine(_ frequency: Double, frames: Int) -> [Int16] {
    (0..<frames * frame).map { Int16(10_000 * sin(2 * .pi * frequency * Double($0) / 48_000)) }
}

extension OpusEncoder {
    fileprivate mutating func packets(of pcm: [Int16], channels: Int = 1) throws -> [[UInt8]] {
        try stride(from: 0, to: pcm.count, by: frame * channels).map { start in
            let input = Array(pcm[start..<start + frame * channels])
            var buffer = [UInt8](repeating: 0, count: 1275)
            var span = buffer.mutableSpan
            let length = try encode(input.span, into: &span)
            return Array(buffer[..<length])
        }
    }
}

extension OpusDecoder {
    fileprivate mutating func samples(of packet: [UInt8], capacity: Int = frame) throws -> [Int16] {
        var buffer = [Int16](repeating: 0, count: capacity)
        var span = buffer.mutableSpan
        let count = try decode(packet.span, into: &span)
        return Array(buffer[..<count])
    }
}

struct OpusCodecTests {
    @Test(arguments: [OpusEncoder.Application.voip, .audio, .lowDelay], [440.0, 1000.0])
    func keepsFrequencyAndLevel(application: OpusEncoder.Application, frequency: Double) throws {
        var encoder = try OpusEncoder(bitrate: 48_000, application: application)
        var decoder = try OpusDecoder()
        var heard: [Int16] = []
        for packet in try encoder.packets(of: sine(frequency, frames: 60)) { heard += try decoder.samples(of: packet) }
        let steady = Array(heard.suffix(48_000))
        let crossings = zip(steady, steady.dropFirst()).count { $0 < 0 && $1 >= 0 }
        #expect(abs(Double(crossings) - frequency) <= 1)
        let level = 20 * log10(rootMeanSquare(steady) / (10_000 / 2.0.squareRoot()))
        #expect(abs(level) < 1)
    }

    @Test func takesTwoChannels() throws {
        var encoder = try OpusEncoder(channels: 2, bitrate: 64_000, application: .audio)
        var decoder = try OpusDecoder(channels: 2)
        let mono = sine(440, frames: 10)
        let packets = try encoder.packets(of: mono.flatMap { [$0, 0] }, channels: 2)
        var buffer = [Int16](repeating: 0, count: 2 * frame)
        for packet in packets {
            var span = buffer.mutableSpan
            #expect(try decoder.decode(packet.span, into: &span) == frame)
        }
        let left = stride(from: 0, to: buffer.count, by: 2).map { buffer[$0] }
        let right = stride(from: 1, to: buffer.count, by: 2).map { buffer[$0] }
        #expect(rootMeanSquare(left) > 5000 && rootMeanSquare(right) < 1500)
    }

    @Test func aCopyOfTheStateContinuesBitForBit() throws {
        let pcm = speech(frames: 80)
        var shared = try OpusEncoder(bitrate: 32_000)
        _ = try shared.packets(of: Array(pcm[..<(50 * frame)]))
        var personal = try OpusEncoder(bitrate: 16_000, complexity: 1, application: .audio)
        _ = try personal.packets(of: sine(300, frames: 3))
        personal.copyState(of: shared)
        let rest = Array(pcm[(50 * frame)...])
        #expect(try personal.packets(of: rest) == shared.packets(of: rest))
    }

    @Test func withoutTheCopyPacketsDiffer() throws {
        let pcm = speech(frames: 60)
        var shared = try OpusEncoder(bitrate: 32_000)
        _ = try shared.packets(of: Array(pcm[..<(50 * frame)]))
        var fresh = try OpusEncoder(bitrate: 32_000)
        let rest = Array(pcm[(50 * frame)...])
        #expect(try fresh.packets(of: rest) != shared.packets(of: rest))
    }

    @Test func resetForgetsTheSignal() throws {
        var used = try OpusEncoder(bitrate: 32_000)
        _ = try used.packets(of: speech(frames: 20))
        used.reset()
        var fresh = try OpusEncoder(bitrate: 32_000)
        #expect(try used.packets(of: sine(440, frames: 5)) == fresh.packets(of: sine(440, frames: 5)))
    }

    @Test func settingsReachTheEncoder() throws {
        let pcm = speech(frames: 50)
        var low = try OpusEncoder(bitrate: 48_000)
        low.setBitrate(12_000)
        low.setComplexity(0)
        var high = try OpusEncoder(bitrate: 48_000)
        let sizes = (try low.packets(of: pcm).joined().count, try high.packets(of: pcm).joined().count)
        #expect(sizes.0 * 2 < sizes.1)
        var quiet = try OpusEncoder(bitrate: 24_000)
        quiet.setDTX(true)
        let silence = try quiet.packets(of: [Int16](repeating: 0, count: 60 * frame))
        #expect(silence.suffix(20).contains { $0.count <= 2 })
    }

    @Test func theCopyInTheNextPacketBeatsConcealment() throws {
        let pcm = speech(frames: 100)
        var encoder = try OpusEncoder(bitrate: 24_000)
        encoder.setInbandFEC(true)
        encoder.setExpectedLoss(percent: 25)
        let packets = try encoder.packets(of: pcm)
        #expect(packets.count(where: { OpusPacket.hasInbandFEC($0.span) }) > 50)
        var (repaired, concealed) = (0.0, 0.0)
        for lost in stride(from: 20, to: 95, by: 5) {
            let next = packets[lost + 1]
            guard OpusPacket.hasInbandFEC(next.span) else { continue }
            let truth = try decoded(packets, upTo: lost)
            repaired += try error(of: truth, lost: lost, packets, usesFEC: true)
            concealed += try error(of: truth, lost: lost, packets, usesFEC: false)
        }
        #expect(repaired > 0)
        #expect(repaired < concealed * 0.7)
    }

    @Test func noCopyNoFlag() throws {
        var encoder = try OpusEncoder(bitrate: 24_000)
        #expect(try encoder.packets(of: speech(frames: 50)).allSatisfy { !OpusPacket.hasInbandFEC($0.span) })
        var music = try OpusEncoder(bitrate: 48_000, application: .lowDelay)
        music.setInbandFEC(true)
        music.setExpectedLoss(percent: 25)
        #expect(try music.packets(of: speech(frames: 50)).allSatisfy { !OpusPacket.hasInbandFEC($0.span) })
    }

    @Test func concealmentFadesToSilence() throws {
        var encoder = try OpusEncoder(bitrate: 32_000)
        var decoder = try OpusDecoder()
        for packet in try encoder.packets(of: speech(frames: 30)) { _ = try decoder.samples(of: packet) }
        var levels: [Double] = []
        for _ in 0..<50 {
            var buffer = [Int16](repeating: 0, count: frame)
            var span = buffer.mutableSpan
            #expect(try decoder.conceal(into: &span) == frame)
            levels.append(rootMeanSquare(buffer))
        }
        #expect(levels[0] > 200)
        #expect(levels[49] < levels[0] / 10)
    }

    @Test func badLengthsAreErrors() throws {
        var encoder = try OpusEncoder(bitrate: 32_000)
        var decoder = try OpusDecoder()
        let nothing: [UInt8] = []
        var packet = [UInt8](repeating: 0, count: 1275)
        var packetSpan = packet.mutableSpan
        let odd = [Int16](repeating: 0, count: 961)
        #expect(throws: OpusError.badArgument) { try encoder.encode(odd.span, into: &packetSpan) }
        var pcm = odd
        var pcmSpan = pcm.mutableSpan
        #expect(throws: OpusError.badArgument) { try decoder.conceal(into: &pcmSpan) }
        #expect(throws: OpusError.invalidPacket) { try decoder.decode(nothing.span, into: &pcmSpan) }
        #expect(throws: OpusError.invalidPacket) { try decoder.decodeFEC(nothing.span, into: &pcmSpan) }
        #expect(throws: OpusError.badArgument) { _ = try OpusEncoder(channels: 3, bitrate: 32_000) }
        #expect(throws: OpusError.badArgument) { _ = try OpusDecoder(channels: 0) }
        #expect(throws: OpusError.badArgument) { _ = try OpusEncoder(bitrate: 32_000, complexity: 11) }
    }

    @Test func randomPacketsNeverTrap() throws {
        var generator = SeededGenerator(seed: 5)
        var mono = try OpusDecoder()
        var stereo = try OpusDecoder(channels: 2)
        var pcm = [Int16](repeating: 0, count: 2 * 5760)
        for round in 0..<6000 {
            let noise = generator.bytes(1 + round % 300)
            let said = OpusPacket.duration(noise.span)
            _ = OpusPacket.hasInbandFEC(noise.span)
            var span = pcm.mutableSpan
            if let decoded = try? mono.decode(noise.span, into: &span) { #expect(decoded == said) }
            _ = try? stereo.decode(noise.span, into: &span)
            var lost = [Int16](repeating: 0, count: frame)
            var lostSpan = lost.mutableSpan
            _ = try? mono.decodeFEC(noise.span, into: &lostSpan)
            _ = try? mono.conceal(into: &lostSpan)
        }
    }

    private func rootMeanSquare(_ samples: [Int16]) -> Double {
        (samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(samples.count)).squareRoot()
    }

    /// Frame `index` as it sounds without loss.
    private func decoded(_ packets: [[UInt8]], upTo index: Int) throws -> [Int16] {
        var decoder = try OpusDecoder()
        var last: [Int16] = []
        for packet in packets[...index] { last = try decoder.samples(of: packet) }
        return last
    }

    /// Energy of the difference when frame `lost` is filled in.
    private func error(of truth: [Int16], lost: Int, _ packets: [[UInt8]], usesFEC: Bool) throws -> Double {
        var decoder = try OpusDecoder()
        for packet in packets[..<lost] { _ = try decoder.samples(of: packet) }
        var buffer = [Int16](repeating: 0, count: frame)
        var span = buffer.mutableSpan
        let next = packets[lost + 1]
        let count = usesFEC ? try decoder.decodeFEC(next.span, into: &span) : try decoder.conceal(into: &span)
        #expect(count == frame)
        return zip(truth, buffer).reduce(0.0) { $0 + Double(Int($1.0) - Int($1.1)) * Double(Int($1.0) - Int($1.1)) }
    }
}
