import ArgumentParser
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import RTC
import Wire

/// Puts a conference server under load and measures what members hear and dashboards see.
@main
struct ParleyLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parley-load",
        abstract: "Joins thousands of headless members to rooms and measures sound, pictures, rows, CPU, memory.",
        discussion: """
            Example: 200 members in room 3500, two of them talking, ten dashboards:
              parley-load --url wss://localhost:8082/ --insecure --login 1000 --password 1234 \\
                --room 3500 --members 200 --talkers 2 --levels --marker --dashboards 10 \\
                --dashboard-login dashboard --dashboard-password 5678 --server-pid $(pidof parley)
            30 members with cameras who speak in turns, and one dashboard that sees the video floor move:
              parley-load --url wss://localhost:8082/ --insecure --login 1000 --password 1234 \\
                --room 3500 --members 30 --talkers 0 --pattern turns --levels --video 640x360 --dashboards 1
            50 telephones in room 3500, as callers of a trunk that the server trusts:
              parley-load --sip 127.0.0.1:5080 --phones pcmu --room 3500 --members 50 --talkers 3
            20 calls between PCMU and Opus; the server's dialplan sends opus-N back to N at this port:
              parley-load --sip 127.0.0.1:5080 --phones pcmu --pairs opus --phone-port 5090 --members 20
            """)

    @Option(help: "Where the server is: ws:// or wss://host:port/.")
    var url: String?

    @Option(help: "Members are phones that talk this codec: \(AudioCodec.allValueStrings.joined(separator: ", ")).")
    var phones: AudioCodec?

    @Option(
        help: """
            Each member calls CODEC-N instead of a room, and the server calls N at --phone-port, a phone of this codec.
            """)
    var pairs: AudioCodec?

    @Option(help: "Where the server listens for SIP over UDP: address:port.")
    var sip: String?

    @Option(help: "The phones' own address.")
    var phoneIp = "127.0.0.1"

    @Option(help: "The phones' own SIP port (default: a free one).")
    var phonePort = 0

    @Flag(help: "Accept any certificate.")
    var insecure = false

    @Option(help: "Domain of the users, added to logins without one.")
    var domain: String?

    @Option(help: "Login of all members; one may have many connections.")
    var login: String?

    @Option(help: "Password of --login.")
    var password: String?

    @Option(help: "Several logins, used in turn: user1:pw,user2:pw.")
    var logins: String?

    @Option(help: "Number to call, or several with commas; with --rooms N this and the N-1 numbers that follow.")
    var room = "3500"

    @Option(help: "How many rooms.")
    var rooms = 1

    @Option(help: "Members in each room.")
    var members = 10

    @Option(help: "Members of each room who talk all the time.")
    var talkers = 2

    @Option(help: "What the other members send: \(Pattern.allCases.map(\.rawValue).joined(separator: ", ")).")
    var pattern = Pattern.noise

    @Flag(inversion: .prefixedNo, help: "Offer audio levels (RFC 6464) and send them, as browsers do.")
    var levels = false

    @Flag(
        inversion: .prefixedNo,
        help: "One more member of each room talks in tone bursts, to measure the delay of sound.")
    var marker = false

    @Option(help: "Members have cameras: \(VideoSize.allCases.map(\.rawValue).joined(separator: ", ")).")
    var video: VideoSize?

    @Option(help: "Members of each room with a camera (default: all but the --watchers).")
    var cameras: Int?

    @Option(help: "Members of each room who see and have no camera (default: all but the --cameras).")
    var watchers: Int?

    @Option(help: "Members in all who decode what they see; the others look at headers and marks.")
    var decode = 2

    @Option(help: "Percent of the pictures' packets that are lost on their way to the members.")
    var loss = 0.0

    @Option(help: "Connections that watch the rooms' live arrays, spread over the rooms.")
    var dashboards = 0

    @Option(help: "Login of the dashboards, when it is not --login.")
    var dashboardLogin: String?

    @Option(help: "Password of --dashboard-login.")
    var dashboardPassword: String?

    @Flag(help: "Every member watches its room's live array too, as the stock client does.")
    var membersWatch = false

    @Option(help: "Seconds to measure once everybody is in.")
    var duration = 30.0

    @Option(help: "Members that join a second.")
    var joinRate = 20.0

    @Option(help: "The server's process, for its CPU and memory.")
    var serverPid: Int?

    @Flag(help: "Run the media thread under SCHED_FIFO where that is allowed.")
    var realtime = false

    @Option(help: "Write the report as JSON to this file.")
    var json: String?

    func run() throws {
        let plan = try plan()
        raiseDescriptorLimit()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let finished = loop.makePromise(of: Conductor.Outcome.self)
        let mailbox = MediaMailbox()
        let conductor = Conductor(plan: plan, tls: try tls(), loop: loop, mailbox: mailbox, finished: finished)
        MediaThread.start(
            plan: plan.media, mailbox: mailbox, isRealtime: plan.isRealtime
        ) {
            loop.execute { conductor.assumeIsolated { $0.readNews() } }
        }
        let report = Report(plan, try finished.futureResult.wait())
        print(report.table)
        if let path = plan.jsonPath { try write(report.json.text + "\n", to: path) }
        try group.syncShutdownGracefully()
        if report.joined == 0 { throw ExitCode.failure }
    }

    private func plan() throws -> Plan {
        let phones = try phonePlan()
        guard let endpoint = Endpoint(phones == nil ? url ?? "" : "ws://localhost/", isLax: insecure) else {
            throw ValidationError("--url is no ws:// or wss:// address")
        }
        let accounts = phones == nil ? try accounts() : [Plan.Account(login: "", password: "")]
        guard members >= 1, (0...members).contains(talkers), dashboards >= 0, duration > 0, joinRate > 0 else {
            throw ValidationError("counts must be positive, and there cannot be more talkers than members")
        }
        guard !marker || members >= talkers + 2 else {
            throw ValidationError("--marker needs a member who sends it and one who hears it, besides the talkers")
        }
        guard pattern != .turns || talkers == 0 else {
            throw ValidationError("--pattern turns goes with --talkers 0: nobody talks all the time")
        }
        return Plan(
            endpoint: endpoint, phones: phones, domain: domain, accounts: accounts,
            dashboardAccount: try dashboardAccount() ?? accounts[0], rooms: try roomNames(), membersPerRoom: members,
            talkersPerRoom: talkers, pattern: pattern, sendsLevels: levels, hasMarker: marker, video: try videoPlan(),
            dashboards: dashboards, membersWatch: membersWatch, seconds: duration, joinRate: joinRate,
            serverPID: serverPid, isRealtime: realtime, jsonPath: json)
    }

    private func phonePlan() throws -> PhonePlan? {
        guard let phones else {
            guard pairs == nil, sip == nil else { throw ValidationError("--pairs and --sip go with --phones") }
            return nil
        }
        guard let server = sip.flatMap(Self.address), TransportAddress(ip: phoneIp, port: 0) != nil else {
            throw ValidationError("--phones needs --sip and an address with a port")
        }
        guard video == nil, !levels, !marker, dashboards == 0, !membersWatch, url == nil else {
            throw ValidationError("phones have no pictures, no levels, no marker and no dashboards")
        }
        guard pattern != .dtx || phones == .opus else { throw ValidationError("only Opus has --pattern dtx") }
        return PhonePlan(codec: phones, farCodec: pairs, server: server, localIP: phoneIp, localPort: phonePort)
    }

    /// `192.0.2.1:5060` or `[2001:db8::1]:5060`.
    private static func address(_ text: String) -> TransportAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let ip = text[..<colon]
        return TransportAddress(ip: ip.hasPrefix("[") ? String(ip.dropFirst().dropLast()) : String(ip), port: port)
    }

    private func videoPlan() throws -> VideoPlan? {
        guard let video else {
            guard cameras == nil, watchers == nil else { throw ValidationError("cameras need --video and a size") }
            return nil
        }
        let cameras = cameras ?? members - (watchers ?? 0)
        let watchers = watchers ?? members - cameras
        guard cameras >= 1, watchers >= 0, cameras + watchers <= members, decode >= 0 else {
            throw ValidationError("there must be a camera, and no more cameras and watchers than members")
        }
        guard (0..<100).contains(loss) else { throw ValidationError("--loss is a share in percent") }
        return VideoPlan(
            size: video, camerasPerRoom: cameras, watchersPerRoom: watchers, decoders: decode, loss: loss / 100)
    }

    private func roomNames() throws -> [String] {
        let names = room.split(separator: ",").map(String.init)
        guard rooms > 1, let first = names.first.flatMap({ Int($0) }), names.count == 1 else {
            guard rooms == 1, !names.isEmpty else { throw ValidationError("--rooms needs one number as --room") }
            return names
        }
        return (0..<rooms).map { String(first + $0) }
    }

    private func dashboardAccount() throws -> Plan.Account? {
        guard let dashboardLogin else { return nil }
        guard let dashboardPassword else { throw ValidationError("--dashboard-login needs --dashboard-password") }
        return Plan.Account(login: dashboardLogin, password: dashboardPassword)
    }

    private func accounts() throws -> [Plan.Account] {
        if let logins {
            let accounts = try logins.split(separator: ",").map { try Self.account(String($0)) }
            if !accounts.isEmpty { return accounts }
        }
        guard let login, let password else { throw ValidationError("give --login and --password, or --logins") }
        return [Plan.Account(login: login, password: password)]
    }

    private static func account(_ text: String) throws -> Plan.Account {
        guard let colon = text.firstIndex(of: ":") else { throw ValidationError("'\(text)' is not user:password") }
        return Plan.Account(login: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
    }

    private func tls() throws -> NIOSSLContext? {
        guard let url, url.hasPrefix("wss://") else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        if insecure { configuration.certificateVerification = .none }
        return try NIOSSLContext(configuration: configuration)
    }

    /// Each member takes two descriptors.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private func write(_ text: String, to path: String) throws {
        guard let file = unsafe fopen(path, "w") else { throw ValidationError("cannot write \(path)") }
        defer { unsafe fclose(file) }
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe fwrite($0.baseAddress, 1, $0.count, file) }
    }
}

extension Pattern: ExpressibleByArgument {}
extension VideoSize: ExpressibleByArgument {}

extension AudioCodec: ExpressibleByArgument {
    package init?(argument: String) { self.init(name: argument) }

    package static var allValueStrings: [String] { allCases.map { "\($0)" } }
}
