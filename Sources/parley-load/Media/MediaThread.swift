import CLinux
import Glibc

/// Starts the media thread.
enum MediaThread {
    /// - Parameters:
    ///   - isRealtime: Asks for SCHED_FIFO at the lowest priority; without the right to it, nothing changes.
    ///   - wakeReader: Called on the media thread when there is news.
    static func start(
        plan: MediaPlan, mailbox: MediaMailbox, isRealtime: Bool, wakeReader: @escaping @Sendable () -> Void
    ) {
        let body = Body {
            if isRealtime { _ = clinux_make_realtime(1) }
            do {
                try MediaLoop(plan: plan, mailbox: mailbox, wakeReader: wakeReader).run()
            } catch {
                _ = mailbox.tell([.broken("\(error)")])
                wakeReader()
            }
        }
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(body).toOpaque()
        let status = unsafe pthread_create(&thread, nil, { unsafe MediaThread.main($0) }, argument)
        precondition(status == 0, "no thread")
        pthread_detach(thread)
    }

    private static func main(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
