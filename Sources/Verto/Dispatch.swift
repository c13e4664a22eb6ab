import Calls
import Wire

extension VertoEndpoint {
    /// Runs one request. Everything it causes goes to `out`, which is delivered after the answer.
    mutating func dispatch(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        if request.method == "login" { return login(request, on: c, at: now, into: &out) }
        guard let identity = connections[c]?.identity else {
            out.append(.count(.unauthorized))
            return .authenticationRequired
        }
        guard let method = Self.methods[request.method] else {
            out.append(.count(.unknownMethod))
            return .unknownMethod
        }
        guard identity.methods.allows(request.method) else {
            refuse(request, on: c, into: &out)
            return .unknownMethod
        }
        return method(&self, request, c, now, &out)
    }

    private typealias Method =
        @Sendable (inout VertoEndpoint, Request, ConnectionID, Instant, inout [VertoOutput]) -> Answer

    /// Every method but `login`.
    private static let methods: [String: Method] = [
        "echo": { _, request, _, _, _ in
            request.params.map { .result(harmless($0)) } ?? .sessionError("Params data missing")
        },
        "jsapi": { $0.jsapi($1, on: $2, at: $3, into: &$4) },
        "fsapi": { $0.fsapi($1, on: $2, at: $3, into: &$4) },
        "verto.invite": { $0.invite($1, on: $2, at: $3, into: &$4) },
        "verto.answer": { $0.answer($1, on: $2, at: $3, into: &$4) },
        "verto.attach": { $0.attach($1, on: $2, at: $3, into: &$4) },
        "verto.bye": { $0.bye($1, on: $2, at: $3, into: &$4) },
        "verto.info": { $0.info($1, on: $2, at: $3, into: &$4) },
        "verto.modify": { $0.modify($1, on: $2, at: $3, into: &$4) },
        "verto.ping": { endpoint, _, c, _, _ in endpoint.pong(c) },
        "verto.subscribe": { $0.subscribe($1, on: $2, at: $3, into: &$4) },
        "verto.unsubscribe": { endpoint, request, c, _, _ in endpoint.unsubscribe(request, on: c) },
        "verto.broadcast": { $0.broadcast($1, on: $2, at: $3, into: &$4) },
    ]

    private func pong(_ c: ConnectionID) -> Answer {
        guard let expiresAt = connections[c]?.expiresAt else { return .result(["message": "PONG"]) }
        return .result(["auth-expires": .integer(expiresAt), "message": "PONG"])
    }
}
