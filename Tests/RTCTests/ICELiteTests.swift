import RTC
import TestKit
import Testing
import Wire

struct ICELiteTests {
    /// One step: seconds since the start, from which path, whether it nominates; and the path selected then.
    typealias Step = (at: Int, path: UInt16, nominates: Bool, selected: UInt16)
    typealias Row = (what: String, steps: [Step])

    static let rows: [Row] = [
        ("the first check serves until a nomination", [(0, 1, false, 1), (0, 2, false, 1), (1, 2, true, 2)]),
        ("a nomination stays when plain checks follow", [(0, 1, true, 1), (3, 1, false, 1), (4, 2, false, 1)]),
        ("the last nomination wins", [(0, 1, true, 1), (1, 2, true, 2), (2, 1, true, 1)]),
        ("an old path's plain check does not win it back", [(0, 1, true, 1), (1, 2, true, 2), (3, 1, false, 2)]),
        ("plain checks move a path that is silent for 3 s", [(0, 1, true, 1), (4, 2, false, 2)]),
        ("not before", [(0, 1, true, 1), (3, 2, false, 1)]),
    ]

    @Test(arguments: rows)
    func selects(row: Row) {
        var ice = ICELite()
        for step in row.steps {
            _ = ice.receive(nominates: step.nominates, over: path(step.path), at: instant(step.at))
            #expect(ice.selected == path(step.selected), "\(row.what), second \(step.at)")
        }
    }

    @Test func mediaKeepsASilentPathSelected() {
        var ice = ICELite()
        _ = ice.receive(nominates: true, over: path(1), at: instant(0))
        ice.heardMedia(at: instant(4))
        _ = ice.receive(nominates: false, over: path(2), at: instant(5))
        #expect(ice.selected == path(1))
    }

    @Test func aPathIsValidatedOnce() {
        var ice = ICELite()
        #expect(ice.receive(nominates: false, over: path(1), at: instant(0)).validated == path(1))
        #expect(ice.receive(nominates: true, over: path(1), at: instant(0)).validated == nil)
        #expect(ice.paths == [path(1)])
    }

    @Test func theOldestUnselectedPathMakesRoom() {
        var ice = ICELite()
        for number in 1...UInt16(ICELite.mostPaths) {
            _ = ice.receive(nominates: number == 1, over: path(number), at: instant(0))
        }
        #expect(ice.receive(nominates: false, over: path(100), at: instant(0)).retired == path(2))
        #expect(ice.receive(nominates: true, over: path(101), at: instant(0)).retired == path(3))
        #expect(ice.selected == path(101))
        #expect(ice.receive(nominates: false, over: path(102), at: instant(0)).retired == path(1))
        #expect(ice.paths.count == ICELite.mostPaths)
    }

    @Test func silenceCountsFromTheLastSignOfLife() {
        var ice = ICELite()
        #expect(ice.silence(since: instant(0), at: instant(7)) == .seconds(7))
        _ = ice.receive(nominates: true, over: path(1), at: instant(8))
        #expect(ice.silence(since: instant(0), at: instant(10)) == .seconds(2))
        ice.heardMedia(at: instant(12))
        #expect(ice.silence(since: instant(0), at: instant(15)) == .seconds(3))
    }

    private func path(_ port: UInt16) -> Path { Path(socket: 0, remote: Call.address("192.0.2.1", port)) }
    private func instant(_ seconds: Int) -> Instant { Instant(nanoseconds: Int64(seconds) * 1_000_000_000) }
}
