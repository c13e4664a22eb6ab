import SIP
import Server
import Testing
import Wire

/// A tree with one SIP profile.
private func tree(
    settings: String = "", gateways: String = "", more: String = "", acl: String = "", directory: String = ""
) -> [String: String] {
    [
        "c/autoload_configs/sofia.conf.xml": """
        <configuration name="sofia.conf"><profiles><profile name="internal">
        <gateways>\(gateways)</gateways>
        <settings><param name="sip-ip" value="192.0.2.1"/><param name="context" value="default"/>
        \(settings)
        </settings></profile>\(more)</profiles></configuration>
        """,
        "c/autoload_configs/acl.conf.xml":
            "<configuration name=\"acl.conf\"><network-lists>\(acl)</network-lists></configuration>",
        "c/directory/default.xml": "<domain name=\"example.com\">\(directory)</domain>",
    ]
}

private func param(_ name: String, _ value: String) -> String { "<param name=\"\(name)\" value=\"\(value)\"/>" }

private func profile(_ settings: String = "", gateways: String = "") throws -> SIPProfile {
    let loaded = try load(tree(settings: settings, gateways: gateways))
    return try #require(loaded.configuration.sip.settings.profiles.first)
}

struct SIPConfigurationTests {
    @Test func withoutAFileThereIsNoSIP() throws {
        #expect(try load().configuration.sip.settings.profiles.isEmpty)
    }

    // MARK: Sockets

    @Test func listensOnUDPAndTCP() throws {
        let found = try profile()
        #expect(
            found.listens.map { "\($0.transport.rawValue) \($0.address)" }
                == ["UDP 192.0.2.1:5060", "TCP 192.0.2.1:5060"])
        #expect(found.rtpAddresses.map(\.ip) == ["192.0.2.1"])
        #expect(found.context == "default")
        #expect(found.authenticatesCalls)
    }

    typealias SocketRow = (settings: [(String, String)], listens: [String])
    static let socketRows: [SocketRow] = [
        ([("sip-port", "5070")], ["UDP 192.0.2.1:5070", "TCP 192.0.2.1:5070"]),
        ([("tls", "true")], ["UDP 192.0.2.1:5060", "TCP 192.0.2.1:5060", "TLS 192.0.2.1:5061"]),
        ([("tls-only", "true"), ("tls-sip-port", "5099")], ["TLS 192.0.2.1:5099"]),
        ([("bind-params", "transport=udp")], ["UDP 192.0.2.1:5060"]),
        (
            [("sip-ip", "2001:db8::1")],
            [
                "UDP 192.0.2.1:5060", "TCP 192.0.2.1:5060", "UDP [2001:db8::1]:5060", "TCP [2001:db8::1]:5060",
            ]
        ),
    ]

    @Test(arguments: socketRows)
    func listensWhereItIsTold(row: SocketRow) throws {
        let found = try profile(row.settings.map { param($0.0, $0.1) }.joined())
        #expect(found.listens.map { "\($0.transport.rawValue) \($0.address)" } == row.listens)
    }

    @Test func mediaHaveAnAddressOfEachFamily() throws {
        func addresses(_ settings: (String, String)...) throws -> [String] {
            try profile(settings.map { param($0.0, $0.1) }.joined()).rtpAddresses.map(\.ip)
        }
        #expect(try addresses(("sip-ip", "2001:db8::1")) == ["192.0.2.1", "2001:db8::1"])
        #expect(try addresses(("sip-ip", "2001:db8::1"), ("rtp-ip", "192.0.2.3")) == ["192.0.2.3"])
        #expect(
            try addresses(("rtp-ip", "192.0.2.3"), ("rtp-ip", "2001:db8::3")) == ["192.0.2.3", "2001:db8::3"])
    }

    @Test func aProfileWithoutAnAddressIsLeftOut() throws {
        let second = """
            <profile name="v6"><settings><param name="sip-ip" value=""/></settings></profile>
            """
        let loaded = try load(tree(more: second))
        #expect(loaded.configuration.sip.settings.profiles.map(\.name) == ["internal"])
        #expect(loaded.warnings.contains { $0.reason.contains("'v6' has no address") })
    }

    @Test func whatIsToldOutside() throws {
        let found = try profile(
            param("ext-sip-ip", "autonat:203.0.113.9") + param("ext-rtp-ip", "203.0.113.8")
                + param("local-network-acl", "lan"))
        #expect(found.advertisedSIP == "203.0.113.9")
        #expect(found.advertisedRTP == "203.0.113.8")
        #expect(found.localNetworks.permits(try address("10.1.2.3", 0)))
        #expect(!found.localNetworks.permits(try address("198.51.100.1", 0)))
        // The own address needs no mention.
        #expect(try profile(param("ext-sip-ip", "192.0.2.1")).advertisedSIP == nil)
        let (_, warnings) = try load(tree(settings: param("ext-sip-ip", "stun:stun.example.com")))
        #expect(warnings.contains { $0.reason.contains("is not looked up") })
    }

    // MARK: Values

    @Test func takesWhatAProfileSays() throws {
        let rows: [(String, String)] = [
            ("auth-calls", "false"), ("auth-calls-acl-only", "true"), ("challenge-realm", "realm.example"),
            ("nonce-ttl", "120"), ("rfc8760-auth-algorithms", "SHA-512-256,MD5"), ("disable-register", "true"),
            ("disable-transfer", "true"), ("force-register-domain", "example.com"), ("sip-expires-max", "1200"),
            ("max-registrations-per-extension", "3"), ("multiple-registrations", "false"),
            ("nat-options-ping", "false"), ("inbound-codec-prefs", "PCMA,PCMU@30i"), ("dtmf-type", "info"),
            ("rtp-secure-media", "mandatory:AES_CM_128_HMAC_SHA1_80"), ("session-timeout", "600"),
            ("enable-100rel", "true"), ("rtp-timeout-sec", "60"), ("rtp-hold-timeout-sec", "900"),
            ("inbound-reg-force-matching-username", "false"), ("user-agent-string", "X"), ("timer-T1", "250"),
            ("unknown-source", "drop"), ("tls-verify-policy", "all"), ("tls-cert-dir", "/certs"), ("max-calls", "7"),
            ("max-calls-per-source", "8"), ("max-calls-per-pair", "0"), ("max-calls-per-second", "9"),
        ]
        let loaded = try load(tree(settings: rows.map { param($0.0, $0.1) }.joined()))
        #expect(loaded.warnings.map(\.description) == [])
        let sip = loaded.configuration.sip
        let found = try #require(sip.settings.profile("internal"))
        #expect(!found.authenticatesCalls && found.refusesInsteadOfChallenge)
        #expect(found.realm == .fixed("realm.example"))
        #expect(found.maximumCallsPerSource == 8 && found.maximumCallsPerPair == nil && found.callsPerSecond == 9)
        #expect(found.nonceLifetime == .seconds(120))
        #expect(found.challengeAlgorithms == [.sha512t256, .md5])
        #expect(!found.registers && !found.transfersAllowed && !found.allowsMultipleRegistrations)
        #expect(found.forcedDomain == "example.com")
        #expect(found.maximumExpires == .seconds(1_200))
        #expect(found.maxRegistrationsPerUser == 3)
        #expect(found.bindingPingInterval == nil)
        #expect(found.inboundCodecs == ["PCMA", "PCMU"])
        #expect(found.dtmf == .info && found.secureMedia == .required)
        #expect(found.sessionTimeout == .seconds(600) && found.reliableProvisional)
        #expect(found.rtpTimeout == .seconds(60) && found.rtpHoldTimeout == .seconds(900))
        #expect(!found.forcesMatchingUsername && found.maximumCalls == 7)
        #expect(sip.settings.userAgent == "X" && sip.settings.timers.t1 == .milliseconds(250))
        #expect(sip.settings.defence.isSilent)
        #expect(sip.tls["internal"]?.verification == .all)
        #expect(sip.tls["internal"]?.folder == "/certs")
    }

    static let mistakes: [(String, String)] = [
        ("sip-ip", "nowhere"), ("sip-ip", "192.0.2.2"), ("sip-port", "70000"), ("ext-sip-ip", "my.name"),
        ("auth-calls", "maybe"), ("apply-inbound-acl", "strangers"), ("local-network-acl", "strangers"),
        ("nonce-ttl", "0"), ("rfc8760-auth-algorithms", "ROT13"), ("inbound-codec-prefs", "G729"),
        ("dtmf-type", "smoke"), ("rtp-secure-media", "sometimes"), ("session-timeout", "30"),
        ("minimum-session-expires", "60"), ("rtp-timeout-sec", "-1"), ("dialplan", "LUA"), ("timer-T1", "0"),
    ]

    @Test(arguments: mistakes)
    func aWrongValueIsAMistake(name: String, value: String) {
        let found = problems(tree(settings: param(name, value)))
        #expect(found.count == 1, "\(found)")
    }

    @Test func whatIsNotSupportedIsListedOnce() throws {
        let list = try warnings(tree(settings: param("manage-presence", "true") + param("wss-binding", ":7443")))
        #expect(list.count { $0.contains("manage-presence, wss-binding has no effect") } == 1, "\(list)")
    }

    @Test func twoProfilesCannotShareAPort() {
        let second = """
            <profile name="other"><settings><param name="sip-ip" value="192.0.2.1"/><param name="context" value="default"/>
            </settings></profile>
            """
        #expect(problems(tree(more: second)).count == 2)
        #expect(problems(tree(more: "<profile name=\"internal\"/>")).count == 1)
        #expect(problems(tree(more: "<profile name=\"bad name\"/>")).count == 1)
    }

    @Test func aContextThatIsNotThereIsListed() throws {
        let gateway = """
            <gateway name="g"><param name="register" value="false"/><param name="context" value="nowhere"/></gateway>
            """
        #expect(try warnings(tree(gateways: gateway)).contains { $0.contains("no dialplan context 'nowhere'") })
    }

    @Test func portsBoundTheCalls() throws {
        let files = tree().merging([
            "c/autoload_configs/parley.conf.xml": parley(
                param("media-port-base", "20000") + param("media-port-count", "101"))
        ]) { $1 }
        let configuration = try load(files).configuration
        #expect(configuration.sip.settings.maximumCalls == 50)
        #expect(configuration.settings.plainPorts(besides: 1) == 20_001...20_100)
    }
}

struct GatewayReaderTests {
    private static func gateway(_ parameters: [(String, String)], variables: String = "") throws -> GatewaySettings {
        let text = """
            <gateway name="itsp">\(parameters.map { param($0.0, $0.1) }.joined())<variables>\(variables)</variables></gateway>
            """
        return try #require(try profile(gateways: text).gateways.first)
    }

    @Test func readsAnAccount() throws {
        let found = try Self.gateway(
            [
                ("username", "u"), ("password", "p"), ("auth-username", "a"), ("realm", "r.example"),
                ("proxy", "p.example:5070"), ("register-proxy", "rp.example"), ("outbound-proxy", "op.example"),
                ("register-transport", "tls"), ("expire-seconds", "600"), ("retry-seconds", "10"),
                ("timeout-seconds", "20"), ("908-retry-seconds", "5"), ("from-user", "f"), ("from-domain", "fd"),
                ("extension", "3000"), ("extension-in-contact", "true"), ("contact-params", ";a=b"),
                ("contact-host", "c.example"), ("caller-id-in-from", "true"), ("distinct-to", "true"),
                ("destination-prefix", "00"), ("ping", "25"), ("ping-min", "2"), ("ping-max", "3"),
                ("contact-in-ping", "true"), ("ping-user-agent", "Pinger"), ("rfc-5626", "true"), ("reg-id", "2"),
                ("gw-auth-acl", "lan"), ("context", "default"), ("cid-type", "pid"), ("max-calls", "5"),
                ("max-calls-per-second", "6"),
            ],
            variables: #"<variable name="a" value="1" direction="inbound"/><variable name="b" value="2"/>"#)
        var wanted = GatewaySettings(name: "itsp")
        (wanted.username, wanted.password, wanted.authUsername) = ("u", "p", "a")
        (wanted.realm, wanted.proxy) = ("r.example", "p.example:5070")
        (wanted.registerProxy, wanted.outboundProxy, wanted.transport) = ("rp.example", "op.example", .tls)
        (wanted.expires, wanted.retry, wanted.timeout) = (.seconds(600), .seconds(10), .seconds(20))
        (wanted.timeoutRetry, wanted.fromUser, wanted.fromDomain) = (.seconds(5), "f", "fd")
        (wanted.extension, wanted.putsExtensionInContact) = ("3000", true)
        (wanted.contactParameters, wanted.contactHost) = ("a=b", "c.example")
        (wanted.putsCallerIDInFrom, wanted.hasDistinctTo, wanted.destinationPrefix) = (true, true, "00")
        wanted.callsPerSecond = 6
        (wanted.ping, wanted.pingMinimum, wanted.pingMaximum) = (.seconds(25), 2, 3)
        (wanted.putsContactInPing, wanted.pingUserAgent) = (true, "Pinger")
        (wanted.usesOutbound, wanted.regID, wanted.context) = (true, 2, "default")
        wanted.authACL = AccessLists(local: [])["lan"]
        (wanted.callerIDType, wanted.maximumCalls) = ("pid", 5)
        wanted.variables = [
            .init(name: "a", value: "1", direction: .inbound), .init(name: "b", value: "2", direction: .both),
        ]
        #expect(found == wanted)
    }

    @Test func oneThatDoesNotRegisterNeedsNoAccount() throws {
        let found = try Self.gateway([("register", "false"), ("proxy", "192.0.2.9")])
        #expect(found.username == "parley")
        #expect(!found.registers)
    }

    static let mistakes: [(what: String, gateway: String)] = [
        ("no name", "<gateway/>"),
        ("a bad name", "<gateway name=\"a b\"/>"),
        ("no account", "<gateway name=\"g\"/>"),
        ("no password", "<gateway name=\"g\">\(param("username", "u"))</gateway>"),
        (
            "a bad transport",
            "<gateway name=\"g\">\(param("register", "false"))\(param("register-transport", "sctp"))</gateway>"
        ),
        ("an unknown list", "<gateway name=\"g\">\(param("register", "false"))\(param("gw-auth-acl", "x"))</gateway>"),
        (
            "a bad direction",
            "<gateway name=\"g\">\(param("register", "false"))<variables><variable name=\"a\" value=\"b\" direction=\"up\"/></variables></gateway>"
        ),
    ]

    @Test(arguments: mistakes)
    func aBadOneIsAMistake(what: String, gateway: String) {
        #expect(problems(tree(gateways: gateway)).count == 1)
    }

    @Test func theFirstOfANameIsTaken() throws {
        let one = "<gateway name=\"g\">\(param("register", "false"))\(param("proxy", "first"))</gateway>"
        let other = "<gateway name=\"g\">\(param("register", "false"))\(param("proxy", "second"))</gateway>"
        let loaded = try load(tree(gateways: one + other))
        #expect(loaded.configuration.sip.settings.profiles.first?.gateways.map(\.proxy) == ["first"])
        #expect(loaded.warnings.contains { $0.reason.contains("stands twice") })
    }

    @Test func gatewaysOfUsersBelongToTheProfileThatParsesTheirDomain() throws {
        let users = """
            <user id="1000"><params><param name="password" value="p"/></params><gateways><gateway name="mine">
            <param name="username" value="u"/><param name="password" value="p"/></gateway></gateways></user>
            """
        let orphaned = try load(tree(directory: users))
        #expect(orphaned.configuration.sip.settings.profiles.flatMap(\.gateways).isEmpty)
        #expect(orphaned.warnings.contains { $0.reason.contains("parse=\"true\"") })
        let external = """
            <profile name="external"><domains><domain name="all" parse="true"/></domains><settings>
            <param name="sip-ip" value="192.0.2.1"/><param name="sip-port" value="5080"/>
            <param name="context" value="default"/></settings></profile>
            """
        let adopted = try load(tree(more: external, directory: users)).configuration.sip.settings
        #expect(adopted.gateway("mine")?.profile.name == "external")
    }
}

struct AccessListsTests {
    private static func list(_ text: String, directory: String = "") throws -> AccessList {
        let files = tree(settings: param("apply-inbound-acl", "l"), acl: text, directory: directory)
        return try #require(try load(files).configuration.sip.settings.profiles.first?.inboundACL.first)
    }

    typealias Row = (address: String, isAllowed: Bool)
    static let rows: [Row] = [
        ("192.0.2.1", true), ("192.0.2.200", false), ("192.0.2.201", true), ("198.51.100.1", false),
        ("198.51.100.65", true), ("2001:db8::1", true), ("2001:db9::1", false), ("::ffff:192.0.2.1", true),
    ]

    @Test(arguments: rows)
    func theNarrowestNetworkDecides(row: Row) throws {
        let list = try Self.list(
            """
            <list name="l" default="deny">
              <node type="allow" cidr="192.0.2.201/32"/>
              <node type="deny" cidr="192.0.2.200/29"/>
              <node type="allow" cidr="192.0.2.0/24"/>
              <node type="allow" host="198.51.100.64" mask="255.255.255.192"/>
              <node type="allow" cidr="2001:db8::/32"/>
            </list>
            """)
        #expect(list.permits(try address(row.address, 5_060)) == row.isAllowed)
    }

    @Test func theFirstOfEqualsDecides() throws {
        let list = try Self.list(
            """
            <list name="l" default="deny"><node type="allow" cidr="192.0.2.0/24"/><node type="deny" cidr="192.0.2.0/24"/></list>
            """)
        #expect(list.permits(try address("192.0.2.1", 0)))
    }

    @Test func aDomainStandsForItsUsersNetworks() throws {
        let list = try Self.list(
            #"<list name="l" default="deny"><node type="allow" domain="example.com"/></list>"#,
            directory: """
                <user id="a" cidr="192.0.2.7/32,192.0.2.9/32"><params><param name="password" value="x"/></params></user>
                <groups><group name="g"><users><user id="b" cidr="198.51.100.0/24"><params>
                <param name="password" value="x"/></params></user></users></group></groups>
                """)
        for (ip, isAllowed) in [("192.0.2.7", true), ("192.0.2.8", false), ("192.0.2.9", true), ("198.51.100.3", true)]
        {
            #expect(list.permits(try address(ip, 0)) == isAllowed)
        }
    }

    @Test func someListsAreThereAlready() throws {
        let lists = AccessLists(local: [Network("192.168.1.0/24")].compactMap { $0 })
        typealias Row = (list: String, inside: String, outside: String)
        let rows: [Row] = [
            ("lan", "10.1.1.1", "198.51.100.1"), ("rfc1918.auto", "172.16.1.1", "198.51.100.1"),
            ("nat.auto", "10.0.0.1", "192.168.1.5"), ("localnet.auto", "192.168.1.5", "192.168.2.5"),
            ("loopback.auto", "127.0.0.1", "10.0.0.1"), ("wan.auto", "198.51.100.1", "10.0.0.1"),
            ("192.0.2.0/24", "192.0.2.9", "192.0.3.9"), ("192.0.2.9", "192.0.2.9", "192.0.2.8"),
            ("any_v4.auto", "198.51.100.1", "2001:db8::1"),
        ]
        for row in rows {
            let list = try #require(lists[row.list])
            #expect(list.permits(try address(row.inside, 0)), "\(row.list)")
            #expect(!list.permits(try address(row.outside, 0)), "\(row.list)")
        }
        #expect(lists["none"]?.permits(try address("127.0.0.1", 0)) == false)
        #expect(lists["any"]?.permits(try address("198.51.100.1", 0)) == true)
        #expect(lists["nobody"] == nil)
    }

    static let mistakes = [
        #"<list name="l"><node type="allow" cidr="192.0.2.0/33"/></list>"#,
        #"<list name="l"><node type="maybe" cidr="192.0.2.0/24"/></list>"#,
        #"<list name="l"><node type="allow"/></list>"#,
        #"<list name="l"><node type="allow" host="192.0.2.1" mask="many"/></list>"#,
        #"<list name="l" default="perhaps"/>"#,
        #"<list name="l"/><list name="l"/>"#,
        "<list/>",
    ]

    @Test(arguments: mistakes)
    func aBadOneIsAMistake(list: String) { #expect(problems(tree(acl: list)).count == 1) }
}
