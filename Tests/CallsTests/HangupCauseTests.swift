import Calls
import Testing

struct HangupCauseTests {
    typealias Row = (name: String, code: Int)

    /// Rows of the FreeSWITCH cause table that clients see.
    static let rows: [Row] = [
        ("NORMAL_CLEARING", 16), ("no_route_destination", 3), ("User_Busy", 17), ("DESTINATION_OUT_OF_ORDER", 27),
        ("FACILITY_NOT_IMPLEMENTED", 69), ("RECOVERY_ON_TIMER_EXPIRE", 102), ("ORIGINATOR_CANCEL", 487),
        ("LOSE_RACE", 702), ("MEDIA_TIMEOUT", 804), ("REJECT_ALL", 825), ("NONE", 0),
    ]

    @Test(arguments: rows)
    func isFoundByNameWhateverItsCase(row: Row) {
        #expect(HangupCause(name: row.name)?.code == row.code)
        #expect(HangupCause(code: row.code) == HangupCause(name: row.name))
    }

    @Test func readsANumberAsACode() {
        #expect(HangupCause(name: "17") == .userBusy)
    }

    @Test func keepsTheNumberOfAnUnlistedCode() {
        let cause = HangupCause(code: 4_711)
        #expect(cause.code == 4_711)
        #expect(cause.name == "UNKNOWN")
    }

    @Test func doesNotInventACauseForAnUnknownName() {
        #expect(HangupCause(name: "NOT_A_CAUSE") == nil)
        #expect(HangupCause(name: "") == nil)
    }

    @Test func listsEachCodeAndNameOnce() {
        #expect(HangupCause.all.count == 82)
        #expect(Set(HangupCause.all.map(\.code)).count == HangupCause.all.count)
        #expect(Set(HangupCause.all.map(\.name)).count == HangupCause.all.count)
        #expect(HangupCause.all.map(\.code) == HangupCause.all.map(\.code).sorted())
    }
}
