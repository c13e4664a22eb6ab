import CLinux
package import Calls
package import Conference
package import Engine
import Glibc
package import Native
package import RTC
import Synchronization
import Wire

/// Names one order whose outcome somebody waits for.
package struct OrderToken: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// What a loop needs to open a call: the outcome of offer and answer, which were worked out elsewhere.
package struct LegOpening: Sendable {
    let id: LegID
    let local: LocalTransport
    let remote: RemoteTransport
    /// At least one of audio and videos.
    let audio: AudioParameters?
    let videos: [VideoParameters]
    /// Bits per second of pictures that the caller can take at most.
    let videoLimit: UInt64?
    /// Where sequence numbers and timestamps start.
    let seed: UInt64
}

/// The same for a call over plain RTP, on ports of its own.
package struct PlainOpening: Sendable {
    let id: LegID
    let ports: RTPPortPair
    let local: PlainTransport
    let remote: PlainRemote
    let audio: AudioParameters?
    /// How long the far end may be silent, and how long on hold.
    let patience: (talking: Duration, held: Duration)
    /// Whether it is known to be where its SDP says; else it is sent nothing until ``LoopOrder/proven(_:)``, or until
    /// its own media prove it.
    let isProven: Bool
    /// Keys reach the far end by INFO, or not at all.
    let wantsKeysBySignalling: Bool
    /// Where sequence numbers and timestamps start.
    let seed: UInt64

    package init(
        id: LegID, ports: RTPPortPair, local: PlainTransport, remote: PlainRemote, audio: AudioParameters?,
        patience: (talking: Duration, held: Duration), isProven: Bool = true, wantsKeysBySignalling: Bool = false,
        seed: UInt64
    ) {
        (self.id, self.ports, self.local, self.remote, self.audio) = (id, ports, local, remote, audio)
        self.wantsKeysBySignalling = wantsKeysBySignalling
        (self.patience, self.isProven, self.seed) = (patience, isProven, seed)
    }
}

/// One call's wish to enter a room.
package struct RoomJoin: Sendable {
    let leg: LegID
    let key: RoomKey
    let profile: RoomProfile
    let request: JoinRequest
    /// Unix seconds, should the room begin with this call.
    let startedAt: Int
}

package enum LoopOrder: Sendable {
    case open(LegOpening)
    /// A call of a phone, trunk or gateway.
    case openPlain(PlainOpening)
    /// Another offer of such a call was answered, by whomever: its codec, its keys, where it wants its media.
    case changePlain(LegID, audio: AudioParameters?, remote: PlainRemote)
    /// Such a call goes on from another loop: this one forgets it, and says so by ``LoopNews/released(_:_:)``.
    case release(LegID)
    /// What another loop has released.
    case adopt(LegID, TravellingLeg)
    /// The far end of such a call has shown that it gets what is sent to it.
    case proven(LegID)
    /// Another offer of the call's was answered.
    case renegotiate(LegID, AudioParameters?, [VideoParameters])
    /// Pictures beside the switched one: its slots, and the calls to show there.
    case view(LegID, [(slot: Int, call: String?)])
    case refreshVideo(LegID)
    case close(LegID)
    /// The call's client is back: it goes on over another transport.
    case renew(LegOpening)
    /// Its end is told by its number.
    case play(LegID, SoloCall.Program, number: Int)
    /// What the call hears by ``play(_:_:number:)`` ends, and nothing is said of it.
    case stopPlaying(LegID)
    /// The two speak with each other until one of them is told otherwise.
    case connect(LegID, LegID)
    case disconnect(LegID, LegID)
    case hold(LegID, Bool)
    /// A key that the call pressed, for its room.
    case key(LegID, Character)
    /// Keys towards the far end.
    case press(LegID, String)
    case join(RoomJoin)
    case leave(LegID)
    /// Sounds that rooms may be told to play from now on.
    case sounds([(name: SoundName, sound: Native.Sound)])
    /// A caller who was refused for good, for the room's books.
    case rejected(RoomKey, JoinRequest, Refusal)
    case dialEnded(RoomKey, JobID, cause: String, peer: String?)
    /// Where the mix of a recording goes.
    case record(RoomKey, RecordingID, RecordingRing)
    /// Where the track of a member goes.
    case recordTrack(RoomKey, RecordingID, MemberID, RecordingRing)
    /// A recording could not be written, or not any further.
    case recordingEnded(RoomKey, RecordingID, failure: String?)
    case perform(OrderToken, RoomKey, Command, by: Issuer)
    case snapshot(RoomKey)
    case stop
}

package enum LoopNews: Sendable {
    case connected(LegID)
    case failed(LegID, Peer.Failure)
    case closed(LegID, Peer.Counters)
    /// `nil`: there is no such call.
    case released(LegID, TravellingLeg?)
    case digit(LegID, Character)
    case applicationDone(LegID, number: Int)
    /// A ``LoopOrder/join(_:)`` came to nothing.
    case refused(LegID, RoomKey, Refusal)
    case opened(RoomKey, hasLiveArray: Bool)
    case room(RoomKey, RoomEngine.Output)
    case snapshot(RoomKey, [LiveArray.Entry], serial: Int)
    case completed(OrderToken, RoomEngine.Outcome)
}

/// The only thing a media loop shares with the rest: orders in, news out, both in order.
///
/// A lock guards the orders, taken when somebody asks for something and not per packet; news of one turn of the loop
/// leave as one batch through a stream. The loop never waits for the reader: when that one is ``isBehind``, the loop
/// leaves out what it can say again later, and what remains is bounded by the calls there are.
package final class LoopMailbox: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        let errno: CInt
        package var description: String { unsafe "cannot start a media loop: \(String(cString: strerror(errno)))" }
    }

    /// Counted by the loop's thread, read by the metrics.
    package let counters = LoopCounters()
    let wakeDescriptor: CInt

    private let orders = Mutex<[LoopOrder]>([])
    private let unpublished = Mutex<[LoopNews]>([])
    private let unread = Atomic<Int>(0)
    private let news: AsyncStream<[LoopNews]>
    private let continuation: AsyncStream<[LoopNews]>.Continuation

    init() throws(Failure) {
        wakeDescriptor = eventfd(0, CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC))
        (news, continuation) = AsyncStream.makeStream(of: [LoopNews].self)
        guard wakeDescriptor >= 0 else { throw Failure(errno: errno) }
    }

    deinit { close(wakeDescriptor) }

    // MARK: The signalling side

    package func send(_ order: LoopOrder) {
        let isFirst = orders.withLock { orders in
            orders.append(order)
            return orders.count == 1
        }
        guard isFirst else { return }
        var one: UInt64 = 1
        _ = unsafe write(wakeDescriptor, &one, 8)
    }

    /// Hands over the news, turn by turn, until the loop has ended.
    package func forEachBatch(_ body: ([LoopNews]) async -> Void) async {
        for await batch in news {
            await body(batch)
            unread.wrappingSubtract(batch.count, ordering: .relaxed)
        }
    }

    // MARK: The loop

    func takeOrders() -> [LoopOrder] {
        orders.withLock { orders in
            guard !orders.isEmpty else { return [] }
            defer { orders.removeAll(keepingCapacity: true) }
            return orders
        }
    }

    func clearWake() {
        var count: UInt64 = 0
        _ = unsafe read(wakeDescriptor, &count, 8)
    }

    func post(_ news: LoopNews) { unpublished.withLock { $0.append(news) } }

    /// Ends a turn of the loop.
    func publish() {
        let batch = unpublished.withLock { unpublished -> [LoopNews] in
            guard !unpublished.isEmpty else { return [] }
            defer { unpublished = [] }
            return unpublished
        }
        guard !batch.isEmpty else { return }
        unread.wrappingAdd(batch.count, ordering: .relaxed)
        continuation.yield(batch)
    }

    /// More waits to be read than a healthy reader ever leaves: leave out what can be said again later.
    var isBehind: Bool { unread.load(ordering: .relaxed) > Self.mostUnread }

    func finish() { continuation.finish() }

    /// Ten seconds of a room of 400 that all talk.
    private static let mostUnread = 20_000
}

/// Counters of one loop: written by its thread alone, read by anybody.
package final class LoopCounters: Sendable {
    package let datagrams = Counter()
    package let strangers = Counter()
    package let ticks = Counter()
    package let lateTicks = Counter()
    package let worstLateness = Counter()
    package let tickCost = Counter()
    /// Calls whose media this loop holds, and the addresses it knows them by; both 0 when nobody is there.
    package let legs = Counter()
    package let routes = Counter()
    /// Datagrams the kernel did not take.
    package let unsent = Counter()
    // Of pictures, brought up to date once a second.
    package let forwarded = Counter()
    package let repeated = Counter()
    package let switches = Counter()
    package let broken = Counter()
    package let keyFrameRequests = Counter()

    func noteTick(lateness: Int64) {
        ticks += 1
        if lateness > 20_000_000 { lateTicks += 1 }
        if lateness > Int64(worstLateness.value) { worstLateness.set(Int(lateness)) }
    }

    func noteTickCost(_ nanoseconds: Int64) { tickCost += Int(nanoseconds) }
}

/// A number one thread adds to and others read.
package final class Counter: Sendable {
    private let storage = Atomic<Int>(0)

    package var value: Int { storage.load(ordering: .relaxed) }

    func set(_ value: Int) { storage.store(value, ordering: .relaxed) }

    static func += (counter: Counter, amount: Int) { counter.storage.wrappingAdd(amount, ordering: .relaxed) }
}
