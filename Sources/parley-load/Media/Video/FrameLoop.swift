import Native
import Wire

/// A key frame and what follows it, encoded once for everybody and cut into payloads as browsers do: sending costs no
/// encoding, and the loop can begin again at any moment when a key frame is asked for.
///
/// Owned by the media thread.
final class FrameLoop {
    /// Where each frame's payloads lie; the first frame is the key frame.
    let frames: [Range<Int>]
    /// Bits per second with RTP and SRTP around it.
    let bitrate: Int
    /// The checksum of every ``checked``th decoded picture, the key frame's first.
    private let checksums: [UInt64]
    private let payloads: PacketSlots

    init(_ rung: VideoSize.Rung) throws(VPXError) {
        var encoder = try VP8Encoder(
            .init(
                width: rung.width, height: rung.height, bitrate: rung.bitrate,
                framesPerSecond: VideoSize.framesPerSecond, dropThreshold: 0))
        var decoder = try VP8Decoder()
        var scene = Scene(width: rung.width, height: rung.height)
        var packetizer = VP8Packetizer(pictureID: 0)
        var (cut, frames, checksums): ([[UInt8]], [Range<Int>], [UInt64]) = ([], [], [])
        let mark = [UInt8](repeating: 0, count: FrameMark.size)
        for number in 0..<Self.length {
            guard let frame = try encoder.encode(scene.next(), forceKeyFrame: number == 0) else { continue }
            let bytes = frame.bytes + mark
            if frames.count.isMultiple(of: Self.checked) {
                _ = try decoder.decode(bytes.span)
                checksums.append(decoder.checksum ?? 0)
            } else {
                _ = try decoder.decode(bytes.span)
            }
            let pieces = packetizer.payloads(of: bytes.span)
            frames.append(cut.count..<cut.count + pieces.count)
            cut += pieces
        }
        payloads = PacketSlots(slots: max(1, cut.count), slotSize: VP8Packetizer.browserPayload)
        for (slot, payload) in cut.enumerated() { _ = payloads.store(payload.span, in: slot) }
        (self.frames, self.checksums) = (frames, checksums)
        let bytes = cut.reduce(0) { $0 + $1.count + Self.overhead }
        bitrate = bytes * 8 * VideoSize.framesPerSecond / max(1, frames.count)
    }

    /// Copies a payload to the front of `bytes`; returns its length.
    func copy(_ slot: Int, to bytes: inout MutableSpan<UInt8>) -> Int {
        payloads.withSlot(slot) { payload in
            for index in payload.indices { bytes[index] = payload[index] }
            return payload.count
        }
    }

    /// What the decoded picture must come to; `nil` for a picture that is not compared.
    func checksum(at place: Int) -> UInt64? {
        guard place.isMultiple(of: Self.checked), checksums.indices.contains(place / Self.checked) else { return nil }
        return checksums[place / Self.checked]
    }

    /// RTP header and the tag of AES-GCM.
    static let overhead = RTPHeader.fixedSize + 16
    /// A key frame that nobody asked for comes every 10 s, where browsers send none.
    private static let length = 10 * VideoSize.framesPerSecond
    /// What is wrong in one picture stays wrong until the next key frame.
    private static let checked = 10
}
