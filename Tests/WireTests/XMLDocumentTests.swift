import Testing
import Wire

struct XMLDocumentTests {
    private func parse(_ text: String, fragment: Bool = false) throws(XMLError) -> [XMLElement] {
        try XMLDocument.parse(Array(text.utf8), file: "conf/test.xml", fragment: fragment)
    }

    @Test func readsAConfiguration() throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- rooms -- all of them -->
            <!DOCTYPE document [ <!ENTITY big "<a>" > <!-- ] > --> ]>
            <document type="freeswitch/xml">
              <X-PRE-PROCESS cmd="set" data="domain=&quot;a&amp;b&#x263a;&#33;"/>
              <section name='configuration' >
                <param name="a"
                       value=" x&#10;y
            z	"/>
                one <![CDATA[<two> & &amp; ]]&gt; ]]> &lt;three&gt; <?skip this?>
              </section>
            </document>
            <!-- the end -->

            """
        let root = try #require(try parse(text).first)
        #expect(root.name == "document" && root.line == 4 && root.file == "conf/test.xml")
        #expect(root["type"] == "freeswitch/xml")
        #expect(root.children.map(\.name) == ["X-PRE-PROCESS", "section"])
        #expect(root.children[0]["data"] == "domain=\"a&b☺!")
        #expect(root.children[0].line == 5)
        let section = try #require(root.child(named: "section"))
        #expect(section.line == 6)
        #expect(section.children(named: "param").map(\.line) == [7])
        // A white space character of a value is a space, but not one that was asked for by number.
        #expect(section.children[0].attributes.map(\.name) == ["name", "value"])
        #expect(section.children[0]["value"] == " x\ny z ")
        #expect(section.children[0]["missing"] == nil)
        #expect(section.text == "\n    \n    one <two> & &amp; ]]&gt;  <three> \n  ")
    }

    @Test func makesLineEndsOne() throws {
        let root = try parse("<a b=\"1\r\n2\r3\">x\r\ny\rz\n<c/></a>")[0]
        #expect(root.text == "x\ny\nz\n")
        #expect(root["b"] == "1 2 3")
        #expect(root.children[0].line == 4)
    }

    @Test func takesFragments() throws {
        #expect(try parse("<a/>\n<b></b>", fragment: true).map(\.line) == [1, 2])
        #expect(try parse("<!-- nothing -->", fragment: true).count == 0)
        #expect(try parse("\u{FEFF}<?xml version='1.0'?><a/>").map(\.name) == ["a"])
    }

    typealias Row = (what: String, text: String, line: Int, column: Int, reason: String)

    static let refusals: [Row] = [
        ("empty file", "", 1, 1, "no element in the file"),
        ("white space", " \n", 2, 1, "no element in the file"),
        ("only a comment", "<!-- a -->", 1, 11, "no element in the file"),
        ("truncated element", "<a>", 1, 1, "the element <a> is not closed"),
        ("truncated inner element", "<a>\n <b>", 2, 2, "the element <b> is not closed"),
        ("truncated tag", "<a", 1, 3, "the file ends inside the tag <a>"),
        ("truncated after an attribute", "<a b='1'", 1, 9, "the file ends inside the tag <a>"),
        ("truncated value", "<a b='1", 1, 6, "the value of b does not end"),
        ("truncated end tag", "<a></a", 1, 7, "expected > at the end of the tag </a>"),
        ("truncated comment", "<a/>\n<!-- -", 2, 5, "the comment does not end"),
        ("truncated CDATA", "<a><![CDATA[x]]", 1, 13, "the CDATA section does not end"),
        ("truncated instruction", "<?xml version='1.0'", 1, 1, "the processing instruction does not end"),
        ("truncated DOCTYPE", "<!DOCTYPE a [ <!-- > -->", 1, 1, "the DOCTYPE does not end"),
        ("wrong nesting", "<a><b></a>", 1, 7, "</a> where </b> was expected, for line 1"),
        ("closed too often", "<a/></a>", 1, 5, "a second root element"),
        ("value without quotes", "<a b=1/>", 1, 6, "the value of b is not in quotes"),
        ("attribute without value", "<a b/>", 1, 5, "expected = after the attribute b"),
        ("attribute twice", "<a b='1'\n b='2'/>", 2, 2, "the attribute b stands twice"),
        ("second root", "<a/><c/>", 1, 5, "a second root element"),
        ("text outside", "<a/>x", 1, 5, "text outside of an element"),
        ("text before", "x<a/>", 1, 1, "text outside of an element"),
        ("no name", "<a>< b/></a>", 1, 5, "expected the name of an element"),
        ("digit as a name", "<1/>", 1, 2, "expected the name of an element"),
        ("slash inside a tag", "<a / b='1'>", 1, 4, "expected > at the end of the tag <a>"),
        ("less-than in a value", "<a b='<'/>", 1, 7, "< in the value of b: write &lt;"),
        ("lone ampersand", "<a> & </a>", 1, 5, "& that begins no reference: write &amp;"),
        ("ampersand at the end", "<a>&", 1, 4, "& that begins no reference: write &amp;"),
        ("unknown entity", "<a>&nbsp;</a>", 1, 4, "unknown reference &nbsp;"),
        ("number of no character", "<a>&#0;</a>", 1, 4, "unknown reference &#0;"),
        ("surrogate by number", "<a>&#xD800;</a>", 1, 4, "unknown reference &#xD800;"),
        ("number too large", "<a>&#x110000;</a>", 1, 4, "unknown reference &#x110000;"),
        ("number of many digits", "<a>&#9999999999;</a>", 1, 4, "unknown reference &#9999999999;"),
        ("hex digits in a decimal", "<a>&#1F;</a>", 1, 4, "unknown reference &#1F;"),
        ("no number", "<a>&#;</a>", 1, 4, "unknown reference &#;"),
        ("no hex number", "<a>&#x;</a>", 1, 4, "unknown reference &#x;"),
        ("noncharacter", "<a>&#xFFFF;</a>", 1, 4, "unknown reference &#xFFFF;"),
        ("end of CDATA in text", "<a>]]></a>", 1, 4, "]]> outside of a CDATA section"),
        ("control character", "<a>\u{1}</a>", 1, 4, "a control character"),
        (
            "late declaration", "<a/><?xml version='1.0'?>", 1, 5,
            "the <?xml?> declaration is not at the start of the file"
        ),
        ("DOCTYPE behind the root", "<a/><!DOCTYPE a>", 1, 5, "a second root element"),
    ]

    @Test(arguments: refusals)
    func refusesAndSaysWhere(row: Row) {
        #expect(
            throws: XMLError(file: "conf/test.xml", line: row.line, column: row.column, reason: row.reason),
            "\(row.what)"
        ) {
            try parse(row.text)
        }
    }

    @Test func refusesOtherEncodings() {
        #expect(throws: XMLError(file: "f", line: 1, column: 1, reason: "the file is not UTF-8")) {
            try XMLDocument.parse(hex("3c612f3e c0af"), file: "f")
        }
        #expect(throws: XMLError.self) { try XMLDocument.parse(hex("feff003c0061002f003e"), file: "f") }
    }

    @Test func boundsTheDepth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        _ = try parse(nested(64))
        #expect(throws: XMLError.self) { try parse(nested(65)) }
        #expect(throws: XMLError.self) { try parse(String(repeating: "<a>", count: 100_000)) }
    }

    /// The billion laughs: what a DOCTYPE declares does not exist.
    @Test func expandsNoEntity() {
        let bomb = """
            <!DOCTYPE lolz [
              <!ENTITY lol "lol">
              <!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
            ]>
            <lolz>&lol2;</lolz>
            """
        #expect(throws: XMLError(file: "conf/test.xml", line: 5, column: 7, reason: "unknown reference &lol2;")) {
            try parse(bomb)
        }
    }

    @Test func theErrorReadsLikeACompilers() {
        let error = XMLError(file: "a.xml", line: 3, column: 7, reason: "no")
        #expect("\(error)" == "a.xml:3:7: no")
    }

    static let sample = Array(
        "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a b='&lt;1'><!-- x --><b/>&#x41;<![CDATA[x]]></a>".utf8
    )

    @Test(arguments: sample.indices)
    func refusesEveryShorterPrefix(length: Int) {
        #expect(throws: XMLError.self) { try XMLDocument.parse(Array(Self.sample[..<length]), file: "f") }
    }

    @Test func survivesNoise() {
        for input in hostileInputs(seed: 8, like: Self.sample) {
            _ = try? XMLDocument.parse(input, file: "f", fragment: true)
        }
    }
}
