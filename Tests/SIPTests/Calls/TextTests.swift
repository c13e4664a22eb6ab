import Calls
import SIP
import Testing
import Wire

/// MESSAGE: RFC 3428, sip.md §2.8.
struct TextTests {
    private static func listEverybody(_ settings: inout SIPSettings) {
        settings.profiles[1].inboundACL = [AccessList(name: "any", isAllowedByDefault: true)]
    }

    private func message(_ out: [SIPOutput]) -> (token: SIPRequestToken, text: SIPText)? {
        for case .message(let token, let text) in out { return (token, text) }
        return nil
    }

    @Test(arguments: [(200, 200), (404, 404), (480, 480), (0, 500), (100, 500)])
    func inMessageIsAnsweredWhenSomebodyKnows(status: Int, expected: Int) throws {
        let door = Door(Self.listEverybody)
        var far = FarEnd()
        door.receive(far.request(.message, body: "hello", type: "text/plain"))
        let out = door.take()
        #expect(out.compactMap(\.message).isEmpty, "nobody knows yet")
        let (token, text) = try #require(message(out))
        #expect(text.to == "4711" && text.text == "hello" && text.fromName == "Bob" && text.leg == nil)
        #expect(text.user == nil && text.domain == "example.com" && text.context == "public")
        door.endpoint.messageDone(token, status: status, at: door.now, into: &door.out)
        let answers = door.take()
        #expect(answers.compactMap(\.message?.response?.status) == [expected])
        #expect(answers.contains { if case .count(.textRefused) = $0 { true } else { false } } == (expected != 200))
        door.endpoint.messageDone(token, status: 200, at: door.now, into: &door.out)
        #expect(door.out.isEmpty, "once is enough")
        #expect(door.isEmptyInTheEnd())
    }

    @Test func aTextThatNobodyDealsWithIsRefusedInTheEnd() throws {
        let door = Door(Self.listEverybody)
        var far = FarEnd()
        let request = far.request(.message, body: "hello", type: "text/plain")
        door.receive(request)
        #expect(message(door.take()) != nil)
        door.receive(request)
        #expect(message(door.take()) == nil, "a copy is no other text")
        door.wait(.seconds(25))
        #expect(door.statuses().filter { $0 != 100 } == [500])
        #expect(door.isEmptyInTheEnd())
    }

    @Test func inADialogItNamesTheCall() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try door.incoming(&far)
        door.out = []
        door.receive(far.request(.message, body: "psst", type: "text/plain"))
        let (token, text) = try #require(message(door.take()))
        #expect(text.leg == leg && text.text == "psst")
        door.endpoint.messageDone(token, status: 200, at: door.now, into: &door.out)
        let answer = try #require(door.responses().last)
        #expect(answer.status == 200 && answer.to.tag == far.ourTag)
    }

    @Test func inADialogNobodyIsSomebodyElse() throws {
        let door = Door()
        var far = FarEnd()
        _ = try door.incoming(&far)
        door.out = []
        far.from = "\"Boss\" <sip:boss@example.com>"
        door.receive(far.request(.message, body: "pay him", type: "text/plain"))
        let (_, text) = try #require(message(door.take()))
        #expect(text.from == "sip:bob@192.0.2.10" && text.fromName == "Bob" && text.user == nil)
    }

    @Test func inADialogTextsMayBeForbiddenToo() throws {
        let door = Door { $0.profiles[1].messagesAllowed = false }
        var far = FarEnd()
        _ = try door.incoming(&far)
        door.out = []
        door.receive(far.request(.message, body: "psst", type: "text/plain"))
        #expect(door.statuses() == [405])
    }

    @Test func anEmptyTextIsForNobody() {
        let door = Door(Self.listEverybody)
        var far = FarEnd()
        door.receive(far.request(.message))
        #expect(door.statuses() == [200])
    }
}
