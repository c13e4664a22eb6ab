package import Calls
package import Wire

/// Challenges, and checks of what is answered to them (RFC 7616, RFC 8760, sip.md §4.3).
///
/// An unknown user, a wrong password, a user without one and one that may not use SIP look alike and cost the same. Nonces are sealed, not stored;
/// only those that let somebody in are kept, with the count they came with, until they are too old anyway.
package struct DigestServer: Sendable {
    package enum Verdict: Sendable, Equatable {
        case accepted(User)
        /// No credentials for our realm: challenge.
        case missing
        /// The password was right, the nonce too old or used already: challenge with `stale=true`. No failure: SIP.js
        /// shows the same credentials twice.
        case stale
        /// Wrong password or unknown user. `isSourceProven`: the nonce was given to this very address, so that nobody
        /// else's address is blamed.
        case wrong(username: String, isSourceProven: Bool)
    }

    private let crypto: SIPCrypto
    private let nonceLifetime: Duration
    private let capacity: Int
    private var mint: NonceMint
    /// The last accepted `nc` of nonces that let somebody in.
    private var counts: [String: UInt32] = [:]
    private var ends = DeadlineQueue<String>()

    /// - Parameter capacity: Used nonces that are remembered; beyond it every login is asked for once more.
    package init(crypto: SIPCrypto, nonceLifetime: Duration, capacity: Int = 20_000) {
        (self.crypto, self.nonceLifetime, self.capacity) = (crypto, nonceLifetime, capacity)
        mint = NonceMint(crypto: crypto)
    }

    /// Nonces that are remembered.
    package var usedNonceCount: Int { counts.count }

    /// Adds a challenge per algorithm to a 401 or 407, the preferred one first, each with a nonce of its own.
    package mutating func challenge(
        _ response: inout SIPResponse, realm: String, algorithms: [DigestAlgorithm], isStale: Bool,
        for source: TransportAddress, at now: Instant
    ) {
        let header: DigestHeader = response.status == DigestHeader.proxy.status ? .proxy : .server
        let key = SourceKey(source)
        for algorithm in algorithms.prefix(Self.maximumChallenges) where !algorithm.isSession {
            let nonce = mint.nonce(realm: realm, algorithm, for: key, at: now)
            let challenge = DigestChallenge(realm: realm, nonce: nonce, algorithm: algorithm, stale: isStale)
            response.headers.add(header.challengeName, challenge.text)
        }
    }

    /// Looks at the credentials of `request`, whichever header field they are in.
    ///
    /// - Parameters:
    ///   - algorithms: Those of the challenge; credentials of others are not looked at.
    ///   - lookup: The user of that name in that realm.
    package mutating func check(
        _ request: SIPRequest, realm: String, algorithms: [DigestAlgorithm], from source: TransportAddress,
        at now: Instant, lookup: (String) -> User?
    ) -> Verdict {
        forget(at: now)
        let all = request.credentials(.server) + request.credentials(.proxy)
        guard let credentials = all.first(where: { $0.realm == realm && algorithms.contains($0.algorithm) })
        else { return .missing }

        let user = lookup(credentials.username).flatMap { $0.mayUseSIP ? $0 : nil }
        let isRight = isRight(credentials, request, realm, user)
        let finding = mint.find(credentials.nonce, realm: realm, credentials.algorithm, from: SourceKey(source))
        guard isRight, let user else {
            let isProven = if case .known(_, isOwn: true) = finding { true } else { false }
            return .wrong(username: credentials.username, isSourceProven: isProven)
        }
        guard case .known(let issuedAt, isOwn: _) = finding, take(credentials, issuedAt, at: now) else { return .stale }
        return .accepted(user)
    }

    private func isRight(
        _ credentials: DigestCredentials, _ request: SIPRequest, _ realm: String, _ user: User?
    ) -> Bool {
        let password = user?.sipPassword
        let computed = crypto.ha1(
            username: credentials.username, realm: realm, password: password ?? "", credentials.algorithm)
        let stored = credentials.algorithm == .md5 ? user?.a1Hash : nil
        let expected = crypto.response(
            ha1: stored ?? computed, credentials, method: request.method, body: request.body)
        let isEqual = isEqualInConstantTime(expected, credentials.response.lowercased())
        return isEqual && (password != nil || stored != nil) && Self.isComplete(credentials)
            && Self.concerns(credentials.uri, request)
    }

    /// Takes the nonce for one request: it is fresh, and its count greater than any before (RFC 7616 §3.4.5).
    private mutating func take(_ credentials: DigestCredentials, _ issuedAt: Instant, at now: Instant) -> Bool {
        let end = issuedAt.advanced(by: nonceLifetime)
        guard issuedAt <= now, now < end else { return false }
        let count = credentials.nonceCount ?? 1
        guard count > counts[credentials.nonce] ?? 0 else { return false }
        guard counts[credentials.nonce] != nil || counts.count < capacity else { return false }
        counts[credentials.nonce] = count
        ends.set(credentials.nonce, end)
        return true
    }

    private mutating func forget(at now: Instant) {
        while let nonce = ends.next(by: now) { counts[nonce] = nil }
    }

    /// Either RFC 2069's form, or qop `auth` with what belongs to it.
    private static func isComplete(_ credentials: DigestCredentials) -> Bool {
        guard let qop = credentials.qop else { return true }
        return qop == "auth" && credentials.nonceCount != nil && credentials.cnonce != nil
    }

    /// Whether the hashed URI is about whom the request is about: a digest for one number is none for another. Hosts may
    /// differ; proxies write their own.
    private static func concerns(_ uri: String, _ request: SIPRequest) -> Bool {
        guard let user = SIPURI(parsing: uri)?.unescapedUser else { return true }
        return user == request.uri.unescapedUser
    }

    private static let maximumChallenges = 7
}

extension User {
    /// What this user registers and calls with: the directory's `password`. That of Verto alone does not count.
    package var sipPassword: String? { parameters["password"].flatMap { $0.isEmpty ? nil : $0 } }

    /// Whether a digest can let this user in.
    package var canAuthenticateOverSIP: Bool { mayUseSIP && (sipPassword != nil || a1Hash != nil) }
}

extension Directory {
    /// Whether somebody can be let in by MD5 alone, because of an `a1-hash` without a password. Then nothing else should
    /// be asked for: a phone answers the topmost challenge it knows, and never tries the next.
    /// - Complexity: O(users · log users); ask once per directory.
    package var needsMD5: Bool { users.contains { $0.sipPassword == nil && $0.canAuthenticateOverSIP } }
}
