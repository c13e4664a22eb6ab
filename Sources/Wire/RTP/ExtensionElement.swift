/// One element of a header extension in the one-byte form (RFC 8285 §4.2), made once and written into many packets.
///
///     |  ID   |  L-1  |  L bytes …
///
/// A flat value without an array, as it is copied for each packet.
package struct ExtensionElement: Hashable, Sendable {
    /// 1 to 14, the number that `a=extmap` gives it in this m-line.
    package let id: UInt8
    /// Bytes of ``value``, 1 to 16.
    package let count: Int
    private let high: UInt64
    private let low: UInt64

    /// - Returns: `nil` when the id is not 1 to 14 or the value not 1 to 16 bytes long.
    package init?(id: UInt8, value: [UInt8]) {
        guard (1...14).contains(id), (1...16).contains(value.count) else { return nil }
        self.id = id
        count = value.count
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in value.enumerated() {
            if index < 8 { words.0 |= UInt64(byte) << (56 - 8 * index) }
            if index >= 8 { words.1 |= UInt64(byte) << (120 - 8 * index) }
        }
        (high, low) = words
    }

    /// A name, such as the MID (RFC 8843 §15) or the RID (RFC 8852 §3).
    package init?(id: UInt8, text: String) { self.init(id: id, value: Array(text.utf8)) }

    /// One byte, such as the orientation of a picture (`urn:3gpp:video-orientation`) or an audio level.
    package init?(id: UInt8, byte: UInt8) {
        guard (1...14).contains(id) else { return nil }
        (self.id, count, high, low) = (id, 1, UInt64(byte) << 56, 0)
    }

    package var value: [UInt8] { (0..<count).map { self[$0] } }

    /// Head and value.
    var size: Int { 1 + count }

    /// Writes head and value at `offset`, and moves it behind them.
    func write(to packet: inout MutableSpan<UInt8>, at offset: inout Int) {
        packet[offset] = id << 4 | UInt8(truncatingIfNeeded: count - 1)
        for index in 0..<count { packet[offset + 1 + index] = self[index] }
        offset += size
    }

    private subscript(index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: index < 8 ? high >> UInt64(56 - 8 * index) : low >> UInt64(120 - 8 * index))
    }
}
