import Glibc
import Native
import Testing

struct G722Tests {
    /// Low and high sub-band, and their edge.
    @Test(arguments: [440.0, 1000, 3500, 4500, 6000])
    func aToneComesBackAsItWas(frequency: Double) throws {
        let sent = tone(frequency, count: 16_000)
        let received = try roundTrip(sent)
        let settled = received[4000...]
        let (own, all) = (power(of: frequency, in: settled), settled.reduce(0) { $0 + Double($1) * Double($1) })
        // ITU-T G.722 asks for about 40 dB in the lower band; its upper one has two bits.
        #expect(own / all > (frequency < 4000 ? 0.998 : 0.93))
        let before = sent[4000...].reduce(0) { $0 + Double($1) * Double($1) }
        #expect((0.8...1.25).contains(all / before))
    }

    @Test func aFrameOf20MillisecondsIs160Bytes() throws {
        var encoder = try G722Encoder()
        var packet = [UInt8](repeating: 0, count: 200)
        var span = packet.mutableSpan
        let frame = [Int16](repeating: 0, count: 320)
        #expect(encoder.encode(frame.span, into: &span) == 160)
        var decoder = try G722Decoder()
        var pcm = [Int16](repeating: 1, count: 320)
        var output = pcm.mutableSpan
        #expect(decoder.decode(packet.span.extracting(0..<160), into: &output) == 320)
        #expect(pcm.allSatisfy { abs($0) < 32 })
    }

    @Test func decodesNoMoreThanFitsAndAnyBytes() throws {
        var decoder = try G722Decoder()
        var pcm = [Int16](repeating: 0, count: 7)
        var output = pcm.mutableSpan
        let bytes = (0..<255).map { UInt8($0) }
        #expect(decoder.decode(bytes.span, into: &output) == 6)
        #expect(decoder.decode([UInt8]().span, into: &output) == 0)
        #expect(pcm[6] == 0)
    }

    @Test func startsAnewAfterReset() throws {
        var encoder = try G722Encoder()
        let first = encode(tone(700, count: 320), with: &encoder)
        let second = encode(tone(700, count: 320), with: &encoder)
        encoder.reset()
        #expect(first != second)
        #expect(encode(tone(700, count: 320), with: &encoder) == first)
    }

    private func roundTrip(_ pcm: [Int16]) throws -> [Int16] {
        var encoder = try G722Encoder()
        var decoder = try G722Decoder()
        var result: [Int16] = []
        for start in stride(from: 0, to: pcm.count, by: 320) {
            let packet = encode(Array(pcm[start..<start + 320]), with: &encoder)
            var frame = [Int16](repeating: 0, count: 320)
            var span = frame.mutableSpan
            #expect(decoder.decode(packet.span, into: &span) == 320)
            result += frame
        }
        return result
    }

    private func encode(_ pcm: [Int16], with encoder: inout G722Encoder) -> [UInt8] {
        var packet = [UInt8](repeating: 0, count: pcm.count / 2)
        var span = packet.mutableSpan
        #expect(encoder.encode(pcm.span, into: &span) == pcm.count / 2)
        return packet
    }

    private func tone(_ frequency: Double, count: Int) -> [Int16] {
        (0..<count).map { Int16(8000 * sin(2 * .pi * frequency * Double($0) / 16_000)) }
    }

    /// Of one frequency in the signal, in the units of a sum of squares.
    private func power(of frequency: Double, in signal: ArraySlice<Int16>) -> Double {
        var (real, imaginary) = (0.0, 0.0)
        for (index, sample) in signal.enumerated() {
            let angle = 2 * .pi * frequency * Double(index) / 16_000
            real += Double(sample) * cos(angle)
            imaginary += Double(sample) * sin(angle)
        }
        return 2 * (real * real + imaginary * imaginary) / Double(signal.count)
    }
}
