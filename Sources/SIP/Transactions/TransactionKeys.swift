import Wire

/// What finds the transaction of a request (RFC 3261 §17.2.3). The sent-by is part of it: browsers put seven digits
/// into a branch and nothing more. An ACK has the key of its INVITE.
enum ServerKey: Hashable, Sendable {
    case branch(String, sentBy: String, SIPMethod)
    /// RFC 2543, without a magic cookie: Request-URI, From tag, Call-ID, CSeq and top Via. The To tag is compared by
    /// whoever looks up, because that of an ACK is the one of our answer.
    case legacy(String, SIPMethod)

    /// - Parameter via: The top Via as it came, before `received` and `rport`.
    init(_ request: SIPRequest, via: Via, cseq: CSeq) {
        let method: SIPMethod = request.method == .ack ? .invite : request.method
        if via.hasMagicCookie, let branch = via.branch {
            self = .branch(branch, sentBy: via.sentBy, method)
        } else {
            let parts = [
                request.uri.text, request.from.tag ?? "", request.callID, "\(cseq.number)", via.text,
            ]
            self = .legacy(parts.joined(separator: "\n"), method)
        }
    }

    /// The key of the INVITE that a CANCEL with this key is about.
    var ofInvite: ServerKey {
        switch self {
        case .branch(let branch, let sentBy, _): .branch(branch, sentBy: sentBy, .invite)
        case .legacy(let text, _): .legacy(text, .invite)
        }
    }
}

/// What finds the transaction of a response (RFC 3261 §17.1.3).
struct ClientKey: Hashable, Sendable {
    let branch: String
    let method: SIPMethod
}

/// What two requests share that came here by different ways (RFC 3261 §8.2.2.2).
struct MergeKey: Hashable, Sendable {
    let fromTag: String
    let callID: String
    let cseq: CSeq

    /// `nil` inside a dialog.
    init?(_ request: SIPRequest, cseq: CSeq) {
        guard request.to.tag == nil, let tag = request.from.tag else { return nil }
        (fromTag, callID, self.cseq) = (tag, request.callID, cseq)
    }
}

/// Either kind of transaction, for timers and for what hangs on a connection.
enum TransactionReference: Hashable, Sendable {
    case server(ServerTransactionID)
    case client(ClientTransactionID)
}

/// What a transaction's messages travel on, so that its end is found.
enum TransactionFlow: Hashable, Sendable {
    case connection(SIPConnectionID)
    /// A path without connection and host.
    case address(SIPPath)

    init(_ path: SIPPath) { self = path.connection.map(Self.connection) ?? .address(to: path) }

    static func address(to path: SIPPath) -> TransactionFlow {
        .address(SIPPath(profile: path.profile, transport: path.transport, remote: path.remote))
    }
}
