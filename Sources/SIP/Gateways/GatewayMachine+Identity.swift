package import Wire

extension GatewayMachine {
    /// Our Contact in requests to the gateway: `sip:gw+NAME@host;transport=tcp;gw=NAME`, or as the settings say.
    package func contact(over path: SIPPath) -> NameAddress {
        let local = localAddress(path)
        var uri = SIPURI(
            user: SIPURI.escaped(user: settings.contactUser), host: local.ip, port: local.port,
            parameters: contactParameters)
        if let host = settings.contactHost, let written = SIPURI(parsing: "sip:" + host) {
            (uri.host, uri.port) = (written.host, written.port ?? local.port)
        }
        return NameAddress(uri)
    }

    /// The account: From of REGISTER, and of calls unless the caller stands there.
    package var accountURI: SIPURI { uri(settings.effectiveFromUser, settings.effectiveFromDomain) }

    /// The account at the proxy.
    package var proxyURI: SIPURI { uri(settings.username, settings.effectiveProxy) }

    /// Request-URI of REGISTER: the proxy, with the transport when it is not UDP.
    package var registrarURI: SIPURI {
        var uri = uri("", settings.effectiveProxy)
        if settings.transport != .udp { uri.parameters["transport"] = settings.transport.uriParameter }
        return uri
    }

    private var contactParameters: SIPParameters {
        if let written = settings.contactParameters {
            let text = written.hasPrefix(";") ? written : ";" + written
            return SIPURI(parsing: "sip:x" + text)?.parameters ?? []
        }
        var parameters = SIPParameters()
        if settings.transport != .udp { parameters["transport"] = settings.transport.uriParameter }
        parameters["gw"] = settings.name
        return parameters
    }

    private func uri(_ user: String, _ place: String) -> SIPURI {
        let host = GatewayHost(place)
        return SIPURI(
            user: user.isEmpty ? nil : SIPURI.escaped(user: user), host: host.host, port: host.port)
    }

    // MARK: Status

    /// One line of `sofia status`: name, type, where, state.
    package var statusLine: String {
        "\(profile)::\(settings.name)\tgateway\tsip:\(settings.username)@\(settings.effectiveProxy)\t\(state.rawValue)"
    }

    /// `sofia status gateway NAME`: one field a line.
    package func statusText(at now: Instant) -> String {
        let uptime = upSince.map { now.nanoseconds(since: $0) / 1_000_000_000 } ?? 0
        let pingInterval = settings.effectivePing?.components.seconds ?? 0
        let rows: [(String, String)] = [
            ("Name", settings.name), ("Profile", profile), ("Scheme", "Digest"), ("Realm", settings.effectiveRealm),
            ("Username", settings.username), ("Password", settings.password.isEmpty ? "no" : "yes"),
            ("From", "<\(accountURI.text)>"), ("Exten", settings.inboundDestination),
            ("To", (settings.hasDistinctTo ? proxyURI : accountURI).text), ("Proxy", registrarURI.text),
            ("Context", context), ("Expires", "\(registration.grantedExpires.components.seconds)"),
            ("Freq", "\(settings.effectiveExpires.components.seconds)"), ("PingFreq", "\(pingInterval)"),
            ("PingTime", Self.hundredths(pinging.latency)),
            ("PingState", "\(settings.pingMinimum)/\(pinging.count)/\(settings.pingMaximum)"),
            ("State", state.rawValue), ("Status", isUp ? "UP" : "DOWN"), ("Uptime", "\(uptime)s"),
            ("CallsIN", "\(callsIn)"), ("CallsOUT", "\(callsOut)"), ("FailedCallsIN", "\(failedCallsIn)"),
            ("FailedCallsOUT", "\(failedCallsOut)"),
        ]
        return rows.map { "\($0.0)\t\($0.1)\n" }.joined()
    }

    /// A number with two digits behind its point.
    private static func hundredths(_ value: Double) -> String {
        guard value.isFinite, value >= 0, value < 1e9 else { return "0.00" }
        let all = Int((value * 100).rounded())
        return "\(all / 100).\(all % 100 < 10 ? "0" : "")\(all % 100)"
    }
}
