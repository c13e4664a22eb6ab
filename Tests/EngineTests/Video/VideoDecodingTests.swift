import Engine
import Native
import TestKit
import Testing
import Wire

/// Real pictures, a real decoder: what arrives after random switches and losses is what the shown sender made.
struct VideoDecodingTests {
    /// A camera that films one colour and a bar that moves.
    private final class Painter {
        let color: VideoColor
        /// What a decoder makes of each frame of this camera, by the frame's bytes.
        private(set) var checksums: [[UInt8]: UInt64] = [:]
        private var encoder: VP8Encoder
        private var decoder: VP8Decoder
        private var packetizer: VP8Packetizer
        private let picture = VideoFrame(width: 96, height: 64)
        private var frames = 0
        private var random: SeededGenerator
        private var sequence: UInt16
        private var timestamp: UInt32
        private let layers: VP8Encoder.Layers

        init(color: VideoColor, layers: VP8Encoder.Layers, random: inout SeededGenerator) throws {
            self.color = color
            self.layers = layers
            self.random = SeededGenerator(seed: random.next())
            encoder = try VP8Encoder(
                .init(width: 96, height: 64, bitrate: 400_000, framesPerSecond: 20, layers: layers, dropThreshold: 0))
            decoder = try VP8Decoder()
            packetizer = VP8Packetizer(
                pictureID: UInt16.random(in: 0...0x7FFF, using: &random),
                tl0PictureIndex: UInt8.random(in: 0...255, using: &random), maximumPayload: 400)
            sequence = UInt16.random(in: 0...UInt16.max, using: &random)
            timestamp = UInt32.random(in: 0...UInt32.max, using: &random)
        }

        func encode(isKeyFrame: Bool, passed: UInt32) -> [SyntheticCamera.Packet] {
            frames += 1
            timestamp &+= passed
            picture.fill(with: color)
            // No two frames of any camera are alike, nor are their differences.
            for column in 0..<6 {
                let luma = UInt8.random(in: 16...235, using: &random)
                picture.fill(
                    VideoRectangle(x: column * 16, y: 0, width: 16, height: 16),
                    with: VideoColor(y: luma, u: 128, v: 128))
            }
            guard let frame = try? encoder.encode(picture, forceKeyFrame: isKeyFrame) else { return [] }
            _ = try? decoder.decode(frame.bytes.span)
            checksums[frame.bytes] = decoder.checksum
            let layer =
                layers == .none
                ? nil
                : VP8Packetizer.Layer(
                    temporalID: frame.temporalID, isLayerSync: frame.isLayerSync, isNonReference: frame.isNonReference)
            let payloads = packetizer.payloads(of: frame.bytes.span, layer: layer)
            return payloads.enumerated().map { index, payload in
                defer { sequence &+= 1 }
                return SyntheticCamera.Packet(
                    sequence: sequence, timestamp: timestamp, marker: index == payloads.count - 1, payload: payload)
            }
        }
    }

    /// Puts frames together and decodes them, as a browser does.
    private final class Viewer {
        private(set) var decoded = 0
        private(set) var problems: [String] = []
        /// Index of the camera whose picture was decoded last.
        private(set) var shown: Int?
        private(set) var color: VideoColor?
        private(set) var skips = 0
        private var frames = VP8Depacketizer()
        private var decoder: VP8Decoder
        private let painters: [Painter]
        private var waitingSince: Int?

        init(_ painters: [Painter]) throws {
            self.painters = painters
            decoder = try VP8Decoder()
        }

        func receive(_ header: RTPHeader, _ payload: [UInt8]) {
            frames.insert(
                payload.span, sequence: header.sequence, timestamp: header.timestamp, marker: header.marker)
            while let frame = frames.nextFrame() { decode(frame) }
        }

        /// What is missing for long is given up, as browsers do when a key frame has come behind it.
        func wait(at time: Int) {
            guard !frames.missing.isEmpty else {
                waitingSince = nil
                return
            }
            guard let since = waitingSince else {
                waitingSince = time
                return
            }
            guard time - since > 400, frames.skip() else { return }
            skips += 1
            waitingSince = nil
            while let frame = frames.nextFrame() { decode(frame) }
        }

        private func decode(_ frame: VP8Frame) {
            decoded += 1
            do {
                guard let picture = try decoder.decode(frame.bytes.span) else { return note("not shown") }
                if picture.isCorrupted { note("damaged") }
            } catch {
                return note("\(error)")
            }
            guard let camera = painters.firstIndex(where: { $0.checksums[frame.bytes] != nil }) else {
                return note("nobody's frame")
            }
            if decoder.checksum != painters[camera].checksums[frame.bytes] { note("another picture than the sender's") }
            if camera != shown, !frame.isKeyFrame { note("a switch without a key frame") }
            shown = camera
            color = decoder.meanColor(of: VideoRectangle(x: 0, y: 24, width: 96, height: 40))
        }

        private func note(_ problem: String) {
            if problems.count < 10 { problems.append("frame \(decoded): \(problem)") }
        }
    }

    private static let colors = [
        VideoColor(red: 220, green: 30, blue: 30), VideoColor(red: 30, green: 200, blue: 30),
        VideoColor(red: 30, green: 30, blue: 220),
    ]

    @Test(arguments: [0, 50])
    func aThousandSwitchesDecodeWithoutAnError(lostOfThousand: Int) throws {
        var random = SeededGenerator(seed: 42)
        let rig = VideoRig(seed: 42, .init(lostIn: lostOfThousand, lostOut: lostOfThousand, jitter: lostOfThousand / 5))
        let layers: [VP8Encoder.Layers] = [.none, .three, .none]
        let painters = try zip(Self.colors, layers).map { try Painter(color: $0, layers: $1, random: &random) }
        for painter in painters {
            let camera = rig.addCamera()
            camera.rate = 20
            camera.encode = { painter.encode(isKeyFrame: $0, passed: $1) }
        }
        let receiver = rig.addReceiver()
        let viewer = try Viewer(painters)
        receiver.onArrival = { viewer.receive($0, $1) }
        var delays: [Int] = []
        var wanted = 0
        for _ in 0..<1_000 {
            wanted = (wanted + Int.random(in: 1...2, using: &random)) % 3
            receiver.output.show(rig.cameras[wanted].source, at: rig.now)
            let length = Int.random(in: 20...400, using: &random)
            var shownAfter: Int?
            for passed in stride(from: 10, through: length, by: 10) {
                rig.run(milliseconds: 10)
                viewer.wait(at: rig.milliseconds)
                if viewer.shown == wanted, shownAfter == nil { shownAfter = passed }
            }
            if let shownAfter { delays.append(shownAfter) }
        }
        rig.run(seconds: 2)
        viewer.wait(at: rig.milliseconds)
        #expect(viewer.problems == [])
        #expect(viewer.decoded > 1_500)
        #expect(viewer.shown == wanted)
        #expect((viewer.color?.distance(to: Self.colors[wanted]) ?? 255) <= 12)
        delays.sort()
        #expect(delays.count > 500)
        #expect(delays[delays.count / 2] <= 250)
        #expect(lostOfThousand > 0 || viewer.skips == 0)
        #expect(receiver.wrongRepeats == 0)
    }
}
