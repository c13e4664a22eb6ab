import Testing
import Wire

struct OggReaderTests {
    @Test func takesPacketsOutOfPages() throws {
        let file = pages([[1, 2, 3], [4]], [[5, 6]])
        let packets = try read(file)
        #expect(packets.map(\.bytes) == [[1, 2, 3], [4], [5, 6]])
        #expect(packets.map(\.isLastOfPage) == [false, true, true])
        #expect(packets.map(\.isEndOfStream) == [false, false, true])
    }

    /// A packet of 255 bytes ends with an empty segment; longer ones go on over pages.
    @Test(arguments: [0, 1, 254, 255, 256, 510, 65_024, 65_025, 65_026, 200_000])
    func packetsOfAnyLength(length: Int) throws {
        let packet = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        let packets = try read(stream(of: [packet, [9]]))
        #expect(packets.map(\.bytes) == [packet, [9]])
    }

    @Test func otherStreamsArePassedOver() throws {
        var file = page([[1]], number: 0, serial: 1)
        file += page([[66]], number: 0, serial: 2)
        file += page([[2]], number: 1, serial: 1)
        #expect(try read(file).map(\.bytes) == [[1], [2]])
    }

    @Test func whatBelongsToALostPageIsLost() throws {
        let long = [UInt8](repeating: 7, count: 100_000)
        var file = stream(of: [[1], long, [2]])
        // The second page holds the front of the long packet.
        file[100] ^= 1
        #expect(try read(file).map(\.bytes) == [[1], [2]])
    }

    @Test func aDamagedPageIsLeftOut() throws {
        var file = pages([[1]], [[2, 2]], [[3]])
        file[28 + 1 + 28 + 1] ^= 1
        let (packets, reader) = try readAll(file)
        #expect(packets.map(\.bytes) == [[1], [3]] && reader.damagedPages == 1 && !reader.isTruncated)
    }

    @Test func readsAsFarAsTheFileGoes() throws {
        let file = pages([[1]], [[2]], [[3]])
        let (packets, reader) = try readAll(Array(file.dropLast(1)))
        #expect(packets.map(\.bytes) == [[1], [2]] && reader.isTruncated)
        #expect(try !readAll(file).reader.isTruncated)
    }

    @Test func somethingElseIsNoOgg() {
        #expect(throws: OggError.notOgg) { try read(Array("RIFF....WAVE".utf8)) }
    }

    /// Pages inside of pages, each of which claims to be long: checking them all would take hours.
    @Test func gaveUpBeforeItTookLong() {
        let fake = OggPage.mark + [UInt8](repeating: 0, count: 22) + [255] + [UInt8](repeating: 255, count: 255)
        let file = [[UInt8]](repeating: fake, count: 2000).flatMap(\.self)
        let whole = page([[1]], number: 0, serial: 1) + file
        #expect(throws: OggError.tooMuchDamage) { try read(whole) }
    }

    /// A packet that never ends is not kept, and what follows is read.
    @Test func endlessPacketsAreDropped() throws {
        let packets = try read(stream(of: [[1], [UInt8](repeating: 0, count: OggReader.largestPacket + 1), [2]]))
        #expect(packets.map(\.bytes) == [[1], [2]])
    }

    @Test func survivesHostileInput() {
        for bytes in hostileInputs(seed: 5, like: OggPageTests.file, count: 5000) { _ = try? read(bytes) }
    }

    // MARK: Making files

    private func read(_ file: [UInt8]) throws -> [OggReader.Packet] { try readAll(file).packets }

    private func readAll(_ file: [UInt8]) throws -> (packets: [OggReader.Packet], reader: OggReader) {
        var reader = OggReader(file)
        var packets: [OggReader.Packet] = []
        while let packet = try reader.next() { packets.append(packet) }
        return (packets, reader)
    }

    /// Short packets, page by page.
    private func pages(_ pages: [[UInt8]]...) -> [UInt8] {
        pages.indices.flatMap { number in
            page(pages[number], number: UInt32(number), serial: 1, isLast: number == pages.count - 1)
        }
    }

    private func page(_ packets: [[UInt8]], number: UInt32, serial: UInt32, isLast: Bool = false) -> [UInt8] {
        var flags: OggPage.Flags = []
        if number == 0 { flags.insert(.first) }
        if isLast { flags.insert(.last) }
        let page = OggPage(
            flags: flags, granule: 0, serial: serial, number: number, segments: packets.map { UInt8($0.count) })
        let payload = packets.flatMap(\.self)
        var bytes: [UInt8] = []
        page.append(payload.span, to: &bytes)
        return bytes
    }

    /// Packets one behind the other, each on pages of its own.
    private func stream(of packets: [[UInt8]]) -> [UInt8] {
        var file: [UInt8] = []
        var number: UInt32 = 0
        for packet in packets {
            let segments = [UInt8](repeating: 255, count: packet.count / 255) + [UInt8(packet.count % 255)]
            for first in stride(from: 0, to: segments.count, by: 255) {
                let part = Array(segments[first..<min(first + 255, segments.count)])
                let payload = Array(packet[first * 255..<min((first + part.count) * 255, packet.count)])
                let isEnd = first + part.count == segments.count
                var page = OggPage(granule: isEnd ? 0 : -1, serial: 1, number: number, segments: part)
                if first > 0 { page.flags.insert(.continued) }
                page.append(payload.span, to: &file)
                number += 1
            }
        }
        return file
    }
}
