import Calls
import Server
import Testing

/// Variables and directives, seen through the whole loader.
struct PreprocessorTests {
    private func vars(_ lines: String...) -> [String: String] {
        ["c/vars.xml": "<include>\n\(lines.joined(separator: "\n"))\n</include>"]
    }

    private func set(_ data: String) -> String { "<X-PRE-PROCESS cmd=\"set\" data=\"\(data)\"/>" }

    @Test func setsVariablesInDocumentOrder() throws {
        let (configuration, _) = try load(vars(set("a=1"), set("b=$${a}2"), set("a=3"), set("c=$${a}")))
        #expect(configuration.variables["b"] == "12")
        #expect(configuration.variables["c"] == "3")
    }

    @Test func startsFromWhatTheServerPassesIn() throws {
        let (configuration, _) = try load(vars(set("x=$${conf_dir}/$${secret}")), variables: ["secret": "s"])
        #expect(configuration.variables["x"] == "c/s")
    }

    @Test func knowsTheServerByItsAddressUnlessItHasAName() throws {
        let nameless = ["c/vars.xml": "<include/>"]
        let address = ["local_ip_v4": "192.0.2.7"]
        #expect(try load(nameless, variables: address).configuration.variables["domain"] == "192.0.2.7")
        let named = address.merging(["domain": "d.test"]) { $1 }
        #expect(try load(nameless, variables: named).configuration.variables["domain"] == "d.test")
        #expect(try load(variables: named).configuration.variables["domain"] == "example.com")
    }

    @Test func leavesVariablesOfACallAlone() throws {
        let (configuration, _) = try load(vars(set("x=${domain_name}$1$$")))
        #expect(configuration.variables["x"] == "${domain_name}$1$$")
    }

    @Test func listsAVariableNobodySetOnce() throws {
        let (configuration, warnings) = try load(
            vars(set("x=<$${nobody}>".replacing("<", with: "[")), set("y=$${nobody}")))
        #expect(configuration.variables["x"] == "[>")
        #expect(warnings.map(\.description) == ["c/vars.xml:2: warning: $${nobody} is not set and reads as nothing"])
    }

    @Test func includesByPatternInTheOrderOfNames() throws {
        var files = vars(#"<X-PRE-PROCESS cmd="include" data="more/*.xml"/>"#)
        files["c/more/b.xml"] = set("x=$${x}b")
        files["c/more/a.xml"] = "<include>\(set("x=a"))</include>"
        files["c/more/.hidden.xml"] = set("x=hidden")
        files["c/more/c.txt"] = set("x=text")
        #expect(try load(files).configuration.variables["x"] == "ab")
    }

    @Test func includesRelativeToTheIncludingFile() throws {
        var files = vars(#"<X-PRE-PROCESS cmd="include" data="a/one.xml"/>"#)
        files["c/a/one.xml"] = #"<X-PRE-PROCESS cmd="include" data="b/two.xml"/>"#
        files["c/a/b/two.xml"] = set("x=deep")
        #expect(try load(files).configuration.variables["x"] == "deep")
    }

    @Test func refusesAFileThatIncludesItself() {
        var files = vars(#"<X-PRE-PROCESS cmd="include" data="loop.xml"/>"#)
        files["c/loop.xml"] = #"<X-PRE-PROCESS cmd="include" data="loop.xml"/>"#
        let expected = "c/loop.xml:1: error: 'c/loop.xml' includes itself, or files include each other too deeply"
        #expect(problems(files) == [expected])
    }

    @Test func refusesFilesThatIncludeEachOtherTooDeeply() {
        var files = vars(#"<X-PRE-PROCESS cmd="include" data="f0.xml"/>"#)
        for index in 0..<40 { files["c/f\(index).xml"] = "<X-PRE-PROCESS cmd=\"include\" data=\"f\(index + 1).xml\"/>" }
        #expect(problems(files).count == 1)
    }

    @Test func refusesAValueThatGrowsWithoutEnd() {
        let doublings = (0..<40).map { _ in set("x=$${x}$${x}") }
        let files = ["c/vars.xml": "<include>\(set("x=0123456789"))\(doublings.joined())</include>"]
        #expect(problems(files).contains { $0.contains("more than 65536 bytes") })
    }

    @Test func saysWhichIncludedFileIsMissing() throws {
        let found = try warnings(vars(#"<X-PRE-PROCESS cmd="include" data="missing.xml"/>"#))
        #expect(found == ["c/vars.xml:2: warning: no file 'c/missing.xml'"])
    }

    @Test func readsTheEnvironmentItIsGiven() throws {
        let lines = vars(
            #"<X-PRE-PROCESS cmd="env-set" data="x=PARLEY_X"/>"#, #"<X-PRE-PROCESS cmd="env-set" data="y=$PARLEY_Y"/>"#
        )
        let (configuration, warnings) = try load(lines, environment: ["PARLEY_X": "1"])
        #expect(configuration.variables["x"] == "1")
        #expect(configuration.variables["y"] == nil)
        #expect(warnings.map(\.description) == ["c/vars.xml:3: warning: the environment has no 'PARLEY_Y'"])
    }

    @Test func runsNoProgramAndAsksNoServer() throws {
        let files = vars(
            #"<X-PRE-PROCESS cmd="exec" data="echo hello"/>"#,
            #"<X-PRE-PROCESS cmd="stun-set" data="ip=stun:stun.example.com"/>"#,
            #"<X-PRE-PROCESS cmd="stun-set" data="other=192.0.2.9"/>"#
        )
        let (configuration, warnings) = try load(files, variables: ["local_ip_v4": "192.0.2.1"])
        #expect(configuration.variables["ip"] == "192.0.2.1")
        #expect(configuration.variables["other"] == "192.0.2.9")
        #expect(warnings.map(\.origin.line) == [2, 3])
    }

    @Test func aDirectiveInACommentIsAComment() throws {
        let (configuration, _) = try load(vars("<!-- \(set("x=1")) -->", #"<X-NO-PRE-PROCESS cmd="set" data="y=1"/>"#))
        #expect(configuration.variables["x"] == nil)
        #expect(configuration.variables["y"] == nil)
    }

    @Test(arguments: [
        (#"<X-PRE-PROCESS cmd="set" data="novalue"/>"#, "'novalue' is not name=value"),
        (#"<X-PRE-PROCESS cmd="sett" data="a=1"/>"#, "unknown X-PRE-PROCESS command 'sett'"),
        (#"<X-PRE-PROCESS data="a=1"/>"#, "unknown X-PRE-PROCESS command ''"),
    ])
    func refusesADirectiveItCannotRead(line: String, reason: String) {
        #expect(problems(vars(line)) == ["c/vars.xml:2: error: \(reason)"])
    }

    @Test func saysWhereTheXMLIsBroken() {
        let found = problems(["c/dialplan/default.xml": "<context name=\"default\">\n<extension></context>"])
        #expect(found.count == 1)
        #expect(found[0].hasPrefix("c/dialplan/default.xml:2: error: column 12: "))
    }
}

struct GlobTests {
    @Test(arguments: [
        ("d/*.xml", ["d/a.xml", "d/b.xml"]), ("d/?.xml", ["d/a.xml", "d/b.xml"]), ("d/b*", ["d/b.xml"]),
        ("d/*/*.xml", ["d/sub/x.xml"]), ("d/a.xml", ["d/a.xml"]),
        ("x/none.xml", ["x/none.xml"]),
        ("d/*.md", []), ("d/**.xml", ["d/a.xml", "d/b.xml"]), ("d/*a*.*m*", ["d/a.xml"]),
    ])
    func findsFiles(pattern: String, paths: [String]) throws {
        var tree = minimalTree
        tree["c/vars.xml"] = "<X-PRE-PROCESS cmd=\"include\" data=\"\(pattern)\"/>"
        for path in ["d/a.xml", "d/b.xml", "d/c.txt", "d/sub/x.xml"] {
            tree["c/\(path)"] = "<X-PRE-PROCESS cmd=\"set\" data=\"seen=$${seen}c/\(path) \"/>"
        }
        let (configuration, _) = try Configuration.load(from: "c", variables: ["seen": ""], files: MemoryFiles(tree))
        let seen = configuration.variables["seen"].map { $0.split(separator: " ").map(String.init) } ?? []
        #expect(seen == paths.filter { $0 != "x/none.xml" }.map { "c/\($0)" })
    }
}
