import Foundation
import Native
import Wire

/// A folder of its own for one test, gone with it.
final class SoundFolder {
    let path: String

    init() throws {
        let name = "parley-sounds-\(UInt64.random(in: 0 ... .max))"
        // Without links in it, as the server's folders are compared by their names.
        path = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let file = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    func bytes(of name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
    }

    var names: [String] {
        let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return all.filter { $0.contains(".") && !$0.hasSuffix(".tracks") }.sorted()
    }
}

/// A tone of so many samples.
func tone(_ frequency: Double, count: Int, rate: Double = 48_000, amplitude: Double = 8000, from start: Int = 0)
    -> [Int16]
{
    (0..<count).map { Int16(sin(2 * .pi * frequency * Double($0 + start) / rate) * amplitude) }
}

/// How much of that frequency there is: the amplitude of a pure tone.
func amplitude(of frequency: Double, in samples: some Collection<Int16>, rate: Double = 48_000) -> Double {
    var (real, imaginary) = (0.0, 0.0)
    for (index, sample) in samples.enumerated() {
        let angle = 2 * .pi * frequency * Double(index) / rate
        real += Double(sample) * cos(angle)
        imaginary += Double(sample) * sin(angle)
    }
    return samples.isEmpty ? 0 : 2 * (real * real + imaginary * imaginary).squareRoot() / Double(samples.count)
}

/// A WAV file of these samples.
func wav(_ samples: [Int16], rate: Int = 48_000, channels: Int = 1) -> [UInt8] {
    var bytes = WAVHeader.bytes(channels: channels, rate: rate, dataSize: samples.count * 2)
    for sample in samples { bytes.append(littleEndian: sample) }
    return bytes
}
