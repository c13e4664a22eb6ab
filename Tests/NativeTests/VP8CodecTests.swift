import Native
import Testing

/// A room with a wall of one colour and a bar that moves: what the fake cameras of the browser tests show.
private struct Scene {
    let width: Int
    let height: Int
    var color = VideoColor(red: 200, green: 30, blue: 30)

    func picture(_ index: Int) -> VideoFrame {
        let frame = VideoFrame(width: width, height: height)
        frame.fill(with: color)
        let bar = VideoRectangle(x: index * 8 % width, y: 0, width: width / 10, height: height)
        frame.fill(bar, with: VideoColor(red: 240, green: 240, blue: 240))
        return frame
    }
}

private let wall = VideoRectangle(x: 0, y: 0, width: 32, height: 32)

extension VP8Encoder {
    /// Frames of a scene, those left out not among them.
    fileprivate mutating func frames(of scene: Scene, _ indices: Range<Int>) throws -> [Frame] {
        try indices.compactMap { try encode(scene.picture($0)) }
    }
}

extension VP8Decoder {
    fileprivate mutating func picture(of frame: [UInt8]) throws(VPXError) -> Picture? { try decode(frame.span) }
}

struct VP8CodecTests {
    @Test func whatIsEncodedIsSeen() throws {
        let scene = Scene(width: 320, height: 180)
        var encoder = try VP8Encoder(.init(width: 320, height: 180, bitrate: 300_000, dropThreshold: 0))
        var decoder = try VP8Decoder()
        for index in 0..<60 {
            let source = scene.picture(index)
            let frame = try #require(try encoder.encode(source))
            #expect(frame.isKeyFrame == (index == 0))
            #expect(frame.temporalID == 0 && !frame.isLayerSync && !frame.isNonReference)
            let picture = try #require(try decoder.picture(of: frame.bytes))
            #expect(picture == .init(width: 320, height: 180, isCorrupted: false))
            let seen = decoder.meanColor(of: wall)
            let shown = try #require(source.meanColor(of: wall))
            #expect(seen.map { $0.distance(to: shown) < 12 } == true, "frame \(index)")
        }
    }

    @Test func keyFramesComeWhenAskedForAndOnlyThen() throws {
        let scene = Scene(width: 160, height: 90)
        var encoder = try VP8Encoder(.init(width: 160, height: 90, bitrate: 200_000, dropThreshold: 0))
        let asked: Set<Int> = [7, 8, 300]
        for index in 0..<400 {
            let frame = try encoder.encode(scene.picture(index), forceKeyFrame: asked.contains(index))
            #expect(frame?.isKeyFrame == (index == 0 || asked.contains(index)))
        }
    }

    @Test func theRateIsKept() throws {
        var encoder = try VP8Encoder(.init(bitrate: 600_000))
        var noise = SeededGenerator(seed: 3)
        let pictures = (0..<6).map { _ in noisy(&noise) }
        func bytes(_ frames: Int) throws -> Int {
            try (0..<frames).reduce(0) { sum, index in
                try sum + (encoder.encode(pictures[index % 6])?.bytes.count ?? 0)
            }
        }
        _ = try bytes(30)
        let high = try bytes(60)
        try encoder.setBitrate(150_000)
        _ = try bytes(30)
        let low = try bytes(60)
        #expect(high * 8 < 2 * 900_000 && low * 8 < 2 * 250_000, "\(high) and \(low) bytes in two seconds")
        #expect(low * 2 < high)
    }

    /// The pattern, and what the descriptors of a browser say about it.
    @Test func layersFollowTheirPattern() throws {
        let scene = Scene(width: 160, height: 90)
        var three = try VP8Encoder(
            .init(width: 160, height: 90, bitrate: 300_000, layers: .three, dropThreshold: 0))
        let frames = try three.frames(of: scene, 0..<16)
        #expect(frames.map(\.temporalID) == [0, 2, 1, 2, 0, 2, 1, 2, 0, 2, 1, 2, 0, 2, 1, 2])
        #expect(frames.map(\.isNonReference) == frames.map { $0.temporalID == 2 })
        #expect(frames.indices.filter { frames[$0].isLayerSync } == [1, 2, 9, 10])
        #expect(frames.filter(\.isKeyFrame).count == 1)
        var two = try VP8Encoder(.init(width: 160, height: 90, bitrate: 300_000, layers: .two, dropThreshold: 0))
        let pairs = try two.frames(of: scene, 0..<16)
        #expect(pairs.map(\.temporalID) == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
        #expect(pairs.indices.filter { pairs[$0].isLayerSync } == [1, 9])
    }

    @Test func aKeyFrameBeginsThePatternAgain() throws {
        let scene = Scene(width: 160, height: 90)
        var encoder = try VP8Encoder(
            .init(width: 160, height: 90, bitrate: 300_000, layers: .three, dropThreshold: 0))
        _ = try encoder.frames(of: scene, 0..<3)
        let key = try #require(try encoder.encode(scene.picture(3), forceKeyFrame: true))
        #expect(key.isKeyFrame && key.temporalID == 0)
        #expect(try encoder.frames(of: scene, 4..<8).map(\.temporalID) == [2, 1, 2, 0])
    }

    /// The pictures that are left are those of the whole stream, sample for sample.
    @Test(
        arguments: [
            (VP8Encoder.Layers.three, UInt8(0)), (.three, 1), (.two, 0),
        ]
    )
    func upperLayersMayBeLeftOut(layers: VP8Encoder.Layers, wanted: UInt8) throws {
        let scene = Scene(width: 320, height: 180)
        var encoder = try VP8Encoder(.init(width: 320, height: 180, layers: layers, dropThreshold: 0))
        var whole = try VP8Decoder()
        var part = try VP8Decoder()
        var compared = 0
        for frame in try encoder.frames(of: scene, 0..<64) {
            _ = try whole.picture(of: frame.bytes)
            guard frame.temporalID <= wanted else { continue }
            _ = try part.picture(of: frame.bytes)
            let (seen, expected) = (part.checksum, whole.checksum)
            #expect(seen != nil && seen == expected)
            compared += 1
        }
        #expect(compared >= 16)
    }

    /// A receiver of layer 0 goes up at frames that say so, and sees the same as one that had them all.
    @Test func layersMayBeEnteredAtASync() throws {
        let scene = Scene(width: 320, height: 180)
        var encoder = try VP8Encoder(.init(width: 320, height: 180, layers: .three, dropThreshold: 0))
        var whole = try VP8Decoder()
        var part = try VP8Decoder()
        var highest: UInt8 = 0
        for (index, frame) in try encoder.frames(of: scene, 0..<48).enumerated() {
            _ = try whole.picture(of: frame.bytes)
            if index >= 20, frame.isLayerSync, frame.temporalID > highest { highest = frame.temporalID }
            guard frame.temporalID <= highest else { continue }
            _ = try part.picture(of: frame.bytes)
            let (seen, expected) = (part.checksum, whole.checksum)
            #expect(seen != nil && seen == expected, "frame \(index)")
        }
        #expect(highest == 2)
    }

    @Test func aMissingFrameShows() throws {
        let scene = Scene(width: 320, height: 180)
        var encoder = try VP8Encoder(.init(width: 320, height: 180, dropThreshold: 0))
        var whole = try VP8Decoder()
        var part = try VP8Decoder()
        for (index, frame) in try encoder.frames(of: scene, 0..<10).enumerated() {
            _ = try whole.picture(of: frame.bytes)
            guard index != 5 else { continue }
            _ = try part.picture(of: frame.bytes)
            let isTheSame = part.checksum == whole.checksum
            #expect(isTheSame == (index < 5))
        }
    }

    @Test func aDecoderBeginsAtAKeyFrame() throws {
        let scene = Scene(width: 160, height: 90)
        var encoder = try VP8Encoder(.init(width: 160, height: 90, dropThreshold: 0))
        let frames = try encoder.frames(of: scene, 0..<3)
        var decoder = try VP8Decoder()
        #expect(throws: VPXError.self) { try decoder.picture(of: frames[1].bytes) }
        let seesNothing = decoder.checksum == nil && decoder.meanColor(of: wall) == nil && decoder.copyPicture() == nil
        #expect(seesNothing)
        #expect(throws: VPXError.corruptFrame) { try decoder.picture(of: []) }
        #expect(try decoder.picture(of: frames[0].bytes)?.isCorrupted == false)
        let seesSomething = decoder.checksum != nil
        #expect(seesSomething)
    }

    @Test func aCutFrameIsNoticed() throws {
        let scene = Scene(width: 320, height: 180)
        var encoder = try VP8Encoder(.init(width: 320, height: 180, dropThreshold: 0))
        let frames = try encoder.frames(of: scene, 0..<2)
        var decoder = try VP8Decoder()
        _ = try decoder.picture(of: frames[0].bytes)
        let half = Array(frames[1].bytes.prefix(5))
        var isNoticed = false
        do { isNoticed = try decoder.picture(of: half)?.isCorrupted == true } catch { isNoticed = true }
        #expect(isNoticed)
    }

    @Test func aCopyIsThePicture() throws {
        let scene = Scene(width: 162, height: 91)
        var encoder = try VP8Encoder(.init(width: 162, height: 91, dropThreshold: 0))
        var decoder = try VP8Decoder()
        let frame = try #require(try encoder.encode(scene.picture(0)))
        #expect(try decoder.picture(of: frame.bytes) == .init(width: 162, height: 91, isCorrupted: false))
        let copy = decoder.copyPicture()
        for area in [wall, VideoRectangle(x: 100, y: 40, width: 62, height: 51)] {
            let color = decoder.meanColor(of: area)
            #expect(color != nil && copy?.meanColor(of: area) == color)
        }
    }

    @Test func refusesWhatCannotBe() throws {
        #expect(throws: VPXError.badArgument) { _ = try VP8Encoder(.init(width: 0)) }
        #expect(throws: VPXError.badArgument) { _ = try VP8Encoder(.init(height: 20_000)) }
        #expect(throws: VPXError.badArgument) { _ = try VP8Encoder(.init(bitrate: 0)) }
        #expect(throws: VPXError.badArgument) { _ = try VP8Encoder(.init(framesPerSecond: 0)) }
        #expect(throws: VPXError.badArgument) { _ = try VP8Encoder(.init(speed: 1)) }
        var encoder = try VP8Encoder()
        #expect(throws: VPXError.badArgument) { try encoder.encode(VideoFrame(width: 160, height: 90)) }
        #expect(throws: VPXError.badArgument) { try encoder.setBitrate(0) }
    }

    @Test func noiseNeverTraps() throws {
        let scene = Scene(width: 64, height: 48)
        var encoder = try VP8Encoder(.init(width: 64, height: 48, dropThreshold: 0))
        let frames = try encoder.frames(of: scene, 0..<4)
        var generator = SeededGenerator(seed: 9)
        var decoder = try VP8Decoder()
        for round in 0..<2000 {
            var bytes = round.isMultiple(of: 3) ? generator.bytes(1 + round % 200) : frames[round % 4].bytes
            // Not the size: a picture of 16 383 by 16 383 is legal and slow.
            for _ in 0..<3 where bytes.count > 10 {
                bytes[Int.random(in: 10..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            if round.isMultiple(of: 3), bytes.count > 3 { bytes[0] |= 1 }
            _ = try? decoder.picture(of: bytes)
            _ = decoder.meanColor(of: wall)
        }
    }

    private func noisy(_ generator: inout SeededGenerator) -> VideoFrame {
        let frame = VideoFrame(width: 640, height: 360)
        frame.withMutablePlane(.y) { samples in
            for index in samples.indices { samples[index] = UInt8.random(in: 90...160, using: &generator) }
        }
        return frame
    }
}
