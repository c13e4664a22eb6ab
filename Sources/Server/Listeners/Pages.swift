import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Wire

/// Everything that is not Verto: the demo pages, health, metrics.
struct Pages {
    /// Knows where a request came from.
    struct Context: RequestContext, RemoteAddressRequestContext {
        var coreContext: CoreRequestContextStorage
        let remoteAddress: SocketAddress?

        init(source: ApplicationRequestContextSource) {
            coreContext = .init(source: source)
            remoteAddress = source.channel.remoteAddress
        }
    }

    let folder: String?
    /// The domain of rooms and users, for pages that name its channels.
    let domain: String
    let metrics: @Sendable () async -> String
    let log: Logger

    func router() -> Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: SecurityHeaders())
        if let folder {
            router.add(middleware: FileMiddleware(folder, searchForIndexHtml: true, logger: log))
        }
        router.get("/health") { _, _ in "ok\n" }
        router.get("/parley.json") { [domain] _, _ -> Response in
            let object: JSON = ["domain": .string(domain), "version": .string(Server.version)]
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: object.bytes)))
        }
        router.get("/metrics") { [metrics] _, context -> Response in
            guard Self.isLocal(context.remoteAddress) else { return Response(status: .notFound) }
            let text = await metrics()
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: .init(byteBuffer: ByteBuffer(string: text)))
        }
        return router
    }

    /// Figures are for the machine itself; a proxy there may hand them on.
    private static func isLocal(_ address: SocketAddress?) -> Bool {
        guard let ip = address?.ipAddress else { return false }
        let plain = ip.hasPrefix("::ffff:") ? String(ip.dropFirst(7)) : ip
        return plain.hasPrefix("127.") || plain == "::1" || LocalAddresses.reachable().contains { $0.ip == plain }
    }
}

/// No script, style or picture from elsewhere, no framing, no guessing of types.
private struct SecurityHeaders: RouterMiddleware {
    @concurrent func handle(
        _ request: Request, context: Pages.Context,
        next: @concurrent (Request, Pages.Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            // The C library would end the file's name there, and the type would be another file's.
            guard !request.uri.path.contains("%00") else { throw HTTPError(.badRequest) }
            response = try await next(request, context)
        } catch let error as any HTTPResponseError {
            response = try error.response(from: request, context: context)
        }
        response.headers[.contentSecurityPolicy] =
            "default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:; img-src 'self' data:; "
            + "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        response.headers[.xContentTypeOptions] = "nosniff"
        if let policy = HTTPField.Name("Referrer-Policy") { response.headers[policy] = "no-referrer" }
        response.headers[.cacheControl] = "no-cache"
        return response
    }
}
