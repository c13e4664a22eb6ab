import CLinux
import Glibc
import Wire

/// What a media loop sleeps on: its descriptors and one absolute timer.
final class EventPoll {
    struct Failure: Error, CustomStringConvertible {
        let errno: CInt
        var description: String { unsafe "cannot wait for media: \(String(cString: strerror(errno)))" }
    }

    private let epoll: CInt
    private let timer: CInt
    private var timerSetTo: Instant?

    /// - Throws: ``Failure``, when the process has no descriptors left.
    init(watching descriptors: [CInt]) throws(Failure) {
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        timer = timerfd_create(CLOCK_MONOTONIC, CInt(TFD_NONBLOCK) | CInt(TFD_CLOEXEC))
        guard epoll >= 0, timer >= 0 else { throw Failure(errno: errno) }
        for descriptor in descriptors + [timer] { try watch(descriptor) }
    }

    deinit {
        if epoll >= 0 { close(epoll) }
        if timer >= 0 { close(timer) }
    }

    /// Sleeps until something is there to read or the timer is due, and hands `body` each descriptor with something.
    func wait(_ body: (CInt) -> Void) {
        unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.mostEvents) { ready in
            let count = unsafe epoll_wait(epoll, ready.baseAddress, CInt(Self.mostEvents), -1)
            for index in 0..<max(0, Int(count)) {
                let descriptor = unsafe ready[index].data.fd
                if descriptor == timer { clearTimer() } else { body(descriptor) }
            }
        }
    }

    /// Absolute, so that a late wake does not make the next one late; `nil` is never.
    func setTimer(to deadline: Instant?) {
        guard deadline != timerSetTo else { return }
        timerSetTo = deadline
        var setting = itimerspec()
        if let deadline {
            let nanoseconds = max(1, deadline.nanoseconds)
            setting.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
            setting.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
        }
        unsafe timerfd_settime(timer, CInt(TFD_TIMER_ABSTIME), &setting, nil)
    }

    private func clearTimer() {
        var expirations: UInt64 = 0
        _ = unsafe read(timer, &expirations, 8)
        timerSetTo = nil
    }

    /// Wakes for one more descriptor.
    func watch(_ descriptor: CInt) throws(Failure) {
        var event = unsafe epoll_event()
        unsafe event.events = EPOLLIN.rawValue
        unsafe event.data.fd = descriptor
        guard unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else { throw Failure(errno: errno) }
    }

    /// Wakes for it no longer. Before it is closed: whoever else holds it would keep it here.
    func forget(_ descriptor: CInt) {
        var unused = unsafe epoll_event()
        _ = unsafe epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &unused)
    }

    /// A turn of the loop; what is left over comes first in the next one.
    private static let mostEvents = 128
}
