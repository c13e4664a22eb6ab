import Calls
import SIP
import Wire

/// Reads one `<profile>` of `sip_profiles`.
struct SIPProfileReader {
    private(set) var profile: SIPProfile
    /// What a profile may say of the SIP door as a whole.
    private(set) var settings: SIPSettings
    private(set) var tls = SIPTLSFiles()
    /// Names of domains, or `all`, whose users' gateways belong here.
    private(set) var adoptedDomains: [String] = []

    private let surroundings: SIPConfiguration.Surroundings
    private var addresses: [TransportAddress] = []
    private var hasAddress = false
    private var mediaAddresses: [TransportAddress] = []
    private var port: UInt16 = 5_060
    private var tlsPort: UInt16 = 5_061
    private var transports: Set<SIPTransport> = [.udp, .tcp]
    private var speaksTLS = false
    private var speaksOnlyTLS = false
    private var hasSessionTimer = true
    private var unused: [String] = []

    init(name: String, surroundings: SIPConfiguration.Surroundings, settings: SIPSettings) {
        profile = SIPProfile(name: name)
        self.surroundings = surroundings
        self.settings = settings
        if let list = surroundings.lists["localnet.auto"] { profile.localNetworks = list }
    }

    mutating func read(_ element: XMLElement, _ report: inout ConfigurationReport) {
        for child in element.children {
            switch child.name {
            case "aliases": break
            case "gateways": readGateways(child, &report)
            case "domains": readDomains(child)
            case "settings": for parameter in report.parameters(of: child) { take(parameter, &report) }
            default: report.noEffect("<\(child.name)> in a SIP profile", at: child.origin)
            }
        }
        finish(element.origin, &report)
        guard !unused.isEmpty else { return }
        report.noEffect("SIP profile '\(profile.name)': \(unused.joined(separator: ", "))", at: element.origin)
    }

    private mutating func readGateways(_ element: XMLElement, _ report: inout ConfigurationReport) {
        for child in element.children {
            guard child.name == "gateway" else {
                report.noEffect("<\(child.name)> in <gateways>", at: child.origin)
                continue
            }
            guard let gateway = GatewayReader.read(child, lists: surroundings.lists, &report) else { continue }
            profile.gateways.append(gateway)
        }
    }

    private mutating func readDomains(_ element: XMLElement) {
        for child in element.children(named: "domain") where child["parse"] == "true" {
            adoptedDomains.append(child["name"] ?? "all")
        }
    }

    /// Puts together what several parameters say.
    private mutating func finish(_ origin: Origin, _ report: inout ConfigurationReport) {
        if !hasAddress {
            addresses = [surroundings.address.flatMap { TransportAddress(ip: $0, port: 0) }].compactMap { $0 }
        }
        guard !addresses.isEmpty else {
            report.warn("SIP profile '\(profile.name)' has no address and is left out", at: origin)
            return
        }
        for address in addresses {
            if !speaksOnlyTLS {
                for transport in [SIPTransport.udp, .tcp] where transports.contains(transport) {
                    profile.listens.append(.init(transport, address.withPort(port)))
                }
            }
            if speaksTLS { profile.listens.append(.init(.tls, address.withPort(tlsPort))) }
        }
        if profile.listens.isEmpty { report.fail("SIP profile '\(profile.name)' listens nowhere", at: origin) }
        // The call's family decides.
        let media = mediaAddresses.isEmpty ? addresses : mediaAddresses
        profile.rtpAddresses = media.filter { !$0.isWildcard }.map { $0.withPort(0) }
        for address in addresses where profile.advertisedSIP == address.ip { profile.advertisedSIP = nil }
        if profile.rtpAddresses.contains(where: { profile.advertisedRTP == $0.ip }) { profile.advertisedRTP = nil }
        if !hasSessionTimer { profile.sessionTimeout = nil }
    }

    private mutating func take(_ parameter: Parameter, _ report: inout ConfigurationReport) {
        let isKnown =
            takeAddress(parameter, &report) || takeTLS(parameter, &report) || takeAccess(parameter, &report)
            || takeRegistration(parameter, &report) || takeCall(parameter, &report) || takeDoor(parameter, &report)
        if !isKnown { unused.append(parameter.name) }
    }

    // MARK: Sockets

    private mutating func takeAddress(_ parameter: Parameter, _ report: inout ConfigurationReport) -> Bool {
        switch parameter.name {
        case "sip-ip":
            hasAddress = true
            guard let address = address(parameter, &report) else { break }
            if addresses.contains(where: { $0.isIPv6 == address.isIPv6 }) {
                report.fail("sip-ip: one address of each family, IPv4 and IPv6", at: parameter.origin)
            } else {
                addresses.append(address)
            }
        case "rtp-ip":
            guard let address = address(parameter, &report) else { break }
            if mediaAddresses.contains(where: { $0.isIPv6 == address.isIPv6 }) {
                report.noEffect("rtp-ip: a second address of one family", at: parameter.origin)
            } else {
                mediaAddresses.append(address)
            }
        case "sip-port": port = report.port(parameter) ?? port
        case "ext-sip-ip": profile.advertisedSIP = report.outsideAddress(parameter)
        case "ext-rtp-ip": profile.advertisedRTP = report.outsideAddress(parameter)
        case "local-network-acl":
            if let list = list(parameter, &report) { profile.localNetworks = list }
        case "bind-params":
            guard let value = parameter.value.split(separator: "=").last, parameter.value.hasPrefix("transport=")
            else { return false }
            transports = Set(value.split(separator: ",").compactMap { SIPTransport(rawValue: $0.uppercased()) })
                .intersection([.udp, .tcp])
        case "context": profile.context = report.text(parameter) ?? profile.context
        case "dialplan":
            guard parameter.value.uppercased() != "XML" else { break }
            report.fail("dialplan: '\(parameter.value)' is not supported, only XML", at: parameter.origin)
        case "username": profile.contactUser = report.text(parameter) ?? profile.contactUser
        case "force-register-domain": profile.forcedDomain = report.text(parameter)
        default: return false
        }
        return true
    }

    /// An address of this machine.
    private func address(_ parameter: Parameter, _ report: inout ConfigurationReport) -> TransportAddress? {
        let text = ["auto", "auto-nat"].contains(parameter.value) ? surroundings.address ?? "" : parameter.value
        if text.isEmpty { return nil }
        if let address = TransportAddress(ip: text, port: 0) { return address }
        report.fail("\(parameter.name): '\(text)' is not an IP address", at: parameter.origin)
        return nil
    }

    private func list(_ parameter: Parameter, _ report: inout ConfigurationReport) -> AccessList? {
        // `apply-inbound-acl` may have contexts behind colons, which we do not go to; IPv6 networks have some, too.
        if let list = surroundings.lists[parameter.value] { return list }
        let name = parameter.value.split(separator: ":").first.map(String.init) ?? ""
        if let list = surroundings.lists[name] {
            report.noEffect("\(parameter.name): what stands behind '\(name)'", at: parameter.origin)
            return list
        }
        report.fail("\(parameter.name): no list '\(parameter.value)' in acl.conf", at: parameter.origin)
        return nil
    }

    private mutating func takeTLS(_ parameter: Parameter, _ report: inout ConfigurationReport) -> Bool {
        switch parameter.name {
        case "tls": speaksTLS = report.boolean(parameter) ?? false
        case "tls-only":
            speaksOnlyTLS = report.boolean(parameter) ?? false
            if speaksOnlyTLS { speaksTLS = true }
        case "tls-sip-port": tlsPort = report.port(parameter) ?? tlsPort
        case "tls-cert-dir": tls.folder = report.text(parameter)
        case "tls-verify-policy":
            let words = parameter.value.lowercased().split(separator: "|").map(String.init)
            let looksOut = words.contains { ["out", "all", "subjects_out", "subjects_all"].contains($0) }
            let looksIn = words.contains { ["in", "all", "subjects_in", "subjects_all"].contains($0) }
            tls.verification = looksOut ? (looksIn ? .all : .servers) : looksIn ? .clients : .none
            guard !looksOut else { break }
            report.warn(
                "tls-verify-policy: '\(parameter.value)' trusts any server that answers", once: "tls-verify-policy",
                at: parameter.origin)
        case "tls-version", "tls-verify-date", "tls-verify-depth", "tls-bind-params":
            // TLS 1.2 and 1.3, and dates are always looked at.
            break
        default: return false
        }
        return true
    }

    // MARK: Who may call

    private mutating func takeAccess(_ parameter: Parameter, _ report: inout ConfigurationReport) -> Bool {
        switch parameter.name {
        case "auth-calls": profile.authenticatesCalls = report.boolean(parameter) ?? profile.authenticatesCalls
        case "auth-calls-acl-only":
            profile.refusesInsteadOfChallenge = report.boolean(parameter) ?? profile.refusesInsteadOfChallenge
        case "apply-inbound-acl":
            if let list = list(parameter, &report) { profile.inboundACL.append(list) }
        case "apply-register-acl":
            if let list = list(parameter, &report) { profile.registerACL.append(list) }
        case "challenge-realm":
            switch parameter.value {
            case "auto_from": profile.realm = .from
            case "auto_to": profile.realm = .to
            default: if let realm = report.text(parameter) { profile.realm = .fixed(realm) }
            }
        case "nonce-ttl": profile.nonceLifetime = report.seconds(parameter, in: 1...86_400) ?? profile.nonceLifetime
        case "inbound-reg-force-matching-username":
            profile.forcesMatchingUsername = report.boolean(parameter) ?? profile.forcesMatchingUsername
        case "rfc8760-auth-algorithms": takeAlgorithms(parameter, &report)
        case "log-auth-failures":
            profile.logsAuthenticationFailures = report.boolean(parameter) ?? profile.logsAuthenticationFailures
        case "disable-transfer": profile.transfersAllowed = !(report.boolean(parameter) ?? !profile.transfersAllowed)
        case "disable-messages": profile.messagesAllowed = !(report.boolean(parameter) ?? !profile.messagesAllowed)
        default: return false
        }
        return true
    }

    private mutating func takeAlgorithms(_ parameter: Parameter, _ report: inout ConfigurationReport) {
        let names = parameter.value.split { ",|".contains($0) }.map { $0.filter { $0 != " " } }
        var found: [DigestAlgorithm] = []
        for name in names {
            if let algorithm = DigestAlgorithm(name: name) {
                if !found.contains(algorithm) { found.append(algorithm) }
            } else {
                report.fail("\(parameter.name): '\(name)' is not MD5, SHA-256 or SHA-512-256", at: parameter.origin)
            }
        }
        if !found.isEmpty { profile.challengeAlgorithms = found }
    }

    private mutating func takeRegistration(_ parameter: Parameter, _ report: inout ConfigurationReport) -> Bool {
        switch parameter.name {
        case "disable-register": profile.registers = !(report.boolean(parameter) ?? !profile.registers)
        case "sip-expires-min": profile.minimumExpires = report.seconds(parameter) ?? profile.minimumExpires
        case "sip-force-expires": profile.defaultExpires = report.seconds(parameter) ?? profile.defaultExpires
        case "sip-expires-max": profile.maximumExpires = report.seconds(parameter) ?? profile.maximumExpires
        case "max-registrations-per-extension":
            profile.maxRegistrationsPerUser =
                report.integer(parameter, in: 1...1_000) ?? profile.maxRegistrationsPerUser
        case "multiple-registrations":
            // Also `contact` and `call-id`: what tells them apart.
            profile.allowsMultipleRegistrations = !["false", "no", "off"].contains(parameter.value.lowercased())
        case "nat-options-ping", "all-reg-options-ping":
            guard let pings = report.boolean(parameter) else { break }
            profile.bindingPingInterval = pings ? profile.bindingPingInterval ?? .seconds(30) : nil
        case "ping-mean-interval": profile.bindingPingInterval = report.seconds(parameter, in: 5...3_600)
        case "sip-user-ping-max":
            profile.bindingPingFailures = report.integer(parameter, in: 1...100) ?? profile.bindingPingFailures
        case "aggressive-nat-detection":
            profile.aggressiveNATDetection = report.boolean(parameter) ?? profile.aggressiveNATDetection
        case "ndlb-received-in-nat-reg-contact":
            if report.boolean(parameter) == true { profile.aggressiveNATDetection = true }
        default: return false
        }
        return true
    }

    // MARK: Calls

    private mutating func takeCall(_ parameter: Parameter, _ report: inout ConfigurationReport) -> Bool {
        switch parameter.name {
        case "inbound-codec-prefs": profile.inboundCodecs = report.phoneCodecs(parameter) ?? profile.inboundCodecs
        case "outbound-codec-prefs": profile.outboundCodecs = report.phoneCodecs(parameter) ?? profile.outboundCodecs
        case "codec-prefs":
            guard let codecs = report.phoneCodecs(parameter) else { break }
            (profile.inboundCodecs, profile.outboundCodecs) = (codecs, codecs)
        case "dtmf-type": profile.dtmf = report.word(parameter) ?? profile.dtmf
        case "rtp-secure-media":
            switch parameter.value.split(separator: ":").first?.lowercased() {
            case "true", "mandatory", "yes", "on": profile.secureMedia = .required
            case "optional": profile.secureMedia = .optional
            case "false", "forbidden", "no", "off": profile.secureMedia = .none
            default:
                report.fail(
                    "\(parameter.name): '\(parameter.value)' is not mandatory, optional or forbidden",
                    at: parameter.origin)
            }
        case "session-timeout":
            guard let seconds = report.integer(parameter, in: 0...86_400) else { break }
            if seconds > 0, seconds < 90 {
                report.fail("session-timeout: 0 or at least 90 (RFC 4028 §4)", at: parameter.origin)
            }
            profile.sessionTimeout = seconds == 0 ? nil : .seconds(seconds)
        case "enable-timer": hasSessionTimer = report.boolean(parameter) ?? hasSessionTimer
        case "minimum-session-expires":
            profile.minimumSE = report.seconds(parameter, in: 90...86_400) ?? profile.minimumSE
        case "enable-100rel": profile.reliableProvisional = report.boolean(parameter) ?? profile.reliableProvisional
        case "rtp-timeout-sec": profile.rtpTimeout = report.seconds(parameter) ?? profile.rtpTimeout
        case "rtp-hold-timeout-sec": profile.rtpHoldTimeout = report.seconds(parameter) ?? profile.rtpHoldTimeout
        case "max-calls": profile.maximumCalls = report.integer(parameter, in: 1...1_000_000)
        case "max-calls-per-source": profile.maximumCallsPerSource = report.limit(parameter)
        case "max-calls-per-pair": profile.maximumCallsPerPair = report.limit(parameter)
        case "max-calls-per-second": profile.callsPerSecond = report.limit(parameter).map(Double.init)
        default: return false
        }
        return true
    }

    /// What FreeSWITCH has in each profile and we have once: the last word counts.
    private mutating func takeDoor(_ parameter: Parameter, _ report: inout ConfigurationReport) -> Bool {
        switch parameter.name {
        case "user-agent-string": settings.userAgent = parameter.value
        case "timer-t1": settings.timers.t1 = report.milliseconds(parameter) ?? settings.timers.t1
        case "timer-t1x64": settings.timers.t1x64 = report.milliseconds(parameter) ?? settings.timers.t1x64
        case "timer-t2": settings.timers.t2 = report.milliseconds(parameter) ?? settings.timers.t2
        case "timer-t4": settings.timers.t4 = report.milliseconds(parameter) ?? settings.timers.t4
        case "max-recv-requests-per-second":
            guard let rate = report.integer(parameter, in: 1...1_000_000) else { break }
            settings.defence.globalRequestsPerSecond = Double(rate)
            settings.defence.globalRequestBurst = Double(rate) * 2
        case "unknown-source":
            guard ["drop", "challenge"].contains(parameter.value) else { return false }
            settings.defence.isSilent = parameter.value == "drop"
        default: return false
        }
        return true
    }
}
