import CSpanDSP
import Native
import Testing

struct G711Tests {
    /// ITU-T G.711, tables 1a and 2a: decoder outputs at the ends of the segments, in 16 bits (A-law has 13 of them,
    /// µ-law 14).
    static let published: [(law: G711, code: UInt8, sample: Int16)] = [
        (.muLaw, 0x80, 8031 * 4), (.muLaw, 0x8F, 4191 * 4), (.muLaw, 0x9F, 2079 * 4), (.muLaw, 0xAF, 1023 * 4),
        (.muLaw, 0xBF, 495 * 4), (.muLaw, 0xCF, 231 * 4), (.muLaw, 0xDF, 99 * 4), (.muLaw, 0xEF, 33 * 4),
        (.muLaw, 0xFE, 2 * 4), (.muLaw, 0xFF, 0), (.muLaw, 0x00, -8031 * 4), (.muLaw, 0x7F, 0),
        (.aLaw, 0xFF ^ 0x55, 4032 * 8), (.aLaw, 0xF0 ^ 0x55, 2112 * 8), (.aLaw, 0xE0 ^ 0x55, 1056 * 8),
        (.aLaw, 0xD0 ^ 0x55, 528 * 8), (.aLaw, 0xC0 ^ 0x55, 264 * 8), (.aLaw, 0xB0 ^ 0x55, 132 * 8),
        (.aLaw, 0xA0 ^ 0x55, 66 * 8), (.aLaw, 0x80 ^ 0x55, 1 * 8), (.aLaw, 0x00 ^ 0x55, -1 * 8),
        (.aLaw, 0x7F ^ 0x55, -4032 * 8),
    ]

    @Test(arguments: published)
    func decodesAsThePublishedTables(row: (law: G711, code: UInt8, sample: Int16)) {
        #expect(decode(row.law, [row.code]) == [row.sample])
    }

    /// The tables' 1 kHz of 0 dBm0 (G.711 tables 5 and 6): one period.
    @Test func codesTheReferenceToneOverAndOverToItself() {
        let muLaw: [UInt8] = [0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E]
        let aLaw: [UInt8] = [0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4]
        #expect(encode(.muLaw, decode(.muLaw, muLaw)) == muLaw)
        #expect(encode(.aLaw, decode(.aLaw, aLaw)) == aLaw)
    }

    @Test func encodesEverySampleAsSpanDSP() {
        let samples = Array(Int16.min...Int16.max)
        let (muLaw, aLaw) = (encode(.muLaw, samples), encode(.aLaw, samples))
        for (index, sample) in samples.enumerated() {
            #expect(muLaw[index] == linear_to_ulaw(CInt(sample)), "µ-law of \(sample)")
            #expect(aLaw[index] == linear_to_alaw(CInt(sample)), "A-law of \(sample)")
        }
    }

    @Test func decodesEveryByteAsSpanDSP() {
        let codes = Array(UInt8.min...UInt8.max)
        #expect(decode(.muLaw, codes) == codes.map { ulaw_to_linear($0) })
        #expect(decode(.aLaw, codes) == codes.map { alaw_to_linear($0) })
    }

    @Test(arguments: [G711.muLaw, .aLaw])
    func silenceIsTheQuietestCode(law: G711) {
        #expect(encode(law, [0]) == [law.silence])
        #expect(abs(decode(law, [law.silence])[0]) <= 8)
    }

    @Test func decodesNoMoreThanFits() {
        var pcm = [Int16](repeating: 99, count: 3)
        var span = pcm.mutableSpan
        let codes = [UInt8](repeating: 0xFF, count: 5)
        #expect(G711.muLaw.decode(codes.span, into: &span) == 3)
        #expect(pcm == [0, 0, 0])
    }

    private func encode(_ law: G711, _ samples: [Int16]) -> [UInt8] {
        var codes = [UInt8](repeating: 0, count: samples.count)
        var span = codes.mutableSpan
        #expect(law.encode(samples.span, into: &span) == samples.count)
        return codes
    }

    private func decode(_ law: G711, _ codes: [UInt8]) -> [Int16] {
        var samples = [Int16](repeating: 0, count: codes.count)
        var span = samples.mutableSpan
        #expect(law.decode(codes.span, into: &span) == codes.count)
        return samples
    }
}
