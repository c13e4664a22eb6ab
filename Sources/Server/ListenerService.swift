import Glibc
import NIOCore
import ServiceLifecycle

/// One listener, whose failures say which it was.
struct ListenerService: Service {
    let application: any Service
    /// `address:port`, as configured.
    let address: String

    func run() async throws {
        do {
            try await application.run()
        } catch is CancellationError {
            // Somebody else has failed, or a client would not go.
        } catch let error as IOError {
            let reason = unsafe String(cString: strerror(error.errnoCode))
            throw StartFailure("cannot listen on \(address): \(reason)")
        } catch {
            throw StartFailure("cannot listen on \(address): \(error)")
        }
    }
}

/// Ends the server when `stopped` returns.
struct StopService: Service {
    let stopped: @Sendable () async -> Void

    func run() async throws { await cancelWhenGracefulShutdown { await stopped() } }
}
