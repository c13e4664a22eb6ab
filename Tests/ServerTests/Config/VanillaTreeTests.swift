import Calls
import Conference
import SIP
import Server
import Testing
import Wire

struct VanillaTreeTests {
    let configuration: Configuration
    let warnings: [String]

    init() throws {
        let variables = ["local_ip_v4": "192.0.2.10", "local_ip_v6": "2001:db8::10", "certs_dir": "/certs"]
        let (configuration, warnings) = try Configuration.load(
            from: "fs", variables: variables, files: MemoryFiles(VanillaTree.files)
        )
        self.configuration = configuration
        self.warnings = warnings.map(\.description)
    }

    @Test func loadsBothVertoProfiles() throws {
        let profiles = configuration.verto.profiles
        #expect(profiles.map(\.name) == ["default-v4", "default-v6"])
        let v4 = try #require(profiles.first)
        #expect(v4.listeners.map(\.address.description) == ["192.0.2.10:8081", "192.0.2.10:8082"])
        #expect(v4.listeners.map(\.isSecure) == [false, true])
        #expect(v4.certificate.combined == "/certs/wss.pem")
        #expect(v4.certificate.chain == "/certs/wss.pem")
        #expect(v4.authentication == .users)
        #expect(v4.forcedDomain == "192.0.2.10")
        #expect(v4.mediaAddresses == ["192.0.2.10"])
        #expect(v4.advertisedAddresses == ["192.0.2.10"])
        #expect(v4.outboundCodecs == ["opus", "vp8"])
        #expect(profiles[1].listeners.map(\.address.description) == ["[2001:db8::10]:8081", "[2001:db8::10]:8082"])
        #expect(profiles[1].mediaAddresses == ["2001:db8::10"])
        #expect(configuration.verto.detachTimeout == .seconds(120))
    }

    @Test func loadsTheConferenceProfiles() throws {
        let names = ["default", "wideband", "ultrawideband", "cdquality", "video-mcu-stereo", "sla"]
        #expect(configuration.conference.profiles.map(\.name) == names)
        let pairs = try #require(configuration.conference.profile("default")).pairs
        #expect(pairs.prefix(3).map(\.0) == ["domain", "rate", "interval"])
        #expect(pairs.prefix(3).map(\.1) == ["192.0.2.10", "8000", "20"])
        #expect(configuration.conference.controls["default"]?.map(\.digits) == ["0", "*", "9", "2", "#"])
    }

    @Test func loadsTheDirectory() throws {
        #expect(configuration.directory.users.map(\.id) == ["1000", "1001", "brian"])
        let user = try #require(configuration.directory.user("1000", in: "192.0.2.10"))
        #expect(user.password == "1234")
        #expect(user.allowedMethods == .names(["verto"]))
        #expect(user.allowedEventChannels == .nothing)
        #expect(user.context == "default")
        #expect(user.variables["record_stereo"] == "true")
        #expect(user.variables["effective_caller_id_name"] == "Extension 1000")
    }

    @Test func takesPortsAndLimitsFromTheCore() {
        #expect(configuration.settings.mediaPorts == 16_384...32_768)
        #expect(configuration.settings.maximumLegs == 1_000)
        #expect(configuration.limits.legs == 1_000)
    }

    @Test func loadsTheSIPProfiles() throws {
        let sip = configuration.sip.settings
        #expect(sip.profiles.map(\.name) == ["external", "internal-ipv6", "internal"])
        let inside = try #require(sip.profile("internal"))
        #expect(
            inside.listens.map { "\($0.transport.rawValue) \($0.address)" }
                == ["UDP 192.0.2.10:5060", "TCP 192.0.2.10:5060"])
        #expect(inside.authenticatesCalls && !inside.logsAuthenticationFailures)
        #expect(inside.inboundACL.map(\.name) == ["domains"])
        #expect(inside.permitsCalls(from: try address("192.0.2.99", 0)) == true)
        #expect(inside.permitsCalls(from: try address("198.51.100.99", 0)) == false)
        #expect(inside.forcedDomain == "192.0.2.10")
        #expect(inside.inboundCodecs == ["OPUS", "G722", "PCMU", "PCMA"])
        #expect(inside.outboundCodecs == ["OPUS", "G722", "PCMU"])
        #expect(inside.advertisedSIP == nil && inside.advertisedRTP == nil)
        let six = try #require(sip.profile("internal-ipv6"))
        #expect(six.listens.map(\.address.description) == ["[2001:db8::10]:5060", "[2001:db8::10]:5060"])
        let outside = try #require(sip.profile("external"))
        #expect(!outside.authenticatesCalls)
        let gateway = try #require(outside.gateways.first)
        #expect(gateway.name == "itsp" && gateway.username == "cluecon" && gateway.registers)
        #expect(gateway.effectiveProxy == "asterlink.com" && gateway.contactParameters == "tport=tcp")
        #expect(gateway.variables.map(\.direction) == [.inbound, .both])
    }

    /// A file of ours is not one that may be broken.
    @Test func aBrokenProfileIsAMistake() {
        var files = VanillaTree.files
        files["fs/sip_profiles/internal.xml"] = "<profile name=\"internal\"><settings></profile>"
        #expect(throws: ConfigurationError.self) { try Configuration.load(from: "fs", files: MemoryFiles(files)) }
    }

    typealias Row = (destination: String, variables: [String: String], applications: [String])

    /// The log and the sleep come from `default_password` being 1234, as in FreeSWITCH.
    static let nag = ["log CRIT Open fs/vars.xml and change the default_password.", "sleep 10000"]

    static let rows: [Row] = [
        ("3012", [:], nag + ["answer", "conference 3012-192.0.2.10@default"]),
        ("3512", [:], nag + ["answer", "conference 3512@video-mcu-stereo"]),
        (
            "3512-Ada-screen", [:],
            nag + [
                "answer", "send_display FreeSWITCH Conference|3512", "set conference_member_flags=join-vid-floor",
                "conference 3512@video-mcu-stereo",
            ]
        ),
        ("6070-moderator", [:], nag + ["answer", "conference -192.0.2.10@default+flags{moderator}"]),
        ("9196", [:], nag + ["answer", "echo"]),
        ("9197", [:], nag + ["answer", "playback {loops=-1}tone_stream://%(251,0,1004)"]),
        ("9664", [:], nag + ["set zrtp_secure_media=true", "answer", "playback silence_stream://2000"]),
        ("more", [:], nag + ["echo"]),
        ("6001", [:], nag + ["answer", "valet_park valet_parking_lot 6001"]),
        ("nobody", [:], nag + ["acknowledge_call", "ringback %(2000,4000,440,480)"]),
        (
            "9196", ["endpoint_disposition": "DELAYED NEGOTIATION"],
            nag + ["hash insert/192.0.2.10-spymap//", "export RFC2822_DATE=", "answer", "echo"]
        ),
    ]

    @Test(arguments: rows)
    func routesAsFreeSWITCHDoes(row: Row) {
        let found = configuration.run(row.destination, variables: row.variables, domain: "192.0.2.10")
        #expect(found == row.applications)
    }

    @Test(arguments: [
        "fs/freeswitch.xml:12: warning: section 'chatplan' has no effect",
        "fs/freeswitch.xml:18: warning: section 'languages' has no effect",
        "fs/autoload_configs/sofia.conf.xml:2: warning: sofia.conf: debug-presence has no effect",
        "fs/sip_profiles/external.xml:41: warning: ext-rtp-ip: 'auto-nat' is not looked up; give the address",
        "fs/autoload_configs/verto.conf.xml:20: warning: verto parameter 'local-network' has no effect",
        "fs/autoload_configs/verto.conf.xml:21: warning: codec 'h264' is not supported and left out",
        "fs/directory/default/1000.xml:2: warning: users have the password 1234, which everybody tries first",
    ])
    func listsWhatItDoesNotSupport(warning: String) {
        let isListed = warnings.contains(warning)
        let subject = warning.drop { $0 != " " }
        #expect(isListed, "\(warnings.filter { $0.hasSuffix(subject) }) of \(warnings.count)")
    }

    @Test(arguments: [
        "verto parameter 'apply-candidate-acl'", "codec 'h264'", "application 'intercept'",
        "sounds of the kind 'local_stream://'",
        "conditions on the time",
        "video-mode: pictures are forwarded", "conference parameter 'video-fps'", "conference flag 'mute-detect'",
        "directory parameter 'vm-password'",
        "sloppy", "external_rtp_ip", "<advertise>", "SIP profile 'internal':", "SIP profile 'external':",
        "tls-verify-policy", "codec 'H264'", "ext-sip-ip",
    ])
    func listsEachThingOnce(thing: String) {
        #expect(warnings.count { $0.contains(thing) } == 1, "\(warnings.filter { $0.contains(thing) })")
    }

    @Test func saysNothingOfWhatIsSupported() {
        for name in ["'answer'", "'conference'", "'set'", "'push'", "bind-local", "energy-level", "livearray-sync"] {
            #expect(!warnings.contains { $0.contains(name) })
        }
    }

    @Test func loadsWithoutTheRootFile() throws {
        var files = VanillaTree.files
        files["fs/freeswitch.xml"] = nil
        let (other, _) = try Configuration.load(from: "fs", files: MemoryFiles(files))
        #expect(other.verto.profiles.count == 2)
        #expect(other.run("3512").last == "conference 3512@video-mcu-stereo")
        #expect(other.directory.users.count == 3)
    }
}
