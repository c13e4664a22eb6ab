import Calls
import Server
import Testing

struct ConfigurationTests {
    @Test func loadsTheSmallestTreeWithoutAWarning() throws {
        let (configuration, warnings) = try load()
        #expect(warnings.isEmpty)
        #expect(configuration.verto.profiles.count == 1)
        #expect(configuration.directory.isEmpty)
    }

    @Test func reportsEveryMistakeAtOnce() {
        let found = problems([
            "c/vars.xml": #"<X-PRE-PROCESS cmd="set" data="oops"/>"#,
            "c/autoload_configs/verto.conf.xml": verto(#"<param name="bind-local" value="x"/>"#),
            "c/autoload_configs/conference.conf.xml": conference(#"<param name="rate" value="1"/>"#),
            "c/autoload_configs/parley.conf.xml": "<configuration name=\"parley.conf\">",
            "c/directory/default.xml": "<domain name=\"d\"><user/></domain>",
            "c/dialplan/default.xml": dialplan(#"<extension><condition field="uuid" expression="("/></extension>"#),
        ])
        let files = ["vars", "verto", "conference", "parley", "directory", "dialplan"]
        for file in files { #expect(found.contains { $0.contains(file) }, "\(file) in \(found)") }
    }

    @Test func saysThatAFolderIsNotAConfiguration() {
        do throws(ConfigurationError) {
            _ = try Configuration.load(from: "nowhere", files: MemoryFiles([:]))
            Issue.record("an empty folder loaded")
        } catch {
            #expect(error.description == "nowhere:1: error: no Verto profile in this folder")
        }
    }

    @Test func warnsOfAContextThatIsNotThere() throws {
        let files = [
            "c/autoload_configs/verto.conf.xml": verto(
                #"<param name="bind-local" value="127.0.0.1:0"/><param name="context" value="x"/>"#)
        ]
        #expect(try warnings(files).map { $0.drop { $0 != " " } } == [" warning: profile 'p': no dialplan context 'x'"])
    }

    @Test func refusesAConfigurationThatStandsTwice() {
        let twice = "<include>" + String(repeating: "<configuration name=\"parley.conf\"/>", count: 2) + "</include>"
        #expect(problems(["c/autoload_configs/parley.conf.xml": twice]).count == 1)
    }

    /// Cut anywhere, the vanilla tree's files are refused or read, but nothing traps.
    @Test(arguments: ["fs/dialplan/default.xml", "fs/autoload_configs/verto.conf.xml", "fs/directory/default.xml"])
    func survivesEveryShorterFile(name: String) {
        let text = VanillaTree.files[name] ?? ""
        var files = ["fs/vars.xml": VanillaTree.vars]
        for length in stride(from: 0, to: text.count, by: max(1, text.count / 100)) {
            files[name] = String(text.prefix(length))
            _ = try? Configuration.load(from: "fs", files: MemoryFiles(files))
        }
    }
}
