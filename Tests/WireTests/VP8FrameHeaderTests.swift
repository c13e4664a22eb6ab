import Testing
import Wire

struct VP8FrameHeaderTests {
    typealias Row = (what: String, frame: String, size: VP8FrameHeader.Size?)

    static let rows: [Row] = [
        ("640x360", "d04300 9d012a 8002 6801", .init(width: 640, height: 360)),
        ("1280x720, and more behind", "100200 9d012a 0005 d002 0747", .init(width: 1280, height: 720)),
        ("scales are no size", "100200 9d012a 0045 d082", .init(width: 1280, height: 720)),
        ("the largest", "100200 9d012a ff3f ff3f", .init(width: 16_383, height: 16_383)),
        ("delta frame", "d14300 9d012a 8002 6801", nil),
        ("delta frame of one byte", "11", nil),
    ]

    @Test(arguments: rows)
    func readsTheSize(row: Row) throws {
        let header = try VP8FrameHeader(parsing: hex(row.frame).span)
        #expect(header.size == row.size, "\(row.what)")
        #expect(header.isKeyFrame == (row.size != nil))
        #expect(header.width == row.size?.width && header.height == row.size?.height)
    }

    typealias Refusal = (what: String, frame: String, error: VP8Error)

    static let refusals: [Refusal] = [
        ("nothing", "", .truncated(needed: 1, had: 0)),
        ("key frame cut", "100200 9d012a 0005 d0", .truncated(needed: 10, had: 9)),
        ("wrong start code", "100200 9d012b 0005 d002", .badStartCode(0x9D012B)),
        ("no width", "100200 9d012a 0000 d002", .emptyPicture),
        ("no height but a scale", "100200 9d012a 0005 0040", .emptyPicture),
    ]

    @Test(arguments: refusals)
    func refuses(row: Refusal) {
        #expect(throws: row.error, "\(row.what)") { try VP8FrameHeader(parsing: hex(row.frame).span) }
    }

    @Test(arguments: 0..<10)
    func refusesEveryShorterPrefix(length: Int) {
        let prefix = Array(hex("d04300 9d012a 8002 6801").prefix(length))
        #expect(throws: VP8Error.self) { try VP8FrameHeader(parsing: prefix.span) }
    }

    @Test func readsBehindADescriptor() throws {
        func header(_ payload: String) throws -> VP8FrameHeader? {
            let payload = hex(payload)
            let descriptor = try VP8Descriptor(parsing: payload.span)
            return try VP8FrameHeader(parsing: payload.span, behind: descriptor)
        }
        #expect(try header("90 80 9267 d04300 9d012a 8002 6801")?.width == 640)
        #expect(try header("90 80 9267 01")?.isKeyFrame == false)
        // Not the start of a frame, whatever the byte says.
        #expect(try header("80 80 9267 d04300 9d012a 8002 6801") == nil)
        #expect(try header("91 80 9267 d04300 9d012a 8002 6801") == nil)
        #expect(throws: VP8Error.truncated(needed: 10, had: 3)) { try header("90 80 9267 d04300") }
    }
}
