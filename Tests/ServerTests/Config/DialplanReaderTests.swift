import Calls
import Server
import Testing

struct DialplanReaderTests {
    private let file = "c/dialplan/default.xml"

    @Test func readsEveryFormOfCondition() throws {
        let text = dialplan(
            #"""
            <extension name="inline" continue="true">
              <condition field="destination_number" expression="^(\d)" break="never">
                <action application="set" data="first=$1" inline="true"/>
              </condition>
            </extension>
            <extension name="regex">
              <condition regex="any">
                <regex field="destination_number" expression="^1"/>
                <regex field="destination_number" expression="^2"/>
                <action application="echo"/>
              </condition>
            </extension>
            <extension name="nested">
              <condition field="${first}" expression="^3$" require-nested="false">
                <action application="answer"/>
                <condition field="destination_number" expression="^33$"><action application="log">INFO inner</action></condition>
              </condition>
            </extension>
            <extension name="element">
              <condition field="destination_number"><expression><![CDATA[^<(.*)>$]]></expression>
                <action application="conference" data="$1"/>
                <anti-action application="hangup" data="CALL_REJECTED"/>
              </condition>
            </extension>
            """#
        )
        let configuration = try load([file: text]).configuration
        #expect(configuration.run("1") == ["echo"])
        #expect(configuration.run("33") == ["answer", "log INFO inner"])
        #expect(configuration.run("34") == ["answer"])
        #expect(configuration.run("<room>") == ["conference room"])
        #expect(configuration.run("9") == ["hangup CALL_REJECTED"])
    }

    @Test func readsSeveralFilesAndContexts() throws {
        let files = [
            file: dialplan(#"<extension name="a"><condition><action application="echo"/></condition></extension>"#),
            "c/dialplan/other.xml": #"<include><context name="other"/></include>"#,
        ]
        #expect(try load(files).configuration.dialplan.contextNames == ["default", "other"])
    }

    @Test(arguments: [
        (
            #"<extension><condition field="destination_number" expression="^(\d+"/></extension>"#,
            "expression '^(\\d+': expected ')'"
        ),
        (
            #"<extension><condition field="source" expression="(a+)+"/></extension>"#,
            "expression '(a+)+': it repeats something that varies in length, as (a+)* does, and could run for ever"
        ),
        (
            #"<extension><condition break="sometimes"/></extension>"#,
            "break: 'sometimes' is not one of on-false, on-true, always, never"
        ),
        (#"<extension><condition regex="some"/></extension>"#, "regex: 'some' is not one of all, any, xor"),
        (
            #"<extension><condition regex="all"><regex expression="x"/></condition></extension>"#,
            "<regex> without a field"
        ),
        (#"<extension><condition><action data="x"/></condition></extension>"#, "<action> without an application"),
        (#"<extension><condition><axtion/></condition></extension>"#, "<axtion> has no place in a condition"),
        (#"<extension><condition/><action application="echo"/></extension>"#, "<action> stands outside of a condition"),
        (#"<extension continue="perhaps"><condition/></extension>"#, "continue: 'perhaps' is neither true nor false"),
        (
            #"<extension><condition><action application="sleep" data="long"/></condition></extension>"#,
            "sleep: 'long' is not a time in milliseconds, at most a day"
        ),
        (
            #"<extension><condition><action application="hangup" data="BYE"/></condition></extension>"#,
            "hangup: 'BYE' is not a hangup cause"
        ),
        (
            #"<extension><condition><action application="playback" data="tone_stream://%(1)"/></condition></extension>"#,
            "playback: cannot read '%(1)'"
        ),
        (
            #"<extension><condition><action application="conference"/></condition></extension>"#,
            "conference: no argument"
        ),
    ])
    func refusesMistakes(line: String, reason: String) {
        #expect(problems([file: dialplan(line)]) == ["\(file):2: error: \(reason)"])
    }

    @Test(arguments: [
        (#"<extension/>"#, "an extension without a condition never matches"),
        (#"<extension><condition field="rdnis" expression="x"/></extension>"#, "field 'rdnis' is always empty"),
        (
            #"<extension><condition hour="9-17"/></extension>"#,
            "conditions on the time ('hour') are not supported and never hold"
        ),
        (
            #"<extension><condition><action application="info"/></condition></extension>"#,
            "application 'info' has no effect"
        ),
        (
            #"<extension><condition><action application="valet_park"/></condition></extension>"#,
            "application 'valet_park' is not supported: a call that comes to it ends with FACILITY_NOT_IMPLEMENTED"
        ),
        (
            #"<extension><condition><action application="echo" inline="true"/></condition></extension>"#,
            "inline has no effect on 'echo': only on set, export and unset"
        ),
        (
            #"<extension><condition><action application="playback" data="local_stream://moh"/></condition></extension>"#,
            "sounds of the kind 'local_stream://' are not supported and silent"
        ),
        (
            #"<extension><condition field="${api(x)}" expression="y"/></extension>"#,
            "${api(…)} is not supported and reads as nothing"
        ),
        (#"<other/>"#, "<other> in <context> has no effect"),
    ])
    func listsWhatHasNoEffect(line: String, reason: String) throws {
        #expect(try warnings([file: dialplan(line)]) == ["\(file):2: warning: \(reason)"])
    }

    @Test func neverTakesAConditionOnTheTime() throws {
        let text = dialplan(#"<extension><condition wday="1-7"><action application="echo"/></condition></extension>"#)
        #expect(try load([file: text]).configuration.run("1") == [])
    }
}
