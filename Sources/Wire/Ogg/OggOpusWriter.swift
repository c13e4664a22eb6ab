/// Writes Opus packets as an Ogg file (RFC 7845), page by page, so that what is written can be read at any time.
///
/// The last packet is kept back until another one or the end comes, because the page that ends the stream is to hold
/// one.
package struct OggOpusWriter {
    /// Pages that are complete; whoever writes the file takes them and empties this.
    package var output: [UInt8] = []
    /// Samples at 48 kHz of all packets so far.
    package private(set) var granule: Int64 = 0

    private let serial: UInt32
    private var number: UInt32 = 0
    private var segments: [UInt8] = []
    private var payload: [UInt8] = []
    private var pageGranule: Int64 = 0
    private var held: [UInt8] = []
    private var heldSamples = 0

    /// Both headers are in ``output``.
    ///
    /// - Parameter serial: Random, so that files can be put behind one another.
    package init(serial: UInt32, head: OpusHead, tags: OpusTags) {
        self.serial = serial
        writeHeader(head.packet, flags: .first)
        writeHeader(tags.packet, flags: [])
    }

    /// Adds a packet.
    ///
    /// - Parameters:
    ///   - packet: At most 61 440 bytes.
    ///   - samples: At 48 kHz.
    package mutating func append(_ packet: Span<UInt8>, samples: Int) {
        precondition(packet.count <= Self.largestPacket, "a packet of Opus")
        addHeld()
        held.removeAll(keepingCapacity: true)
        for index in packet.indices { held.append(packet[index]) }
        heldSamples = samples
        granule += Int64(samples)
    }

    /// Completes the page that was begun: all packets but the last are in ``output``.
    package mutating func flush() {
        if !segments.isEmpty { writePage([]) }
    }

    /// Ends the stream.
    ///
    /// - Parameter granule: Where the sound ends, when the last packet has more than there is.
    package mutating func finish(at granule: Int64? = nil) {
        addHeld()
        if let granule { pageGranule = min(pageGranule, granule) }
        writePage(.last)
    }

    private mutating func addHeld() {
        guard heldSamples > 0 else { return }
        let needed = held.count / 255 + 1
        if segments.count + needed > 255 { writePage([]) }
        segments += [UInt8](repeating: 255, count: needed - 1)
        segments.append(UInt8(held.count % 255))
        payload += held
        pageGranule += Int64(heldSamples)
        heldSamples = 0
    }

    private mutating func writePage(_ flags: OggPage.Flags) {
        write(OggPage(flags: flags, granule: pageGranule, serial: serial, number: number, segments: segments), payload)
        segments.removeAll(keepingCapacity: true)
        payload.removeAll(keepingCapacity: true)
    }

    /// Headers have pages of their own (RFC 7845 §3).
    private mutating func writeHeader(_ packet: [UInt8], flags: OggPage.Flags) {
        var rest = packet[...]
        var flags = flags
        while true {
            // A page that is full goes on; a packet that fills one ends with an empty segment on the next.
            let part = rest.prefix(Self.fullPage)
            rest = rest.dropFirst(part.count)
            var segments = [UInt8](repeating: 255, count: part.count / 255)
            let isEnd = segments.count < 255
            if isEnd { segments.append(UInt8(part.count % 255)) }
            write(
                OggPage(flags: flags, granule: isEnd ? 0 : -1, serial: serial, number: number, segments: segments),
                Array(part))
            if isEnd { return }
            flags = .continued
        }
    }

    private mutating func write(_ page: OggPage, _ payload: [UInt8]) {
        page.append(payload.span, to: &output)
        number &+= 1
    }

    private static let largestPacket = 61_440
    private static let fullPage = 255 * 255
}
