package import Calls
package import SIP
import Wire

/// `sofia.conf` with its `sip_profiles`: phones, trunks and gateways.
package struct SIPConfiguration: Sendable, Equatable {
    /// Without a profile there is no SIP.
    package var settings = SIPSettings()
    /// How each profile speaks TLS.
    package var tls: [String: SIPTLSFiles] = [:]
    /// Where each profile stands.
    package var origins: [String: Origin] = [:]
}

/// Where a profile's certificates are, and whose it looks at.
package struct SIPTLSFiles: Sendable, Equatable {
    /// `tls-cert-dir`: `agent.pem`, certificate and key, and `cafile.pem`, the authorities. Without the former it is the
    /// server's own certificate, without the latter the system's authorities.
    package var folder: String?
    /// `tls-verify-policy`. Default: those of servers.
    package var verification = TLSVerification.servers

    package init() {}
}

extension SIPConfiguration {
    /// What the profiles are read with.
    struct Surroundings {
        let lists: AccessLists
        /// `local_ip_v4`, for profiles that name no address.
        let address: String?
        let domains: [XMLElement]
    }

    init(reading element: XMLElement?, in surroundings: Surroundings, _ report: inout ConfigurationReport) {
        guard let element else { return }
        var adoptive: [(profile: String, domain: String)] = []
        for child in element.children {
            switch child.name {
            case "global_settings", "settings": readGlobals(child, &report)
            case "profiles":
                for profile in child.children {
                    guard profile.name == "profile" else {
                        report.noEffect("<\(profile.name)> in <profiles>", at: profile.origin)
                        continue
                    }
                    adoptive += readProfile(profile, in: surroundings, &report)
                }
            default: report.noEffect("<\(child.name)> in sofia.conf", at: child.origin)
            }
        }
        adopt(gatewaysOf: surroundings.domains, by: adoptive, surroundings, &report)
        check(&report)
    }

    private func readGlobals(_ element: XMLElement, _ report: inout ConfigurationReport) {
        let unused = report.parameters(of: element).map(\.name).filter { !["log-level", "debug"].contains($0) }
        guard !unused.isEmpty else { return }
        report.noEffect("sofia.conf: \(unused.joined(separator: ", "))", at: element.origin)
    }

    /// - Returns: The domains whose users' gateways belong to the profile.
    private mutating func readProfile(
        _ element: XMLElement, in surroundings: Surroundings, _ report: inout ConfigurationReport
    ) -> [(profile: String, domain: String)] {
        guard let name = element["name"], GatewaySettings.isValidName(name) else {
            report.fail("a profile needs a name of letters, digits, '.', '-' and '_'", at: element.origin)
            return []
        }
        guard settings.profile(name) == nil else {
            report.fail("profile '\(name)' stands twice", at: element.origin)
            return []
        }
        var reader = SIPProfileReader(name: name, surroundings: surroundings, settings: settings)
        reader.read(element, &report)
        settings = reader.settings
        // A machine without IPv6 has no address for the profile that is for IPv6 alone.
        guard !reader.profile.listens.isEmpty else { return [] }
        settings.profiles.append(reader.profile)
        tls[name] = reader.tls
        origins[name] = element.origin
        return reader.adoptedDomains.map { (name, $0) }
    }

    /// Gateways of directory users, which belong to the profile that parses their domain.
    private mutating func adopt(
        gatewaysOf domains: [XMLElement], by adoptive: [(profile: String, domain: String)],
        _ surroundings: Surroundings, _ report: inout ConfigurationReport
    ) {
        for domain in domains {
            let gateways = DirectoryReader.users(of: domain)
                .flatMap { $0.children(named: "gateways") }.flatMap { $0.children(named: "gateway") }
            guard let first = gateways.first else { continue }
            guard let owner = adoptive.first(where: { [domain["name"], "all"].contains($0.domain) })?.profile,
                let index = settings.profiles.firstIndex(where: { $0.name == owner })
            else {
                report.warn(
                    "no profile has parse=\"true\" for this domain: its users' gateways are left out", at: first.origin)
                continue
            }
            settings.profiles[index].gateways += gateways.compactMap {
                GatewayReader.read($0, lists: surroundings.lists, &report)
            }
        }
    }

    private mutating func check(_ report: inout ConfigurationReport) {
        var sockets: [SIPProfile.Listen: String] = [:]
        var gateways: Set<String> = []
        for (index, profile) in settings.profiles.enumerated() {
            let origin = origins[profile.name] ?? Origin(file: "sofia.conf", line: 1)
            for listen in profile.listens where listen.address.port != 0 {
                guard let other = sockets.updateValue(profile.name, forKey: listen) else { continue }
                report.fail(
                    "profiles '\(other)' and '\(profile.name)' both listen on \(listen.transport.rawValue) \(listen.address)",
                    at: origin)
            }
            settings.profiles[index].gateways.removeAll { gateway in
                if gateways.insert(gateway.name).inserted { return false }
                report.warn("gateway '\(gateway.name)' stands twice: the first one is taken", at: origin)
                return true
            }
        }
    }
}
