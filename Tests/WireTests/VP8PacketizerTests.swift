import Testing
import Wire

/// A frame of that many bytes: a proper key frame header, or a delta frame's first byte, then a pattern.
private func frame(_ count: Int, isKeyFrame: Bool = false, seed: Int = 0) -> [UInt8] {
    let head = isKeyFrame ? hex("100200 9d012a 8002 6801") : [0x11]
    return head + (head.count..<max(count, head.count)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed) }
}

struct VP8PacketizerTests {
    @Test(arguments: [1, 2, 1173, 1174, 1175, 2348, 2349, 60_000])
    func piecesFitAndAreTheFrame(count: Int) throws {
        var packetizer = VP8Packetizer(pictureID: 5)
        let whole = frame(count)
        let payloads = packetizer.payloads(of: whole.span)
        #expect(payloads.count == (count + 1173) / 1174)
        #expect(payloads.allSatisfy { $0.count <= 1178 })
        let sizes = payloads.map(\.count)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        var joined: [UInt8] = []
        for (index, payload) in payloads.enumerated() {
            let descriptor = try VP8Descriptor(parsing: payload.span)
            #expect(descriptor == VP8Descriptor(startsPartition: index == 0, pictureID: 5))
            joined += payload[descriptor.size...]
        }
        #expect(joined == whole)
    }

    @Test func countsPictures() throws {
        var packetizer = VP8Packetizer(pictureID: 0x7FFE)
        let ids = try (0..<4).map { _ in
            try packetizer.firstDescriptor(of: frame(10)).pictureID
        }
        #expect(ids == [0x7FFE, 0x7FFF, 0, 1])
        #expect(packetizer.payloads(of: [UInt8]().span) == [])
        #expect(packetizer.pictureID == 2)
    }

    @Test func countsFramesOfTheLowestLayer() throws {
        var packetizer = VP8Packetizer(pictureID: 0, tl0PictureIndex: 255)
        let layers = [0, 2, 1, 2, 0, 2].map { VP8Packetizer.Layer(temporalID: $0, isNonReference: $0 == 2) }
        let descriptors = try layers.map {
            try packetizer.firstDescriptor(of: frame(10), layer: $0)
        }
        #expect(descriptors.map(\.tl0PictureIndex) == [255, 255, 255, 255, 0, 0])
        #expect(descriptors.map(\.temporalID) == [0, 2, 1, 2, 0, 2])
        #expect(descriptors.map(\.isNonReference) == [false, true, false, true, false, true])
        #expect(descriptors.map(\.pictureID) == [0, 1, 2, 3, 4, 5])
        #expect(packetizer.payloads(of: frame(9000).span, layer: layers[0]).allSatisfy { $0.count <= 1178 })
    }
}

extension VP8Packetizer {
    fileprivate mutating func firstDescriptor(of frame: [UInt8], layer: Layer? = nil) throws -> VP8Descriptor {
        let first = payloads(of: frame.span, layer: layer)[0]
        return try VP8Descriptor(parsing: first.span)
    }
}

struct VP8DepacketizerTests {
    /// One packet on its way.
    struct Packet {
        var sequence: UInt16
        var timestamp: UInt32
        var marker: Bool
        var payload: [UInt8]
    }

    /// Frames of growing size, the first of them and each tenth a key frame, as packets from `sequence` on.
    static func stream(_ count: Int, from sequence: UInt16 = 65_500) -> (frames: [[UInt8]], packets: [Packet]) {
        var packetizer = VP8Packetizer(pictureID: 32_760, tl0PictureIndex: 250)
        var (frames, packets): ([[UInt8]], [Packet]) = ([], [])
        for index in 0..<count {
            let bytes = frame(100 + index % 7 * 900, isKeyFrame: index.isMultiple(of: 10), seed: index)
            let payloads = packetizer.payloads(of: bytes.span, layer: .init(temporalID: 0))
            for (place, payload) in payloads.enumerated() {
                packets.append(
                    Packet(
                        sequence: sequence &+ UInt16(truncatingIfNeeded: packets.count),
                        timestamp: UInt32(truncatingIfNeeded: 4_294_960_000 + index * 3000),
                        marker: place == payloads.count - 1, payload: payload))
            }
            frames.append(bytes)
        }
        return (frames, packets)
    }

    @Test func framesComeOutAsTheyWentIn() {
        let (frames, packets) = Self.stream(60)
        var depacketizer = VP8Depacketizer()
        var seen: [VP8Frame] = []
        for packet in packets {
            depacketizer.insert(packet)
            while let frame = depacketizer.nextFrame() { seen.append(frame) }
        }
        #expect(seen.map(\.bytes) == frames)
        #expect(seen.indices.filter { seen[$0].isKeyFrame } == [0, 10, 20, 30, 40, 50])
        #expect(seen.map(\.descriptor.pictureID) == (0..<60).map { UInt16((32_760 + $0) & 0x7FFF) })
        #expect(seen.map(\.packetCount).reduce(0, +) == packets.count)
        #expect(seen[0].firstSequence == 65_500 && seen[0].timestamp == 4_294_960_000)
        #expect(depacketizer.refused + depacketizer.late + depacketizer.broken == 0)
        #expect(depacketizer.missing == [] && depacketizer.waitingPackets == 0)
    }

    @Test(arguments: 1...5)
    func orderAndCopiesDoNotMatter(seed: UInt64) {
        let (frames, packets) = Self.stream(60)
        var generator = SeededGenerator(seed: seed)
        // Each packet up to 20 places late; one in five twice.
        var shuffled = packets.dropFirst().enumerated().flatMap { index, packet in
            (0..<(Int.random(in: 0..<5, using: &generator) == 0 ? 2 : 1)).map { _ in
                (Double(index) + Double.random(in: 0..<20, using: &generator), packet)
            }
        }
        shuffled.sort { $0.0 < $1.0 }
        var depacketizer = VP8Depacketizer()
        depacketizer.insert(packets[0])
        var seen: [[UInt8]] = []
        for (_, packet) in shuffled {
            depacketizer.insert(packet)
            while let frame = depacketizer.nextFrame() { seen.append(frame.bytes) }
        }
        #expect(seen == frames)
        #expect(depacketizer.late == shuffled.count + 1 - packets.count)
        #expect(depacketizer.broken == 0)
    }

    @Test func namesWhatIsMissingAndWaitsForIt() throws {
        let (frames, packets) = Self.stream(12)
        var depacketizer = VP8Depacketizer()
        let lost: Set<Int> = [4, 5, 9]
        for (index, packet) in packets.enumerated() where !lost.contains(index) { depacketizer.insert(packet) }
        #expect(depacketizer.missing == lost.sorted().map { packets[$0].sequence })
        var seen: [[UInt8]] = []
        while let frame = depacketizer.nextFrame() { seen.append(frame.bytes) }
        #expect(seen.count < frames.count && depacketizer.missing.count == 3)
        for index in lost { depacketizer.insert(packets[index]) }
        #expect(depacketizer.missing == [])
        while let frame = depacketizer.nextFrame() { seen.append(frame.bytes) }
        #expect(seen == frames && depacketizer.broken == 0)
    }

    @Test func skipsToTheNextKeyFrame() {
        let (frames, packets) = Self.stream(25)
        var depacketizer = VP8Depacketizer()
        var index = 0
        for packet in packets {
            if index != 2 { depacketizer.insert(packet) }
            index += 1
        }
        var seen: [[UInt8]] = []
        while let frame = depacketizer.nextFrame() { seen.append(frame.bytes) }
        let isSkipped = depacketizer.skip()
        #expect(isSkipped && depacketizer.missing == [])
        while let frame = depacketizer.nextFrame() { seen.append(frame.bytes) }
        #expect(seen.suffix(15) == frames.suffix(15))
        let isSkippedAgain = depacketizer.skip()
        #expect(!isSkippedAgain)
        depacketizer.insert(packets[2])
        #expect(depacketizer.late == 1)
    }

    @Test func skipsToTheNextFrame() {
        let (frames, packets) = Self.stream(5)
        var depacketizer = VP8Depacketizer()
        for (index, packet) in packets.enumerated() where index != 1 { depacketizer.insert(packet) }
        #expect(seen(depacketizer: &depacketizer) == [frames[0]])
        let hasKeyFrame = depacketizer.skip()
        let hasFrame = depacketizer.skip(toKeyFrame: false)
        #expect(!hasKeyFrame && hasFrame)
        #expect(seen(depacketizer: &depacketizer) == Array(frames[2...]))
    }

    private func seen(depacketizer: inout VP8Depacketizer) -> [[UInt8]] {
        var seen: [[UInt8]] = []
        while let frame = depacketizer.nextFrame() { seen.append(frame.bytes) }
        return seen
    }

    @Test func paddingTakesUpItsNumberAndNoMore() {
        let (frames, packets) = Self.stream(4, from: 1)
        var depacketizer = VP8Depacketizer()
        var seen: [[UInt8]] = []
        for packet in packets {
            var packet = packet
            packet.sequence = packet.sequence &* 2
            depacketizer.insert(packet)
            depacketizer.insert(
                [UInt8]().span, sequence: packet.sequence + 1, timestamp: packet.timestamp, marker: false)
            while let frame = depacketizer.nextFrame() { seen.append(frame.bytes) }
        }
        #expect(seen == frames)
        #expect(depacketizer.broken == 0 && depacketizer.missing == [])
    }

    /// What a switch in mid-frame would look like to a browser.
    @Test func tellsBrokenFrames() {
        let (_, packets) = Self.stream(8, from: 0)
        var depacketizer = VP8Depacketizer()
        // The end of a frame of several packets is cut off and the next frame follows without a gap.
        let starts = packets.indices.filter { $0 == 0 || packets[$0 - 1].marker }
        let cut = starts[5] - 1
        var sequence: UInt16 = 0
        var seen = 0
        for (index, packet) in packets.enumerated() where index != cut {
            var packet = packet
            packet.sequence = sequence
            sequence += 1
            depacketizer.insert(packet)
            while depacketizer.nextFrame() != nil { seen += 1 }
        }
        #expect(depacketizer.broken == 1 && seen == 7)
        // A frame without its beginning.
        let (_, others) = Self.stream(4, from: sequence)
        let second = others.indices.first { $0 > 0 && others[$0 - 1].marker && !others[$0].marker } ?? 0
        for packet in others[(second + 1)...] {
            var packet = packet
            packet.sequence = sequence
            sequence += 1
            depacketizer.insert(packet)
        }
        #expect(depacketizer.nextFrame() != nil)
        #expect(depacketizer.broken > 1)
    }

    @Test func keepsNoMoreThanItMay() {
        let (_, packets) = Self.stream(100, from: 0)
        var depacketizer = VP8Depacketizer(capacity: 16)
        for (index, packet) in packets.enumerated() where index != 1 { depacketizer.insert(packet) }
        #expect(depacketizer.waitingPackets == 15)
        #expect(depacketizer.missing == [1])
        #expect(depacketizer.refused == packets.count - 16)
    }

    @Test func takesPacketsWithTheirHeaders() throws {
        let (frames, packets) = Self.stream(3)
        var depacketizer = VP8Depacketizer()
        for packet in packets {
            var bytes = [UInt8](repeating: 0, count: 12)
            var span = bytes.mutableSpan
            RTPHeader.write(
                marker: packet.marker, payloadType: 96, sequence: packet.sequence, timestamp: packet.timestamp,
                ssrc: SSRC(1), to: &span)
            bytes += packet.payload
            depacketizer.insert(try RTPHeader(parsing: bytes.span), bytes.span)
        }
        #expect((0..<3).map { _ in depacketizer.nextFrame()?.bytes } == frames)
    }

    @Test func survivesNoise() {
        var generator = SeededGenerator(seed: 77)
        var depacketizer = VP8Depacketizer(capacity: 64)
        for round in 0..<20_000 {
            let payload = generator.bytes(upTo: 40)
            depacketizer.insert(
                payload.span, sequence: UInt16.random(in: 0...200, using: &generator) &+ UInt16(round / 100),
                timestamp: UInt32.random(in: 0...3, using: &generator), marker: Bool.random(using: &generator))
            _ = depacketizer.nextFrame()
            if round.isMultiple(of: 50) { depacketizer.skip(toKeyFrame: Bool.random(using: &generator)) }
            if depacketizer.waitingPackets > 64 || depacketizer.missing.count > 64 { Issue.record("too much is kept") }
        }
    }
}

extension VP8Depacketizer {
    fileprivate mutating func insert(_ packet: VP8DepacketizerTests.Packet) {
        insert(packet.payload.span, sequence: packet.sequence, timestamp: packet.timestamp, marker: packet.marker)
    }
}
