import Calls
import Testing

/// Far ends that want a call elsewhere, and far ends that transfer: whose rights count.
struct RedirectionTests {
    /// Users may call out, strangers may not.
    static func scene(redirected: Bool = false, variables: String = "x=1") throws -> CallScene {
        var scene = CallScene(actions: [])
        let call = condition(
            try dialled(#"^(100\d|itsp)$"#), "set \(variables)", "set continue_on_fail=true", "bridge user/$1",
            "log ERR ${originate_disposition}")
        let trunk = condition(
            try dialled("^9(.*)$"), "bridge sofia/gateway/itsp/$1", "log ERR ${originate_disposition}")
        let room = condition(try dialled("^3500$"), "conference 3500@default")
        let park = condition(.always, "park")
        let extensions = redirected ? [DialplanContext(name: "redirected", extensions: [ext("any", park)])] : []
        scene.board.dialplan = Dialplan(
            contexts: [
                DialplanContext(
                    name: "default", extensions: [ext("call", call), ext("trunk", trunk), ext("room", room)]),
                DialplanContext(name: "public", extensions: [ext("call", call), ext("room", room)]),
            ] + extensions)
        scene.register("p1", as: "1001")
        scene.register("p2", as: "1002")
        _ = scene.hear(.unregistered(session: "s-1001a"))
        _ = scene.hear(.unregistered(session: "s-1001b"))
        return scene
    }

    @Test func thePhonesUserDecidesWhereACallMayGo() throws {
        var scene = try Self.scene()
        let far = scene.dialBySIP("1001", context: "public").placed[0].leg.id
        #expect(scene.hear(.redirected(far, to: ["<sip:90301234@evil.example;fs_path=sip:x>;q=1", "sip:2@b"])) == [])
        let steps = scene.hear(.hungUp(far, .redirectionToNewDestination))
        // 1001 has no context of its own: its phone has the caller's rights, and the caller may not call out.
        #expect(steps.placed.isEmpty)
        let logged = steps.contains(.log(scene.caller, .err, "REDIRECTION_TO_NEW_DESTINATION"))
        #expect(logged)
    }

    @Test func followsARedirectionThroughTheDialplan() throws {
        var scene = try Self.scene()
        let far = scene.dial("1001").placed[0].leg.id
        _ = scene.hear(.redirected(far, to: ["<sip:90301234@evil.example;fs_path=sip:x>;q=1", "sip:%32@b"]))
        let placed = scene.hear(.hungUp(far, .redirectionToNewDestination)).placed.map(\.leg)
        #expect(placed.map(\.kind) == [.sip(.gateway(name: "itsp", destination: "0301234"))])
        let caller = try #require(scene.board.leg(scene.caller))
        #expect(caller.destination == "90301234" && caller.context == "default")
        #expect(caller.variables["sip_redirect_contact_user_1"] == "2")
        #expect(caller.variables["sip_redirect_contact_host_0"] == "evil.example")
        #expect(caller.variables["sip_redirected_by"] == "1001")
    }

    @Test(arguments: [
        (true, "x=1", "redirected"), (true, "sip_redirect_context=public", "public"), (false, "x=1", "default"),
    ])
    func theDialplanMaySayWhere(row: (hasContext: Bool, variable: String, context: String)) throws {
        var scene = try Self.scene(redirected: row.hasContext, variables: row.variable)
        let far = scene.dial("1001").placed[0].leg.id
        _ = scene.hear(.redirected(far, to: ["3500"]))
        #expect(scene.hear(.hungUp(far, .redirectionToNewDestination)).ends == [far: .redirectionToNewDestination])
        #expect(scene.board.leg(scene.caller)?.context == row.context)
    }

    static let useless: [[String]] = [
        [], ["sip:example.net"], [""], ["sip:@example.net"], ["sip:%00@example.net"], ["sip:%zz@example.net"],
        ["sip:nobody@example.net"], [String(repeating: "1", count: 5_000)],
    ]

    @Test(arguments: useless)
    func whatLeadsNowhereIsAFailure(contacts: [String]) throws {
        var scene = try Self.scene()
        let far = scene.dial("1001").placed[0].leg.id
        _ = scene.hear(.redirected(far, to: contacts))
        let steps = scene.hear(.hungUp(far, .redirectionToNewDestination))
        #expect(steps.contains(.log(scene.caller, .err, "REDIRECTION_TO_NEW_DESTINATION")))
    }

    @Test func isNotFollowedWhenFatal() throws {
        var scene = try Self.scene(variables: "outbound_redirect_fatal=true")
        let far = scene.dial("1001").placed[0].leg.id
        _ = scene.hear(.redirected(far, to: ["3500"]))
        #expect(scene.hear(.hungUp(far, .redirectionToNewDestination)).ends[scene.caller] != nil)
    }

    @Test func phonesThatPointAtEachOtherEnd() throws {
        var scene = try Self.scene()
        var far = scene.dial("1001").placed.first?.leg
        var hops = 0
        while let leg = far, hops < 20 {
            hops += 1
            _ = scene.hear(.redirected(leg.id, to: [leg.destination == "1001" ? "sip:1002@a" : "sip:1001@a"]))
            far = scene.hear(.hungUp(leg.id, .redirectionToNewDestination)).placed.first?.leg
        }
        #expect(hops == 6 && scene.board.count == 0)
    }

    @Test func othersWhoRingGoFirst() throws {
        var scene = try Self.scene()
        scene.register("p3", as: "1001")
        let legs = scene.dial("1001").placed.map(\.leg.id)
        _ = scene.hear(.redirected(legs[0], to: ["3500"]))
        #expect(scene.hear(.hungUp(legs[0], .redirectionToNewDestination)).ends.count == 1)
        #expect(scene.board.leg(scene.caller)?.destination == "1001")
        _ = scene.hear(.hungUp(legs[1], .userBusy))
        #expect(scene.board.leg(scene.caller)?.destination == "3500")
    }

    @Test func aCallOfTheAPIIsNotSentAround() throws {
        var scene = try Self.scene()
        let (id, steps) = scene.board.originate(
            "user/1001@example.com", Origination(target: .application(name: "park", data: "")), at: .zero)
        let far = steps.placed[0].leg.id
        _ = scene.hear(.redirected(far, to: ["3500"]))
        let ended = scene.hear(.hungUp(far, .redirectionToNewDestination)).bare
        #expect(ended.last == .originated(id, .failed(.redirectionToNewDestination)))
    }

    // MARK: Transfers

    @Test func aPhoneTransfersWithItsOwnRights() throws {
        var scene = try Self.scene()
        // A trunk's caller, let in as far as user 1001.
        let far = scene.dialBySIP("1001", context: "public").placed[0].leg.id
        _ = scene.hear(.answered(far, name: nil, number: nil))
        #expect(throws: TransferRefusal.badDestination) {
            try scene.board.transfer(scene.caller, to: "sip:90301234@example.net", at: scene.now)
        }
        #expect(scene.board.leg(scene.caller)?.bridgedTo == far)
        let steps = try scene.board.transfer(scene.caller, to: "<sip:3500@example.net?Replaces=x>", at: scene.now)
        #expect(steps.ends == [scene.caller: .normalClearing])
        #expect(scene.board.leg(far)?.destination == "3500" && scene.board.leg(far)?.context == "public")
    }

    @Test func aUserTransfersATrunkWhereTheUserMayCall() throws {
        var scene = try Self.scene()
        let far = scene.dial("90301234").placed[0].leg.id
        _ = scene.hear(.answered(far, name: nil, number: nil))
        let steps = try scene.board.transfer(scene.caller, to: "90305678", at: scene.now)
        #expect(steps.placed.map(\.leg.destination) == ["0305678"])
    }

    /// What others did with a call gives its far end no rights: whom a user called over a trunk may not call out.
    @Test func theFarEndOfATrunkIsAStranger() throws {
        var scene = try Self.scene()
        let far = scene.dial("90301234").placed[0].leg.id
        _ = scene.hear(.answered(far, name: nil, number: nil))
        #expect(scene.board.leg(far)?.homeContext == "public")
        #expect(throws: TransferRefusal.badDestination) {
            try scene.board.transfer(far, to: "90305678", at: scene.now)
        }
        #expect(try scene.board.transfer(far, to: "3500", at: scene.now).ends == [far: .normalClearing])
        #expect(scene.board.leg(scene.caller)?.context == "public")
    }

    @Test func aGatewaySaysItsOwnContext() throws {
        var scene = try Self.scene()
        scene.board.sipRoutes = SIPRoutes(profiles: ["internal": "default"], gateways: ["itsp": "default"])
        let far = scene.dial("90301234").placed[0].leg.id
        #expect(scene.board.leg(far)?.homeContext == "default")
    }

    /// The profile's context, not that of somebody with more rights who calls.
    @Test func aPhoneWithoutAContextHasItsProfiles() throws {
        var scene = try Self.scene()
        scene.board.sipRoutes = SIPRoutes(profiles: ["internal": "public"])
        let far = scene.dial("1001").placed[0].leg
        #expect(far.homeContext == "public" && far.context == "default")
        _ = scene.hear(.answered(far.id, name: nil, number: nil))
        #expect(throws: TransferRefusal.badDestination) {
            try scene.board.transfer(far.id, to: "90301234", at: scene.now)
        }
    }

    @Test(arguments: ["", "sip:example.net", "sip:%0d%0aX@example.net", "9 XML default"])
    func aTargetThatIsNoNumberIsRefused(target: String) throws {
        var scene = try Self.scene()
        let far = scene.dialBySIP("1001").placed[0].leg.id
        _ = scene.hear(.answered(far, name: nil, number: nil))
        #expect(throws: TransferRefusal.badDestination) {
            try scene.board.transfer(far, to: target, at: scene.now)
        }
    }

    @Test func anAttendedTransferOfTwoPhonesJoinsTheirFarEnds() throws {
        var scene = try Self.scene()
        let first = scene.dialBySIP("1000", as: LegID("a"), user: "1002@example.com").placed[0].leg.id
        _ = scene.hear(.answered(first, name: nil, number: nil))
        let second = scene.dialBySIP("1001", as: LegID("b"), user: "1002@example.com").placed[0].leg.id
        _ = scene.hear(.answered(second, name: nil, number: nil))
        let steps = try scene.board.replace(LegID("a"), with: LegID("b"), at: scene.now)
        #expect(steps.ends == [LegID("a"): .normalClearing, LegID("b"): .attendedTransfer])
        #expect(scene.board.leg(first)?.bridgedTo == second && steps.bare.contains(.connect(first, second)))
    }
}
