import Foundation
import SIP
import Testing
import Wire

/// What becomes of the RFC 4475 messages behind the parser (sip.md §6): statuses of the UAS, or silence.
struct TortureTests {
    typealias Row = (name: String, statuses: Set<Int>, count: Int)

    /// 100 stands for a call that was let in; wsinv has a To tag and so belongs to a dialog that we do not have.
    /// `count` is how many answers come.
    static let rows: [Row] = [
        ("wsinv", [481], 1), ("intmeth", [405], 1), ("esc01", [100], 1), ("escnull", [401], 1), ("esc02", [405], 1),
        ("lwsdisp", [200], 1), ("longreq", [100], 1), ("dblreq", [401], 1), ("semiuri", [200], 1),
        ("transports", [200], 1), ("mpart01", [403, 415, 200], 1), ("unreason", [], 0), ("noreason", [], 0),
        ("badinv01", [400], 1), ("clerr", [400], 1), ("ncl", [400], 1), ("scalar02", [400], 1), ("scalarlg", [], 0),
        ("quotbal", [400], 1), ("ltgtruri", [400], 1), ("lwsruri", [400], 1), ("lwsstart", [400, 100], 1),
        ("trws", [400, 200], 1), ("escruri", [400, 100], 1), ("baddate", [400, 100], 1), ("regbadct", [400, 401], 1),
        ("badaspec", [400, 200], 1), ("baddn", [400, 200], 1), ("badvers", [505], 1), ("mismatch01", [400], 1),
        ("mismatch02", [400, 501], 1), ("bigcode", [], 0), ("badbranch", [200], 1), ("insuf", [400], 1),
        ("unkscm", [416], 1), ("novelsc", [416], 1), ("unksm2", [401, 400], 1), ("bext01", [420], 1),
        ("invut", [415], 1), ("regaut01", [401], 1), ("multi01", [400], 1), ("mcl01", [400], 1), ("bcast", [], 0),
        ("zeromf", [200], 1), ("cparam01", [401], 1), ("cparam02", [401], 1), ("regescrt", [401], 1),
        ("sdp01", [406], 1),
        ("inv2543", [100], 1),
    ]

    @Test(arguments: rows)
    func isAnsweredAsItShould(row: Row) throws {
        let bytes = try Self.message(row.name)
        let door = Door()
        door.receive(bytes)
        // The 100 for a stranger comes when nothing else has.
        door.wait(.milliseconds(200))
        // By hand: what a broken request gets echoes its broken fields, and is no message that parses.
        let statuses = door.take().compactMap { output -> Int? in
            guard case .send(let bytes, _) = output else { return nil }
            let words = String(decoding: bytes.prefix(32), as: UTF8.self).split(separator: " ")
            return words.first == "SIP/2.0" && words.count > 1 ? Int(words[1]) : nil
        }
        #expect(statuses.count == row.count && Set(statuses).isSubset(of: row.statuses), "\(row.name): \(statuses)")
        // The next message is none the worse for it.
        var far = FarEnd()
        door.receive(far.request(.options))
        #expect(door.statuses().contains(200), "\(row.name)")
        door.endpoint.shutDown(at: door.now, into: &door.out)
    }

    @Test func everyMessageIsListed() { #expect(Self.rows.count == 49) }

    /// The vectors are those of the parser's tests.
    static func message(_ name: String) throws -> [UInt8] {
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        let folder = here.appending(path: "../../WireTests/Vectors/sip/rfc4475").standardizedFileURL
        for ending in ["dat", "sip", "txt"] {
            let file = folder.appending(path: "\(name).\(ending)")
            if let data = try? Data(contentsOf: file) { return Array(data) }
        }
        throw CocoaError(.fileNoSuchFile)
    }
}
