import CLinux
import Engine
import Glibc
import Logging
import Native
import RTC
import Wire

/// Starts one media thread per loop and ends them again.
enum MediaThreads {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Running: Sendable {
        let mailboxes: [LoopMailbox]
        /// What each loop's answers advertise.
        let candidates: [[LocalTransport.Candidate]]
    }

    /// - Parameters:
    ///   - addresses: Local literals to bind, best first.
    ///   - advertised: What to say instead of a bound address (a mapped one), by local literal.
    ///   - firstPort: Of the first loop; each further one takes the next. 0 lets the kernel choose.
    static func start(
        count: Int, addresses: [String], advertised: [String: String], firstPort: UInt16, identity: Identity,
        log: Logger
    ) throws -> Running {
        let context = try DTLSContext(identity: identity)
        let clock = WallClock(unixNanosecondsAtZero: MonotonicClock.unixNanoseconds - MonotonicClock.now.nanoseconds)
        var mailboxes: [LoopMailbox] = []
        var candidates: [[LocalTransport.Candidate]] = []
        for index in 0..<count {
            let port = firstPort == 0 ? 0 : firstPort + UInt16(index)
            let bound = try addresses.map { try UDPSocket(binding: $0, port: port) }
            candidates.append(
                bound.map { socket in
                    let local = socket.address.ip
                    return LocalTransport.Candidate(ip: advertised[local] ?? local, port: socket.address.port)
                })
            let mailbox = LoopMailbox()
            mailboxes.append(mailbox)
            let seed = ThreadSeed(mailbox: mailbox, sockets: bound, context: context, clock: clock, log: log)
            try spawn(seed)
        }
        return Running(mailboxes: mailboxes, candidates: candidates)
    }

    private static func spawn(_ seed: consuming ThreadSeed) throws {
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(seed).toOpaque()
        let status = unsafe pthread_create(&thread, nil, { unsafe MediaThreads.main($0) }, argument)
        guard status == 0 else { throw Failure(description: "cannot start a media thread: errno \(status)") }
        pthread_detach(thread)
    }

    nonisolated private static func main(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument = unsafe argument else { return nil }
        let seed = unsafe Unmanaged<ThreadSeed>.fromOpaque(argument).takeRetainedValue()
        let status = clinux_make_realtime(10)
        if status != 0 {
            seed.log.info("no real-time priority for media; ticks may be late under load", metadata: ["errno": "\(status)"])
        }
        MediaLoop(mailbox: seed.mailbox, sockets: seed.sockets, context: seed.context, wallClock: seed.clock).run()
        seed.mailbox.finish()
        return nil
    }

    /// What a new thread takes over; the starting thread lets go of it.
    private final class ThreadSeed {
        let mailbox: LoopMailbox
        let sockets: [UDPSocket]
        let context: DTLSContext
        let clock: WallClock
        let log: Logger

        init(mailbox: LoopMailbox, sockets: [UDPSocket], context: DTLSContext, clock: WallClock, log: Logger) {
            self.mailbox = mailbox
            self.sockets = sockets
            self.context = context
            self.clock = clock
            self.log = log
        }
    }
}
