import Calls
import Testing

/// What a caller chose stays one value, wherever the dialplan puts it.
struct SuppliedTextTests {
    static let hostile = [
        "1;fs_path=sip:evil.example", "1@evil.example", "1,sofia/gateway/itsp/2", "1|sofia/gateway/itsp/2",
        "1:_:sofia/gateway/itsp/2", "1^sip:evil.example", "{x=y}1", "[x=y]1", "1%40evil.example", "1?Route=evil",
        "1\"evil", "1>evil", "1,\u{301}sofia/gateway/itsp/2", "u:p1", "1\\,2", "../../external/sip:a@b",
    ]

    static let ways: [[String]] = [
        ["bridge sofia/gateway/itsp/$1"], ["bridge sofia/gateway/itsp/${destination_number}"],
        ["set x=$1", "bridge sofia/gateway/itsp/${x}"], ["!set x=$1", "bridge sofia/gateway/itsp/${x}"],
        ["set x=sofia/gateway/itsp/${destination_number}", "bridge ${x}"],
        ["set x=$1", "set y=${x}", "bridge ${trunk}/${y}"],
        ["hash insert/a/b/$1", "bridge ${trunk}/${hash(select/a/b)}"],
        ["set x=1", "set x=${sip_h_X-Number}", "bridge sofia/gateway/itsp/${x}"],
        ["bridge sofia/gateway/itsp/${sip_h_X-Number}"], ["multiset x=$1", "bridge sofia/gateway/itsp/${x}"],
        ["push x=$1", "bridge sofia/gateway/itsp/${x}"], ["bridge sofia/gateway/itsp/${x${sip_nothing}$1}0"],
    ]

    /// Whatever is dialled, one leg goes to the gateway that the dialplan names, and to no host.
    @Test(arguments: ways)
    func neverNamesAHostOrAnotherLeg(actions: [String]) throws {
        for text in Self.hostile {
            var scene = CallScene(
                ext("all", DialplanCondition(test: try dialled("^(.*)$"), actions: CallsTests.actions(actions))),
                globals: ["trunk": "sofia/gateway/itsp"])
            let placed = scene.dial(text, variables: ["sip_h_X-Number": text]).placed.map(\.leg)
            #expect(placed.count <= 1)
            for leg in placed {
                guard case .sip(.gateway("itsp", let number)) = leg.kind else {
                    Issue.record("\(text): \(leg.kind)")
                    continue
                }
                #expect(!number.contains { "@;?^%\"<>,|".contains($0) }, "\(text) is dialled as \(number)")
                #expect(leg.variables["sip_invite_to_uri"] == nil && leg.variables["x"] != "y")
            }
        }
    }

    @Test func whatTheDialplanAddsStays() throws {
        var scene = CallScene(
            ext(
                "all",
                condition(
                    try dialled("^(.*)$"), "set x=$1@example.net;transport=tcp", "bridge sofia/external/${x},user/1000")
            ))
        #expect(
            scene.dial("1;a@b").placed.map(\.leg.kind) == [
                .sip(.address(profile: "external", uri: "sip:1ab@example.net;transport=tcp")),
                .verto(session: "s-1000"),
            ])
    }

    @Test func aNewValueIsTheDialplansOwn() throws {
        var scene = CallScene(
            ext(
                "all",
                condition(try dialled("^(.*)$"), "set x=$1", "set x=user/1000,user/1001", "bridge ${x}")))
        #expect(scene.dial("1").placed.count == 3)
    }

    @Test func aCalledLegKeepsThemApart() throws {
        var scene = CallScene(
            ext(
                "first",
                condition(try dialled("^(1.*)$"), "export x=$1", "export transfer_after_bridge=2", "bridge user/1000")),
            ext("second", condition(try dialled("^2$"), "bridge sofia/gateway/itsp/${x}")))
        let far = scene.dial("1@evil.example").placed[0].leg.id
        _ = scene.hear(.answered(far, name: nil, number: nil))
        let placed = try scene.board.transfer(scene.caller, to: "2", at: scene.now).placed
        #expect(placed.map(\.leg.kind) == [.sip(.gateway(name: "itsp", destination: "1evil.example"))])
    }

    typealias Row = (action: String, dialled: String, shown: String)

    static let rows: [Row] = [
        ("conference $1", "3500@default+flags{moderator}", "conference 3500defaultflags{moderator}"),
        ("transfer $1 XML public", "9 XML secret", "transfer 9XMLsecret XML public"),
        (
            "multiset a=$1 b=2", "1 conference_member_flags=moderator",
            "multiset a=1conference_member_flags=moderator b=2"
        ),
        ("limit hash a $1 5", "x -1", "limit hash a x-1 5"), ("hash insert/a/$1/2", "b/1", "hash insert/a/b1/2"),
        ("set a=$1", "x@y,z;+ 1", "set a=x@y,z;+ 1"), ("log INFO $1", "x@y,z;+ 1", "log INFO x@y,z;+ 1"),
    ]

    @Test(arguments: rows)
    func losesWhatWouldBeMoreThanAValue(row: Row) throws {
        let plan = plan(ext("all", condition(try dialled("^(.*)$"), row.action)))
        #expect(plan.run(row.dialled) == [row.shown])
    }
}
