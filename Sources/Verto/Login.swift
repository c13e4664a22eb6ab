import Calls
import Wire

/// `login`: the challenge stock clients wait for, the check, and what a login gives (verto.md §3.2-§3.7).
extension VertoEndpoint {
    /// Credentials are taken here and nowhere else; the original took them with any method and echoed them back.
    mutating func login(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard let params = request.params else { return .failure(-32001, "Missing params") }
        guard let name = params.text("login") else {
            out.append(.count(.unauthorized))
            return .authenticationRequired
        }
        guard let password = params.text("passwd") else { return refuse(c, "Missing passwd", at: now, into: &out) }
        guard let (id, domain) = account(name) else {
            return refuse(c, "Missing or improper credentials", at: now, into: &out)
        }
        let address = Self.neighbourhood(of: connections[c]?.address ?? "")
        let account = "\(id)@\(domain)".lowercased()
        guard !throttle.isClosed(to: account, from: address, at: now) else {
            out.append(.count(.throttled))
            return refuse(c, "Too many attempts, try again later", at: now, into: &out)
        }
        let user = directory.user(id, in: domain)
        guard isRight(password, for: user), let user else {
            throttle.failed(account, from: address, at: now)
            out.append(.count(.loginFailed))
            return refuse(c, "Authentication Failure", at: now, into: &out)
        }
        throttle.succeeded(account, from: address, at: now)
        return accept(Identity(user), params, on: c, at: now, into: &out)
    }

    private mutating func accept(
        _ identity: Identity,
        _ params: JSONObject,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        if let known = connections[c]?.identity {
            // A second login refreshes the first. Another user needs a connection, and a sessid, of their own.
            guard known.uid == identity.uid else { return sessionInUse(into: &out) }
        } else {
            guard bind(c, to: params.text("sessid"), of: identity.uid, at: now, into: &out) else {
                close(c, .sessionInUse, at: now, into: &out)
                return sessionInUse(into: &out)
            }
        }
        out.append(.count(.login))
        let variables = userVariables(params["userVariables"])
        let expiresAt = expiry(of: identity.user, at: now)
        connections[c]?.loggedIn(as: identity, variables, until: expiresAt)
        schedule(c, at: now)
        register(c, into: &out)
        welcome(c, at: now, into: &out)
        return .result(loginResult(identity.user, expiresAt: expiresAt))
    }

    /// Flags are left out unless they are true: one client reads the result as texts only.
    private func loginResult(_ user: User, expiresAt: Int64?) -> JSONObject {
        var result: JSONObject = ["message": "logged in"]
        if let expiresAt { result["auth-expires"] = .integer(expiresAt) }
        if user.isSet("moderator") { result["moderator"] = true }
        if user.isSet("stereo_audio") { result["stereoAudio"] = true }
        if user.isSet("superuser") { result["superuser"] = true }
        return result
    }

    /// The answer to a failed login. After a few the connection goes too.
    private mutating func refuse(
        _ c: ConnectionID,
        _ message: String,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        connections[c]?.failedLogins += 1
        if let failures = connections[c]?.failedLogins, failures >= settings.loginsPerConnection {
            close(c, .tooManyLogins, at: now, into: &out)
        }
        return .failure(-32001, message)
    }

    private func sessionInUse(into out: inout [VertoOutput]) -> Answer {
        out.append(.count(.sessionRefused))
        return .failure(-32001, "Session in use")
    }

    /// The account a login name means.
    private func account(_ name: String) -> (id: String, domain: String)? {
        guard name.utf8.count <= 256 else { return nil }
        var (id, domain) = (name, settings.forceRegisterDomain ?? directory.defaultDomain)
        switch settings.userAuthentication {
        case .fixedDomain(let fixed):
            domain = settings.forceRegisterDomain ?? fixed
        case .directory:
            if let at = name.firstIndex(of: "@") {
                id = String(name[..<at])
                domain = settings.forceRegisterDomain ?? String(name[name.index(after: at)...])
            }
        }
        return id.isEmpty || domain.isEmpty ? nil : (id, domain)
    }

    /// Unknown users, and users without a secret, fail the same comparison as everybody else.
    private func isRight(_ password: String, for user: User?) -> Bool {
        guard let user else {
            _ = Self.isSame(md5Hex("::\(password)"), "")
            return false
        }
        if let hash = user.a1Hash { return Self.isSame(md5Hex("\(user.id):\(user.domain):\(password)"), hash) }
        return user.password.map { Self.isSame(password, $0) } ?? false
    }

    /// Compares without stopping at the first difference.
    private static func isSame(_ given: String, _ expected: String) -> Bool {
        let (given, expected) = (Array(given.utf8), Array(expected.utf8))
        var difference = given.count ^ expected.count
        for (index, byte) in given.enumerated() where !expected.isEmpty {
            difference |= Int(byte ^ expected[index % expected.count])
        }
        return difference == 0
    }

    /// The directory variable `login-expires`; a time that is over or no number means five minutes from now.
    private func expiry(of user: User, at now: Instant) -> Int64? {
        guard let text = user.variables["login-expires"] else { return nil }
        let time = unixTime(at: now)
        guard let expires = Int64(text), expires > time else { return time + 300 }
        return min(expires, time + 10 * 365 * 86_400)
    }

    /// What failures are counted for: an IPv4 address, or the /64 that one IPv6 user normally has to themselves.
    private static func neighbourhood(of address: String) -> String {
        guard let parsed = TransportAddress(ip: address, port: 0), let ipv6 = parsed.ipv6 else { return address }
        return "\(String(ipv6.high, radix: 16))::/64"
    }
}
