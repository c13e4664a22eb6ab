import Server
import Testing
import Wire

struct RTPPortsTests {
    static let range: ClosedRange<UInt16> = 23_000...23_007

    @Test(arguments: ["127.0.0.1", "::1"])
    func aPairIsAnEvenPortAndTheNextOne(ip: String) throws {
        let pair = try #require(RTPPorts(23_100...23_199).take(on: try address(ip, 0)))
        #expect(pair.rtpPort.isMultiple(of: 2))
        #expect(pair.rtcpPort == pair.rtpPort + 1)
        #expect((23_100...23_199).contains(pair.rtcpPort))
    }

    @Test func allAreGivenAndAllComeBack() throws {
        let ports = RTPPorts(Self.range)
        let here = try address("127.0.0.1", 0)
        var pairs = (0..<4).compactMap { _ in ports.take(on: here) }
        #expect(Set(pairs.map(\.rtpPort)) == [23_000, 23_002, 23_004, 23_006])
        #expect(ports.take(on: here) == nil)
        let last = pairs.removeLast().rtpPort
        #expect(ports.take(on: here)?.rtpPort == last)
        pairs = []
        #expect((0..<4).compactMap { _ in ports.take(on: here) }.count > 0)
    }

    /// Packets of the call before may still be under way.
    @Test func aPortThatComesBackIsTakenLast() throws {
        let ports = RTPPorts(23_200...23_207, startingAt: 1)
        let here = try address("127.0.0.1", 0)
        let order = (0..<5).map { _ in ports.take(on: here)?.rtpPort }
        #expect(order == [23_202, 23_204, 23_206, 23_200, 23_202])
    }

    typealias Row = (range: ClosedRange<UInt16>, pairs: Int)
    static let rows: [Row] = [
        (23_300...23_300, 0), (23_301...23_302, 0), (23_301...23_303, 1), (23_300...23_302, 1), (65_535...65_535, 0),
        (65_534...65_535, 1),
    ]

    @Test(arguments: rows)
    func aRangeHasOnlyWholePairs(row: Row) throws {
        let ports = RTPPorts(row.range)
        let here = try address("127.0.0.1", 0)
        let pairs = (0..<3).compactMap { _ in ports.take(on: here) }
        #expect(pairs.count == row.pairs)
        #expect(pairs.allSatisfy { row.range.contains($0.rtpPort) && row.range.contains($0.rtcpPort) })
    }

    @Test func anotherMachinesAddressHasNone() throws {
        #expect(RTPPorts(Self.range).take(on: try address("198.51.100.77", 0)) == nil)
    }
}
