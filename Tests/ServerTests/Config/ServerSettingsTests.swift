import Server
import Testing

struct ServerSettingsTests {
    private let file = "c/autoload_configs/parley.conf.xml"
    private let core = "c/autoload_configs/switch.conf.xml"

    @Test func hasDefaultsWithoutAFile() throws {
        #expect(try load().configuration.settings == ServerSettings())
    }

    @Test func readsEverySetting() throws {
        let text = parley(
            """
            <param name="http-ip" value="::1"/><param name="http-port" value="0"/><param name="https-port" value="443"/>
            <param name="media-port-base" value="20000"/><param name="media-port-count" value="8"/>
            <param name="media-loops" value="2"/><param name="data-dir" value="$${base_dir}/x"/>
            <param name="log-format" value="JSON"/><param name="log-level" value="warning"/>
            <param name="audit-file" value="audit.log"/><param name="mix-loudest" value="3"/>
            <param name="opus-complexity" value="0"/><param name="opus-bitrate" value="64000"/>
            <param name="max-legs" value="7"/><param name="max-legs-per-user" value="2"/>
            """
        )
        let settings = try load([file: text]).configuration.settings
        var expected = ServerSettings()
        expected.httpIP = "::1"
        expected.httpPort = 0
        expected.httpsPort = 443
        expected.mediaPorts = 20_000...20_007
        expected.mediaLoops = 2
        expected.dataDirectory = "var/x"
        expected.logFormat = .json
        expected.logThreshold = .warning
        expected.auditFile = "audit.log"
        expected.mixLoudest = 3
        expected.opusComplexity = 0
        expected.opusBitrate = 64_000
        expected.maximumLegs = 7
        expected.maximumLegsPerUser = 2
        #expect(settings == expected)
    }

    @Test(arguments: [
        (#"<param name="htp-port" value="1"/>"#, "unknown setting 'htp-port'"),
        (#"<param name="http-port" value="99999"/>"#, "http-port: '99999' is not a number from 0 to 65535"),
        (#"<param name="http-ip" value="localhost"/>"#, "http-ip: 'localhost' is not an IP address"),
        (#"<param name="log-format" value="xml"/>"#, "log-format: 'xml' is not one of text, json"),
        (#"<param name="opus-bitrate" value="5999"/>"#, "opus-bitrate: '5999' is not a number from 6000 to 510000"),
    ])
    func refusesMistakes(line: String, reason: String) {
        #expect(problems([file: parley(line)]) == ["\(file):2: error: \(reason)"])
    }

    @Test func readsWhatIsKeptOnDisk() throws {
        let text = """
            <configuration name="parley.conf"><cdr>
            <param name="records-dir" value=""/><param name="keep-days" value="90"/>
            <param name="recordings_dir" value="/srv/recordings"/><param name="sounds-dir" value="mine:/usr/share/sounds"/>
            </cdr></configuration>
            """
        let storage = try load([file: text]).configuration.settings.storage
        var expected = StorageSettings()
        expected.records = nil
        expected.keepDays = 90
        expected.recordings = "/srv/recordings"
        expected.sounds = ["mine", "/usr/share/sounds"]
        #expect(storage == expected)
        #expect(storage.sounds.map { StorageSettings.path($0, in: "var") } == ["var/mine", "/usr/share/sounds"])
    }

    @Test func findsTheFoldersOfRecords() throws {
        let profiles = """
            <configuration name="conference.conf"><profiles>
            <profile name="a"><param name="cdr-log-dir" value="auto"/></profile>
            <profile name="b"><param name="cdr-log-dir" value="x"/><param name="cdr-log-dir" value="/y"/></profile>
            <profile name="c"/></profiles></configuration>
            """
        let (configuration, warnings) = try load(["c/autoload_configs/conference.conf.xml": profiles])
        #expect(warnings.isEmpty)
        let settings = configuration.recordSettings(data: "var")
        #expect(settings.folder == "var/records")
        #expect(settings.keepDays == 0)
        #expect(settings.documents == ["a": "var/conference_cdr", "b": "/y"])
    }

    @Test(arguments: [
        (#"<cdr><param name="record-dir" value="x"/></cdr>"#, "unknown setting 'record-dir' in <cdr>"),
        (#"<cdr><param name="keep-days" value="ever"/></cdr>"#, "keep-days: 'ever' is not a number from 0 to 36500"),
        ("<command-role/>", "<command-role> in parley.conf"),
        ("<command-roles><row/></command-roles>", "<row> in <command-roles>"),
        (#"<command-roles><command name="kick"/></command-roles>"#, "<command> needs a name and a role"),
        (
            #"<command-roles><command name="kik" role="operator"/></command-roles>"#, "there is no command 'kik'"
        ),
        (
            #"<command-roles><command name="kick" role="boss"/></command-roles>"#,
            "role: 'boss' is not one of participant, moderator, operator, capability, nobody"
        ),
    ])
    func refusesMistakesInItsBlocks(block: String, reason: String) {
        let text = "<configuration name=\"parley.conf\">\n\(block)</configuration>"
        #expect(problems([file: text]) == ["\(file):2: error: \(reason)"])
    }

    @Test func refusesPortsBeyondTheLast() {
        let text = parley(
            #"<param name="media-port-base" value="65000"/><param name="media-port-count" value="1000"/>"#)
        #expect(problems([file: text]) == ["\(file):1: error: the media ports end before they start, or above 65535"])
    }

    @Test func preferesItsOwnPortsToThoseOfTheCore() throws {
        let files = [
            core:
                #"<configuration name="switch.conf"><settings><param name="rtp-start-port" value="30000"/><param name="rtp-end-port" value="30009"/><param name="loglevel" value="debug"/></settings></configuration>"#
        ]
        let (configuration, warnings) = try load(files)
        #expect(configuration.settings.mediaPorts == 30_000...30_009)
        #expect(warnings.map(\.reason) == ["switch.conf: loglevel has no effect"])
        let both = files.merging([file: parley(#"<param name="media-port-base" value="20000"/>"#)]) { $1 }
        #expect(try load(both).configuration.settings.mediaPorts == 20_000...24_095)
    }
}
