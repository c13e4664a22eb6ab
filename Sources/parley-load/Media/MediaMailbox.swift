import CLinux
import Glibc
import Synchronization
import Wire

/// What the signalling side asks of the media thread.
enum MediaOrder: Sendable {
    /// Makes a socket and an offer for a member.
    case open(MemberPlan, localIP: String)
    /// Makes a socket and an answer for a phone that is called.
    case openAnswering(MemberPlan, String, localIP: String)
    /// Starts ICE, or sends at once to where a phone's answer says.
    case answer(Int, String)
    case close(Int)
    /// Counts anew from here.
    case beginWindow
    /// Stops counting and reports.
    case endWindow
    case stop
}

/// What the media thread tells.
enum MediaNews: Sendable {
    /// The sounds are encoded.
    case ready
    case offer(Int, String)
    case answer(Int, String)
    /// Media may flow.
    case connected(Int)
    /// The first RTP packet arrived.
    case heard(Int, at: Instant)
    case failed(Int, String)
    /// A talk spurt begins with the packet that is being sent.
    case talks(Int, at: Instant)
    /// A member sees another's picture than before: `of` is `nil` when it is nobody's of ours.
    case sees(Int, of: Int?, at: Instant)
    /// The first picture of a member's, and how long after its call was connected.
    case firstPicture(Int, at: Instant, sinceConnected: Double)
    /// Once a second.
    case progress(MediaProgress)
    case report(MediaReport)
    case broken(String)
}

/// A second of media, and sums since the window began.
struct MediaProgress: Sendable {
    var sent = 0
    var received = 0
    var missing = 0
    var late = 0
    var connected = 0
    /// Frames shown, over all members.
    var frames = 0
    /// Of this second's ticks, in milliseconds.
    var latenessP99 = 0.0
}

/// All that the media thread counted in the window.
struct MediaReport: Sendable {
    struct Line: Sendable {
        let plan: MemberPlan
        let reception: Reception
        let isConnected: Bool
        let unauthentic: Int
        let video: VideoReport?
    }

    var lines: [Line] = []
    var seconds = 0.0
    var sent = 0
    var sendFailures = 0
    /// Milliseconds from packet out to mixed packet in.
    var markerDelays: [Double] = []
    var markerBursts = 0
    /// Bursts that should have been heard, over all receivers.
    var markerExpected = 0
    var switches = SwitchMeter()
    /// From a frame's leaving to its last packet's arrival.
    var pictureDelay = Lateness()
    var tickLateness = Lateness()
    /// Times when this tool fell so far behind that it left out packets.
    var skippedTicks = 0
    var cpuSeconds = 0.0
}

/// Orders in, news out, each in order. The lock is taken a few times a second, never per packet.
final class MediaMailbox: Sendable {
    let wakeDescriptor: CInt
    private let orders = Mutex<[MediaOrder]>([])
    private let news = Mutex<[MediaNews]>([])

    init() { wakeDescriptor = eventfd(0, CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC)) }

    deinit { close(wakeDescriptor) }

    func order(_ order: MediaOrder) {
        let isFirst = orders.withLock { orders in
            orders.append(order)
            return orders.count == 1
        }
        guard isFirst else { return }
        var one: UInt64 = 1
        _ = unsafe write(wakeDescriptor, &one, 8)
    }

    func takeOrders() -> [MediaOrder] {
        var count: UInt64 = 0
        _ = unsafe read(wakeDescriptor, &count, 8)
        return orders.withLock { orders in
            defer { orders = [] }
            return orders
        }
    }

    /// Returns whether the reader has to be woken.
    func tell(_ batch: [MediaNews]) -> Bool {
        news.withLock { news in
            defer { news += batch }
            return news.isEmpty
        }
    }

    func takeNews() -> [MediaNews] {
        news.withLock { news in
            defer { news = [] }
            return news
        }
    }
}
