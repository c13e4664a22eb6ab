import Calls
import SIP
import Testing
import Wire

/// How long the server stays for those who have to hear of its end.
struct LeavingTests {
    @Test func waitsForTheAnswerToABye() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try door.incoming(&far)
        door.out = []
        door.endpoint.call(leg, .ended(.systemShutdown), at: door.now, into: &door.out)
        let bye = try #require(door.requests().first)
        #expect(door.endpoint.isLeaving)
        door.receive(FarEnd.answer(bye, 200), from: Door.phone)
        #expect(!door.endpoint.isLeaving)
    }

    @Test func doesNotWaitWhereNothingIsUnderWay() { #expect(!Door().endpoint.isLeaving) }
}
