import Testing
import Wire

struct WAVFileTests {
    @Test func readsPlainPCM() throws {
        let file = WAVHeader.bytes(channels: 1, rate: 8000, dataSize: 6) + [1, 0, 0xFF, 0xFF, 0, 0x80]
        let wav = try WAVFile(parsing: file.span)
        #expect(wav.coding == .pcm(bits: 16) && wav.channels == 1 && wav.rate == 8000 && wav.frames == 3)
        #expect(wav.data == 44..<50)
        #expect(wav.mono(of: file.span) == [1, -1, -32_768])
    }

    typealias Row = (what: String, number: UInt16, bits: UInt16, channels: UInt16, data: [UInt8], samples: [Int16])

    static let codings: [Row] = [
        ("8 bits have no sign", 1, 8, 1, [0, 128, 255], [-32_768, 0, 32_512]),
        ("16 bits", 1, 16, 1, [0x34, 0x12], [0x1234]),
        ("24 bits", 1, 24, 1, [0xFF, 0x34, 0x12, 0, 0, 0x80], [0x1234, -32_768]),
        ("32 bits", 1, 32, 1, [0xFF, 0xFF, 0x34, 0x12], [0x1234]),
        ("stereo is mixed", 1, 16, 2, [10, 0, 20, 0, 0xFE, 0xFF, 4, 0], [15, 1]),
        ("half a frame at the end", 1, 16, 2, [10, 0, 20, 0, 9], [15]),
        ("floating point", 3, 32, 1, [0, 0, 0, 0x3F, 0, 0, 0x80, 0xBF], [16_384, -32_767]),
        (
            "beyond full scale, and no number", 3, 32, 1, [0, 0, 0, 0x40, 0, 0, 0xC0, 0x7F, 0, 0, 0x80, 0xFF],
            [32_767, 0, -32_767]
        ),
        ("double precision", 3, 64, 1, [0, 0, 0, 0, 0, 0, 0xE0, 0x3F], [16_384]),
    ]

    @Test(arguments: codings)
    func readsEveryCoding(row: Row) throws {
        let file = Self.file(row.number, bits: row.bits, channels: row.channels, data: row.data)
        let wav = try WAVFile(parsing: file.span)
        #expect(wav.mono(of: file.span) == row.samples, "\(row.what)")
    }

    @Test func readsTheExtensibleForm() throws {
        let guid: [UInt8] = [1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
        let file = Self.file(0xFFFE, bits: 16, channels: 1, data: [7, 0], more: [22, 0, 16, 0, 4, 0, 0, 0] + guid)
        #expect(try WAVFile(parsing: file.span).mono(of: file.span) == [7])
    }

    @Test func otherChunksArePassedOver() throws {
        let plain = WAVHeader.bytes(channels: 1, rate: 48_000, dataSize: 2)
        // Of odd length: one byte more.
        let file = Array(plain[..<12]) + Array("LIST".utf8) + [3, 0, 0, 0, 1, 2, 3, 0] + plain[12...] + [5, 0]
        #expect(try WAVFile(parsing: file.span).mono(of: file.span) == [5])
    }

    /// What programs write that cannot go back to the front, and what a crash leaves.
    @Test(arguments: [UInt32.max, 0x7FFF_FFFF, 5])
    func aLengthThatIsTooLargeIsTheWholeFile(size: UInt32) throws {
        var file = WAVHeader.bytes(channels: 1, rate: 48_000, dataSize: 0)
        file.replaceSubrange(40..<44, with: (0..<4).map { UInt8(truncatingIfNeeded: size >> UInt32(8 * $0)) })
        file += [1, 0, 2, 0]
        #expect(try WAVFile(parsing: file.span).mono(of: file.span) == [1, 2])
    }

    typealias Refusal = (what: String, file: [UInt8], error: WAVError)

    static let refusals: [Refusal] = [
        ("nothing", [], .notWAV),
        ("Ogg", Array("OggS01234567".utf8), .notWAV),
        ("AVI", Array("RIFF0000AVI ".utf8), .notWAV),
        ("A-law", file(6, bits: 8, channels: 1, data: [0]), .unsupportedCoding(6)),
        ("12 bits", file(1, bits: 12, channels: 1, data: [0]), .unsupportedBits(12)),
        ("no channel", file(1, bits: 16, channels: 0, data: [0, 0]), .unsupportedChannels(0)),
        ("nine channels", file(1, bits: 8, channels: 9, data: [0]), .unsupportedChannels(9)),
        ("too slow", file(1, bits: 16, channels: 1, rate: 100, data: [0, 0]), .unsupportedRate(100)),
        ("too fast", file(1, bits: 16, channels: 1, rate: .max, data: [0, 0]), .unsupportedRate(4_294_967_295)),
        ("a frame of another size", file(1, bits: 16, channels: 1, align: 4, data: [0, 0]), .badFormat),
        ("samples before the format", Array("RIFF0000WAVEdata".utf8) + [2, 0, 0, 0, 1, 0], .badFormat),
        ("no samples", file(1, bits: 16, channels: 1, data: []), .noData),
    ]

    @Test(arguments: refusals.indices)
    func refuses(index: Int) {
        let row = Self.refusals[index]
        #expect(throws: row.error, "\(row.what)") { try WAVFile(parsing: row.file.span) }
    }

    @Test func refusesEveryPrefixWithoutSamples() throws {
        let file = WAVHeader.bytes(channels: 1, rate: 48_000, dataSize: 4) + [1, 0, 2, 0]
        for length in 0..<46 {
            let prefix = Array(file[..<length])
            #expect(throws: WAVError.self) { try WAVFile(parsing: prefix.span) }
        }
        let one = Array(file[..<46])
        #expect(try WAVFile(parsing: one.span).frames == 1)
    }

    @Test func survivesHostileInput() {
        let file = Self.file(3, bits: 32, channels: 2, data: [UInt8](repeating: 0x3F, count: 64))
        for bytes in hostileInputs(seed: 7, like: file) {
            guard let wav = try? WAVFile(parsing: bytes.span) else { continue }
            #expect(wav.mono(of: bytes.span).count == wav.frames)
        }
    }

    @Test func theHeaderSaysNoMoreThanFits() {
        let header = WAVHeader.bytes(channels: 1, rate: 48_000, dataSize: .max)
        #expect(header.count == WAVHeader.size)
        #expect(header.span.littleEndian32(at: 40) == UInt32(WAVHeader.largestData))
        #expect(header.span.littleEndian32(at: 4) == UInt32(WAVHeader.largestData) + 36)
    }

    private static func file(
        _ number: UInt16, bits: UInt16, channels: UInt16, rate: UInt32 = 48_000, align: UInt16? = nil, data: [UInt8],
        more: [UInt8] = []
    ) -> [UInt8] {
        var format: [UInt8] = []
        format.append(littleEndian: number)
        format.append(littleEndian: channels)
        format.append(littleEndian: rate)
        format.append(littleEndian: UInt32(0))
        format.append(littleEndian: align ?? channels &* bits / 8)
        format.append(littleEndian: bits)
        format += more
        var file = Array("RIFF0000WAVEfmt ".utf8)
        file.append(littleEndian: UInt32(format.count))
        file += format + Array("data".utf8)
        file.append(littleEndian: UInt32(data.count))
        return file + data
    }
}
