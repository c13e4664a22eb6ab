import Calls
import Conference
import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Native
import RTC
import SIP
import ServiceLifecycle
import UnixSignals
import Verto
import Wire

/// Puts the house together from options and configuration, and runs it until it is told to stop.
package struct Server {
    package static let version = "0.1.0"

    private let options: ServerOptions
    private let configuration: Configuration
    private let warnings: [ConfigurationWarning]
    private let data: DataFolder
    private let passwords: [String: String]
    private let identity: Identity
    /// What browsers see in DTLS; it lives in memory only, 30 days (RFC 8827 §6.5 asks for no more).
    private let dtlsIdentity: Identity
    private let addresses: [String]
    private let log: Logger

    /// Reads the configuration and makes what a first start needs.
    ///
    /// - Throws: ``StartFailure`` or ``ConfigurationError``, whose descriptions are for the operator.
    package init(_ options: ServerOptions) throws {
        self.options = options
        data = try DataFolder(options.data ?? "var")
        passwords = try data.passwords(for: Self.startUpUsers + ["default"])
        (configuration, warnings) = try Self.configuration(options, passwords)
        log = Self.logger(options, configuration.settings)
        addresses =
            options.mediaAddresses.isEmpty
            ? Self.mediaAddresses(configuration) : options.mediaAddresses
        identity = try data.certificate(for: Self.certificateNames(addresses))
        dtlsIdentity = try Identity.generate(commonName: "Parley", alternativeNames: [], days: 30)
    }

    /// Serves until SIGTERM or SIGINT, or until `stopped` returns.
    ///
    /// - Parameters:
    ///   - stopped: Returns when the server is to end, and when its task is cancelled.
    ///   - whenReady: Called once with the port of the https listener.
    package func run(
        until stopped: (@Sendable () async -> Void)? = nil,
        whenReady: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        for warning in warnings { log.warning("configuration", metadata: ["at": "\(warning)"]) }
        let listens = try listens()
        Self.raiseDescriptorLimit()
        let sounds = soundLibrary()
        let sockets = try await openPhoneSockets()
        do {
            let media = try startMedia(await loadRoomSounds(sounds))
            do {
                try await serviceGroup(listens, media, sounds, sockets, until: stopped, whenReady: whenReady).run()
            } catch {
                // After a start that failed half-way they still run.
                media.stop()
                throw error
            }
        } catch {
            await sockets?.shutDown()
            throw error
        }
    }

    private func serviceGroup(
        _ listens: [Listen], _ media: MediaThreads.Running, _ sounds: SoundLibrary, _ sockets: SIPSockets?,
        until stopped: (@Sendable () async -> Void)?, whenReady: @escaping @Sendable (Int) -> Void
    ) throws -> ServiceGroup {
        let startedAt = MonotonicClock.now
        let (recordingNews, recorded) = AsyncStream.makeStream(of: RecordingWriter.News.self)
        let helpers = helpers(sounds, sockets, loops: media.mailboxes.count) { recorded.yield($0) }
        let bridge = Bridge(
            settings: bridgeSettings, loops: media.mailboxes, candidates: media.candidates,
            fingerprint: dtlsIdentity.fingerprint, helpers: helpers, startedAt: startedAt, log: log)
        let listener = VertoListener(bridge: bridge, settings: bridgeSettings.verto, log: log)
        let service = BridgeService(
            bridge: bridge, listener: listener, mailboxes: media.mailboxes, helpers: helpers,
            recordingNews: recordingNews, recordingTeller: recorded)
        let control = ControlSocket(path: data.file("control.sock"), log: log) { line, name in
            await withCheckedContinuation { answer in
                Task { await bridge.control(line, by: name) { answer.resume(returning: $0) } }
            }
        }
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: control)]
        for listen in listens {
            let application = try application(
                listen, listener: listener, bridge: bridge, media: media, whenReady: whenReady)
            services.append(.init(service: ListenerService(application: application, address: listen.address)))
        }
        if let stopped {
            services.append(
                .init(service: StopService(stopped: stopped), successTerminationBehavior: .gracefullyShutdownGroup))
        }
        // The last one ends first: listeners wait for their connections, which the bridge closes.
        services.append(.init(service: service))
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: log)
        configuration.maximumGracefulShutdownDuration = Self.shutdownPatience
        return ServiceGroup(configuration: configuration)
    }

    /// As many sockets as the system lets us have: the usual 1024 are an old habit, and few for a server.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    // MARK: Media

    private func startMedia(_ sounds: [SoundName: Native.Sound]) throws -> MediaThreads.Running {
        if let wildcard = addresses.first(where: { ["0.0.0.0", "::"].contains($0) && advertised[$0] == nil }) {
            throw StartFailure("media on \(wildcard): browsers need to be told a real address; see --media-ip")
        }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let wanted = options.mediaLoops ?? configuration.settings.mediaLoops
        return try MediaThreads.start(
            count: wanted > 0 ? wanted : max(1, cores - 1), addresses: addresses, advertised: advertised,
            firstPort: options.mediaPort ?? UInt16(configuration.settings.mediaPorts.lowerBound),
            identity: dtlsIdentity, sounds: sounds, log: log)
    }

    // MARK: Phones

    private var phoneSettings: SIPSettings {
        var settings = configuration.sip.settings
        settings.unixTimeAtZero = (MonotonicClock.unixNanoseconds - MonotonicClock.now.nanoseconds) / 1_000_000_000
        return settings
    }

    /// `nil` without a profile. With the shipped configuration a port that somebody else has leaves SIP out, and the
    /// rest serves; who wrote a configuration meant it.
    private func openPhoneSockets() async throws -> SIPSockets? {
        let sip = bridgeSettings.sip
        guard !sip.profiles.isEmpty else { return nil }
        var settings = SIPSocketSettings()
        settings.limits = sip.limits
        for profile in sip.profiles {
            settings.listens += profile.listens.map {
                .init(profile: profile.name, transport: $0.transport, address: $0.address)
            }
            settings.tls[profile.name] = try tls(of: profile)
            settings.advertised[profile.name] = profile.advertisedSIP.map { ip in
                AdvertisedAddress(ip: ip, isLocal: { profile.localNetworks.permits($0) })
            }
        }
        do {
            let sockets = try await SIPSockets.open(settings, log: log)
            for listen in sockets.listens { log.info("listening", metadata: ["for": "\(listen)"]) }
            return sockets
        } catch {
            guard options.configuration == nil else { throw StartFailure("\(error)") }
            log.warning("no SIP: \(error)")
            return nil
        }
    }

    /// Its own certificate, or the server's.
    private func tls(of profile: SIPProfile) throws -> SIPTLS {
        let files = configuration.sip.tls[profile.name] ?? SIPTLSFiles()
        let own = files.folder.flatMap { try? String(contentsOfFile: $0 + "/agent.pem", encoding: .utf8) }
        let authorities = files.folder.flatMap { try? String(contentsOfFile: $0 + "/cafile.pem", encoding: .utf8) }
        do {
            return try SIPTLS(
                certificatePEM: own ?? identity.certificatePEM, privateKeyPEM: own ?? identity.privateKeyPEM,
                authoritiesPEM: authorities, verification: files.verification)
        } catch {
            throw StartFailure("SIP profile '\(profile.name)': no usable certificate: \(error)")
        }
    }

    // MARK: Files

    private func soundLibrary() -> SoundLibrary {
        let shipped = [ShippedFolder.find("conf").map { $0 + "/sounds" }].compactMap { $0 }
        return SoundLibrary(folders: configuration.settings.storage.sounds.map { folder($0) } + shipped)
    }

    /// Every file that a room may play without being told.
    private func loadRoomSounds(_ library: SoundLibrary) async -> [SoundName: Native.Sound] {
        let names = Set(bridgeSettings.profiles.values.flatMap(\.allSounds).filter { !$0.isStream })
        var loaded: [SoundName: Native.Sound] = [:]
        for name in names {
            do throws(SoundError) {
                loaded[name] = try await library.sound(name.text)
            } catch {
                log.debug("a sound is missing", metadata: ["file": "\(name.text)", "reason": "\(error)"])
            }
        }
        return loaded
    }

    private func helpers(
        _ sounds: SoundLibrary, _ sockets: SIPSockets?, loops: Int,
        recordingNews: @escaping @Sendable (RecordingWriter.News) -> Void
    ) -> Bridge.Helpers {
        let storage = configuration.settings.storage
        var records = configuration.recordSettings(data: data.path)
        records.clockZero = MonotonicClock.unixNanoseconds
        return Bridge.Helpers(
            sounds: sounds,
            recordings: storage.recordings.map { RecordingWriter(folder: folder($0), tell: recordingNews) },
            records: CallRecords(records, log: log),
            audit: AuditLog(path: configuration.settings.auditFile.map { data.file($0) }, log: log),
            sockets: sockets, ports: RTPPorts(configuration.settings.plainPorts(besides: loops)))
    }

    private func folder(_ name: String) -> String { StorageSettings.path(name, in: data.path) }

    private static func mediaAddresses(_ configuration: Configuration) -> [String] {
        var found: [String] = []
        for profile in configuration.verto.profiles {
            for address in profile.mediaAddresses where !found.contains(address) { found.append(address) }
        }
        let local = LocalAddresses.reachable()
        // An address of the configuration that this machine does not have would only fail to bind.
        let usable = found.filter { ip in
            local.contains { $0.ip == ip } || TransportAddress(ip: ip, port: 0).map(LocalAddresses.isLoopback) == true
        }
        if !usable.isEmpty { return usable }
        let firstIPv4 = local.first { !$0.isIPv6 }
        let firstIPv6 = local.first { $0.isIPv6 }
        return [firstIPv4, firstIPv6].compactMap { $0?.ip }
    }

    /// What to say instead of a local address, where a router maps it.
    private var advertised: [String: String] {
        var mapped: [String: String] = [:]
        for profile in configuration.verto.profiles {
            for (local, external) in zip(profile.mediaAddresses, profile.advertisedAddresses) {
                mapped[local] = external
            }
        }
        return mapped
    }

    // MARK: Listeners

    private struct Listen {
        let host: String
        let port: Int
        let tls: TLSConfiguration?
        let isMain: Bool

        var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// The https port with the pages, and what the Verto profiles bind.
    private func listens() throws -> [Listen] {
        let own = try tlsConfiguration(identity)
        var list: [Listen] = []
        if let https = options.https {
            guard let (host, port) = Self.split(https) else {
                throw StartFailure("--https wants ADDRESS:PORT, not '\(https)'")
            }
            list.append(Listen(host: host, port: port, tls: own, isMain: true))
        } else if configuration.settings.httpsPort > 0 {
            list.append(
                Listen(
                    host: configuration.settings.httpIP, port: configuration.settings.httpsPort, tls: own, isMain: true)
            )
        }
        guard !options.isOnlyHTTPS else { return list }
        if configuration.settings.httpPort > 0 {
            list.append(
                Listen(
                    host: configuration.settings.httpIP, port: configuration.settings.httpPort, tls: nil, isMain: false)
            )
        }
        for profile in configuration.verto.profiles {
            let tls = try certificate(of: profile).map(tlsConfiguration) ?? own
            for listener in profile.listeners {
                list.append(
                    Listen(
                        host: listener.address.ip, port: Int(listener.address.port),
                        tls: listener.isSecure ? tls : nil, isMain: false))
            }
        }
        return list
    }

    /// The profile's own certificate. A secure port never falls back to plain text: no certificate, no start.
    private func certificate(of profile: VertoProfile) throws -> Identity? {
        let paths = profile.certificate
        guard let file = paths.combined ?? paths.certificate else { return nil }
        guard let pem = try? String(contentsOfFile: file, encoding: .utf8) else {
            // FreeSWITCH's tree names a file that its own first start makes.
            log.warning("no certificate file; using the server's own", metadata: ["file": "\(file)"])
            return nil
        }
        let key = try paths.key.map { try String(contentsOfFile: $0, encoding: .utf8) } ?? pem
        let chain = try paths.chain.map { try String(contentsOfFile: $0, encoding: .utf8) } ?? ""
        do {
            return try Identity(certificatePEM: pem + chain, privateKeyPEM: key)
        } catch {
            throw StartFailure("\(file): not a certificate with its key: \(error)")
        }
    }

    private func tlsConfiguration(_ identity: Identity) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificatePEM.utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(identity.privateKeyPEM.utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        // Whoever does not answer close_notify by then has gone, or never will.
        configuration.shutdownTimeout = .milliseconds(300)
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    private func application(
        _ listen: Listen, listener: VertoListener, bridge: Bridge, media: MediaThreads.Running,
        whenReady: @escaping @Sendable (Int) -> Void
    ) throws -> any Service {
        let maximum = bridgeSettings.verto.messageBytes
        let plain = HTTPServerBuilder { responder in
            WebSocketChannel(
                responder: responder, maximumMessage: maximum, serve: { await listener.serve($0, $1) })
        }
        let loops = media.mailboxes.map(\.counters)
        let pages = Pages(
            folder: options.pages ?? ShippedFolder.find("demo"), domain: domain,
            metrics: { Metrics(figures: await bridge.figures, loops: loops).text }, log: log)
        let whenRunning: @Sendable (any Channel) async -> Void = { [self] channel in
            guard listen.isMain else { return }
            let port = channel.localAddress?.port ?? listen.port
            announce(port: port, host: listen.host)
            whenReady(port)
        }
        return Application(
            router: pages.router(),
            server: try listen.tls.map { try .tls(plain, tlsConfiguration: $0) } ?? plain,
            configuration: .init(address: .hostname(listen.host, port: listen.port), serverName: "parley"),
            onServerRunning: whenRunning,
            logger: log)
    }

    /// What a newcomer needs to know, on standard output.
    private func announce(port: Int, host: String) {
        let shown = host == "0.0.0.0" || host == "::" ? addresses.first ?? "localhost" : host
        let base = "https://\(shown.contains(":") ? "[\(shown)]" : shown):\(port)/"
        var lines = ["ready \(base)"]
        for user in Self.startUpUsers where configuration.directory.user(user) != nil {
            guard let password = passwords[user] else { continue }
            let page = user == "dashboard" ? "dashboard.html" : ""
            lines.append("  \(user): password \(password)   \(base)\(page)?login=\(user)#password=\(password)")
        }
        lines.append("The certificate is the server's own: browsers ask once whether to trust it.")
        print(lines.joined(separator: "\n"))
        fflush(nil)
    }

    // MARK: Configuration

    private var domain: String { configuration.directory.defaultDomain }

    private var bridgeSettings: BridgeSettings {
        var verto = VertoSettings()
        let profile = configuration.verto.profiles.first
        verto.forceRegisterDomain = profile?.forcedDomain
        verto.context = profile?.context ?? "default"
        verto.detachTimeout = configuration.verto.detachTimeout
        verto.idleLimit = .seconds(100)
        verto.connectionsPerAddress = configuration.settings.maximumConnectionsPerAddress
        verto.tellsPresence = configuration.verto.tellsPresence
        verto.startedAt = MonotonicClock.now
        verto.unixTimeAtZero = (MonotonicClock.unixNanoseconds - MonotonicClock.now.nanoseconds) / 1_000_000_000
        if case .usersOf(let domain)? = profile?.authentication { verto.userAuthentication = .fixedDomain(domain) }
        var settings = BridgeSettings(
            verto: verto, directory: configuration.directory, dialplan: configuration.dialplan,
            limits: configuration.limits, profiles: configuration.roomProfiles)
        if !options.isWithoutSIP { settings.sip = phoneSettings }
        options.adjust?(&settings)
        return settings
    }

    private static func configuration(
        _ options: ServerOptions, _ passwords: [String: String]
    ) throws -> (Configuration, [ConfigurationWarning]) {
        var variables: [String: String] = [:]
        for (user, password) in passwords { variables["\(user)_password"] = password }
        if let address = LocalAddresses.reachable().first(where: { !$0.isIPv6 }) {
            variables["local_ip_v4"] = address.ip
        }
        if let address = LocalAddresses.reachable().first(where: \.isIPv6) { variables["local_ip_v6"] = address.ip }
        guard let folder = options.configuration ?? ShippedFolder.find("conf") else {
            return try Configuration.builtIn(variables: variables, localNetworks: LocalAddresses.networks())
        }
        return try Configuration.load(
            from: folder, variables: variables, environment: ProcessInfo.processInfo.environment,
            localNetworks: LocalAddresses.networks())
    }

    /// Loads the configuration and lists every mistake and warning; `true` when a server would start with it.
    package static func check(_ options: ServerOptions) -> (isUsable: Bool, report: String) {
        do {
            let passwords = Dictionary(uniqueKeysWithValues: (startUpUsers + ["default"]).map { ($0, "unset") })
            let (_, warnings) = try configuration(options, passwords)
            let lines = warnings.map { "warning: \($0)" } + ["The configuration is usable."]
            return (true, lines.joined(separator: "\n"))
        } catch let error as ConfigurationError {
            let lines = error.warnings.map { "warning: \($0)" } + error.problems.map { "error: \($0)" }
            return (false, lines.joined(separator: "\n"))
        } catch {
            return (false, "error: \(error)")
        }
    }

    private static func logger(_ options: ServerOptions, _ settings: ServerSettings) -> Logger {
        let isJSON = (options.logFormat ?? settings.logFormat.rawValue) == "json"
        let level = Logger.Level(rawValue: options.logLevel ?? settings.logThreshold.rawValue) ?? .info
        var logger = Logger(label: "parley") { label in
            if isJSON { return JSONLogHandler() }
            return StreamLogHandler.standardError(label: label)
        }
        logger.logLevel = level
        return logger
    }

    private static func certificateNames(_ addresses: [String]) -> [String] {
        var names = ["localhost", "127.0.0.1"]
        for name in [ProcessInfo.processInfo.hostName] + addresses where !names.contains(name) { names.append(name) }
        return names
    }

    private static func split(_ text: String) -> (String, Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
        return host.isEmpty ? nil : (String(host), Int(port))
    }

    /// Beyond it, whoever still talks is cut off.
    private static let shutdownPatience: Duration = .milliseconds(1_300)

    /// Users whose passwords the first start makes up.
    static let startUpUsers = ["moderator", "guest", "dashboard"]
}
