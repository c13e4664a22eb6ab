package import Wire

/// `sofia …` of the text API.
extension SIPEndpoint {
    /// Carries out a `sofia` command of the text API: `status`, `status profile NAME [reg]`, `status gateway NAME`,
    /// `profile NAME register GATEWAY|all`, `… unregister GATEWAY|all`, `… flush_inbound_reg [USER@DOMAIN|HANDLE]`,
    /// `unban [ADDRESS]`. Answers with the text to show; `-ERR …` or `-USAGE: …` when it is none of these.
    package mutating func sofia(_ arguments: String, at now: Instant, into out: inout [SIPOutput]) -> String {
        let words = arguments.split(separator: " ").map(String.init)
        defer { settle(at: now, into: &out) }
        switch (words.first, words.dropFirst().first) {
        case ("status", nil): return status
        case ("status", "profile"?) where words.count >= 3: return profileStatus(words[2], at: now)
        case ("status", "gateway"?) where words.count >= 3:
            return gateways[words[2]]?.statusText(at: now) ?? "Invalid Gateway!\n"
        case ("status", "gateway"?): return gatewayLines(of: nil)
        case ("gateway", let name?): return gateways[name]?.statusText(at: now) ?? "Invalid Gateway!\n"
        case ("profile", let name?) where words.count >= 3:
            guard let profile = profiles[name] else { return "Invalid Profile [\(name)]\n" }
            return carryOut(words[2], Array(words.dropFirst(3)), of: profile, at: now, into: &out)
        case ("unban", let address): return unban(address)
        default: return "-USAGE: sofia status [profile NAME|gateway NAME] | profile NAME <command> | unban [address]\n"
        }
    }

    private mutating func carryOut(
        _ command: String, _ arguments: [String], of profile: SIPProfile, at now: Instant, into out: inout [SIPOutput]
    ) -> String {
        switch command {
        case "register", "unregister":
            guard let name = arguments.first else { return "-ERR no gateway\n" }
            let names = profile.gateways.map(\.name).filter { name == "all" || name == $0 }
            guard !names.isEmpty else { return "Invalid gateway!\n" }
            for name in names {
                drive(name, at: now, into: &out) {
                    if command == "register" { $0.start(at: now, into: &$1) } else { $0.stop(at: now, into: &$1) }
                }
            }
            return "+OK\n"
        case "flush_inbound_reg":
            let bindings = registrar.all.filter { binding in
                guard binding.profile == profile.name, let who = arguments.first else { return arguments.isEmpty }
                return binding.handle == who || binding.user == who || binding.callID == who
            }
            for binding in bindings { for change in registrar.remove(binding.handle) { tell(change, into: &out) } }
            return "+OK flushing \(bindings.count) registrations\n"
        default: return "-ERR unknown command\n"
        }
    }

    private mutating func unban(_ address: String?) -> String {
        guard let address else {
            defence.unban(nil)
            return "+OK\n"
        }
        guard let source = TransportAddress(ip: address, port: 0) else { return "-ERR no address\n" }
        defence.unban(source)
        return "+OK\n"
    }

    // MARK: Texts

    private var status: String {
        var lines = [
            "                     Name\t   Type\t                                      Data\tState", Self.rule,
        ]
        for profile in settings.profiles {
            for listen in profile.listens {
                let uri = "sip:\(profile.contactUser)@\(listen.address);transport=\(listen.transport.uriParameter)"
                lines.append(
                    "\(Self.right(profile.name, 25))\tprofile\t\(Self.right(uri, 42))\tRUNNING (\(callsOf[profile.name, default: 0]))"
                )
            }
        }
        return (lines + [gatewayLines(of: nil) + Self.rule, summary]).joined(separator: "\n") + "\n"
    }

    private func gatewayLines(of profile: String?) -> String {
        gateways.values.filter { profile == nil || $0.profile == profile }
            .sorted { $0.settings.name < $1.settings.name }.map { $0.statusLine + "\n" }.joined()
    }

    private var summary: String {
        "\(settings.profiles.count) profile(s), \(gateways.count) gateway(s), \(calls.count) call(s), "
            + "\(registrar.count) registration(s), \(transactionCount) transaction(s)"
    }

    private func profileStatus(_ name: String, at now: Instant) -> String {
        guard let profile = profiles[name] else { return "Invalid Profile!\n" }
        var lines = [Self.rule, "Name             \t\(name)", "Context          \t\(profile.context)"]
        lines += profile.listens.map {
            "URL              \tsip:\(profile.contactUser)@\($0.address);transport=\($0.transport.uriParameter)"
        }
        lines += [
            "Auth-Calls       \t\(profile.authenticatesCalls)", "Calls            \t\(callsOf[name, default: 0])",
            Self.rule,
        ]
        for binding in registrar.all where binding.profile == name {
            lines += [
                "Call-ID:         \t\(Self.clean(binding.callID))", "User:            \t\(binding.user)",
                "Contact:         \t\(Self.clean(binding.contact))",
                "Agent:           \t\(Self.clean(binding.userAgent))",
                "Status:          \tRegistered(\(binding.flow.transport.rawValue)) EXPSECS(\(max(0, binding.expiresAt.nanoseconds(since: now) / 1_000_000_000)))",
                "Handle:          \t\(binding.handle)", "IP:              \t\(binding.source.ip)",
                "Port:            \t\(binding.source.port)", "",
            ]
        }
        return lines.joined(separator: "\n") + "\n" + gatewayLines(of: name)
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static let rule = String(repeating: "=", count: 101)
}
