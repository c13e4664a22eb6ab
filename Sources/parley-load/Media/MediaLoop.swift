import CLinux
import Glibc
import Native
import Wire

/// The one thread of all media: `epoll`, a socket a member, a 20 ms tick with the members spread over it.
///
/// Arrivals are read with one `recv` each, because a socket rarely has two; sends go by `sendmmsg`. Sounds are encoded
/// before, receivers look at the header only, and nothing is allocated for a packet.
final class MediaLoop {
    private let mailbox: MediaMailbox
    private let wakeReader: () -> Void
    private let sender: BatchSender
    private let maker: LineMaker
    private var lines: [Int: any MediaLine] = [:]
    private var byDescriptor: [(any MediaLine)?] = []
    private var slots = [[any MediaLine]](repeating: [], count: MediaLoop.slotsPerTick)
    private var frameSlots = [[any MediaLine]](repeating: [], count: MediaLoop.frameSlotCount)
    private var markers: [Int: any MediaLine] = [:]

    private let epoll: CInt
    private let timer: CInt
    private let start: Instant
    private var nextSlot = 0
    private var news: [MediaNews] = []
    private var facts: [MediaFact] = []
    private let buffer = ReceiveBuffer()

    private var window: MediaReport?
    private var windowStart = Instant(nanoseconds: 0)
    private var windowCPU: Int64 = 0
    private var sent = 0
    private var received = 0
    private var framesBefore = 0
    private var secondLateness = Lateness()
    private var nextProgress: Instant

    init(plan: MediaPlan, mailbox: MediaMailbox, wakeReader: @escaping () -> Void) throws {
        self.mailbox = mailbox
        self.wakeReader = wakeReader
        sender = BatchSender(capacity: plan.video == nil ? 64 : 256)
        maker = try LineMaker(
            codecs: plan.codecs, sendsLevels: plan.sendsLevels, video: plan.video, outbox: sender.batch)
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        timer = timerfd_create(CLOCK_MONOTONIC, CInt(TFD_NONBLOCK) | CInt(TFD_CLOEXEC))
        start = MonotonicClock.now.advanced(by: .milliseconds(5))
        nextProgress = start.advanced(by: .seconds(1))
        armTimer()
        watch(timer)
        watch(mailbox.wakeDescriptor)
        news.append(.ready)
    }

    deinit {
        close(epoll)
        close(timer)
    }

    /// Runs until told to stop.
    func run() {
        var isRunning = true
        while isRunning {
            unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.eventsPerTurn) { ready in
                let count = unsafe epoll_wait(epoll, ready.baseAddress, CInt(Self.eventsPerTurn), isBehind ? 0 : -1)
                for index in 0..<max(0, Int(count)) {
                    let descriptor = unsafe ready[index].data.fd
                    if descriptor == timer {
                        clearTimer()
                    } else if descriptor == mailbox.wakeDescriptor {
                        for order in mailbox.takeOrders() where !obey(order) { isRunning = false }
                    } else {
                        receive(from: descriptor)
                    }
                }
            }
            runDueSlots()
            if !news.isEmpty { publish() }
        }
    }

    // MARK: Orders

    /// `false` when it was the order to stop.
    private func obey(_ order: MediaOrder) -> Bool {
        switch order {
        case .open(let plan, let ip): open(plan, localIP: ip)
        case .openAnswering(let plan, let offer, let ip): open(plan, answering: offer, localIP: ip)
        case .answer(let index, let sdp): accept(sdp, on: index)
        case .close(let index): hangUp(index)
        case .beginWindow: beginWindow()
        case .endWindow: endWindow()
        case .stop: return false
        }
        return true
    }

    private func open(_ plan: MemberPlan, localIP: String) {
        let line: (any MediaLine)? =
            if let codec = plan.phone {
                maker.phone(plan, codec, localIP: localIP)
            } else {
                maker.browser(plan, localIP: localIP)
            }
        guard let line else { return news.append(.failed(plan.index, "no UDP socket")) }
        take(line)
        news.append(.offer(plan.index, line.offer))
    }

    private func open(_ plan: MemberPlan, answering offer: String, localIP: String) {
        guard let codec = plan.phone, let line = maker.phone(plan, codec, localIP: localIP) else {
            return news.append(.failed(plan.index, "no UDP socket"))
        }
        do throws(PhoneDescription.Refusal) {
            news.append(.answer(plan.index, try line.answer(to: offer)))
            take(line)
            startTicks(of: line)
        } catch {
            news.append(.failed(plan.index, error.rawValue))
        }
    }

    private func take(_ line: any MediaLine) {
        lines[line.plan.index] = line
        let descriptor = Int(line.socket.descriptor)
        while byDescriptor.count <= descriptor { byDescriptor.append(nil) }
        byDescriptor[descriptor] = line
        watch(line.socket.descriptor)
        if case .marker = line.plan.role { markers[line.plan.room] = line }
    }

    private func accept(_ answer: String, on index: Int) {
        guard let line = lines[index] else { return }
        if let problem = line.accept(answer, at: MonotonicClock.now) {
            sender.batch.removeAll()
            return news.append(.failed(index, problem))
        }
        sender.flush(through: line.socket.descriptor)
        startTicks(of: line)
    }

    private func startTicks(of line: any MediaLine) {
        // Neighbours in one room must not sit in one slot.
        let index = line.plan.index
        slots[index * 7 % Self.slotsPerTick].append(line)
        if line.plan.video?.hasCamera == true {
            for slot in [0, 33, 67] { frameSlots[index * 7 % 33 + slot].append(line) }
        }
    }

    private func hangUp(_ index: Int) {
        guard let line = lines.removeValue(forKey: index) else { return }
        line.close()
        sender.flush(through: line.socket.descriptor)
        byDescriptor[Int(line.socket.descriptor)] = nil
        if markers[line.plan.room] === line { markers[line.plan.room] = nil }
        for slot in slots.indices { slots[slot].removeAll { $0 === line } }
        for slot in frameSlots.indices { frameSlots[slot].removeAll { $0 === line } }
    }

    // MARK: Arrivals

    private func receive(from descriptor: CInt) {
        guard let line = byDescriptor[Int(descriptor)] else { return }
        let count = buffer.receive(from: descriptor)
        guard count > 0 else { return }
        let now = MonotonicClock.now
        received += 1
        buffer.withBytes { line.receive(&$0, count: count, at: now, facts: &facts) }
        sender.flush(through: descriptor)
        if !facts.isEmpty { settle(line, at: now) }
    }

    private func settle(_ line: any MediaLine, at now: Instant) {
        let index = line.plan.index
        for fact in facts {
            switch fact {
            case .connected: news.append(.connected(index))
            case .failed(let reason): news.append(.failed(index, reason))
            case .heard: news.append(.heard(index, at: now))
            case .marker(let onset): noteMarker(onset, in: line.plan.room)
            case .sees(let member): note(line, sees: member, at: now)
            }
        }
        facts.removeAll(keepingCapacity: true)
    }

    private func note(_ line: any MediaLine, sees member: Int?, at now: Instant) {
        let index = line.plan.index
        if line.screen?.viewing.firstPicture == now {
            let connected = line.connectedAt.map { now.milliseconds(since: $0) }
            news.append(.firstPicture(index, at: now, sinceConnected: connected ?? 0))
        }
        window?.switches.sees(member, by: index, in: line.plan.room, at: now)
        news.append(.sees(index, of: member, at: now))
    }

    /// The delay of the sound itself: from the tone's place in the packet sent to its place in the packet received.
    private func noteMarker(_ onset: Instant, in room: Int) {
        guard window != nil, let burst = markers[room]?.lastBurst else { return }
        let sounded = burst.advanced(byNanoseconds: Int64(maker.markerOnset * 1e9))
        let delay = onset.milliseconds(since: sounded)
        guard delay > 0, delay < 20 * Double(Repertoire.markerPeriod) else { return }
        window?.markerDelays.append(delay)
    }

    // MARK: Ticks

    /// Runs what is due, but not so much at once that arrivals have to wait until the kernel drops them.
    private func runDueSlots() {
        let now = MonotonicClock.now
        skipHopelessSlots(at: now)
        for _ in 0..<Self.slotsPerTurn {
            let due = start.advanced(byNanoseconds: Int64(nextSlot) * Self.slotLength)
            guard due <= now else { break }
            let lateness = now.nanoseconds(since: due)
            window?.tickLateness.note(lateness)
            secondLateness.note(lateness)
            runSlot(nextSlot % Self.slotsPerTick)
            runFrames(nextSlot % Self.frameSlotCount)
            nextSlot += 1
        }
        if now >= nextProgress { reportProgress(at: now) }
    }

    /// What is 200 ms late is not sent any more: nobody's microphone does that either, and the report says it.
    private func skipHopelessSlots(at now: Instant) {
        let behind = Int(now.nanoseconds(since: start) / Self.slotLength) - nextSlot
        guard behind > Self.mostSlotsBehind else { return }
        window?.skippedTicks += 1
        window?.tickLateness.note(Int64(behind) * Self.slotLength)
        nextSlot += behind / Self.slotsPerTick * Self.slotsPerTick
    }

    /// Whether ticks are due that had to wait for arrivals.
    private var isBehind: Bool {
        start.advanced(byNanoseconds: Int64(nextSlot) * Self.slotLength) <= MonotonicClock.now
    }

    private func runSlot(_ slot: Int) {
        let now = MonotonicClock.now
        for line in slots[slot] {
            let startsTalking = line.tick(at: now, facts: &facts)
            if startsTalking { noteTalk(of: line, at: now) }
            sent += sender.batch.count
            if line.lastBurst == now { noteBurst(in: line.plan.room) }
            sender.flush(through: line.socket.descriptor)
            if !facts.isEmpty { settle(line, at: now) }
        }
    }

    private func runFrames(_ slot: Int) {
        guard !frameSlots[slot].isEmpty else { return }
        let now = MonotonicClock.now
        for line in frameSlots[slot] {
            line.sendFrame(at: now) {
                guard sender.batch.isFull else { return }
                sent += sender.batch.count
                sender.flush(through: line.socket.descriptor)
            }
            sent += sender.batch.count
            sender.flush(through: line.socket.descriptor)
        }
    }

    private func noteTalk(of line: any MediaLine, at now: Instant) {
        let plan = line.plan
        news.append(.talks(plan.index, at: now))
        guard window != nil, plan.video?.hasCamera == true else { return }
        let waiting = lines.values.filter {
            $0 !== line && $0.plan.room == plan.room && $0.screen != nil && $0.screen?.viewing.member != plan.index
        }
        window?.switches.starts(plan.index, in: plan.room, waiting: Set(waiting.map(\.plan.index)), at: now)
    }

    private func noteBurst(in room: Int) {
        guard window != nil else { return }
        window?.markerBursts += 1
        window?.markerExpected += lines.values.count { $0.plan.hearsMarker && $0.plan.room == room }
    }

    private func reportProgress(at now: Instant) {
        nextProgress = now.advanced(by: .seconds(1))
        var progress = MediaProgress(sent: sent, received: received)
        for line in lines.values {
            progress.missing += line.reception.missing
            progress.late += line.reception.late
            progress.connected += line.isConnected ? 1 : 0
        }
        progress.frames = maker.tally.delay.count - framesBefore
        framesBefore = maker.tally.delay.count
        progress.latenessP99 = secondLateness.percentile(0.99)
        secondLateness.removeAll()
        (sent, received) = (0, 0)
        news.append(.progress(progress))
    }

    // MARK: The window

    private func beginWindow() {
        windowStart = MonotonicClock.now
        for line in lines.values { line.beginWindow(at: windowStart) }
        maker.tally.delay.removeAll()
        framesBefore = 0
        windowCPU = clinux_thread_cpu_time()
        window = MediaReport()
        window?.sent = -totalSent
        window?.sendFailures = -sender.failures
    }

    private func endWindow() {
        guard var report = window else { return }
        window = nil
        let now = MonotonicClock.now
        report.seconds = now.milliseconds(since: windowStart) / 1000
        report.switches.end(at: now)
        report.pictureDelay = maker.tally.delay
        report.sent += totalSent
        report.sendFailures += sender.failures
        report.cpuSeconds = Double(clinux_thread_cpu_time() - windowCPU) / 1e9
        report.lines = lines.values.map { line in
            MediaReport.Line(
                plan: line.plan, reception: line.reception, isConnected: line.isConnected,
                unauthentic: line.unauthentic, video: line.videoReport(until: now))
        }
        news.append(.report(report))
    }

    private var totalSent: Int { lines.values.reduce(0) { $0 + $1.packetsSent } }

    // MARK: Descriptors

    private func publish() {
        if mailbox.tell(news) { wakeReader() }
        news.removeAll(keepingCapacity: true)
    }

    private func watch(_ descriptor: CInt) {
        var event = unsafe epoll_event()
        unsafe event.events = EPOLLIN.rawValue
        unsafe event.data.fd = descriptor
        unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }

    private func armTimer() {
        var setting = itimerspec()
        setting.it_value.tv_sec = Int(start.nanoseconds / 1_000_000_000)
        setting.it_value.tv_nsec = Int(start.nanoseconds % 1_000_000_000)
        setting.it_interval.tv_nsec = Int(Self.slotLength)
        unsafe timerfd_settime(timer, CInt(TFD_TIMER_ABSTIME), &setting, nil)
    }

    private func clearTimer() {
        var expirations: UInt64 = 0
        _ = unsafe read(timer, &expirations, 8)
    }

    /// A tick in steps of 1 ms.
    private static let slotsPerTick = 20
    private static let slotLength: Int64 = 1_000_000
    /// Three frames at 30 a second.
    private static let frameSlotCount = 100
    /// With a thousand members half a tick's packets, as many as arrivals in a turn.
    private static let slotsPerTurn = 10
    private static let mostSlotsBehind = 200
    private static let eventsPerTurn = 512
}

/// Where every datagram is read to.
@safe private final class ReceiveBuffer {
    private let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 2048)

    init() { unsafe bytes.initialize(repeating: 0) }

    deinit { unsafe bytes.deallocate() }

    /// Bytes read; 0 or less when there was nothing.
    func receive(from descriptor: CInt) -> Int {
        unsafe recv(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT))
    }

    func withBytes(_ body: (inout MutableSpan<UInt8>) -> Void) {
        var span = unsafe bytes.mutableSpan
        body(&span)
    }
}
