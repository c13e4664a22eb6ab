import Calls
import Conference
import Testing
import Verto
import Wire

/// What clients say about video beside their offers: key frames, pictures, bandwidths, screen share.
struct VideoRequestTests {
    private static func modify(_ action: String, _ params: JSON? = nil) -> JSONObject {
        var request: JSONObject = ["action": .string(action), "dialogParams": ["callID": "call"]]
        request["params"] = params
        return request
    }

    private static func call(_ configure: (inout VertoSettings) -> Void = { _ in }) -> (Rig, ConnectionID) {
        let rig = Rig(configure)
        let c = rig.login("1001", session: "S")
        rig.enter(c, "call")
        return (rig, c)
    }

    // MARK: videoRefresh

    @Test func aRefreshIsHandedOn() {
        let (rig, c) = Self.call()
        let answer = rig.ask(c, "verto.modify", Self.modify("VideoRefresh"))
        #expect(
            answer["result"]?.text
                == #"{"callID":"call","action":"VideoRefresh","holdState":"active","sessid":"S"}"#)
        #expect(rig.refreshes == [LegID("call")])
    }

    @Test func refreshesAndViewsHaveOneQuota() {
        let (rig, c) = Self.call {
            $0.pictureRequestBurst = 2
            $0.pictureRequestsPerSecond = 1
        }
        #expect(rig.ask(c, "verto.modify", Self.modify("videoRefresh")).isResult)
        #expect(rig.ask(c, "verto.modify", Self.modify("view", ["pictures": [:]])).isResult)
        for request in [Self.modify("videoRefresh"), Self.modify("view", ["pictures": [:]])] {
            #expect(rig.ask(c, "verto.modify", request).errorMessage == "Too many requests")
        }
        #expect(rig.refreshes.count == 1 && rig.views.count == 1)
        rig.wait(.seconds(1))
        #expect(rig.ask(c, "verto.modify", Self.modify("videoRefresh")).isResult)
    }

    // MARK: view

    @Test func aViewIsHandedOnInOrder() throws {
        let (rig, c) = Self.call()
        let answer = rig.ask(c, "verto.modify", Self.modify("view", ["pictures": ["3": "b", "video-2": .null]]))
        #expect(answer["result"]?.text == #"{"callID":"call","action":"view","holdState":"active","sessid":"S"}"#)
        let view = try #require(rig.views.first)
        #expect(view.leg == LegID("call"))
        #expect(view.pictures.map(\.mid) == ["3", "video-2"])
        #expect(view.pictures.map(\.member) == ["b", nil])
    }

    private static func pictures(_ count: Int) -> JSON {
        .object(JSONObject((0..<count).map { ("\($0)", JSON.string("member")) }))
    }

    private static func text(_ length: Int) -> String { String(repeating: "x", count: length) }

    static let views: [(params: JSON?, error: String?)] = [
        (nil, "pictures missing"), (.null, "pictures missing"), ("x", "pictures missing"), ([:], "pictures missing"),
        (["pictures": .null], "pictures missing"), (["pictures": ["2"]], "pictures missing"),
        (["pictures": 2], "pictures missing"), (["pictures": [:]], nil), (["pictures": pictures(16)], nil),
        (["pictures": pictures(17)], "Invalid pictures"), (["pictures": ["": "b"]], "Invalid pictures"),
        (["pictures": ["2": ""]], "Invalid pictures"), (["pictures": ["2": 7]], "Invalid pictures"),
        (["pictures": ["2": false]], "Invalid pictures"), (["pictures": ["2": ["b"]]], "Invalid pictures"),
        (["pictures": ["2": "a", "2": "b"]], "Invalid pictures"),
        (["pictures": .object(JSONObject([(text(128), .string("b"))]))], nil),
        (["pictures": .object(JSONObject([(text(129), .string("b"))]))], "Invalid pictures"),
        (["pictures": ["2": .string(text(256))]], nil),
        (["pictures": ["2": .string(text(257))]], "Invalid pictures"),
    ]

    @Test(arguments: views)
    func aViewNamesAMemberOrNobodyForEachOfAFewLines(params: JSON?, error: String?) {
        let (rig, c) = Self.call()
        let answer = rig.ask(c, "verto.modify", Self.modify("view", params))
        #expect(answer.errorMessage == error)
        #expect(answer.isResult == (error == nil))
        #expect(rig.views.count == (error == nil ? 1 : 0))
    }

    // MARK: Bandwidths

    static let bandwidths: [(given: JSON?, kilobits: Int?)] = [
        (512, 512), ("512", 512), (512.9, 512), (nil, nil), (.null, nil), ("default", nil), ("", nil), (0, nil),
        ("0", nil), (-1, nil), ("-1", nil), (0.5, nil), (1, 1), ("512kb", nil), ("0x10", nil), ("1e3", nil),
        ("nan", nil), (true, nil), ([512], nil), (["kb": 512], nil), (.integer(.max), 10_000_000),
        (.integer(.min), nil), (.number(1e308), 10_000_000),
        ("9223372036854775807", 10_000_000), ("9223372036854775808", nil),
    ]

    @Test(arguments: bandwidths)
    func bandwidthsTravelWithTheInvite(given: JSON?, kilobits: Int?) throws {
        let rig = Rig()
        let c = rig.login()
        var (outgoing, incoming): (JSONObject, JSONObject) = (["incomingBandwidth": 77], ["outgoingBandwidth": 77])
        outgoing["outgoingBandwidth"] = given
        incoming["incomingBandwidth"] = given
        rig.invite(c, "a", outgoing)
        rig.invite(c, "b", incoming)
        #expect(rig.invites.map(\.outgoingBandwidth) == [kilobits, 77])
        #expect(rig.invites.map(\.incomingBandwidth) == [77, kilobits])
    }

    // MARK: Screen share

    @Test func aScreenShareIsASecondCallOfTheSession() throws {
        let (rig, c) = Self.call()
        let answer = rig.invite(
            c, "screen", ["destination_number": "3500-screen", "screenShare": true, "caller_id_name": "Ada (Screen)"])
        #expect(answer["result"]?.text == #"{"message":"CALL CREATED","callID":"screen","sessid":"S"}"#)
        let invite = try #require(rig.invites.last)
        #expect(invite.isScreenShare && invite.destination == "3500-screen")
        #expect(invite.variables["video_screen_share"] == "true")
        rig.join("screen")
        // The session is in the room once: by the call that has somebody behind it.
        #expect(rig.take(c).map(\.method) == ["verto.media", "verto.answer"])
        #expect(rig.endpoint.callCount == 2)
        #expect(rig.ask(c, "verto.bye", ["dialogParams": ["callID": "screen"]]).isResult)
        #expect(rig.ask(c, "verto.modify", Self.modify("videoRefresh")).isResult)
        let live = "conference-liveArray.3500@example.com"
        #expect(rig.ask(c, "verto.subscribe", ["eventChannel": .string(live)]).isResult)
    }
}
