import Calls
import Testing

/// From `sofia/…` and registered phones to legs.
struct SIPDiallingTests {
    typealias Form = (text: String, kind: SIPTarget, number: String)

    static let forms: [Form] = [
        ("gateway/itsp/0301234", .gateway(name: "itsp", destination: "0301234"), "0301234"),
        (
            "gateway/itsp/0301234@example.net", .gateway(name: "itsp", destination: "0301234@example.net"), "0301234"
        ),
        (
            "gateway/itsp/+49301234;user=phone", .gateway(name: "itsp", destination: "+49301234;user=phone"),
            "+49301234"
        ),
        ("external/bob@example.net", .address(profile: "external", uri: "sip:bob@example.net"), "bob"),
        (
            "external/bob@[2001:db8::1]:5070;transport=tcp",
            .address(profile: "external", uri: "sip:bob@[2001:db8::1]:5070;transport=tcp"), "bob"
        ),
        ("external/sip:bob@example.net", .address(profile: "external", uri: "sip:bob@example.net"), "bob"),
        ("external/SIPS:bob@example.net", .address(profile: "external", uri: "SIPS:bob@example.net"), "bob"),
        ("internal/1001", .binding(handle: "p1", profile: "internal"), "1001"),
        ("internal/1001%example.com", .binding(handle: "p1", profile: "internal"), "1001"),
        ("internal/u:p1", .binding(handle: "p1", profile: "internal"), "1001"),
    ]

    @Test(arguments: forms)
    func findsWhomADialStringMeans(row: Form) {
        var scene = CallScene(actions: ["bridge sofia/\(row.text)"])
        scene.register("p1", as: "1001")
        let leg = scene.dial().placed[0].leg
        #expect(leg.kind == .sip(row.kind) && leg.kind.source == "mod_sofia")
        #expect(leg.destination == row.number && leg.direction == .outbound && !leg.isRecoverable)
        let isPhone = if case .binding = row.kind { true } else { false }
        #expect(leg.user == (isPhone ? "1001@example.com" : nil) && (leg.owner != nil) == isPhone)
        #expect((leg.calleeIDName, leg.calleeIDNumber) == (isPhone ? "Bob" : "Outbound Call", row.number))
    }

    typealias Failure = (text: String, cause: HangupCause)

    static let failures: [Failure] = [
        ("gateway/itsp", .invalidURL), ("gateway/itsp/", .invalidURL), ("gateway//1", .invalidURL),
        ("gateway/other/1", .invalidGateway), ("internal", .invalidURL), ("internal/", .invalidURL),
        ("other/1000", .invalidProfile), ("other/a@b", .invalidProfile), ("internal/1002", .userNotRegistered),
        ("internal/1000%other.net", .userNotRegistered), ("external/1001", .userNotRegistered),
        ("external/u:p1", .userNotRegistered), ("internal/u:p2", .userNotRegistered),
        ("gateway/itsp/1 2", .invalidURL), ("gateway/itsp/\"x\"", .invalidURL), ("gateway/itsp/é", .invalidURL),
        ("gateway/itsp/^sip:x", .invalidURL), ("external/" + String(repeating: "1", count: 600), .invalidURL),
    ]

    @Test(arguments: failures)
    func saysWhyNobodyIsCalled(row: Failure) {
        var scene = CallScene(actions: ["bridge sofia/\(row.text)"])
        scene.board.sipRoutes = SIPRoutes(
            profiles: ["internal": "default", "external": "public"], gateways: ["itsp": "public"])
        scene.register("p1", as: "1001")
        #expect(scene.dial().ends == [scene.caller: row.cause])
    }

    @Test func textBehindACaretIsTheTo() {
        var scene = CallScene(actions: ["bridge sofia/gateway/itsp/1^sip:2@example.net"])
        let leg = scene.dial().placed[0].leg
        #expect(leg.kind == .sip(.gateway(name: "itsp", destination: "1")))
        #expect(leg.variables["sip_invite_to_uri"] == "sip:2@example.net")
    }

    // MARK: Phones

    @Test func aUserIsClientsAndPhones() {
        var scene = CallScene(actions: ["bridge user/${destination_number}"])
        scene.register("p1", as: "1000")
        scene.register("p2", as: "1000", over: "external")
        scene.register("p3", as: "1002")
        #expect(
            scene.dial("1000").placed.map(\.leg.kind) == [
                .verto(session: "s-1000"), .sip(.binding(handle: "p1", profile: "internal")),
                .sip(.binding(handle: "p2", profile: "external")),
            ])
        let phone = scene.dial("1002", as: LegID("b")).placed
        #expect(phone.map(\.leg.user) == ["1002@example.com"])
        #expect(phone[0].leg.variables["presence_id"] == "1002@example.com")
    }

    @Test func aPhoneIsThereUntilItsBindingIsGone() {
        var scene = CallScene(actions: ["bridge user/1002"])
        scene.register("p1", as: "1002")
        scene.register("p1", as: "1002", over: "external")
        #expect(scene.board.registrations.phones(of: "1002@EXAMPLE.com").map(\.profile) == ["external"])
        scene.register("p1", as: "1001")
        #expect(scene.board.registrations.phones(of: "1002@example.com") == [])
        #expect(scene.board.registrations.phone("p1")?.user == "1001@example.com")
        #expect(scene.board.registrations.phoneCount == 1)
        _ = scene.hear(.sipUnregistered(handle: "p1"))
        _ = scene.hear(.sipUnregistered(handle: "p1"))
        #expect(scene.board.registrations.allPhones == [])
        #expect(scene.dial().ends == [scene.caller: .userNotRegistered])
    }

    typealias Contact = (argument: String, text: String)

    static let contacts: [Contact] = [
        ("1001@example.com", "sofia/internal/u:p1,sofia/external/u:p2"),
        ("*/1001@example.com", "sofia/internal/u:p1,sofia/external/u:p2"),
        ("1001", "sofia/internal/u:p1,sofia/external/u:p2"),
        ("external/1001@EXAMPLE.com", "sofia/external/u:p2"), ("other/1001@example.com", "error/user_not_registered"),
        ("1002@example.com", "error/user_not_registered"), ("", "error/user_not_registered"),
    ]

    @Test(arguments: contacts)
    func tellsThePhonesOfAUser(row: Contact) {
        var scene = CallScene(actions: ["log INFO ${sofia_contact(\(row.argument))}"])
        scene.register("p1", as: "1001")
        scene.register("p2", as: "1001", over: "external")
        #expect(scene.board.phones(of: row.argument) == row.text)
        #expect(scene.dial().bare.first == .log(scene.caller, .info, row.text))
    }

    /// The stock directory's dial string, with phones, with clients and with both.
    @Test(arguments: [("1000", 2), ("1001", 2), ("1002", 1)])
    func followsTheStockDialString(row: (user: String, legs: Int)) {
        let stock =
            "{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}"
            + "${sofia_contact(*/${dialed_user}@${dialed_domain})},${verto_contact ${dialed_user}@${dialed_domain}}"
        let users = ["1000", "1001", "1002"].map {
            User(id: $0, domain: "example.com", parameters: ["dial-string": stock])
        }
        var scene = CallScene(
            ext("all", condition(.always, "bridge user/${destination_number}")), users: users)
        scene.register("p0", as: "1000")
        scene.register("p2", as: "1002")
        let placed = scene.dial(row.user).placed
        #expect(placed.count == row.legs)
        #expect(placed.allSatisfy { $0.leg.variables["sip_invite_domain"] == "example.com" })
    }

    // MARK: What the leg carries

    @Test func theLegCarriesTheVariablesOfTheDialString() {
        var scene = CallScene(
            actions: [
                "set effective_caller_id_number=0309", "set sip_h_X-Own=1", "set sip_h_P-Charge=2", "export a=b",
                "bridge {absolute_codec_string=pcmu,sip_h_Y=3}[leg_timeout=9]sofia/gateway/itsp/1",
            ])
        let leg = scene.dial(variables: ["sip_h_X-Far": "4"]).placed[0].leg
        #expect(leg.callerIDNumber == "0309" && leg.callerIDName == "Ann")
        for (name, value) in [
            ("absolute_codec_string", "pcmu"), ("sip_h_Y", "3"), ("a", "b"), ("sip_h_X-Own", "1"), ("sip_h_X-Far", "4"),
        ] { #expect(leg.variables[name] == value) }
        #expect(leg.variables["sip_h_P-Charge"] == nil && leg.variables["presence_id"] == nil)
    }

    @Test func noControlCharacterLeavesBySIP() {
        var scene = CallScene(
            actions: ["export sip_h_X-Mail=${verto_dvar_email}", "bridge sofia/gateway/itsp/1,user/1000"])
        let leg = Leg(
            id: scene.caller, kind: .verto(session: "s"), callerIDName: "A\r\nX: 1", callerIDNumber: "1\u{0}2",
            destination: "1", variables: ["verto_dvar_email": "a@b\r\nVia: c"])
        for leg in scene.hear(.invited(leg)).placed.map(\.leg) {
            #expect((leg.callerIDName, leg.callerIDNumber) == ("AX: 1", "12"))
            if leg.kind.isSIP { #expect(leg.variables["sip_h_X-Mail"] == "a@bVia: c") }
        }
    }

    @Test func headersStayWhenAsked() {
        var scene = CallScene(
            actions: ["set sip_h_X-Own=1", "set sip_copy_custom_headers=false", "bridge sofia/gateway/itsp/1"])
        #expect(scene.dial().placed[0].leg.variables["sip_h_X-Own"] == nil)
    }

    @Test(arguments: [
        (70, nil, 69), (2, nil, 1), (1, nil, nil), (0, nil, nil), (70, "5", 4), (3, "70", 2), (9, "-1", nil),
        (9, "x", 8),
    ])
    func everyHopCounts(row: (arrived: Int, variable: String?, leaves: Int?)) {
        let assignment = row.variable.map { ["set max_forwards=\($0)"] } ?? []
        var scene = CallScene(actions: assignment + ["bridge sofia/gateway/itsp/1"])
        let steps = scene.dialBySIP(maxForwards: row.arrived)
        #expect(steps.placed.first?.maxForwards == row.leaves)
        #expect(steps.ends[scene.caller] == (row.leaves == nil ? .exchangeRoutingError : nil))
    }

    @Test func aClientIsReachedWithTheLastHop() {
        var scene = CallScene(actions: ["bridge user/1000"])
        #expect(scene.dialBySIP(maxForwards: 0).placed.count == 1)
    }

    // MARK: Limits

    @Test func aTrunkMayBeMoreThanAUser() {
        var scene = CallScene(actions: ["park"])
        scene.board.limits.legsPerUser = 1
        scene.board.limits.legsPerTrunk = 2
        for (name, isIn) in [("a", true), ("b", true), ("c", false)] {
            #expect((scene.board.leg(LegID(name)) == nil) == true)
            _ = scene.dialBySIP(as: LegID(name))
            #expect((scene.board.leg(LegID(name)) != nil) == isIn)
        }
        _ = scene.dialBySIP(as: LegID("d"), user: "1000@example.com")
        #expect(
            scene.dialBySIP(as: LegID("e"), user: "1000@example.com") == [.refuse(LegID("e"), .destinationOutOfOrder)])
    }
}
