import Calls
import Testing
import Verto
import Wire

/// The text API's commands about calls, by `fsapi`, `jsapi` and at the control socket.
struct CallCommandTests {
    private static let admin = Rig.user(
        "admin",
        [
            "jsonrpc-allowed-fsapi": "show,verto,verto_contact,uuid_kill,uuid_transfer,hupall,originate",
            "jsonrpc-allowed-jsapi": "fsapi,show",
        ])

    private static func leg(_ id: String, _ direction: Leg.Direction = .inbound) -> Leg {
        Leg(
            id: LegID(id), kind: .verto(session: "secret-session"), direction: direction, callerIDName: "Ann, \"A\"",
            callerIDNumber: "1001", destination: "1002", user: "1001@example.com", networkAddress: "192.0.2.1")
    }

    typealias Row = (line: String, query: CallQuery?, answer: CallQueryAnswer, text: String)

    static let rows: [Row] = [
        ("show channels count", .legs, .legs([leg("a"), leg("b")]), "\n2 total.\n"),
        ("show calls count", .legs, .legs([leg("a")]), "\n1 total.\n"),
        ("show channels", .legs, .legs([]), "\n0 total.\n"),
        (
            "show channels", .legs, .legs([leg("b", .outbound), leg("a")]),
            """
            uuid,direction,name,callstate,cid_name,cid_num,callee_name,callee_num,ip_addr,dest,context,presence_id
            a,inbound,verto.rtc/1002,RINGING,"Ann, ""A""\",1001,,,192.0.2.1,1002,default,1001@example.com
            b,outbound,verto.rtc/1002,RINGING,"Ann, ""A""\",1001,,,192.0.2.1,1002,default,1001@example.com

            2 total.

            """
        ),
        ("show", nil, .done, "-USAGE: calls|channels [count]\n"),
        ("show registrations", nil, .done, "-USAGE: calls|channels [count]\n"),
        (
            "verto_contact 1001@example.com", .contacts(of: "1001@example.com"),
            .contacts("verto.rtc/u:h1,verto.rtc/u:h2"),
            "verto.rtc/u:h1,verto.rtc/u:h2"
        ),
        ("verto_contact 1001", .contacts(of: "1001@example.com"), .noSuchCall, "error/user_not_registered"),
        ("uuid_kill a", .kill(LegID("a"), .normalClearing), .done, "+OK\n"),
        ("uuid_kill a user_busy", .kill(LegID("a"), .userBusy), .done, "+OK\n"),
        ("uuid_kill never", .kill(LegID("never"), .normalClearing), .noSuchCall, "-ERR No such channel!\n"),
        ("uuid_kill", nil, .done, "-USAGE: <uuid> [cause]\n"),
        ("uuid_kill a nonsense", nil, .done, "-ERR Invalid cause\n"),
        ("uuid_transfer a 3500", .transfer(LegID("a"), to: "3500", farLeg: false), .done, "+OK\n"),
        ("uuid_transfer a -bleg 3500", .transfer(LegID("a"), to: "3500", farLeg: true), .done, "+OK\n"),
        ("uuid_transfer a 3500 inline public", nil, .done, "-USAGE: <uuid> [-bleg] <dest-exten>\n"),
        ("hupall", .killAll(.managerRequest), .done, "+OK hangup all channels with cause MANAGER_REQUEST\n"),
        (
            "hupall NORMAL_CLEARING", .killAll(.normalClearing), .done,
            "+OK hangup all channels with cause NORMAL_CLEARING\n"
        ),
        (
            "originate {a='x y',b=z}user/1001 &playback(a b.wav)",
            .originate(dialString: "{a='x y',b=z}user/1001", destination: "&playback(a b.wav)"),
            .originated(LegID("new")), "+OK new\n"
        ),
        (
            "originate user/1001 3500", .originate(dialString: "user/1001", destination: "3500"), .failed(.noAnswer),
            "-ERR NO_ANSWER\n"
        ),
        ("originate user/1001", nil, .done, "-USAGE: <call_url> <exten>|&<application_name>(<app_args>)\n"),
        (
            "originate user/1001 3500 XML public", nil, .done,
            "-USAGE: <call_url> <exten>|&<application_name>(<app_args>)\n"
        ),
        ("verto", nil, .done, "-USAGE: verto status\n"),
    ]

    @Test(arguments: rows)
    func isSpelledAndAnsweredAsScriptsKnowIt(row: Row) {
        let rig = Rig(users: [Self.admin])
        let c = rig.login("admin")
        rig.queryAnswer = row.answer
        let command = String(row.line.prefix { $0 != " " })
        let argument = String(row.line.dropFirst(command.count + 1))
        let params: JSONObject = ["cmd": .string(command), "arg": .string(argument)]
        #expect(rig.ask(c, "fsapi", params)["result"]?["message"]?.string == row.text)
        #expect(rig.queries.map(\.query) == (row.query.map { [$0] } ?? []))
        let nested = rig.ask(c, "jsapi", ["command": "fsapi", "data": .object(params)])
        #expect(nested["result"]?["message"]?.string == row.text)
        #expect(rig.control(row.line) == row.text)
    }

    @Test func aBridgeIsOneCallOfTwoChannels() {
        let house = House()
        let (a, b) = (house.logIn("1001", session: "SID-A").0, house.logIn("1002", session: "SID-B").0)
        house.call(a, "C-20", to: "1002")
        let leg = house.ringing(b)
        house.answer(b, leg, name: "Bob")
        house.call(a, "C-21", to: "3500")
        let rig = Rig(users: [Self.admin])
        rig.queryAnswer = .legs(house.board.legs)
        #expect(rig.control("show channels count") == "\n3 total.\n")
        #expect(rig.control("show calls count") == "\n2 total.\n")
        let table = rig.control("show calls") ?? ""
        let lines = table.split(separator: "\n")
        #expect(lines.dropFirst().map { $0.prefix { $0 != "," } }.dropLast() == ["C-20", "C-21"])
        #expect(lines.dropFirst().first?.contains(leg) == true)
        #expect(!table.contains("SID-"))
    }

    @Test func ordersLeaveAnAuditLineAndQuestionsNone() {
        let rig = Rig(users: [Self.admin])
        let c = rig.login("admin")
        _ = rig.ask(c, "fsapi", ["cmd": "show", "arg": "calls"])
        #expect(rig.audit.isEmpty)
        _ = rig.ask(c, "fsapi", ["cmd": "uuid_kill", "arg": "a"])
        rig.queryAnswer = .noSuchCall
        rig.control("uuid_kill b", by: "uid 0")
        #expect(rig.audit.map(\.command) == ["uuid_kill a", "uuid_kill b"])
        #expect(rig.audit.map(\.who) == ["admin@example.com", "uid 0"])
        #expect(rig.audit.map(\.door) == [.fsapi, .ctl])
        #expect(rig.audit.map(\.result) == [.done("+OK"), .refused("-ERR No such channel!")])
    }

    @Test(arguments: ["show", "verto", "verto_contact", "uuid_kill", "uuid_transfer", "hupall", "originate", "status"])
    func isForThoseAloneWhoseListNamesIt(command: String) {
        let other = Rig.user("other", ["jsonrpc-allowed-fsapi": "conference", "jsonrpc-allowed-jsapi": "fsapi"])
        let rig = Rig(users: [other])
        let c = rig.login("other")
        let params: JSONObject = ["cmd": .string(command), "arg": "calls"]
        #expect(rig.ask(c, "fsapi", params).errorCode == -32602)
        #expect(rig.ask(c, "jsapi", ["command": "fsapi", "data": .object(params)]).errorCode == -32602)
        #expect(rig.ask(c, "jsapi", ["command": .string(command), "data": ["arg": "calls"]]).errorCode == -32602)
        #expect(rig.queries.isEmpty && rig.audit.count == 3)
    }

    @Test func aCallMayRingForAMinuteAndNoLonger() {
        let rig = Rig(users: [Self.admin])
        let c = rig.login("admin")
        rig.queryAnswer = nil
        rig.request(c, "fsapi", ["cmd": "originate", "arg": "user/1001 3500"])
        rig.wait(.seconds(60))
        #expect(rig.take(c).allSatisfy { $0.method == "verto.ping" })
        rig.wait(.seconds(6))
        #expect(rig.take(c).first?["result"]?["message"]?.string == "-ERR Timeout\n")
    }

    /// The call that rings the one who asked would wait behind the answer otherwise.
    @Test func whileItRingsTheConnectionGoesOn() throws {
        let rig = Rig(users: [Self.admin])
        let c = rig.login("admin")
        rig.queryAnswer = nil
        let asked = rig.request(c, "fsapi", ["cmd": "originate", "arg": "user/admin 3500"])
        let pinged = rig.request(c, "verto.ping", [:])
        #expect(rig.take(c).map { $0["id"]?.int } == [pinged])
        rig.wait(.seconds(66))
        let answers = rig.take(c).filter { $0.method != "verto.ping" }
        #expect(answers.map { $0["id"]?.int } == [asked])
    }

    @Test func whoIsConnectedIsListedWithoutSessions() {
        let rig = Rig(users: [Self.admin])
        _ = rig.login("admin", session: "a-secret-session", from: "192.0.2.7")
        let text = rig.control("verto status") ?? ""
        #expect(text.contains("admin@example.com\tclient\t192.0.2.7\tCONN_REG\n"))
        #expect(text.hasSuffix("1 client\n"))
        #expect(!text.contains("secret"))
    }
}
