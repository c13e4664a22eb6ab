import Engine
import TestKit
import Testing
import Wire

/// The rewriter alone, fed in order as an output feeds it.
struct VP8RewriterTests {
    /// Feeds one camera's packets and checks what comes out.
    private struct Line {
        var rewriter: VP8Rewriter
        var checker = StreamChecker()
        var now = Instant(nanoseconds: 1_000_000_000)
        private var number: Int64 = 0

        init(seed: UInt64) { rewriter = VP8Rewriter(seed: seed, at: now) }

        @discardableResult
        mutating func send(_ packet: SyntheticCamera.Packet) -> VP8Rewriter.Outcome {
            number += 1
            let outcome = rewriter.rewrite(record(packet), at: now)
            guard case .send(let numbers) = outcome,
                let descriptor = try? VP8Descriptor(parsing: packet.payload.span)
            else { return outcome }
            var bytes = [UInt8](repeating: 0, count: 12) + packet.payload
            var span = bytes.mutableSpan
            RTPHeader.write(
                marker: packet.marker, payloadType: 96, sequence: numbers.sequence, timestamp: numbers.timestamp,
                ssrc: SSRC(1), to: &span)
            var payload = packet.payload
            var target = payload.mutableSpan
            descriptor.write(
                pictureID: numbers.pictureID, tl0PictureIndex: numbers.tl0PictureIndex, keyIndex: numbers.keyIndex,
                into: &target)
            if let header = try? RTPHeader(parsing: bytes.span) { checker.receive(header, payload: payload) }
            return outcome
        }

        private func record(_ packet: SyntheticCamera.Packet) -> PacketRecord {
            let descriptor = try? VP8Descriptor(parsing: packet.payload.span)
            let header = descriptor.flatMap { try? VP8FrameHeader(parsing: packet.payload.span, behind: $0) }
            return PacketRecord(
                sequence: number, timestamp: packet.timestamp, marker: packet.marker,
                content: packet.payload.isEmpty ? .padding : descriptor == nil ? .unusable : .picture,
                isKeyFrame: header?.isKeyFrame ?? false,
                descriptor: descriptor ?? VP8Descriptor(startsPartition: false),
                arrival: now, size: packet.payload.count)
        }
    }

    private static func style(_ random: inout SeededGenerator) -> SyntheticCamera.Style {
        var style = SyntheticCamera.Style()
        style.pictureID = SyntheticCamera.Style.PictureID.allCases.randomElement(using: &random) ?? .wide
        style.temporalLayers = Bool.random(using: &random) ? 3 : 1
        style.hasKeyIndex = Bool.random(using: &random)
        return style
    }

    @Test(arguments: SeededGenerator.seeds(30))
    func makesOneStreamOfPiecesOfMany(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var cameras = (0..<4).map { number in
            let style = Self.style(&random)
            return SyntheticCamera(number: UInt8(number), style: style, random: &random)
        }
        var line = Line(seed: random.next())
        for _ in 0..<60 {
            let index = Int.random(in: 0..<4, using: &random)
            line.rewriter.temporalLimit = UInt8.random(in: 0...3, using: &random)
            let frames = Int.random(in: 1...40, using: &random)
            for frame in 0..<frames {
                let packets = cameras[index].nextFrame(isKeyFrame: frame == 0)
                if frame == 0 { line.rewriter.begin(newest: packets[0].timestamp, at: line.now) }
                line.now = line.now.advanced(byNanoseconds: Int64.random(in: 1...66_000_000, using: &random))
                if frame % 7 == 3 { line.rewriter.temporalLimit = UInt8.random(in: 0...3, using: &random) }
                // The last frame of a piece is cut off anywhere.
                let count =
                    frame == frames - 1 && frame > 0 ? Int.random(in: 0...packets.count, using: &random) : packets.count
                for packet in packets.prefix(count) { line.send(packet) }
                if Bool.random(using: &random), count == packets.count { line.send(cameras[index].padding()) }
            }
        }
        #expect(line.checker.problems == [])
        #expect(line.checker.wholeFrames > 300)
    }

    @Test func sendsNothingOfAPieceBeforeItsKeyFrame() {
        var random = SeededGenerator(seed: 7)
        var camera = SyntheticCamera(number: 1, style: .init(), random: &random)
        var line = Line(seed: 1)
        for _ in 0..<5 {
            for packet in camera.nextFrame(isKeyFrame: false) { #expect(line.send(packet) == .drop) }
        }
        for packet in camera.nextFrame(isKeyFrame: true) { line.send(packet) }
        for packet in camera.nextFrame(isKeyFrame: false) { line.send(packet) }
        #expect(line.checker.problems == [])
        #expect(line.checker.wholeFrames == 2)
    }

    @Test func reportsAFrameWithoutABeginning() {
        var random = SeededGenerator(seed: 8)
        var camera = SyntheticCamera(number: 1, style: .init(largestFrame: 5), random: &random)
        var line = Line(seed: 1)
        for packet in camera.nextFrame(isKeyFrame: true) { line.send(packet) }
        var packets: [SyntheticCamera.Packet] = []
        while packets.count < 2 { packets = camera.nextFrame(isKeyFrame: false) }
        #expect(line.send(packets[1]) == .broken)
    }

    /// What was old when the picture began is caught up with, and the newest frame belongs to now.
    @Test func timestampsOfAYoungKeyFrameEndInThePresent() throws {
        var random = SeededGenerator(seed: 9)
        var camera = SyntheticCamera(number: 1, style: .init(), random: &random)
        var line = Line(seed: 1)
        let start = line.rewriter.timestamp(at: line.now)
        line.now = line.now.advanced(by: .seconds(10))
        var packets = camera.nextFrame(isKeyFrame: true)
        for _ in 0..<15 { packets += camera.nextFrame(isKeyFrame: false) }
        line.rewriter.begin(newest: camera.timestamp, at: line.now)
        for packet in packets { line.send(packet) }
        #expect(line.checker.problems == [])
        let last = try #require(line.checker.last)
        #expect(last.timestamp &- start == 900_000)
        #expect(line.rewriter.timestamp(at: line.now.advanced(by: .seconds(1))) &- start == 990_000)
    }

    typealias ClockRow = (what: String, change: UInt32, mostStep: UInt32)

    @Test(
        arguments: [
            ("an hour forward", 324_000_000, 3_100),
            ("an hour back", UInt32(bitPattern: -324_000_000), 3_100),
            ("half of all there is", 0x8000_0000, 3_100),
            ("half a second back", UInt32(bitPattern: -45_000), 3_100),
            ("stands still", UInt32(bitPattern: -3_000), 3_100),
            ("a second forward", 90_000, 93_100),
        ] as [ClockRow])
    func timestampsGoOnWhenTheSendersJump(row: ClockRow) throws {
        var random = SeededGenerator(seed: 10)
        var camera = SyntheticCamera(number: 1, style: .init(), random: &random)
        var line = Line(seed: 1)
        for packet in camera.nextFrame(isKeyFrame: true) { line.send(packet) }
        let before = try #require(line.checker.last?.timestamp)
        line.now = line.now.advanced(byNanoseconds: 33_333_333)
        for packet in camera.nextFrame(isKeyFrame: false, passed: 3_000 &+ row.change) { line.send(packet) }
        let after = try #require(line.checker.last?.timestamp)
        #expect((1...row.mostStep).contains(after &- before))
        #expect(line.checker.problems == [])
    }

    @Test func goesUpInTemporalLayersOnlyWhereAFramePermitsIt() {
        var random = SeededGenerator(seed: 11)
        var camera = SyntheticCamera(number: 1, style: .init(temporalLayers: 3), random: &random)
        var line = Line(seed: 1)
        line.rewriter.temporalLimit = 0
        for packet in camera.nextFrame(isKeyFrame: true) { line.send(packet) }
        for frame in 1...40 {
            if frame == 11 { line.rewriter.temporalLimit = 3 }
            for packet in camera.nextFrame(isKeyFrame: false) { line.send(packet) }
            if frame == 10 { #expect(line.checker.framesByLayer == [3, 0, 0, 0]) }
        }
        #expect(line.checker.problems == [])
        #expect(line.checker.framesByLayer[1] >= 7)
        #expect(line.checker.framesByLayer[2] >= 12)
    }
}
