import Calls
import Testing

struct TemplateTests {
    typealias Row = (text: String, result: String)

    static let values = ["name": "Ada", "which": "name", "long": "1234567890", "evil": "${secret}", "secret": "s3cret"]

    static let rows: [Row] = [
        ("plain", "plain"),
        ("", ""),
        ("${name}", "Ada"),
        ("<${name}>", "<Ada>"),
        ("${missing}", ""),
        ("$1-$2", "one-two"),
        ("$0", "whole"),
        ("$9", ""),
        ("${${which}}", "Ada"),
        ("${long:3}", "4567890"),
        ("${long:3:2}", "45"),
        ("${long:-3}", "890"),
        ("${long:0:-3}", "1234567"),
        ("${long:99}", ""),
        ("${long:-9223372036854775808:-9223372036854775808}", ""),
        ("\\${name}", "${name}"),
        ("a\\b", "a\\b"),
        ("100$", "100$"),
        ("${unclosed", "${unclosed"),
        ("{loops=2}x", "{loops=2}x"),
        ("${strftime(%Y)}!", "!"),
        // A value is never looked into.
        ("${evil}", "${secret}"),
        ("$3", "${secret}"),
    ]

    @Test(arguments: rows)
    func fillsInVariablesAndCaptures(row: Row) {
        let template = Template(parsing: row.text).binding(["whole", "one", "two", "${secret}"])
        #expect(template.expanded { Self.values[$0] } == row.result)
    }

    @Test func leavesTheBackslashesOfAnExpressionAlone() {
        let template = Template(parsing: #"^\$\d+${name}$1$"#, as: .pattern)
        #expect(template.expanded { Self.values[$0] } == #"^\$\d+Ada$1$"#)
    }

    @Test func namesTheFunctionsItCannotCall() {
        let template = Template(parsing: "${hash(select/${domain}/x)} ${strftime(%H)} ${name}")
        #expect(template.functions == ["strftime"])
    }

    typealias Call = (text: String, result: String)

    static let calls: [Call] = [
        ("${hash(select/realm/${name})}", "hash<select/realm/Ada>"),
        ("a ${verto_contact ${name}@example.com}, b", "a verto_contact<Ada@example.com>, b"),
        ("${hash(select/$1/x)}", "hash<select/one/x>"),
        ("${user_data(1000@a.b var x)}", "user_data<1000@a.b var x>"),
        ("${${which}}", "Ada"),
        ("${name:0:1}", "A"),
        // What a function returns is never looked into either.
        ("${hash(${evil})}", "hash<${secret}>"),
    ]

    @Test(arguments: calls)
    func callsFunctions(row: Call) {
        let template = Template(parsing: row.text).binding(["whole", "one"])
        let call: Template.Functions = { "\($0)<\($1)>" }
        #expect(template.expanded(call: call) { Self.values[$0] } == row.result)
    }

    @Test func knowsWhetherItIsTheSameForEveryCall() {
        #expect(Template(parsing: "3000@default").isConstant)
        #expect(!Template(parsing: "$1@default").isConstant)
        #expect(!Template(parsing: "${x}").isConstant)
    }

    @Test func stopsAtTheLargestSize() {
        let big = String(repeating: "x", count: 10_000)
        let text = String(repeating: "${big}", count: 1_000)
        let result = Template(parsing: text).expanded { $0 == "big" ? big : nil }
        #expect(result.utf8.count <= Template.maximumSize)
    }

    @Test func survivesDeepNestingAndRandomText() {
        _ = Template(parsing: String(repeating: "${", count: 2_000) + String(repeating: "}", count: 2_000))
        var seed: UInt64 = 7
        let alphabet = Array("${}:\\1(a-")
        for _ in 0..<2_000 {
            var text = ""
            for _ in 0..<12 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int(seed >> 33) % alphabet.count])
            }
            _ = Template(parsing: text).binding(["a", "b"]).expanded { _ in "v" }
        }
    }
}
