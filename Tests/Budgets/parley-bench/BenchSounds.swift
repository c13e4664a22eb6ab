import Engine
import Native
import TestKit

/// Packets to send, encoded once.
struct BenchSounds {
    /// Three voices, some seconds each.
    let speech: [[[UInt8]]]
    /// Room noise of about −60 dBov.
    let noise: [[UInt8]]
    /// What an encoder in DTX sends.
    let dtx: [UInt8] = [0x78]
    let scratch = DecodeScratch()

    init() throws {
        speech = try (1...3).map { voice in
            var generator = SyntheticSpeech(voice: UInt64(voice))
            return try Self.encode(generator.samples(seconds: 6))
        }
        var random = SeededGenerator(seed: 9)
        noise = try Self.encode((0..<96_000).map { _ in Int16.random(in: -40...40, using: &random) })
    }

    private static func encode(_ sound: [Int16]) throws -> [[UInt8]] {
        var encoder = try OpusEncoder(channels: 1, bitrate: 32_000)
        var packets: [[UInt8]] = []
        for start in stride(from: 0, through: sound.count - 960, by: 960) {
            var bytes = [UInt8](repeating: 0, count: 1500)
            var out = bytes.mutableSpan
            let count = try encoder.encode(sound.span.extracting(start..<start + 960), into: &out)
            packets.append(Array(bytes[..<count]))
        }
        return packets
    }
}

/// What a room cannot do without, measured in the same run: µs for one of each.
struct Floor {
    let encode: Double
    let decode: Double
    let protect: Double

    init(_ sounds: BenchSounds) throws {
        encode = try Self.encoding(complexity: 5).cost
        var decoder = try OpusDecoder()
        let pcm = PCMBuffer(count: 960)
        decode = try Self.measure(280) { round in
            let packet = sounds.speech[0][round]
            try pcm.withMutableSpan { _ = try decoder.decode(packet.span, into: &$0) }
        }
        var session = try SRTPSession(
            profile: .aeadAES128GCM, key: [UInt8](repeating: 7, count: SRTPProfile.aeadAES128GCM.masterLength),
            direction: .outbound)
        var packet = [UInt8](repeating: 0, count: 1500)
        packet[0] = 0x80
        protect = try Self.measure(20_000) { round in
            (packet[2], packet[3]) = (UInt8(truncatingIfNeeded: round >> 8), UInt8(truncatingIfNeeded: round))
            var span = packet.mutableSpan
            _ = try session.protect(&span, count: 12 + 80)
        }
    }

    /// What one frame of speech costs to encode, in µs, and which share of the frames libopus codes as music, without
    /// its speech coder (RFC 6716 §3.1: configurations 16 and up). It looks at the signal from complexity 7 on.
    static func encoding(complexity: Int, voices: Int = 1) throws -> (cost: Double, musicShare: Double) {
        var sound = [Int16](repeating: 0, count: 288_000)
        for voice in 1...voices {
            var generator = SyntheticSpeech(voice: UInt64(voice))
            for (index, sample) in generator.samples(seconds: 6).prefix(288_000).enumerated() {
                sound[index] = Int16(clamping: Int(sound[index]) + Int(sample))
            }
        }
        var encoder = try OpusEncoder(channels: 1, bitrate: 32_000, complexity: complexity)
        var bytes = [UInt8](repeating: 0, count: 1500)
        var music = 0
        let cost = try measure(280) { round in
            var out = bytes.mutableSpan
            _ = try encoder.encode(sound.span.extracting(round * 960..<round * 960 + 960), into: &out)
            if bytes[0] >> 3 >= 16 { music += 1 }
        }
        return (cost, Double(music) / 280)
    }

    /// The least that a tick of such a room costs, in µs.
    func tick(members: Int, decoded: Int, received: Double, sent: Double) -> Double {
        4 * encode + Double(decoded) * decode + (received + sent) * protect
    }

    private static func measure(_ rounds: Int, _ body: (Int) throws -> Void) rethrows -> Double {
        let start = threadTime()
        for round in 0..<rounds { try body(round) }
        return Double(threadTime() - start) / Double(rounds) / 1000
    }
}
