import Calls
import Server
import Testing

struct DirectoryReaderTests {
    private let file = "c/directory/default.xml"

    private func user(_ id: String, _ parameters: String = #"<param name="password" value="p"/>"#) -> String {
        "<user id=\"\(id)\"><params>\(parameters)</params></user>"
    }

    @Test func inheritsFromDomainAndGroupInnermostFirst() throws {
        let text = """
            <domain name="$${domain}">
            <params><param name="jsonrpc-allowed-methods" value="verto"/><param name="caller-id-name" value="domain"/></params>
            <variables><variable name="a" value="domain"/><variable name="b" value="domain"/></variables>
            \(user("plain"))
            <groups><group name="g">
            <params><param name="caller-id-name" value="group"/></params>
            <variables><variable name="b" value="group"/><variable name="c" value="group"/></variables>
            <users><user id="full"><params><param name="password" value="p"/></params>
            <variables><variable name="c" value="user"/></variables></user></users>
            </group></groups></domain>
            """
        let directory = try load([file: text]).configuration.directory
        let full = try #require(directory.user("full"))
        #expect(full.domain == "example.com")
        #expect(full.variables == ["a": "domain", "b": "group", "c": "user"])
        #expect(full.callerIDName == "group")
        #expect(full.allowedMethods == .names(["verto"]))
        #expect(directory.user("plain")?.variables == ["a": "domain", "b": "domain"])
        #expect(directory.user("plain")?.callerIDName == "domain")
    }

    @Test func takesAPointerForAMembershipOnly() throws {
        let text = """
            <domain name="d"><users>\(user("1"))</users><groups><group name="g"><users>
            <user id="1" type="pointer"/></users></group></groups></domain>
            """
        let directory = try load([file: text]).configuration.directory
        #expect(directory.users.map(\.address) == ["1@d"])
    }

    @Test func refusesMistakes() {
        let text = """
            <include><domain name="d">
            <user/>
            \(user("1"))
            \(user("1"))
            \(user("2", #"<param name="a1-hash" value="xyz"/>"#))
            \(user("3", #"<param name="password" value="p"/><param name="verto-dialplan" value="LUA"/>"#))
            </domain>
            <domain/></include>
            """
        #expect(
            problems([file: text]) == [
                "\(file):2: error: a user without an id",
                "\(file):4: error: user '1@d' stands at \(file):3 already",
                "\(file):5: error: user '2': a1-hash is not an MD5 of 32 hex digits",
                "\(file):6: error: verto-dialplan: 'LUA' is not supported, only XML",
                "\(file):8: error: a domain without a name",
            ]
        )
    }

    @Test func listsUsersThatCannotLogIn() throws {
        let text =
            "<domain name=\"d\">\(user("1", ""))\(user("2", #"<param name="a1-hash" value="0123456789abcdef0123456789ABCDEF"/>"#))</domain>"
        #expect(try warnings([file: text]) == ["\(file):1: warning: user '1' has no password and cannot log in"])
    }

    @Test func knowsCapabilitiesAndDialStrings() throws {
        let parameters = #"""
            <param name="password" value="p"/><param name="conference-capabilities" value="mute, kick hop"/>
            <param name="dial-string" value="${verto_contact(${dialed_user}@${dialed_domain})}"/>
            """#
        let (configuration, warnings) = try load([file: "<domain name=\"d\">\(user("1", parameters))</domain>"])
        #expect(
            warnings.map(\.description) == [
                "\(file):1: warning: conference-capabilities: there is no command 'hop'"
            ])
        #expect(configuration.directory.user("1", in: "d")?.parameters["conference-capabilities"] == "mute, kick hop")
    }

    @Test func putsLoginsWithoutADomainIntoOurOwn() throws {
        let text = "<domain name=\"first\"/>"
        #expect(try load([file: text]).configuration.directory.defaultDomain == "example.com")
    }
}
