import Testing
import Wire

struct OggPageTests {
    /// The check value of CRC-32/CKSUM (0x765E7680) before its last inversion: same polynomial, same start.
    @Test func theChecksumIsThatOfItsPolynomial() {
        var sum = OggChecksum()
        sum.add(Array("123456789".utf8).span)
        #expect(sum.value == 0x89A1_897F)
    }

    @Test func readsAPageOfAnotherProgram() throws {
        let page = try OggPage(parsing: Self.file.span)
        #expect(page.flags == .first && page.granule == 0 && page.serial == 1234 && page.number == 0)
        #expect(page.segments == [19] && page.headerSize == 28 && page.payloadSize == 19)
    }

    @Test func writesWhatItRead() throws {
        var offset = 0
        var copy: [UInt8] = []
        while offset < Self.file.count {
            let page = try OggPage(parsing: Self.file.span, at: offset)
            let start = offset + page.headerSize
            page.append(Self.file.span.extracting(start..<start + page.payloadSize), to: &copy)
            offset = start + page.payloadSize
        }
        #expect(copy == Self.file)
    }

    @Test func refusesEveryShorterPrefix() {
        for length in 0..<47 {
            let prefix = Array(Self.file[..<length])
            #expect(throws: OggError.truncated) { try OggPage(parsing: prefix.span) }
        }
    }

    @Test func everyBitCounts() {
        for bit in 0..<47 * 8 {
            var page = Array(Self.file[..<47])
            page[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: OggError.self) { try OggPage(parsing: page.span) }
        }
    }

    @Test func saysWhatIsWrong() {
        var page = Self.file
        page[0] = 0x6F
        #expect(throws: OggError.notOgg) { try OggPage(parsing: page.span) }
        page = Self.file
        page[4] = 1
        #expect(throws: OggError.badVersion(1)) { try OggPage(parsing: page.span) }
        page = Self.file
        page[30] ^= 0x80
        #expect(throws: OggError.badChecksum) { try OggPage(parsing: page.span) }
        #expect(throws: OggError.truncated) { try OggPage(parsing: page.span, at: page.count) }
    }

    static let file = vector("ogg/opusenc-tone.opus")
}
