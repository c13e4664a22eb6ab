import Testing
import Wire

/// Holds what one receiver is sent against what a browser needs: no jump anywhere, and nothing it cannot decode.
struct StreamChecker {
    private(set) var packets = 0
    private(set) var frames = 0
    private(set) var wholeFrames = 0
    /// Frames whose end was never sent.
    private(set) var cutFrames = 0
    /// Cameras in the order they were shown.
    private(set) var shown: [UInt8] = []
    /// The frame numbers of the camera that is shown, complete and since its key frame.
    private var decodable: Set<UInt32> = []
    /// Frames by temporal layer.
    private(set) var framesByLayer = [0, 0, 0, 0]
    private(set) var keyFrames = 0
    private(set) var last: (sequence: UInt16, timestamp: UInt32)?
    private(set) var newest: SyntheticCamera.Piece?
    private(set) var problems: [String] = []

    private var pictureID: UInt16?
    /// Only short ids have been seen: the upper bits are not known.
    private var isShort = false
    private var tl0: UInt8?
    private var keyIndex: UInt8?
    private var isOpen = false

    mutating func receive(_ header: RTPHeader, payload: [UInt8]) {
        packets += 1
        if let last {
            expect(header.sequence == last.sequence &+ 1, "sequence \(last.sequence) → \(header.sequence)")
            expect(Int32(bitPattern: header.timestamp &- last.timestamp) >= 0, "time goes back")
        }
        defer { last = (header.sequence, header.timestamp) }
        guard let (descriptor, piece) = SyntheticCamera.Piece.read(payload) else {
            return expect(false, "no picture")
        }
        defer { newest = piece }
        if descriptor.startsFrame { start(header, descriptor, piece) } else { follow(header, descriptor, piece) }
        checkNumbers(descriptor, piece)
        expect(header.marker == (piece.index == piece.count - 1), "marker")
        if header.marker {
            isOpen = false
            wholeFrames += 1
            decodable.insert(piece.frame)
        }
    }

    private mutating func start(_ header: RTPHeader, _ descriptor: VP8Descriptor, _ piece: SyntheticCamera.Piece) {
        frames += 1
        framesByLayer[Int(piece.temporalID)] += 1
        if isOpen {
            cutFrames += 1
            expect(piece.isKeyFrame, "a frame was cut off by one that is no key frame")
        }
        isOpen = true
        expect(piece.index == 0, "starts with piece \(piece.index)")
        if let last { expect(header.timestamp != last.timestamp, "two frames at one time") }
        if piece.isKeyFrame {
            keyFrames += 1
            decodable = []
            if shown.last != piece.camera { shown.append(piece.camera) }
            keyIndex = keyIndex.map { ($0 + 1) & 0x1F }
        }
        expect(shown.last == piece.camera, "camera \(piece.camera) without its key frame")
        for reference in piece.references { expect(decodable.contains(reference), "frame without what it refers to") }
        pictureID = pictureID.map { ($0 + 1) & 0x7FFF }
        if descriptor.tl0PictureIndex != nil, piece.temporalID == 0 { tl0 = tl0.map { $0 &+ 1 } }
    }

    private mutating func follow(_ header: RTPHeader, _ descriptor: VP8Descriptor, _ piece: SyntheticCamera.Piece) {
        expect(isOpen, "a piece without a beginning")
        guard let newest else { return expect(false, "begins in the middle") }
        expect(header.timestamp == last?.timestamp, "one frame at two times")
        expect(
            piece.camera == newest.camera && piece.frame == newest.frame && piece.index == newest.index + 1,
            "piece \(piece.index) of \(piece.camera)/\(piece.frame) behind \(newest.index) of \(newest.frame)")
    }

    private mutating func checkNumbers(_ descriptor: VP8Descriptor, _ piece: SyntheticCamera.Piece) {
        if let id = descriptor.pictureID {
            if descriptor.hasWidePictureID {
                let mask: UInt16 = isShort ? 0x7F : 0x7FFF
                let expected = (pictureID ?? id) & mask
                expect(expected == id & mask, "picture id \(id), not \(expected)")
                (pictureID, isShort) = (id, false)
            } else if let pictureID {
                expect(pictureID & 0x7F == id, "short picture id \(id), not \(pictureID & 0x7F)")
            } else {
                (pictureID, isShort) = (id, true)
            }
        }
        if let index = descriptor.tl0PictureIndex {
            expect(tl0 == nil || tl0 == index, "TL0PICIDX \(index), not \(tl0 ?? 0)")
            tl0 = index
        }
        if let index = descriptor.keyIndex {
            expect(keyIndex == nil || keyIndex == index, "KEYIDX \(index), not \(keyIndex ?? 0)")
            keyIndex = index
        }
    }

    private mutating func expect(_ claim: Bool, _ what: String) {
        if !claim, problems.count < 10 { problems.append("packet \(packets): \(what)") }
    }
}
