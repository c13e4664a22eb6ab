import Glibc
import Native
import TestKit
import Testing

/// Whether the sound that the load tool measures delays with can be found.
struct ToneDetectorTests {
    @Test(arguments: [0, 1, 100, 333, 959, 4800, 5001])
    func findsTheBeginningOfATone(start: Int) throws {
        let found = try #require(onsets(in: burst(at: start, of: 12_000)).first)
        #expect(abs(found - Double(start)) < 48, "more than a millisecond away")
    }

    @Test func findsItUnderAVoice() throws {
        var speech = SyntheticSpeech(voice: 3)
        var samples = speech.samples(seconds: 3)
        for (index, sample) in burst(at: 48_500, of: 96_000).enumerated() where sample != 0 {
            samples[index] = Int16(clamping: Int(samples[index]) + Int(sample))
        }
        let found = onsets(in: samples)
        #expect(found.count == 1)
        #expect(abs(try #require(found.first) - 48_500) < 60)
    }

    @Test(arguments: 1...6)
    func hearsNoToneInVoices(voice: Int) {
        var speech = SyntheticSpeech(voice: UInt64(voice))
        #expect(onsets(in: speech.samples(seconds: 4, rms: 4000)).isEmpty)
    }

    @Test func survivesOpus() throws {
        var encoder = try OpusEncoder(bitrate: 32_000)
        var decoder = try OpusDecoder()
        let samples = burst(at: 9600, of: 24_000)
        var decoded: [Int16] = []
        var packet = [UInt8](repeating: 0, count: 1275)
        var pcm = [Int16](repeating: 0, count: 960)
        for start in stride(from: 0, to: samples.count, by: 960) {
            let frame = Array(samples[start..<start + 960])
            var room = packet.mutableSpan
            let length = try encoder.encode(frame.span, into: &room)
            let payload = Array(packet[..<length])
            var output = pcm.mutableSpan
            _ = try decoder.decode(payload.span, into: &output)
            decoded += pcm
        }
        let found = try #require(onsets(in: decoded).first)
        // The codec's own delay is 6.5 ms.
        #expect((200...420).contains(found - 9600))
    }

    @Test func speechIsLoudAndItsPausesAreShort() {
        var speech = SyntheticSpeech(voice: 1)
        let samples = speech.samples(seconds: 5)
        #expect(samples.count == 240_000)
        let frames = stride(from: 0, to: samples.count - 959, by: 960).map { start in
            PCM.meanAbsolute(samples.span.extracting(start..<start + 960))
        }
        #expect(frames.max() ?? 0 > 1500)
        var (pause, longest) = (0, 0)
        for frame in frames {
            pause = frame < 100 ? pause + 1 : 0
            longest = max(longest, pause)
        }
        #expect(longest <= 10, "no pause is longer than 200 ms")
    }

    /// 20 ms of 3 kHz in silence.
    private func burst(at start: Int, of count: Int) -> [Int16] {
        (0..<count).map { index in
            guard (start..<start + 960).contains(index) else { return 0 }
            return Int16(8000 * sin(2 * Double.pi * 3000 * Double(index - start) / 48_000))
        }
    }

    private func onsets(in samples: [Int16]) -> [Double] {
        var detector = ToneDetector(frequency: 3000, amplitude: 8000)
        return stride(from: 0, to: samples.count, by: 960).compactMap { start in
            let end = min(start + 960, samples.count)
            return detector.process(samples.span.extracting(start..<end)).map { $0 + Double(start) }
        }
    }
}
