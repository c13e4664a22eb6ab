import Native
import Wire

/// Decodes what one member receives, and compares it with what was encoded.
///
/// Owned by the media thread.
final class PictureChecker {
    struct Counts: Sendable {
        var decoded = 0
        /// Frames that libvpx would not decode, or called damaged.
        var refused = 0
        /// Decoded without complaint, and not the picture that was sent.
        var wrong = 0
    }

    private(set) var counts = Counts()
    /// The last frame was refused: a browser asks for a key frame then.
    private(set) var hasFailed = false

    private var decoder: VP8Decoder
    private let loops: [FrameLoop]
    private let pieces = PacketSlots(slots: FrameAssembler.capacity, slotSize: 1500)
    private var frame: [UInt8] = []

    init(loops: [FrameLoop]) throws(VPXError) {
        self.loops = loops
        decoder = try VP8Decoder()
    }

    /// Keeps a packet's part of a frame.
    func keep(_ data: Span<UInt8>, number: Int64) { _ = pieces.store(data, in: Self.slot(of: number)) }

    /// Decodes a frame. Returns whether it came out as it was meant.
    func check(_ whole: FrameAssembler.Frame) -> Bool {
        frame.removeAll(keepingCapacity: true)
        for number in whole.packets {
            pieces.withSlot(Self.slot(of: number)) { piece in
                for index in piece.indices { frame.append(piece[index]) }
            }
        }
        counts.decoded += 1
        do throws(VPXError) {
            let picture = try decoder.decode(frame.span)
            hasFailed = picture?.isCorrupted == true
        } catch {
            hasFailed = true
        }
        if hasFailed { counts.refused += 1 }
        guard !hasFailed, let mark = whole.mark, loops.indices.contains(mark.loop),
            let expected = loops[mark.loop].checksum(at: mark.place)
        else { return !hasFailed }
        if decoder.checksum != expected { counts.wrong += 1 }
        return decoder.checksum == expected
    }

    func beginWindow() { counts = Counts() }

    private static func slot(of number: Int64) -> Int { Int(number & Int64(FrameAssembler.capacity - 1)) }
}
