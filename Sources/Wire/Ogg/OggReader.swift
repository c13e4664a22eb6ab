/// Takes the packets of the first stream out of an Ogg file (RFC 3533).
///
/// Other streams in the file are passed over, as are damaged pages: what lies between them and the next good one is
/// lost. A file whose end is missing, as after a crash, is read as far as it goes.
package struct OggReader {
    package struct Packet: Equatable, Sendable {
        package var bytes: [UInt8]
        /// The last one that ends on its page.
        package var isLastOfPage: Bool
        /// Of its page.
        package var granule: Int64
        /// The page says that the stream ends with it.
        package var isEndOfStream: Bool
    }

    /// Pages that had to be left out.
    package private(set) var damagedPages = 0
    /// Bytes at the end that are no whole page.
    package private(set) var isTruncated = false

    private let bytes: [UInt8]
    private var offset = 0
    private var serial: UInt32?
    private var number: UInt32 = 0
    private var partial: [UInt8] = []
    /// What is being put together goes on with the next page; otherwise its front is lost.
    private var isPartialWhole = true
    private var ready: [Packet] = []
    private var taken = 0
    private var hasEnded = false

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next packet, or `nil` at the end.
    ///
    /// - Throws: ``OggError/notOgg`` when the file does not begin with a page, ``OggError/tooMuchDamage``.
    package mutating func next() throws(OggError) -> Packet? {
        while true {
            if taken < ready.count {
                taken += 1
                return ready[taken - 1]
            }
            guard !hasEnded, let (page, payload) = try nextPage() else { return nil }
            take(page, payload)
        }
    }

    /// The next good page of the stream, and where its payload lies.
    private mutating func nextPage() throws(OggError) -> (OggPage, Range<Int>)? {
        while offset < bytes.count {
            do throws(OggError) {
                let page = try OggPage(parsing: bytes.span, at: offset)
                let start = offset + page.headerSize
                offset = start + page.payloadSize
                if serial == nil { serial = page.serial }
                if page.serial == serial { return (page, start..<offset) }
            } catch .notOgg where serial == nil && damagedPages == 0 {
                throw .notOgg
            } catch {
                damagedPages += 1
                guard damagedPages <= Self.mostDamage else { throw .tooMuchDamage }
                isTruncated = error == .truncated
                // The damage may be in a length: search from the next byte on.
                guard let next = mark(from: offset + 1) else { break }
                offset = next
            }
        }
        return nil
    }

    private func mark(from start: Int) -> Int? {
        var index = start
        while index + 4 <= bytes.count {
            if bytes[index] == OggPage.mark[0], bytes[index..<index + 4].elementsEqual(OggPage.mark) { return index }
            index += 1
        }
        return nil
    }

    private mutating func take(_ page: OggPage, _ payload: Range<Int>) {
        isTruncated = false
        let isContinuation = page.flags.contains(.continued)
        if page.number != number || !isContinuation { partial = [] }
        isPartialWhole = !isContinuation || (page.number == number && isPartialWhole && !partial.isEmpty)
        number = page.number &+ 1
        (ready, taken) = ([], 0)
        var start = payload.lowerBound
        for segment in page.segments {
            append(start..<start + Int(segment))
            start += Int(segment)
            if segment < 255 { finish(page) }
        }
        if !ready.isEmpty { ready[ready.count - 1].isLastOfPage = true }
        hasEnded = page.flags.contains(.last)
    }

    private mutating func append(_ range: Range<Int>) {
        guard isPartialWhole else { return }
        partial += bytes[range]
        // Nobody makes such packets; one that never ends must not be kept.
        if partial.count > Self.largestPacket { (partial, isPartialWhole) = ([], false) }
    }

    private mutating func finish(_ page: OggPage) {
        if isPartialWhole {
            ready.append(
                Packet(
                    bytes: partial, isLastOfPage: false, granule: page.granule,
                    isEndOfStream: page.flags.contains(.last)))
        }
        (partial, isPartialWhole) = ([], true)
    }

    /// Bytes. Comments may hold a picture; sound stays below 61 440 (RFC 7845 §6).
    package static let largestPacket = 1 << 20
    private static let mostDamage = 64
}
