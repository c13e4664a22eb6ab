import RTC
import TestKit
import Testing
import Wire

struct RemoteTransportTests {
    static let sha1 = Array(repeating: "11", count: 20).joined(separator: ":")
    static let sha256 = Array(repeating: "2a", count: 32).joined(separator: ":")
    static let sha512 = Array(repeating: "5F", count: 64).joined(separator: ":")

    typealias Row = (what: String, offered: [(String, String)], chosen: [String])

    static let rows: [Row] = [
        ("one", [("sha-256", sha256)], ["sha-256"]),
        ("the strongest of several", [("sha-1", sha1), ("sha-512", sha512), ("sha-256", sha256)], ["sha-512"]),
        ("all of the strongest", [("sha-256", sha256), ("SHA-256", sha256), ("sha-1", sha1)], ["sha-256", "sha-256"]),
        ("unknown hashes do not count", [("md5", sha1), ("sha-1", sha1)], ["sha-1"]),
        ("neither do values that are no hexadecimal", [("sha-512", "5G:00"), ("sha-1", sha1)], ["sha-1"]),
    ]

    @Test(arguments: rows)
    func keepsTheStrongestHash(row: Row) {
        let chosen = RemoteTransport.strongest(of: row.offered.map { Fingerprint(hash: $0.0, hex: $0.1) })
        #expect(chosen?.map(\.hash) == row.chosen)
    }

    @Test func readsTheBytes() {
        let chosen = RemoteTransport.strongest(of: [Fingerprint(hash: "sha-256", hex: Self.sha256)])
        #expect(chosen?.first?.bytes == [UInt8](repeating: 0x2A, count: 32))
    }

    @Test(arguments: ["", "11", "1:2", "11:22:", Array(repeating: "11", count: 65).joined(separator: ":")])
    func nothingUsableIsNothing(text: String) {
        #expect(RemoteTransport.strongest(of: [Fingerprint(hash: "sha-256", hex: text)]) == nil)
    }
}
