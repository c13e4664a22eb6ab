import CLinux
package import Conference
import Engine
import Glibc
package import Logging
package import Native
package import RTC
import Wire

/// Starts one media thread per loop and ends them again.
package enum MediaThreads {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package struct Running: Sendable {
        package let mailboxes: [LoopMailbox]
        /// What each loop's answers advertise.
        package let candidates: [[LocalTransport.Candidate]]

        package func stop() { for mailbox in mailboxes { mailbox.send(.stop) } }
    }

    /// - Parameters:
    ///   - addresses: Local literals to bind, best first.
    ///   - advertised: What to say instead of a bound address (a mapped one), by local literal.
    ///   - sounds: What rooms play without being told.
    ///   - firstPort: Of the first loop; each further one takes the next. 0 lets the kernel choose.
    package static func start(
        count: Int, addresses: [String], advertised: [String: String], firstPort: UInt16, identity: Identity,
        sounds: [SoundName: Native.Sound], log: Logger
    ) throws -> Running {
        let bound = try sockets(count: count, addresses: addresses, firstPort: firstPort)
        let context = try DTLSContext(identity: identity)
        let clock = WallClock(unixNanosecondsAtZero: MonotonicClock.unixNanoseconds - MonotonicClock.now.nanoseconds)
        // First everything that can fail, then the threads.
        let seeds = try bound.map { sockets in
            let mailbox = try LoopMailbox()
            let poll = try EventPoll(watching: sockets.map(\.descriptor) + [mailbox.wakeDescriptor])
            return ThreadSeed(
                mailbox: mailbox, sockets: sockets, poll: poll, context: context, clock: clock, sounds: sounds,
                log: log)
        }
        let running = Running(
            mailboxes: seeds.map(\.mailbox),
            candidates: bound.map { $0.map { candidate(of: $0, advertised: advertised) } })
        do {
            for seed in seeds { try spawn(seed) }
        } catch {
            running.stop()
            throw error
        }
        return running
    }

    /// The sockets of each loop. A port that is taken is not stepped over: firewalls were told these.
    private static func sockets(count: Int, addresses: [String], firstPort: UInt16) throws -> [[UDPSocket]] {
        guard !addresses.isEmpty else {
            throw Failure(description: "no address for media: this machine has none that others reach; see --media-ip")
        }
        guard addresses.count <= mostAddresses else {
            throw Failure(description: "\(addresses.count) addresses for media; at most \(mostAddresses)")
        }
        guard firstPort == 0 || Int(firstPort) + count - 1 <= Int(UInt16.max) else {
            throw Failure(description: "\(count) media ports from \(firstPort) go beyond 65535")
        }
        return try (0..<count).map { index in
            try addresses.map { try UDPSocket(binding: $0, port: firstPort == 0 ? 0 : firstPort + UInt16(index)) }
        }
    }

    private static func candidate(
        of socket: UDPSocket, advertised: [String: String]
    ) -> LocalTransport.Candidate {
        let local = socket.address.ip
        return LocalTransport.Candidate(ip: advertised[local] ?? local, port: socket.address.port)
    }

    private static func spawn(_ seed: ThreadSeed) throws {
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(seed)
        let status = unsafe pthread_create(&thread, nil, { unsafe MediaThreads.main($0) }, argument.toOpaque())
        guard status == 0 else {
            unsafe argument.release()
            throw Failure(description: "cannot start a media thread: errno \(status)")
        }
        pthread_detach(thread)
    }

    nonisolated private static func main(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument = unsafe argument else { return nil }
        // Its sockets are closed before anybody hears that the loop has ended.
        let mailbox = unsafe run(Unmanaged<ThreadSeed>.fromOpaque(argument).takeRetainedValue())
        mailbox.finish()
        return nil
    }

    private static func run(_ seed: consuming ThreadSeed) -> LoopMailbox {
        let status = clinux_make_realtime(10)
        if status != 0 {
            seed.log.info(
                "no real-time priority for media; ticks may be late under load", metadata: ["errno": "\(status)"])
        }
        MediaLoop(
            mailbox: seed.mailbox, sockets: seed.sockets, poll: seed.poll, context: seed.context,
            wallClock: seed.clock, sounds: SoundSet(kept: seed.sounds)
        ).run()
        return seed.mailbox
    }

    /// ``Path`` has a byte for the socket; nobody has more addresses.
    private static let mostAddresses = 64

    /// What a new thread takes over; the starting thread lets go of it.
    private final class ThreadSeed {
        let mailbox: LoopMailbox
        let sockets: [UDPSocket]
        let poll: EventPoll
        let context: DTLSContext
        let clock: WallClock
        let sounds: [SoundName: Native.Sound]
        let log: Logger

        init(
            mailbox: LoopMailbox, sockets: [UDPSocket], poll: EventPoll, context: DTLSContext, clock: WallClock,
            sounds: [SoundName: Native.Sound], log: Logger
        ) {
            self.mailbox = mailbox
            self.sockets = sockets
            self.poll = poll
            self.context = context
            self.clock = clock
            self.sounds = sounds
            self.log = log
        }
    }
}
