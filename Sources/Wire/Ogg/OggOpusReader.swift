/// Reads the sound of an Ogg Opus file packet by packet (RFC 7845).
///
/// Decode each packet, in order, and keep the ``soundRange(ofDecoded:)`` of all samples.
package struct OggOpusReader {
    package let head: OpusHead
    /// Samples at 48 kHz that the packets so far say they hold.
    package private(set) var samples = 0

    private var pages: OggReader
    /// Granule position at the beginning of the first packet: above 0 when the file is a part of something longer.
    private var firstGranule: Int64?
    private var end: Int64?

    /// Reads both headers.
    package init(_ bytes: [UInt8]) throws(OggError) {
        pages = OggReader(bytes)
        guard let first = try pages.next() else { throw .truncated }
        head = try OpusHead(parsing: first.bytes.span)
        guard let second = try pages.next() else { throw .truncated }
        guard OpusTags.isHeader(second.bytes.span) else { throw .noComments }
    }

    /// Whether bytes at the end were no whole page, as in a file that a crash cut off.
    package var isTruncated: Bool { pages.isTruncated }

    /// The next packet, at most 120 ms; `nil` at the end. Packets of no known length are left out.
    ///
    /// - Throws: ``OggError/tooMuchDamage``.
    package mutating func next() throws(OggError) -> [UInt8]? {
        while let packet = try pages.next() {
            guard let duration = OpusDuration.samples(in: packet.bytes.span) else { continue }
            samples += duration
            if packet.isLastOfPage { note(packet) }
            return packet.bytes
        }
        return nil
    }

    private mutating func note(_ packet: OggReader.Packet) {
        guard packet.granule >= 0 else { return }
        // All packets so far are on the first page: counting them back gives its beginning (RFC 7845 §4.5).
        let first = firstGranule ?? max(0, packet.granule - Int64(samples))
        firstGranule = first
        if packet.isEndOfStream { end = packet.granule - first }
    }

    /// What of so many decoded samples is to be heard: neither what comes before the sound, nor what the last packet has
    /// too much (RFC 7845 §4.2, §4.4).
    package func soundRange(ofDecoded count: Int) -> Range<Int> {
        let end = end.map { min(Int(clamping: $0), count) } ?? count
        return min(head.preSkip, max(0, end))..<max(0, end)
    }
}
