import Foundation
import Native
import Server
import Testing
import Wire

struct SoundFileReaderTests {
    @Test func wavAt48kHzIsTakenAsItIs() throws {
        let samples = tone(440, count: 4800)
        #expect(try SoundFileReader.decode(wav(samples)) == samples)
    }

    @Test(arguments: [8000, 16_000, 22_050, 44_100, 96_000])
    func otherRatesAreConverted(rate: Int) throws {
        let samples = try SoundFileReader.decode(wav(tone(440, count: rate, rate: Double(rate)), rate: rate))
        #expect(samples.count == 48_000)
        #expect(abs(amplitude(of: 440, in: samples[4800..<43_200]) - 8000) < 300)
    }

    @Test func stereoIsMixed() throws {
        let left = tone(440, count: 9600)
        let right = tone(1000, count: 9600)
        let samples = try SoundFileReader.decode(wav(zip(left, right).flatMap { [$0, $1] }, channels: 2))
        #expect(samples.count == 9600)
        #expect(abs(amplitude(of: 440, in: samples) - 4000) < 50 && abs(amplitude(of: 1000, in: samples) - 4000) < 50)
    }

    /// The file of `opusenc` that the tests of Wire read: a quarter of a second of 1 kHz.
    @Test func opusOfAnotherProgramIsDecoded() throws {
        let samples = try SoundFileReader.decode(try Self.opus())
        #expect(samples.count == 12_000)
        #expect(abs(amplitude(of: 1000, in: samples[2400..<9600]) - 16_422) < 1200)
    }

    @Test func theHeadersGainIsApplied() throws {
        var file = try Self.opus()
        // Half as loud: -6.02 dB. The sum of the page is made anew.
        let head = OpusHead(channels: 1, preSkip: 312, gain: -1541).packet
        var page: [UInt8] = []
        OggPage(flags: .first, granule: 0, serial: 1234, number: 0, segments: [19]).append(head.span, to: &page)
        file.replaceSubrange(..<47, with: page)
        let samples = try SoundFileReader.decode(file)
        #expect(abs(amplitude(of: 1000, in: samples[2400..<9600]) - 8211) < 700)
    }

    @Test func aFileThatIsCutOffIsPlayedAsFarAsItGoes() throws {
        let file = try Self.opus()
        let samples = try SoundFileReader.decode(Array(file.dropLast()))
        #expect(samples.count == 10 * 960 - 312)
    }

    @Test func longSoundsAreRefused() {
        var header = WAVHeader.bytes(channels: 1, rate: 4000, dataSize: 0)
        header.removeLast(4)
        header.append(littleEndian: UInt32.max)
        let file = header + [UInt8](repeating: 0, count: 601 * 4000 * 2)
        #expect(throws: SoundError.tooLong) { try SoundFileReader.decode(file) }
    }

    /// Each packet of four bytes claims 120 ms: an hour in a hundred kilobytes.
    @Test func shortFilesThatClaimToBeLongAreRefused() {
        var writer = OggOpusWriter(serial: 1, head: OpusHead(channels: 1, preSkip: 0), tags: OpusTags(vendor: "x"))
        let packet: [UInt8] = [0xFB, 6, 0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE]
        for _ in 0..<6000 { writer.append(packet.span, samples: 5760) }
        writer.finish()
        let file = writer.output
        #expect(throws: SoundError.tooLong) { try SoundFileReader.decode(file) }
    }

    @Test(arguments: ["", "ID3", "OggSxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "RIFFxxxxWAVE", "RIFF"])
    func otherFilesAreRefused(text: String) {
        #expect(throws: SoundError.self) { try SoundFileReader.decode(Array(text.utf8)) }
    }

    static func opus() throws -> [UInt8] {
        let tests = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: tests.appendingPathComponent("WireTests/Vectors/ogg/opusenc-tone.opus")))
    }
}
