import TestKit
import Wire

/// A sender of pictures whose frames say what they are: which camera, which frame, which piece, what they build upon.
struct SyntheticCamera {
    struct Style: Sendable {
        enum PictureID: Sendable, CaseIterable { case none, narrow, wide }
        var pictureID = PictureID.wide
        /// 1, or 3: the pattern 0 2 1 2 with TL0PICIDX.
        var temporalLayers = 1
        var hasKeyIndex = false
        var largestFrame = 5
        var keyFramePieces = 8
        var bytesPerPiece = 200
    }

    /// What a packet's payload says behind the descriptor.
    struct Piece: Equatable {
        var camera: UInt8
        var frame: UInt32
        var index: Int
        var count: Int
        var isKeyFrame: Bool
        var temporalID: UInt8
        /// Frames this one builds upon.
        var references: [UInt32]

        /// - Parameter data: Behind the descriptor, and in a first piece behind the frame header.
        init?(_ data: ArraySlice<UInt8>) {
            let bytes = Array(data)
            guard bytes.count >= 18, bytes[0] == 0xCA else { return nil }
            camera = bytes[1]
            frame = bytes.span.uint32(at: 2)
            (index, count) = (Int(bytes[6]), Int(bytes[7]))
            isKeyFrame = bytes[8] == 1
            temporalID = bytes[9]
            references = [bytes.span.uint32(at: 10), bytes.span.uint32(at: 14)].filter { $0 != 0 }
        }

        init(
            camera: UInt8, frame: UInt32, index: Int, count: Int, isKeyFrame: Bool, temporalID: UInt8,
            references: [UInt32]
        ) {
            (self.camera, self.frame, self.index, self.count) = (camera, frame, index, count)
            (self.isKeyFrame, self.temporalID, self.references) = (isKeyFrame, temporalID, references)
        }

        var bytes: [UInt8] {
            var bytes: [UInt8] = [0xCA, camera]
            bytes.append(bigEndian: frame)
            bytes += [UInt8(index), UInt8(count), isKeyFrame ? 1 : 0, temporalID]
            bytes.append(bigEndian: references.first ?? 0)
            bytes.append(bigEndian: references.count > 1 ? references[1] : 0)
            return bytes
        }

        /// Reads the payload of a packet.
        static func read(_ payload: [UInt8]) -> (descriptor: VP8Descriptor, piece: Piece)? {
            guard let descriptor = try? VP8Descriptor(parsing: payload.span) else { return nil }
            var offset = descriptor.size
            if descriptor.startsFrame {
                guard let header = try? VP8FrameHeader(parsing: payload.span, behind: descriptor) else { return nil }
                offset += header.isKeyFrame ? 10 : 1
            }
            return Piece(payload[offset...]).map { (descriptor, $0) }
        }
    }

    struct Packet: Equatable {
        var sequence: UInt16
        var timestamp: UInt32
        var marker: Bool
        var payload: [UInt8]
    }

    let number: UInt8
    let style: Style
    private(set) var sequence: UInt16
    private(set) var frames: UInt32 = 0
    /// Of the next frame.
    var timestamp: UInt32
    private var pictureID: UInt16
    private var tl0: UInt8
    private var keyIndex: UInt8 = 31
    private var pattern = 0
    private var newest: [UInt32] = [0, 0, 0]
    private var random: SeededGenerator

    init(number: UInt8, style: Style, random: inout SeededGenerator, nearWraps: Bool = true) {
        self.number = number
        self.style = style
        self.random = SeededGenerator(seed: random.next())
        sequence = nearWraps ? UInt16.max - UInt16.random(in: 0...300, using: &random) : 1_000
        timestamp = nearWraps ? UInt32.max - UInt32.random(in: 0...900_000, using: &random) : 90_000
        pictureID = 0x7FFF - UInt16.random(in: 0...100, using: &random)
        tl0 = UInt8.random(in: 0...255, using: &random)
    }

    /// The packets of the next frame; `passed` is the time since the last one in ticks of 90 kHz.
    mutating func nextFrame(isKeyFrame: Bool, passed: UInt32 = 3_000) -> [Packet] {
        frames += 1
        timestamp &+= passed
        pictureID = (pictureID &+ 1) & 0x7FFF
        if isKeyFrame {
            pattern = 0
            newest = [0, 0, 0]
            keyIndex = (keyIndex + 1) & 0x1F
        }
        let (layer, isSync, references) = place(isKeyFrame: isKeyFrame)
        if layer == 0 { tl0 &+= 1 }
        newest[Int(layer)] = frames
        if isKeyFrame { newest = [frames, 0, 0] }
        let count = isKeyFrame ? style.keyFramePieces : Int.random(in: 1...style.largestFrame, using: &random)
        return (0..<count).map { index in
            let piece = Piece(
                camera: number, frame: frames, index: index, count: count, isKeyFrame: isKeyFrame, temporalID: layer,
                references: references)
            return packet(piece, layer: layer, isSync: isSync)
        }
    }

    /// A packet without a payload: it only takes up a number.
    mutating func padding() -> Packet {
        defer { sequence &+= 1 }
        return Packet(sequence: sequence, timestamp: timestamp, marker: false, payload: [])
    }

    /// Numbers its packets anew, as a browser does that has been reloaded behind our back.
    mutating func jump(to sequence: UInt16) { self.sequence = sequence }

    private mutating func place(isKeyFrame: Bool) -> (layer: UInt8, isSync: Bool, references: [UInt32]) {
        guard !isKeyFrame else { return (0, false, []) }
        guard style.temporalLayers > 1 else { return (0, false, [newest[0]]) }
        pattern = (pattern + 1) % 4
        switch pattern {
        case 0: return (0, false, [newest[0]])
        case 2: return (1, true, [newest[0]])
        case 1: return (2, true, [newest[0]])
        default: return (2, false, [newest[0], newest[1]])
        }
    }

    private mutating func packet(_ piece: Piece, layer: UInt8, isSync: Bool) -> Packet {
        defer { sequence &+= 1 }
        var payload: [UInt8] = []
        let hasLayers = style.temporalLayers > 1
        VP8Descriptor(
            startsPartition: piece.index == 0, isNonReference: layer == 2,
            pictureID: style.pictureID == .none ? nil : pictureID, hasWidePictureID: style.pictureID == .wide,
            tl0PictureIndex: hasLayers ? tl0 : nil, temporalID: hasLayers ? layer : nil, isLayerSync: isSync,
            keyIndex: style.hasKeyIndex ? keyIndex : nil
        ).append(to: &payload)
        if piece.index == 0 { payload += piece.isKeyFrame ? Self.keyFrameHeader : [0x01] }
        payload += piece.bytes
        payload += random.bytes(Int.random(in: 0...style.bytesPerPiece, using: &random))
        return Packet(
            sequence: sequence, timestamp: timestamp, marker: piece.index == piece.count - 1, payload: payload)
    }

    /// 640x360.
    private static let keyFrameHeader: [UInt8] = [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01]
}
