import Testing
import Wire

struct VP8DescriptorTests {
    typealias Row = (what: String, payload: String, descriptor: VP8Descriptor, size: Int)

    /// The examples of RFC 7741 §4.6, then what the browsers write (recorded).
    static let rows: [Row] = [
        (
            "key frame in one packet", "90 80 11 00",
            VP8Descriptor(startsPartition: true, pictureID: 17, hasWidePictureID: false), 3
        ),
        (
            "frame that may be left out, no picture id", "30 01",
            VP8Descriptor(startsPartition: true, isNonReference: true), 1
        ),
        (
            "long picture id", "90 80 92 67 00",
            VP8Descriptor(startsPartition: true, pictureID: 4711), 4
        ),
        (
            "second fragment, long picture id", "80 80 92 67 00",
            VP8Descriptor(startsPartition: false, pictureID: 4711), 4
        ),
        (
            "second partition", "91 80 11 00",
            VP8Descriptor(startsPartition: true, partition: 1, pictureID: 17, hasWidePictureID: false), 3
        ),
        (
            "Chromium, one layer of a simulcast", "90 e0 ff ff 07 20 00",
            VP8Descriptor(
                startsPartition: true, pictureID: 0x7FFF, tl0PictureIndex: 7, temporalID: 0, isLayerSync: true), 6
        ),
        (
            "Chromium, top layer", "b0 e0 80 00 07 80 00",
            VP8Descriptor(
                startsPartition: true, isNonReference: true, pictureID: 0, tl0PictureIndex: 7, temporalID: 2), 6
        ),
        ("key index alone", "90 10 1f 00", VP8Descriptor(startsPartition: true, keyIndex: 31), 3),
        ("layer alone", "90 20 e0 00", VP8Descriptor(startsPartition: true, temporalID: 3, isLayerSync: true), 3),
        (
            "TL0PICIDX alone, against the rule", "90 40 09 00",
            VP8Descriptor(startsPartition: true, tl0PictureIndex: 9), 3
        ),
    ]

    @Test(arguments: rows)
    func readsAndWrites(row: Row) throws {
        var bytes = hex(row.payload)
        let read = try VP8Descriptor(parsing: bytes.span)
        var expected = row.descriptor
        if read.pictureID == nil { expected.hasWidePictureID = false }
        #expect(read == expected, "\(row.what)")
        #expect(read.size == row.size)
        bytes.removeSubrange(row.size...)
        var written: [UInt8] = []
        row.descriptor.append(to: &written)
        #expect(written == bytes, "\(row.what)")
    }

    @Test func aFrameStartsWithItsFirstPartition() {
        #expect(VP8Descriptor(startsPartition: true).startsFrame)
        #expect(!VP8Descriptor(startsPartition: true, partition: 1).startsFrame)
        #expect(!VP8Descriptor(startsPartition: false).startsFrame)
    }

    /// Every pair of first bytes, both widths of the picture id, and every length that is too short.
    @Test func readsAllBitCombinations() throws {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                for wide in [UInt8(0), 0x80] {
                    let payload: [UInt8] = [first, second, wide | 0x2A, 0x55, 0xAA, 0xFF, 0xC3]
                    let isExtended = first & 0x80 != 0
                    let id = isExtended && second & 0x80 != 0 ? (wide == 0 ? 1 : 2) : 0
                    let index = isExtended && second & 0x40 != 0 ? 1 : 0
                    let layer = isExtended && second & 0x30 != 0 ? 1 : 0
                    let size = (isExtended ? 2 : 1) + id + index + layer
                    let read = try VP8Descriptor(parsing: payload.span.extracting(..<(size + 1)))
                    try check(read, first, second, size: size, payload, places: (id, index, layer))
                }
            }
        }
    }

    private func check(
        _ read: VP8Descriptor,
        _ first: UInt8,
        _ second: UInt8,
        size: Int,
        _ payload: [UInt8],
        places: (id: Int, index: Int, layer: Int)
    ) throws {
        var isRight = read.size == size && read.partition == first & 7
        isRight = isRight && read.startsPartition == (first & 0x10 != 0) && read.isNonReference == (first & 0x20 != 0)
        let id: UInt16? = places.id == 0 ? nil : places.id == 1 ? UInt16(payload[2]) : 0x2A55
        isRight = isRight && read.pictureID == id
        isRight = isRight && read.tl0PictureIndex == (places.index == 0 ? nil : payload[2 + places.id])
        let layer = payload[2 + places.id + places.index]
        isRight = isRight && read.temporalID == (places.layer == 1 && second & 0x20 != 0 ? layer >> 6 : nil)
        isRight = isRight && read.isLayerSync == (places.layer == 1 && second & 0x20 != 0 && layer & 0x20 != 0)
        isRight = isRight && read.keyIndex == (places.layer == 1 && second & 0x10 != 0 ? layer & 0x1F : nil)
        if !isRight { Issue.record("\(first) \(second): \(read)") }
        for length in 0...size {
            do {
                _ = try VP8Descriptor(parsing: payload.span.extracting(..<length))
                Issue.record("\(first) \(second) was read from \(length) bytes")
            } catch { if length == size, error != .noPicture { Issue.record("\(first) \(second): \(error)") } }
        }
    }

    @Test func saysWhatIsMissing() {
        #expect(throws: VP8Error.truncated(needed: 1, had: 0)) { try VP8Descriptor(parsing: [UInt8]().span) }
        #expect(throws: VP8Error.truncated(needed: 2, had: 1)) { try VP8Descriptor(parsing: hex("90").span) }
        #expect(throws: VP8Error.truncated(needed: 3, had: 2)) { try VP8Descriptor(parsing: hex("9080").span) }
        #expect(throws: VP8Error.truncated(needed: 4, had: 3)) { try VP8Descriptor(parsing: hex("908080").span) }
        #expect(throws: VP8Error.noPicture) { try VP8Descriptor(parsing: hex("90808000").span) }
    }

    /// Descriptors of every shape, with numbers at the edges of their fields.
    static let shapes: [VP8Descriptor] = {
        var shapes: [VP8Descriptor] = [VP8Descriptor(startsPartition: true)]
        let ids: [(UInt16?, Bool)] = [(nil, false), (0, false), (127, false), (0, true), (128, true), (0x7FFF, true)]
        for (id, isWide) in ids {
            for index in [nil, 0, 255] as [UInt8?] {
                for layer in [nil, 0, 1, 2, 3] as [UInt8?] {
                    for key in [nil, 0, 31] as [UInt8?] {
                        for isSync in layer == nil ? [false] : [false, true] {
                            shapes.append(
                                VP8Descriptor(
                                    startsPartition: key == nil, partition: (key ?? 0) & 7, isNonReference: isSync,
                                    pictureID: id, hasWidePictureID: isWide, tl0PictureIndex: index, temporalID: layer,
                                    isLayerSync: isSync, keyIndex: key))
                        }
                    }
                }
            }
        }
        return shapes.map { shape in
            var shape = shape
            if shape.pictureID == nil { shape.hasWidePictureID = false }
            return shape
        }
    }()

    @Test func readsWhatItWrites() throws {
        #expect(Self.shapes.count > 400)
        for shape in Self.shapes {
            var bytes: [UInt8] = []
            shape.append(to: &bytes)
            #expect(bytes.count == shape.size)
            bytes.append(0)
            #expect(try VP8Descriptor(parsing: bytes.span) == shape)
        }
    }

    @Test func changesItsNumbersInPlaceAndNothingElse() throws {
        for shape in Self.shapes {
            var payload: [UInt8] = []
            shape.append(to: &payload)
            payload += [0x01, 0x02, 0x03]
            let original = payload
            let descriptor = try VP8Descriptor(parsing: payload.span)
            var span = payload.mutableSpan
            descriptor.write(pictureID: 0xFEDC, tl0PictureIndex: 0x77, keyIndex: 0xF3, into: &span)
            var expected = shape
            expected.pictureID = shape.pictureID.map { _ in shape.hasWidePictureID ? 0x7EDC : 0x5C }
            expected.tl0PictureIndex = shape.tl0PictureIndex.map { _ in 0x77 }
            expected.keyIndex = shape.keyIndex.map { _ in 0x13 }
            #expect(try VP8Descriptor(parsing: payload.span) == expected)
            #expect(payload.count == original.count && payload[descriptor.size...] == original[descriptor.size...])
            #expect(payload[0] == original[0] && (shape.isExtended ? payload[1] == original[1] : true))
        }
    }

    @Test func leavesTheKeyIndexWhenNoneIsGiven() throws {
        var payload = hex("90 f0 8001 05 7f 00")
        let descriptor = try VP8Descriptor(parsing: payload.span)
        var span = payload.mutableSpan
        descriptor.write(pictureID: 2, tl0PictureIndex: 6, into: &span)
        #expect(payload == hex("90 f0 8002 06 7f 00"))
    }

    /// Bits that say nothing, but are the sender's, stay.
    @Test func keepsReservedBits() throws {
        var payload = hex("d8 bf 8001 ff 00")
        let descriptor = try VP8Descriptor(parsing: payload.span)
        var span = payload.mutableSpan
        descriptor.write(pictureID: 2, tl0PictureIndex: 6, keyIndex: 1, into: &span)
        #expect(payload == hex("d8 bf 8002 e1 00"))
    }

    @Test func survivesNoise() {
        for input in hostileInputs(seed: 31, like: hex("90 f0 8001 05 7f 100200 9d012a 8002 6801")) {
            guard let descriptor = try? VP8Descriptor(parsing: input.span) else { continue }
            #expect(descriptor.size < input.count && descriptor.size <= 6)
            var copy = input
            var span = copy.mutableSpan
            descriptor.write(pictureID: 1, tl0PictureIndex: 2, keyIndex: 3, into: &span)
            #expect(copy[descriptor.size...] == input[descriptor.size...])
            _ = try? VP8FrameHeader(parsing: input.span, behind: descriptor)
        }
    }
}
