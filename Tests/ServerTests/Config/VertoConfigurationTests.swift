import Calls
import Server
import Testing
import Wire

struct VertoConfigurationTests {
    private let file = "c/autoload_configs/verto.conf.xml"
    private let bind = #"<param name="bind-local" value="0.0.0.0:8081"/>"#

    private func profile(_ parameters: String) throws -> VertoProfile {
        try #require(try load([file: verto(bind + parameters)]).configuration.verto.profiles.first)
    }

    @Test func hasDefaults() throws {
        let profile = try profile("")
        #expect(profile.context == "default")
        #expect(profile.chopsDomain)
        #expect(profile.forcedDomain == nil)
        #expect(profile.outboundCodecs == ["opus", "vp8"])
        #expect(profile.inboundCodecs == ["opus", "vp8"])
        #expect(profile.mediaAddresses.isEmpty)
        #expect(profile.certificate == VertoProfile.Certificate())
    }

    @Test func readsEveryParameter() throws {
        let profile = try profile(
            """
            <param name="bind-local" value="[::1]:0" secure="true"/>
            <param name="secure-cert" value="a.pem"/><param name="secure-key" value="b.pem"/>
            <param name="secure-chain" value="c.pem"/>
            <param name="userauth" value="@users.example.com"/>
            <param name="force-register-domain" value="d"/><param name="chop-domain" value="false"/>
            <param name="context" value="public"/><param name="dialplan" value="xml"/>
            <param name="rtp_ip" value="192.0.2.1"/><param name="rtp-ip" value="2001:db8::1"/>
            <param name="ext-rtp-ip" value="198.51.100.1"/>
            <param name="outbound-codec-string" value="OPUS@48000h@20i"/>
            <param name="debug" value="9"/>
            """
        )
        #expect(profile.listeners.map(\.address.description) == ["0.0.0.0:8081", "[::1]:0"])
        #expect(profile.listeners.map(\.isSecure) == [false, true])
        #expect(profile.certificate.certificate == "a.pem")
        #expect(profile.certificate.key == "b.pem")
        #expect(profile.authentication == .usersOf(domain: "users.example.com"))
        #expect(profile.forcedDomain == "d")
        #expect(!profile.chopsDomain)
        #expect(profile.context == "public")
        #expect(profile.mediaAddresses == ["192.0.2.1", "2001:db8::1"])
        #expect(profile.advertisedAddresses == ["198.51.100.1"])
        #expect(profile.outboundCodecs == ["opus"])
        #expect(profile.inboundCodecs == ["opus"])
        #expect(profile.debug == 9)
    }

    @Test(arguments: [
        (#"<param name="bind-local" value="8081"/>"#, "bind-local: '8081' is not address:port, such as 0.0.0.0:8081"),
        (
            #"<param name="bind-local" value="host.example:8081"/>"#,
            "bind-local: 'host.example:8081' is not address:port, such as 0.0.0.0:8081"
        ),
        (
            #"<param name="bind-local" value="0.0.0.0:65536"/>"#,
            "bind-local: '0.0.0.0:65536' is not address:port, such as 0.0.0.0:8081"
        ),
        (
            #"<param name="bind-local" value="0.0.0.0:8082" secure="maybe"/>"#,
            "secure: 'maybe' is neither true nor false"
        ),
        (#"<param name="rtp-ip" value="eth0"/>"#, "rtp-ip: 'eth0' is not an IP address"),
        (#"<param name="userauth" value="perhaps"/>"#, "userauth: 'perhaps' is neither true nor false"),
        (#"<param name="dialplan" value="LUA"/>"#, "dialplan: 'LUA' is not supported, only XML"),
        (
            #"<param name="outbound-codec-string" value="vp8"/>"#,
            "outbound-codec-string: 'vp8' leaves no codec for sound; add opus"
        ),
        (#"<param name="debug" value="11"/>"#, "debug: '11' is not a number from 0 to 10"),
        (#"<param name="rtp-ip"/>"#, "<param> 'rtp-ip' without a value"),
        (#"<param value="x"/>"#, "<param> without a name"),
    ])
    func refusesABadValue(line: String, reason: String) {
        #expect(problems([file: verto("\(bind)\n\(line)")]) == ["\(file):4: error: \(reason)"])
    }

    @Test(arguments: [
        (#"<param name="root-password" value="x"/>"#, "root-password is not supported: there is no root login"),
        (#"<param name="blind-reg" value="true"/>"#, "blind-reg is not supported: unknown users are refused"),
        (#"<param name="enable-text" value="true"/>"#, "verto parameter 'enable-text' has no effect"),
        (#"<param name="ext-rtp-ip" value="auto-nat"/>"#, "ext-rtp-ip: 'auto-nat' is not looked up; give the address"),
        (#"<param name="no-such-thing" value="1"/>"#, "unknown verto parameter 'no-such-thing'"),
        ("<vhosts/>", "<vhosts> in <profile> has no effect"),
    ])
    func listsWhatHasNoEffect(line: String, reason: String) throws {
        #expect(try warnings([file: verto("\(bind)\n\(line)")]) == ["\(file):4: warning: \(reason)"])
    }

    @Test func needsAListenerAProfileAndDifferentNames() {
        #expect(problems([file: verto("")]) == ["\(file):1: error: profile 'p' has no bind-local"])
        #expect(
            problems([file: "<configuration name=\"verto.conf\"/>"]) == ["c:1: error: no Verto profile in this folder"])
        let twice =
            "<configuration name=\"verto.conf\"><profiles>"
            + String(
                repeating: "<profile name=\"p\"><param name=\"bind-local\" value=\"0.0.0.0:0\"/></profile>", count: 2)
            + "</profiles></configuration>"
        #expect(problems([file: twice]) == ["\(file):1: error: profile 'p' stands twice"])
        #expect(problems([file: verto(bind + bind)]) == ["\(file):1: error: profile 'p' binds an address twice"])
    }

    @Test func warnsOfADoorWithoutALock() throws {
        let open =
            "<configuration name=\"verto.conf\"><profiles><profile name=\"p\">\(bind)</profile></profiles></configuration>"
        #expect(
            try warnings([file: open]) == [
                "\(file):1: warning: profile 'p' has no userauth: anybody may call without a login"
            ])
    }

    @Test(arguments: [("true", true), ("no", false)]) func readsWhetherPresenceIsTold(value: String, tells: Bool) throws
    {
        let text = verto(bind).replacing(
            "<profiles>",
            with: #"<settings><param name="enable-presence" value="\#(value)"/></settings><profiles>"#)
        let (configuration, warnings) = try load([file: text])
        #expect(configuration.verto.tellsPresence == tells)
        #expect(warnings.isEmpty)
    }

    @Test func readsTheSettings() throws {
        let text = verto(bind).replacing(
            "<profiles>",
            with:
                #"<settings><param name="detach-timeout-sec" value="30"/><param name="debug" value="1"/><param name="kslog" value="true"/></settings><profiles>"#
        )
        let (configuration, warnings) = try load([file: text])
        #expect(configuration.verto.detachTimeout == .seconds(30))
        #expect(configuration.limits.detachTimeout == .seconds(30))
        #expect(configuration.verto.debug == 1)
        #expect(configuration.verto.tellsPresence)
        #expect(warnings.map(\.reason) == ["verto setting 'kslog' has no effect"])
    }
}
