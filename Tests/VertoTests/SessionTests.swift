import Calls
import Testing
import Verto
import Wire

/// verto.md §3.7-§3.9: binding, takeover, losing the socket, coming back.
struct SessionTests {
    @Test func theSameUserTakesASessionOverAndTheOldConnectionIsPunted() {
        let rig = Rig()
        let old = rig.login("1001", session: "S")
        rig.invite(old, "call")
        let new = rig.connect()
        let answer = rig.ask(new, "login", ["login": "1001", "passwd": "secret", "sessid": "S"])
        #expect(answer["result"]?["sessid"]?.string == "S")
        #expect(rig.take(old).last?.method == "verto.punt")
        #expect(rig.closed[old]?.code == 1000)
        #expect(rig.hangUps.map(\.leg.rawValue) == ["call"])  // it was not answered
        // What is left of the old connection ends without touching the new one.
        _ = rig.take(new)
        rig.disconnect(old)
        rig.invite(new, "call-2")
        rig.news("call-2", .media(sdp: "x"))
        #expect(rig.take(new).last?.method == "verto.media")
        rig.wait(.seconds(600))
        #expect(rig.hangUps.count == 1)
    }

    @Test func anotherUserIsRefusedAndSentAway() {
        let rig = Rig()
        let owner = rig.login("1001", session: "S")
        let thief = rig.connect()
        let answer = rig.ask(thief, "login", ["login": "1002", "passwd": "secret", "sessid": "S"])
        #expect(answer.errorCode == -32001)
        #expect(answer.errorMessage == "Session in use")
        #expect(rig.closed[thief]?.code == 1000)
        #expect(rig.closed[owner] == nil)
        #expect(rig.take(owner).isEmpty)
        #expect(rig.ask(owner, "verto.ping", [:]).isResult)
    }

    @Test func aSessidStaysItsOwnersForTheDetachTimeout() {
        let rig = Rig()
        let owner = rig.login("1001", session: "S")
        rig.disconnect(owner)
        rig.wait(.seconds(119))
        let early = rig.connect()
        #expect(rig.ask(early, "login", ["login": "1002", "passwd": "secret", "sessid": "S"]).errorCode == -32001)
        rig.wait(.seconds(2))
        let late = rig.connect()
        #expect(rig.ask(late, "login", ["login": "1002", "passwd": "secret", "sessid": "S"]).isResult)
    }

    @Test func nobodyBindsASessidBeforeTheLogin() {
        let rig = Rig()
        let owner = rig.login("1001", session: "S")
        let attacker = rig.connect()
        _ = rig.ask(attacker, "login", ["login": "1001", "passwd": "wrong", "sessid": "S"])
        _ = rig.ask(attacker, "echo", ["sessid": "S"])
        #expect(rig.closed[owner] == nil)
        #expect(rig.take(owner).isEmpty)
    }

    @Test func laterSessidsOfAConnectionAreIgnored() {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        #expect(rig.ask(c, "verto.ping", ["sessid": "T"])["result"]?["sessid"]?.string == "S")
    }

    @Test func severalSessionsOfOneUserLiveSideBySide() {
        let rig = Rig()
        let (a, b) = (rig.login("1001", session: "A"), rig.login("1001", session: "B"))
        #expect(rig.closed.isEmpty)
        #expect(rig.ask(a, "verto.ping", [:])["result"]?["sessid"]?.string == "A")
        #expect(rig.ask(b, "verto.ping", [:])["result"]?["sessid"]?.string == "B")
    }

    @Test func answeredCallsWaitForTheirOwner() {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        rig.enter(c, "answered")
        rig.invite(c, "ringing")
        rig.invite(c, "brief", ["recoverCall": false])
        rig.invite(c, "screen", ["screenShare": true])
        for call in ["brief", "screen"] { rig.news(call, .answered(sdp: "x")) }
        rig.disconnect(c)
        #expect(rig.hangUps.map(\.leg.rawValue) == ["ringing", "brief", "screen"])
        #expect(rig.hangUps.map(\.cause) == [.destinationOutOfOrder, .normalClearing, .normalClearing])
        #expect(rig.detached.map(\.rawValue) == ["answered"])

        rig.wait(.seconds(60))
        let thief = rig.connect()
        #expect(rig.ask(thief, "login", ["login": "1002", "passwd": "secret", "sessid": "S"]).errorCode == -32001)
        #expect(rig.reattached.isEmpty)
        let (back, messages) = rig.comeBack(session: "S")
        #expect(rig.reattached.map(\.rawValue) == ["answered"])
        #expect(messages.map(\.method) == [nil, "verto.attach", "verto.clientReady"])
        #expect(messages.last?["params"]?.text == #"{"reattached_sessions":["answered"]}"#)
        rig.wait(.seconds(600))
        #expect(rig.hangUps.count == 3)
        #expect(rig.closed[back] == nil)
    }

    @Test func whatIsAwayTooLongEnds() {
        let rig = Rig()
        let c = rig.login()
        rig.enter(c, "call")
        rig.disconnect(c)
        rig.wait(.seconds(119))
        #expect(rig.hangUps.isEmpty)
        rig.wait(.seconds(2))
        #expect(rig.hangUps.map(\.cause) == [.recoveryOnTimerExpire])
        #expect(rig.endpoint.callCount == 0)
    }

    @Test func takeoverHandsAnsweredCallsOn() {
        let rig = Rig()
        let old = rig.login("1001", session: "S")
        rig.enter(old, "call")
        _ = rig.take(old)
        let (new, messages) = rig.comeBack(session: "S")
        #expect(rig.take(old).map(\.method) == ["verto.punt"])
        #expect(messages.map(\.method) == [nil, "verto.attach", "verto.clientReady"])
        #expect(rig.detached.map(\.rawValue) == ["call"])
        #expect(rig.reattached.map(\.rawValue) == ["call"])
        rig.disconnect(old)
        #expect(rig.take(new).isEmpty)
        #expect(rig.ask(new, "verto.bye", ["dialogParams": ["callID": "call"]]).isResult)
    }

    @Test func aSessionIsRegisteredOnceForAllItsConnections() {
        let rig = Rig()
        let old = rig.login("1001", session: "S")
        rig.request(old, "login", ["login": "1001", "passwd": "secret"])
        let new = rig.login("1001", session: "S")
        rig.disconnect(old)
        #expect(rig.registered == ["+S 1001@example.com"])
        rig.disconnect(new)
        #expect(rig.registered == ["+S 1001@example.com", "-S"])
        _ = rig.login("bare")  // may call no method, and so answer no call
        #expect(rig.registered.count == 2)
    }

    @Test func thePartOfAnOldCallIsNotToldToWhoeverTookTheSessionOver() {
        let rig = Rig()
        let old = rig.login("1001", session: "S")
        rig.enter(old, "call")
        let (new, _) = rig.comeBack(session: "S")
        rig.leave("call")  // before the new client has taken it up
        #expect(rig.take(new).allSatisfy { $0["params"]?["pvtData"] == nil })
    }

    @Test func anExpiredLoginEndsItsCalls() {
        let rig = Rig(users: [Rig.user("e", variables: ["login-expires": "1"])])
        let c = rig.login("e")
        rig.enter(c, "call")
        rig.wait(.seconds(301))
        #expect(rig.hangUps.map(\.cause) == [.bearercapabilityNotauth])
    }
}
