import Testing
import Wire

struct OggOpusTests {
    // MARK: Reading

    @Test func readsAFileOfAnotherProgram() throws {
        var reader = try OggOpusReader(OggPageTests.file)
        #expect(reader.head == OpusHead(channels: 1, preSkip: 312))
        var count = 0
        while let packet = try reader.next() {
            #expect(OpusDuration.samples(in: packet.span) == 960)
            count += 1
        }
        #expect(count == 13 && reader.samples == 13 * 960 && !reader.isTruncated)
        // A quarter of a second, whatever the packets hold.
        #expect(reader.soundRange(ofDecoded: reader.samples) == 312..<12_312)
    }

    @Test func everyPrefixIsReadAsFarAsItGoes() throws {
        let file = OggPageTests.file
        var most = 0
        for length in file.indices {
            guard var reader = try? OggOpusReader(Array(file[..<length])) else {
                #expect(most == 0)
                continue
            }
            var count = 0
            while try reader.next() != nil { count += 1 }
            #expect(count >= most && count < 13)
            #expect(reader.soundRange(ofDecoded: reader.samples).upperBound == reader.samples)
            most = count
        }
        #expect(most == 10)
    }

    @Test func survivesHostileInput() {
        for bytes in hostileInputs(seed: 6, like: OggPageTests.file, count: 5000) {
            guard var reader = try? OggOpusReader(bytes) else { continue }
            while let packet = try? reader.next() { #expect(!packet.isEmpty) }
            let range = reader.soundRange(ofDecoded: reader.samples)
            #expect(range.lowerBound >= 0 && range.upperBound <= reader.samples)
        }
    }

    typealias Row = (what: String, edit: @Sendable (inout [UInt8]) -> Void, error: OggError)

    static let heads: [Row] = [
        ("another codec", { $0[4] = 0x54 }, .notOpus),
        ("a version to come", { $0[8] = 0x10 }, .notOpus),
        ("no channels", { $0[9] = 0 }, .notOpus),
        ("three channels without a table", { $0[9] = 3 }, .notOpus),
        ("a family only its maker knows", { $0[18] = 255 }, .unsupportedChannels(1)),
        (
            "surround", { $0 = Array($0[..<9]) + [6] + $0[10..<18] + [1, 4, 2, 0, 4, 1, 2, 3, 5] },
            .unsupportedChannels(6)
        ),
        ("too short", { $0.removeLast() }, .notOpus),
    ]

    @Test(arguments: heads.indices)
    func refusesHeads(index: Int) {
        let row = Self.heads[index]
        var head = OpusHead(channels: 1, preSkip: 312).packet
        row.edit(&head)
        #expect(throws: row.error, "\(row.what)") { try OpusHead(parsing: head.span) }
    }

    @Test func aMinorVersionAndATableForStereoAreFine() throws {
        var head = OpusHead(channels: 2, preSkip: 312, originalRate: 44_100, gain: -256).packet
        head[8] = 0x0F
        #expect(
            try OpusHead(parsing: head.span) == OpusHead(channels: 2, preSkip: 312, originalRate: 44_100, gain: -256))
        head[18] = 1
        head += [1, 1, 0, 1]
        #expect(try OpusHead(parsing: head.span).channels == 2)
    }

    @Test func withoutCommentsItIsNoOpusFile() {
        var writer = OggOpusWriter(
            serial: 1, head: OpusHead(channels: 1, preSkip: 312), tags: OpusTags(vendor: "x"))
        writer.output = Array(writer.output[..<47])
        writer.append([0xF8, 1].span, samples: 960)
        writer.finish()
        // Its number says that a page is missing; its packet, that it is no comment.
        #expect(throws: OggError.noComments) { try OggOpusReader(writer.output) }
    }

    /// RFC 6716 §3.1: configurations, and the four ways to say how many frames.
    static let durations: [(packet: [UInt8], samples: Int?)] = [
        ([0x00], 480), ([0x08], 960), ([0x10], 1920), ([0x18], 2880), ([0x58], 2880), ([0x60], 480), ([0x68], 960),
        ([0x80], 120), ([0x88], 240), ([0x90], 480), ([0xF8], 960), ([0xF9], 1920), ([0xFA], 1920),
        ([0xFB, 0x06], 5760), ([0xFB, 0x07], nil), ([0xFB, 0x00], nil), ([0xFB], nil), ([], nil), ([0x1B, 0x02], 5760),
        ([0x1B, 0x03], nil), ([0x83, 0xF0], 5760),
    ]

    @Test(arguments: durations)
    func knowsHowLongAPacketPlays(packet: [UInt8], samples: Int?) {
        #expect(OpusDuration.samples(in: packet.span) == samples)
    }

    // MARK: Writing

    @Test func whatIsWrittenIsRead() throws {
        let packets = (0..<500).map { [UInt8(0xF8)] + [UInt8](repeating: UInt8($0 % 251), count: $0 % 600) }
        var writer = self.writer()
        for (index, packet) in packets.enumerated() {
            writer.append(packet.span, samples: 960)
            if index % 50 == 49 { writer.flush() }
        }
        writer.finish()
        #expect(writer.granule == 500 * 960)
        var reader = try OggOpusReader(writer.output)
        var read: [[UInt8]] = []
        while let packet = try reader.next() { read.append(packet) }
        #expect(read == packets)
        #expect(reader.soundRange(ofDecoded: reader.samples) == 312..<500 * 960)
    }

    /// After each flush the file holds all but the last packet: that is what a crash leaves.
    @Test func everyFlushIsAFile() throws {
        var writer = self.writer()
        for count in 1...120 {
            writer.append([0xF8, UInt8(count)].span, samples: 960)
            writer.flush()
            var reader = try OggOpusReader(writer.output)
            while try reader.next() != nil {}
            #expect(reader.samples == (count - 1) * 960 && !reader.isTruncated)
        }
    }

    @Test func theLastPageSaysWhereTheSoundEnds() throws {
        var writer = self.writer()
        for _ in 0..<3 { writer.append([0xF8, 1].span, samples: 960) }
        writer.finish(at: 2000)
        var reader = try OggOpusReader(writer.output)
        while try reader.next() != nil {}
        #expect(reader.soundRange(ofDecoded: reader.samples) == 312..<2000)
    }

    @Test func pagesFollowOneAnother() throws {
        var writer = self.writer()
        for _ in 0..<600 { writer.append([UInt8](repeating: 0xF8, count: 400).span, samples: 960) }
        writer.finish()
        var (offset, number, granule) = (0, UInt32(0), Int64(0))
        while offset < writer.output.count {
            let page = try OggPage(parsing: writer.output.span, at: offset)
            offset += page.headerSize + page.payloadSize
            #expect(page.number == number && page.granule >= granule && page.serial == 77)
            #expect(page.flags == (number == 0 ? .first : offset == writer.output.count ? .last : []))
            (number, granule) = (number + 1, page.granule)
        }
        #expect(granule == 600 * 960)
    }

    @Test func commentsMayBeLongerThanAPage() throws {
        let tags = OpusTags(
            vendor: "Parley", comments: [String](repeating: String(repeating: "x", count: 2000), count: 80))
        var writer = OggOpusWriter(serial: 1, head: OpusHead(channels: 1, preSkip: 312), tags: tags)
        writer.append([0xF8, 1].span, samples: 960)
        writer.finish()
        var reader = try OggOpusReader(writer.output)
        #expect(try reader.next() == [0xF8, 1])
    }

    @Test func aRecordingOfNothingIsAFile() throws {
        var writer = self.writer()
        writer.finish()
        var reader = try OggOpusReader(writer.output)
        #expect(try reader.next() == nil)
        #expect(reader.soundRange(ofDecoded: 0).isEmpty)
    }

    private func writer() -> OggOpusWriter {
        OggOpusWriter(
            serial: 77, head: OpusHead(channels: 1, preSkip: 312),
            tags: OpusTags(vendor: "Parley", comments: ["TITLE=Room 3500"]))
    }
}
