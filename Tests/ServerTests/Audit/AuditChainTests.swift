import Server
import Testing
import Wire

struct AuditChainTests {
    /// Made with Python's hashlib.
    static let published =
        #"{"seq":1,"who":"ada","prev":"0000000000000000000000000000000000000000000000000000000000000000","#
        + #""hash":"dea2fdc2085b705c704385683edb2405d5784c5283ef8fff5387a30d6d683289"}"#

    /// Lines that say one word each.
    static func lines(_ words: [String], after link: AuditLink = .origin) -> [[UInt8]] {
        var link = link
        return words.map { word in
            let (text, next) = AuditChain.line(["word": .string(word)], after: link)
            link = next
            return Array(text.utf8)
        }
    }

    /// The number, from 1 on, of the first line that does not fit, and why.
    static func fault(in lines: [[UInt8]]) -> (line: Int, fault: AuditFault)? {
        var verifier = AuditVerifier()
        for (index, line) in lines.enumerated() {
            do throws(AuditFault) { try verifier.take(line) } catch { return (index + 1, error) }
        }
        return nil
    }

    @Test func writesWhatAnybodyCanRecompute() throws {
        let (text, link) = AuditChain.line(["who": "ada"], after: .origin)
        #expect(text == Self.published)
        #expect(try AuditChain.read(Array(text.utf8)).link == link)
        #expect(link.sequence == 1)
    }

    @Test func anUntouchedLogFits() {
        #expect(Self.fault(in: Self.lines(["a", "b", "c", "d"])) == nil)
        #expect(Self.fault(in: Array(Self.lines(["a", "b", "c", "d"])[2...])) == nil)
    }

    @Test(arguments: 0..<3) func noticesEveryChangedByte(index: Int) {
        let lines = Self.lines(["a", "b", "c"])
        for place in lines[index].indices {
            var changed = lines
            changed[index][place] ^= 1
            #expect(Self.fault(in: changed)?.line == index + 1, "\(place)")
        }
    }

    @Test func noticesEveryCutLine() {
        let line = Self.lines(["word"])[0]
        for length in 0..<line.count {
            #expect(throws: AuditFault.self) { try AuditChain.read(Array(line[..<length])) }
        }
    }

    typealias Row = (what: String, order: [Int], line: Int, fault: AuditFault)

    static let rows: [Row] = [
        ("a line is gone", [0, 1, 3], 3, .outOfOrder(expected: 3, found: 4)),
        ("two lines changed places", [0, 2, 1, 3], 2, .outOfOrder(expected: 2, found: 3)),
        ("a line stands twice", [0, 1, 1, 2], 3, .outOfOrder(expected: 3, found: 2)),
        ("the first line is another log's", [4, 1], 2, .unlinked),
    ]

    @Test(arguments: rows) func noticesLinesMissingAndMoved(row: Row) throws {
        let lines = Self.lines(["a", "b", "c", "d"]) + Self.lines(["other"])
        let found = try #require(Self.fault(in: row.order.map { lines[$0] }))
        #expect(found == (row.line, row.fault), "\(row.what)")
    }

    /// Whoever changes a line and computes its hash anew has to do so for all that follow.
    @Test func noticesALineWrittenAnew() throws {
        var lines = Self.lines(["a", "b", "c"])
        let before = try AuditChain.read(lines[0]).link
        lines[1] = Self.lines(["x"], after: before)[0]
        #expect(Self.fault(in: lines).map { $0 == (3, .unlinked) } == true)
    }

    @Test func theFirstLineBuildsOnNothing() {
        let line = Self.lines(["a"], after: AuditLink(sequence: 0, hash: String(repeating: "1", count: 64)))
        #expect(Self.fault(in: line).map { $0 == (1, .unlinked) } == true)
    }

    @Test func refusesAnyBytes() {
        var state: UInt64 = 1
        for length in 0..<300 {
            let bytes = (0..<length).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            #expect(throws: AuditFault.unreadable) { try AuditChain.read(bytes) }
        }
    }
}
