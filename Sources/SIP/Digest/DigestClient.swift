package import Wire

/// Answers challenges for one account (RFC 7616, RFC 8760, sip.md §2.4), and uses their nonces for later requests too.
///
/// Whether the one that challenges may have an answer at all is asked before, see ``GatewayMachine``.
package struct DigestClient: Sendable {
    package struct Account: Sendable, Equatable {
        package let username: String
        package let password: String
        package init(username: String, password: String) { (self.username, self.password) = (username, password) }
    }

    /// What has been tried for one request, through all its repeats; starts empty.
    package struct Attempt: Sendable, Equatable {
        fileprivate var answered: Set<Space> = []
        fileprivate var staleCount = 0

        package init() {}
    }

    package enum Outcome: Sendable, Equatable {
        /// The request has credentials now: send it with the next CSeq and a new branch.
        case retry
        /// Wrong password, or nothing in the challenge that we can answer.
        case refused
    }

    /// One protection space: a proxy and the server behind it may share a realm's name.
    fileprivate struct Space: Hashable {
        let header: DigestHeader
        let realm: String
    }

    private struct Session: Sendable {
        let space: Space
        var challenge: DigestChallenge
        let qop: String?
        let cnonce: String
        var count: UInt32 = 0
    }

    private let crypto: SIPCrypto
    /// The oldest first.
    private var sessions: [Session] = []

    package init(crypto: SIPCrypto) { self.crypto = crypto }

    /// Puts credentials into `request` that answer the challenges of a 401 or 407 to it. A request that was refused with
    /// credentials made for a challenge is not tried again, unless only the nonce was old.
    package mutating func answer(
        _ response: SIPResponse, in request: inout SIPRequest, as account: Account, attempt: inout Attempt
    ) -> Outcome {
        let challenges = Self.chosen(response)
        guard !challenges.isEmpty else { return .refused }
        for (space, challenge) in challenges {
            if challenge.stale {
                attempt.staleCount += 1
                guard attempt.staleCount <= Self.maximumStale else { return .refused }
            } else if attempt.answered.contains(space) {
                return .refused
            }
        }
        for (space, challenge) in challenges {
            attempt.answered.insert(space)
            open(space, challenge)
        }
        authorize(&request, as: account)
        return .retry
    }

    /// Puts credentials into a new request with the nonces that are known, so that it needs no challenge. Those that were
    /// asked for last come first: not every server looks at a second header field.
    package mutating func authorize(_ request: inout SIPRequest, as account: Account) {
        for header in DigestHeader.allCases { request.headers.remove(header.credentialsName) }
        for index in sessions.indices.reversed() {
            sessions[index].count &+= 1
            let credentials = credentials(sessions[index], request, account)
            request.headers.add(sessions[index].space.header.credentialsName, credentials.text)
        }
    }

    /// A final response that is no challenge: it may bring the next nonce (RFC 7616 §3.5).
    package mutating func accepted(_ response: SIPResponse) {
        guard let text = response.headers["Authentication-Info"], let next = DigestInfo(parsing: text).nextNonce,
            let index = sessions.firstIndex(where: { $0.space.header == .server })
        else { return }
        sessions[index].challenge.nonce = next
        sessions[index].count = 0
    }

    /// Forgets all nonces.
    package mutating func reset() { sessions = [] }

    private mutating func open(_ space: Space, _ challenge: DigestChallenge) {
        sessions.removeAll { $0.space == space }
        if sessions.count >= Self.maximumSessions { sessions.removeFirst() }
        sessions.append(
            Session(
                space: space, challenge: challenge, qop: Self.qop(challenge) ?? nil, cnonce: crypto.randomToken(8)))
    }

    private func credentials(
        _ session: Session, _ request: SIPRequest, _ account: Account
    ) -> DigestCredentials {
        let challenge = session.challenge
        let needsCnonce = session.qop != nil || challenge.algorithm.isSession
        var credentials = DigestCredentials(
            username: account.username, realm: challenge.realm, nonce: challenge.nonce, uri: request.uri.text,
            response: "", algorithm: challenge.algorithm, namesAlgorithm: challenge.namesAlgorithm,
            cnonce: needsCnonce ? session.cnonce : nil, opaque: challenge.opaque, qop: session.qop,
            nonceCount: session.qop == nil ? nil : session.count)
        let ha1 = crypto.ha1(
            username: account.username, realm: challenge.realm, password: account.password, challenge.algorithm)
        credentials.response = crypto.response(ha1: ha1, credentials, method: request.method, body: request.body)
        return credentials
    }

    /// The topmost challenge of each space that we can answer (RFC 8760 §2.4).
    private static func chosen(_ response: SIPResponse) -> [(Space, DigestChallenge)] {
        var chosen: [(Space, DigestChallenge)] = []
        for header in DigestHeader.allCases {
            for challenge in response.challenges(header).prefix(maximumSessions) where qop(challenge) != nil {
                let space = Space(header: header, realm: challenge.realm)
                if !chosen.contains(where: { $0.0 == space }) { chosen.append((space, challenge)) }
            }
        }
        return chosen
    }

    /// `auth` where there is a choice, `auth-int` alone, none where none is offered; the outer `nil`: only others.
    private static func qop(_ challenge: DigestChallenge) -> String?? {
        if challenge.qop.isEmpty { return .some(nil) }
        return ["auth", "auth-int"].first { challenge.qop.contains($0) }.map { .some($0) }
    }

    private static let maximumSessions = 8
    private static let maximumStale = 3
}
