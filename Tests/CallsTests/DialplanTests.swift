import Calls
import Testing

struct DialplanTests {
    @Test func takesTheFirstExtensionThatMatches() throws {
        let plan = plan(
            ext("a", condition(try dialled("^1$"), "echo")),
            ext("b", condition(try dialled(#"^(\d+)$"#), "answer", "conference $1@default")),
            ext("c", condition(try dialled(".*"), "hangup"))
        )
        #expect(plan.run("1") == ["echo"])
        #expect(plan.run("3500") == ["answer", "conference 3500@default"])
        #expect(plan.run("x") == ["hangup"])
    }

    @Test func hasNoApplicationsWhenNothingMatches() throws {
        let plan = plan(ext("a", condition(try dialled("^1$"), "echo")))
        #expect(plan.run("2") == [])
        #expect(plan.run("1", in: "nowhere") == [])
    }

    @Test func fallsBackToTheGlobalContext() throws {
        let everywhere = DialplanContext(name: "global", extensions: [ext("a", condition(.always, "echo"))])
        #expect(Dialplan(contexts: [everywhere]).run("1", in: "nowhere") == ["echo"])
    }

    @Test func joinsContextsOfTheSameName() throws {
        let first = DialplanContext(name: "default", extensions: [ext("a", condition(try dialled("^1$"), "echo"))])
        let second = DialplanContext(name: "default", extensions: [ext("b", condition(try dialled("^2$"), "answer"))])
        let plan = Dialplan(contexts: [first, second])
        #expect(plan.run("1") == ["echo"])
        #expect(plan.run("2") == ["answer"])
    }

    @Test func goesOnAfterAnExtensionThatContinues() throws {
        let plan = plan(
            ext("a", continues: true, condition(.always, "set x=1")),
            ext("b", condition(try dialled("^1$"), "echo")),
            ext("c", condition(.always, "hangup"))
        )
        #expect(plan.run("1") == ["set x=1", "echo"])
        #expect(plan.run("2") == ["set x=1", "hangup"])
        let route = plan.route(CallAttributes(destinationNumber: "1"), in: "default")
        #expect(route.extensions == ["a", "b"])
    }

    @Test func stopsAtAFalseConditionAndKeepsWhatCameBefore() throws {
        let plan = plan(
            ext("a", condition(try dialled("^1"), "set first=1"), condition(try dialled("1$"), "echo")),
            ext("b", condition(.always, "hangup"))
        )
        #expect(plan.run("11") == ["set first=1", "echo"])
        // As in FreeSWITCH: the action of the condition that held stays on the list.
        #expect(plan.run("12") == ["set first=1", "hangup"])
        #expect(plan.run("2") == ["hangup"])
    }

    typealias BreakRow = (breaks: DialplanCondition.Break, destination: String, applications: [String])

    static let breakRows: [BreakRow] = [
        (.onFalse, "1", ["set yes=1", "set second=1"]),
        (.onFalse, "2", ["set no=1"]),
        (.onTrue, "1", ["set yes=1"]),
        (.onTrue, "2", ["set no=1", "set second=1"]),
        (.always, "1", ["set yes=1"]),
        (.always, "2", ["set no=1"]),
        (.never, "1", ["set yes=1", "set second=1"]),
        (.never, "2", ["set no=1", "set second=1"]),
    ]

    @Test(arguments: breakRows)
    func breaksAsTold(row: BreakRow) throws {
        let first = condition(try dialled("^1$"), "set yes=1", anti: ["set no=1"], breaks: row.breaks)
        let plan = plan(ext("a", first, condition(.always, "set second=1")))
        #expect(plan.run(row.destination) == row.applications)
    }

    @Test func countsAntiActionsAsAMatch() throws {
        let plan = plan(
            ext("a", condition(try dialled("^1$"), "echo", anti: ["hangup"])),
            ext("b", condition(.always, "answer"))
        )
        #expect(plan.run("2") == ["hangup"])
    }

    @Test func looksAtNestedConditionsAfterTheirParentHeld() throws {
        let inner = condition(.matches(try field("${vip}", "^true$")), "echo", anti: ["hangup"])
        let plan = plan(ext("a", condition(try dialled("^1$"), "answer", nested: [inner])))
        #expect(plan.run("1", variables: ["vip": "true"]) == ["answer", "echo"])
        #expect(plan.run("1") == ["answer", "hangup"])
        #expect(plan.run("2", variables: ["vip": "true"]) == [])
    }

    @Test(arguments: [(true, ["set outer=1", "hangup"]), (false, ["set outer=1"])])
    func needsTheNestedConditionsUnlessToldOtherwise(required: Bool, applications: [String]) throws {
        let outer = condition(.always, "set outer=1", nested: [condition(.never, "echo")], requiresNested: required)
        let plan = plan(ext("a", outer), ext("b", condition(.always, "hangup")))
        #expect(plan.run("1") == applications)
    }

    @Test func seesWhatAnInlineActionSet() throws {
        let plan = plan(
            ext("a", continues: true, condition(try dialled(#"^3(\d)"#), "!set kind=room$1", "set later=1")),
            ext("b", condition(.matches(try field("${kind}", "^room(.)$")), "conference $1-${kind}")),
            ext("c", condition(.matches(try field("${later}", "^1$")), "hangup"))
        )
        #expect(plan.run("35") == ["set later=1", "conference 5-room5"])
        #expect(plan.run("45") == [])
        let route = plan.route(CallAttributes(destinationNumber: "35"), in: "default")
        #expect(route.variables == ["kind": "room5"])
    }

    @Test func combinesExpressions() throws {
        let one = try field("destination_number", "1")
        let two = try field("destination_number", "(2)")
        let plan = plan(
            ext("all", condition(.all([one, two]), "conference all$1")),
            ext("xor", condition(.exactlyOne([one, two]), "conference xor")),
            ext("any", condition(.any([one, two]), "conference any")),
            ext("rest", condition(.always, "echo"))
        )
        #expect(plan.run("12") == ["conference all2"])
        #expect(plan.run("1") == ["conference xor"])
        #expect(plan.run("3") == ["echo"])
    }

    @Test func findsFieldsAndVariablesAndTheConfigurationsOwn() throws {
        let plan = plan(
            ext(
                "a",
                condition(
                    .matches(try field("${default_password}", "^1234$")),
                    "log ${default_password} ${domain_name} ${destination_number}")),
            globals: ["default_password": "1234"]
        )
        #expect(plan.run("5") == ["log 1234 example.com 5"])
        #expect(plan.run("5", variables: ["default_password": "x"]) == [])
    }

    /// FreeSWITCH would read the variable; see ``Template``.
    @Test func doesNotExpandWhatTheCallerDialled() throws {
        let plan = plan(
            ext("a", condition(try dialled("^(.*)$"), "conference $1@default")), globals: ["secret": "s3cret"])
        #expect(plan.run("${secret}") == ["conference ${secret}@default"])
    }

    @Test func looksAtEveryFieldOfTheCaller() throws {
        let call = CallAttributes(
            uuid: "u", destinationNumber: "d", callerIDName: "n", callerIDNumber: "i", networkAddress: "192.0.2.1",
            context: "c", source: "mod_verto", username: "1000@d", domain: "d"
        )
        let expected = [
            "destination_number": "d", "caller_id_name": "n", "caller_id_number": "i", "network_addr": "192.0.2.1",
            "context": "c", "source": "mod_verto", "uuid": "u", "username": "1000@d", "ani": "i",
        ]
        for (name, value) in expected {
            #expect(call.field(name) == value)
            #expect(CallAttributes.isField(name))
        }
        #expect(!CallAttributes.isField("no_such_field"))
    }
}
