package import Calls
package import Wire

/// `verto.conf`: what the Verto door listens on and how it treats its clients.
package struct VertoConfiguration: Sendable, Equatable {
    /// Log frames without secrets from 1 on; 0 is off.
    package var debug = 0
    /// How long an answered call waits for its client. Default 120 s.
    package var detachTimeout: Duration = .seconds(120)
    /// Tell of users' calls and registrations on the channels `presence` and `user`. Default true.
    package var tellsPresence = true
    package var profiles: [VertoProfile] = []
}

/// One `<profile>` of `verto.conf`: a set of listeners with the same rules.
package struct VertoProfile: Sendable, Equatable {
    /// A `bind-local`.
    package struct Listener: Sendable, Hashable {
        package let address: TransportAddress
        /// TLS.
        package let isSecure: Bool
    }

    /// Paths of PEM files. Without any the server makes a certificate of its own.
    package struct Certificate: Sendable, Hashable {
        /// Certificate and key in one file.
        package var combined: String?
        package var certificate: String?
        package var key: String?
        package var chain: String?

        package init() {}
    }

    /// Who may log in: `userauth`.
    package enum Authentication: Sendable, Hashable {
        /// Nobody has to.
        case none
        /// Users of the directory, the domain behind the `@` of their login.
        case users
        /// Users of this domain; the whole login is the id.
        case usersOf(domain: String)
    }

    package let name: String
    package let origin: Origin
    package var listeners: [Listener] = []
    package var certificate = Certificate()
    package var authentication = Authentication.none
    /// Domain of every login, whatever the client says.
    package var forcedDomain: String?
    /// Take the `@domain` off a login. Default true.
    package var chopsDomain = true
    /// Dialplan context of users that have none of their own. Default `default`.
    package var context = "default"
    /// Addresses media is received on, IP literals, in turn. Empty: the server's own choice.
    package var mediaAddresses: [String] = []
    /// Addresses to put into answers instead, in the same order.
    package var advertisedAddresses: [String] = []
    /// Lower-case names, best first. Default `opus`, `vp8`.
    package var outboundCodecs = ["opus", "vp8"]
    /// Default: the outbound ones.
    package var inboundCodecs: [String] = ["opus", "vp8"]
    /// Log frames without secrets from 1 on; 0 is off.
    package var debug = 0

    init(name: String, origin: Origin) {
        self.name = name
        self.origin = origin
    }
}

extension VertoConfiguration {
    init(reading element: XMLElement?, _ report: inout ConfigurationReport) {
        guard let element else { return }
        for child in element.children {
            switch child.name {
            case "settings": for parameter in report.parameters(of: child) { set(parameter, &report) }
            case "profiles":
                for profile in child.children where profile.name == "profile" {
                    profiles.append(VertoProfile(reading: profile, &report))
                }
            default: report.noEffect("<\(child.name)> in verto.conf", at: child.origin)
            }
        }
        var names: Set<String> = []
        for profile in profiles where !names.insert(profile.name).inserted {
            report.fail("profile '\(profile.name)' stands twice", at: profile.origin)
        }
    }

    private mutating func set(_ parameter: Parameter, _ report: inout ConfigurationReport) {
        switch parameter.name {
        case "debug": debug = report.integer(parameter, in: 0...10) ?? 0
        case "detach-timeout-sec":
            detachTimeout = .seconds(report.integer(parameter, in: 1...86_400) ?? 120)
        case "enable-presence": tellsPresence = report.boolean(parameter) ?? true
        case "enable-fs-events", "send-auth-password", "kslog":
            guard report.boolean(parameter) == true else { return }
            report.noEffect("verto setting '\(parameter.name)'", at: parameter.origin)
        default: report.warn("unknown verto setting '\(parameter.name)'", at: parameter.origin)
        }
    }
}

extension VertoProfile {
    init(reading element: XMLElement, _ report: inout ConfigurationReport) {
        self.init(name: element["name"] ?? "", origin: element.origin)
        if name.isEmpty { report.fail("a profile without a name", at: origin) }
        var inbound: [String]?
        for (child, parameter) in Self.parameters(of: element, &report) {
            switch parameter.name {
            case "bind-local": listen(parameter, isSecure: child["secure"], &report)
            case "inbound-codec-string": inbound = Self.codecs(parameter, &report)
            default: set(parameter, &report)
            }
        }
        inboundCodecs = inbound ?? outboundCodecs
        check(&report)
    }

    private static func parameters(
        of element: XMLElement,
        _ report: inout ConfigurationReport
    ) -> [(XMLElement, Parameter)] {
        element.children.compactMap { child in
            let parameter = report.parameters(
                of: XMLElement(name: element.name, children: [child], file: element.file, line: element.line)
            ).first
            return parameter.map { (child, $0) }
        }
    }

    private mutating func set(_ parameter: Parameter, _ report: inout ConfigurationReport) {
        switch parameter.name {
        case "secure-combined": certificate.combined = report.text(parameter)
        case "secure-cert": certificate.certificate = report.text(parameter)
        case "secure-key": certificate.key = report.text(parameter)
        case "secure-chain": certificate.chain = report.text(parameter)
        case "userauth": setAuthentication(parameter, &report)
        case "force-register-domain": forcedDomain = report.text(parameter)
        case "chop-domain": chopsDomain = report.boolean(parameter) ?? true
        case "context": context = report.text(parameter) ?? "default"
        case "dialplan":
            guard parameter.value.uppercased() != "XML" else { return }
            report.fail("dialplan: '\(parameter.value)' is not supported, only XML", at: parameter.origin)
        case "rtp-ip": mediaAddresses += Self.address(parameter, &report)
        case "ext-rtp-ip": advertisedAddresses += Self.advertised(parameter, &report)
        case "outbound-codec-string": outboundCodecs = Self.codecs(parameter, &report)
        case "debug": debug = report.integer(parameter, in: 0...10) ?? 0
        case "blind-reg":
            guard report.boolean(parameter) == true else { return }
            report.warn("blind-reg is not supported: unknown users are refused", at: parameter.origin)
        case "root-password":
            report.warn("root-password is not supported: there is no root login", at: parameter.origin)
        case let name where Self.withoutEffect.contains(name):
            report.noEffect("verto parameter '\(name)'", at: parameter.origin)
        default: report.warn("unknown verto parameter '\(parameter.name)'", at: parameter.origin)
        }
    }

    /// What FreeSWITCH reads and a bridge with ICE-lite and its own jitter buffer has no use for.
    private static let withoutEffect: Set<String> = [
        "apply-candidate-acl", "apply-connection-acl", "auto-jitterbuffer-msec", "enable-text", "local-network",
        "mcast-ip", "mcast-port", "send-auth-password", "timer-name",
    ]

    private mutating func listen(_ parameter: Parameter, isSecure: String?, _ report: inout ConfigurationReport) {
        guard let address = report.socketAddress(parameter) else { return }
        let secure = isSecure.map { Parameter(name: "secure", value: $0, origin: parameter.origin) }
        listeners.append(Listener(address: address, isSecure: secure.flatMap { report.boolean($0) } ?? false))
    }

    private mutating func setAuthentication(_ parameter: Parameter, _ report: inout ConfigurationReport) {
        if parameter.value.hasPrefix("@"), parameter.value.count > 1 {
            authentication = .usersOf(domain: String(parameter.value.dropFirst()))
        } else if let isRequired = report.boolean(parameter) {
            authentication = isRequired ? .users : .none
        }
    }

    private static func address(_ parameter: Parameter, _ report: inout ConfigurationReport) -> [String] {
        guard let text = report.text(parameter) else { return [] }
        if let address = TransportAddress(ip: text, port: 0) { return [address.ip] }
        report.fail("\(parameter.name): '\(text)' is not an IP address", at: parameter.origin)
        return []
    }

    private static func advertised(_ parameter: Parameter, _ report: inout ConfigurationReport) -> [String] {
        let text = parameter.value
        if text.hasPrefix("auto") || text.hasPrefix("stun:") || text.hasPrefix("host:") {
            report.warn("\(parameter.name): '\(text)' is not looked up; give the address", at: parameter.origin)
            return []
        }
        return address(parameter, &report)
    }

    private static func codecs(_ parameter: Parameter, _ report: inout ConfigurationReport) -> [String] {
        // A codec may carry its rate and frame length, as in `opus@48000h@20i`.
        let names = parameter.value.split(separator: ",").compactMap {
            $0.filter { $0 != " " }.lowercased().split(separator: "@").first.map(String.init)
        }
        for name in names where !["opus", "vp8"].contains(name) {
            report.warn("codec '\(name)' is not supported and left out", at: parameter.origin)
        }
        let supported = names.filter { ["opus", "vp8"].contains($0) }
        if !supported.contains("opus") {
            report.fail(
                "\(parameter.name): '\(parameter.value)' leaves no codec for sound; add opus", at: parameter.origin)
        }
        return supported
    }

    private func check(_ report: inout ConfigurationReport) {
        if listeners.isEmpty { report.fail("profile '\(name)' has no bind-local", at: origin) }
        if authentication == .none {
            report.warn("profile '\(name)' has no userauth: anybody may call without a login", at: origin)
        }
        if certificate.certificate != nil, certificate.key == nil, certificate.combined == nil {
            report.fail("profile '\(name)' has a secure-cert but no secure-key", at: origin)
        }
        if Set(listeners.filter { $0.address.port != 0 }.map(\.address)).count
            != listeners.count(where: { $0.address.port != 0 })
        {
            report.fail("profile '\(name)' binds an address twice", at: origin)
        }
    }
}
