/// The header of one page of an Ogg file (RFC 3533 §6).
///
///     |  O  g  g  S  |0| flags |  granule position, 64 bits, little-endian  |
///     |  serial number  |  page number  |  checksum  |n| n segment lengths | payload
package struct OggPage: Equatable, Sendable {
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The first segment goes on with a packet of the page before.
        package static let continued = Flags(rawValue: 1)
        package static let first = Flags(rawValue: 2)
        package static let last = Flags(rawValue: 4)
    }

    package var flags: Flags
    /// For Opus samples at 48 kHz up to the end of the last packet that ends here; -1 when none does.
    package var granule: Int64
    /// Which of several streams the page belongs to.
    package var serial: UInt32
    package var number: UInt32
    /// Lengths of 0 to 255; a packet ends behind the first that is less than 255. At most 255 of them.
    package var segments: [UInt8]

    /// Bytes in front of the payload.
    package var headerSize: Int { Self.fixedSize + segments.count }
    /// Bytes of the payload, at most 65 025.
    package var payloadSize: Int { segments.reduce(0) { $0 + Int($1) } }

    package init(
        flags: Flags = [], granule: Int64, serial: UInt32, number: UInt32, segments: [UInt8]
    ) {
        self.flags = flags
        self.granule = granule
        self.serial = serial
        self.number = number
        self.segments = segments
    }

    /// Reads the page that begins at `start`, and checks its sum.
    ///
    /// - Throws: ``OggError/notOgg``, ``OggError/truncated``, ``OggError/badVersion(_:)`` or ``OggError/badChecksum``.
    package init(parsing bytes: Span<UInt8>, at start: Int = 0) throws(OggError) {
        guard start >= 0, start < bytes.count else { throw .truncated }
        let page = bytes.extracting(start..<bytes.count)
        for index in 0..<min(4, page.count) where page[index] != Self.mark[index] { throw .notOgg }
        guard page.count >= Self.fixedSize else { throw .truncated }
        guard page[4] == 0 else { throw .badVersion(page[4]) }
        flags = Flags(rawValue: page[5] & 7)
        granule = Int64(bitPattern: page.littleEndian64(at: 6))
        serial = page.littleEndian32(at: 14)
        number = page.littleEndian32(at: 18)
        let count = Int(page[26])
        guard page.count >= Self.fixedSize + count else { throw .truncated }
        segments = (0..<count).map { page[Self.fixedSize + $0] }
        let size = Self.fixedSize + count + segments.reduce(0) { $0 + Int($1) }
        guard page.count >= size else { throw .truncated }
        guard Self.checksum(page.extracting(0..<size)) == page.littleEndian32(at: 22) else { throw .badChecksum }
    }

    /// Appends the page with its sum.
    ///
    /// - Precondition: `payload` has ``payloadSize`` bytes, and there are at most 255 segments.
    package func append(_ payload: Span<UInt8>, to bytes: inout [UInt8]) {
        precondition(segments.count <= 255 && payload.count == payloadSize, "segments that say what the payload is")
        let start = bytes.count
        bytes += Self.mark
        bytes += [0, flags.rawValue]
        bytes.append(littleEndian: UInt64(bitPattern: granule))
        bytes.append(littleEndian: serial)
        bytes.append(littleEndian: number)
        bytes.append(littleEndian: UInt32(0))
        bytes.append(UInt8(segments.count))
        bytes += segments
        for index in payload.indices { bytes.append(payload[index]) }
        let sum = Self.checksum(bytes.span.extracting(start..<bytes.count))
        for index in 0..<4 { bytes[start + 22 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
    }

    private static func checksum(_ page: Span<UInt8>) -> UInt32 {
        var sum = OggChecksum()
        sum.add(page.extracting(0..<22))
        for _ in 0..<4 { sum.add(0) }
        sum.add(page.extracting(26..<page.count))
        return sum.value
    }

    /// Bytes in front of the segment lengths.
    package static let fixedSize = 27
    /// `OggS`.
    package static let mark: [UInt8] = [0x4F, 0x67, 0x67, 0x53]
}
