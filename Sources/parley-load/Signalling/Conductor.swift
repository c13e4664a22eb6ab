import NIOCore
import NIOSSL
import TestKit
import Wire

/// Runs the whole: connects everybody at the join rate, calls, lets the time pass, hangs up.
///
/// Lives on the signalling loop, which carries all WebSockets; the media thread is asked and tells through its mailbox.
actor Conductor {
    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

    let plan: Plan
    private let tls: NIOSSLContext?
    let mailbox: MediaMailbox
    let finished: EventLoopPromise<Outcome>
    let runID = UInt64.random(in: .min ... .max)

    private(set) var clients: [Client] = []
    private var memberOfCall: [String: Int] = [:]
    private var nextClient = 0
    var report = SignallingReport()
    private var media: MediaReport?
    private var progress = MediaProgress()
    private var server: ProcessProbe?
    private var tool = ProcessProbe.own
    private var readings = Readings()
    private var startedAt = Instant(nanoseconds: 0)
    private var windowStart: Instant?
    private var windowEnd: Instant?
    private var watchersOfRoom: [Int: Int] = [:]
    private var deltasBefore = 0
    private(set) var isOver = false
    /// SIP, when members are phones.
    var phones: (agent: PhoneAgent, socket: PhoneSocket)?
    private var arrivals: [Arrival] = []

    private struct Arrival {
        let client: Client
        let message: ByteBuffer
        let at: Instant
    }

    struct Outcome: Sendable {
        let signalling: SignallingReport
        let media: MediaReport
        let readings: Readings
    }

    init(
        plan: Plan, tls: NIOSSLContext?, loop: any EventLoop, mailbox: MediaMailbox,
        finished: EventLoopPromise<Outcome>
    ) {
        (self.plan, self.tls, self.loop, self.mailbox) = (plan, tls, loop, mailbox)
        self.finished = finished
        server = plan.serverPID.flatMap { ProcessProbe($0) }
    }

    /// Called on the loop when the media thread has told something.
    func readNews() {
        for item in mailbox.takeNews() { take(item) }
    }

    // MARK: Phases

    private func begin() {
        startedAt = MonotonicClock.now
        readings.serverBefore = server?.read()
        clients = (0..<plan.dashboards).map { index in
            client(.dashboard(room: index % plan.rooms.count), number: index, account: plan.dashboardAccount)
        }
        clients += plan.members.map { member in
            client(
                .member(member), number: plan.dashboards + member.index,
                account: plan.accounts[member.index % plan.accounts.count])
        }
        for client in clients {
            if case .dashboard(let room) = client.kind { watchersOfRoom[room, default: 0] += 1 }
        }
        for client in clients { memberOfCall[client.callID] = client.plan?.index }
        if let phones = plan.phones { return openPhones(phones) }
        start()
    }

    func start() {
        connectNext()
        second()
    }

    private func client(_ kind: Client.Kind, number: Int, account: Plan.Account) -> Client {
        let name = String(runID, radix: 16) + "-" + String(number)
        return Client(
            kind: kind, callID: "call-\(name)", sessionID: "load-\(name)",
            account: .init(login: plan.login(of: account), password: account.password))
    }

    private func connectNext() {
        while nextClient < clients.count, clients[nextClient].plan?.isCalled == true { nextClient += 1 }
        guard nextClient < clients.count, !isOver else { return }
        if let member = clients[nextClient].plan, let phones = plan.phones {
            mailbox.order(.open(member, localIP: phones.localIP))
        } else {
            connect(nextClient)
        }
        nextClient += 1
        after(.nanoseconds(Int64(1e9 / plan.joinRate))) { $0.connectNext() }
    }

    /// Once a second: is everybody in, is the time over, what does the operator see?
    private func second() {
        guard !isOver else { return }
        guard clients.contains(where: { $0.plan != nil && $0.state != .ended }) else { return hangUpAll() }
        let now = MonotonicClock.now
        let isSettled = clients.allSatisfy { client in
            switch client.state {
            case .talking, .ended: true
            case .loggedIn: client.plan == nil
            default: false
            }
        }
        if windowStart == nil, nextClient == clients.count, isSettled || now > allStarted.advanced(by: .seconds(30)) {
            beginWindow(at: now.advanced(by: .seconds(Self.settling)))
        }
        StandardError.write(progressLine(at: now))
        after(.seconds(1)) { $0.second() }
    }

    private var allStarted: Instant {
        startedAt.advanced(byNanoseconds: Int64(Double(clients.count) / plan.joinRate * 1e9))
    }

    private func beginWindow(at start: Instant) {
        windowStart = start
        after(.seconds(Int64(Self.settling))) { conductor in
            conductor.windowStart = MonotonicClock.now
            conductor.mailbox.order(.beginWindow)
            conductor.readings.serverStart = conductor.server?.read()
            conductor.readings.toolStart = conductor.tool?.read()
            conductor.deltasBefore = conductor.deltas
            conductor.after(.nanoseconds(Int64(conductor.plan.seconds * 1e9))) { $0.endWindow() }
        }
    }

    private func endWindow() {
        windowEnd = MonotonicClock.now
        readings.serverEnd = server?.read()
        readings.toolEnd = tool?.read()
        readings.seconds = MonotonicClock.now.milliseconds(since: windowStart ?? startedAt) / 1000
        report.deltas = deltas - deltasBefore
        report.gaps = clients.reduce(0) { $0 + $1.verto.arrays.values.reduce(0) { $0 + $1.gaps } }
        report.joined = clients.count { $0.state == .talking }
        report.dashboards = clients.count { $0.plan == nil && $0.isWatching }
        mailbox.order(.endWindow)
    }

    private var deltas: Int { clients.reduce(0) { $0 + $1.verto.arrays.values.reduce(0) { $0 + $1.deltas } } }

    private func hangUpAll() {
        isOver = true
        for client in clients where client.state != .ended {
            if let plan = client.plan {
                mailbox.order(.close(plan.index))
                hangUp(client)
            }
            client.state = .ended
        }
        after(.seconds(1)) { conductor in
            for client in conductor.clients { client.socket?.close() }
            conductor.closePhones()
            conductor.mailbox.order(.stop)
            conductor.after(.milliseconds(300)) { conductor in
                conductor.finished.succeed(
                    Outcome(
                        signalling: conductor.report, media: conductor.media ?? MediaReport(),
                        readings: conductor.readings))
            }
        }
    }

    func after(_ delay: TimeAmount, _ body: @escaping @Sendable (isolated Conductor) -> Void) {
        loop.scheduleTask(in: delay) { self.assumeIsolated { body($0) } }
    }

    // MARK: Media

    private func take(_ news: MediaNews) {
        switch news {
        case .ready: begin()
        case .offer(let index, let sdp): call(member(index), offering: sdp)
        case .answer(let index, let sdp): answerPhone(member(index), with: sdp)
        case .connected(let index): noteConnected(member(index))
        case .heard(let index, let at): noteFirstAudio(member(index), at: at)
        case .failed(let index, let reason): fail(member(index), "media: \(reason)")
        case .talks(let index, let at):
            guard isMeasuring else { return }
            let client = member(index)
            report.talk.starts(client.callID, watchers: watchersOfRoom[client.room] ?? 0, at: at)
        case .sees(let index, let other, let at):
            report.floor.sees(other, by: index, in: member(index).room, at: at, counts: isMeasuring)
        case .firstPicture(let index, let at, let sinceConnected):
            noteFirstPicture(member(index), at: at, sinceConnected: sinceConnected)
        case .progress(let progress): self.progress = progress
        case .report(let media):
            self.media = media
            hangUpAll()
        case .broken(let reason): finished.fail(LoadFailure(reason))
        }
    }

    func member(_ index: Int) -> Client { clients[plan.dashboards + index] }

    private var isMeasuring: Bool {
        guard let windowStart, windowEnd == nil else { return false }
        return MonotonicClock.now >= windowStart
    }

    /// Who is owed no sound is in when media could flow.
    private func noteConnected(_ client: Client) {
        if client.plan?.isOwedSound == false, client.state == .answered { client.state = .talking }
    }

    private func noteFirstAudio(_ client: Client, at now: Instant) {
        guard client.state == .answered || client.state == .talking else { return }
        client.state = .talking
        if let invited = client.invited { report.firstAudio.append(now.milliseconds(since: invited)) }
    }

    private func noteFirstPicture(_ client: Client, at now: Instant, sinceConnected: Double) {
        if let invited = client.invited { report.firstPictures.append(now.milliseconds(since: invited)) }
        report.firstPicturesConnected.append(sinceConnected)
    }

    // MARK: Signalling

    private func connect(_ number: Int) {
        let callbacks = VertoSocket.Callbacks(
            received: { buffer in self.assumeIsolated { $0.received(buffer, by: number) } },
            closed: { self.assumeIsolated { $0.closed(number) } })
        VertoSocket.connect(to: plan.endpoint, tls: tls, on: loop, callbacks).whenComplete { result in
            self.assumeIsolated { $0.connected(number, result) }
        }
    }

    private func connected(_ number: Int, _ result: Result<VertoSocket, any Error>) {
        let client = clients[number]
        switch result {
        case .success(let socket):
            client.socket = socket
            client.opened = MonotonicClock.now
            client.state = .loggingIn
            carryOut(client.verto.connected(), of: client, at: MonotonicClock.now)
        case .failure(let error): fail(client, "connect: \(type(of: error))")
        }
    }

    private func closed(_ number: Int) {
        guard !isOver, clients[number].state != .ended else { return }
        fail(clients[number], "websocket closed")
    }

    /// Notes when a message came and leaves it for the end of the loop's turn: were it read at once, a row for hundreds
    /// of dashboards would seem to reach the last of them only when the others have been parsed.
    private func received(_ message: ByteBuffer, by number: Int) {
        arrivals.append(Arrival(client: clients[number], message: message, at: MonotonicClock.now))
        if arrivals.count == 1 { loop.execute { self.assumeIsolated { $0.readArrivals() } } }
    }

    private func readArrivals() {
        let batch = arrivals
        arrivals.removeAll(keepingCapacity: true)
        for arrival in batch {
            let outputs = arrival.client.verto.receive(arrival.message.readableBytesUInt8Span)
            carryOut(outputs, of: arrival.client, at: arrival.at)
        }
    }

    func carryOut(_ outputs: [FakeVerto.Output], of client: Client, at now: Instant) {
        for output in outputs { carryOut(output, of: client, at: now) }
    }

    private func carryOut(_ output: FakeVerto.Output, of client: Client, at now: Instant) {
        switch output {
        case .send(let text): client.socket?.send(text)
        case .loggedIn: loggedIn(client, at: now)
        case .loginRefused(let code, let message): fail(client, "login \(code) \(message)")
        case .earlyMedia(_, let sdp), .answered(_, let sdp): answered(client, sdp, at: now)
        case .joined(let membership): joined(client, membership, at: now)
        case .liveArray(_, let change): changed(change, at: now)
        case .subscriptionRefused: fail(client, "subscription refused")
        case .refused(let method, let error): fail(client, "\(method): \(error["message"]?.string ?? "refused")")
        case .ended(_, let cause, _): if !isOver { fail(client, "bye \(cause)") }
        case .punted: fail(client, "punted")
        case .malformed(let what): report.fails("malformed: \(what)")
        case .ready, .callCreated, .called, .reattached, .left, .subscribed, .event, .display, .modified, .text, .told:
            break
        }
    }

    private func loggedIn(_ client: Client, at now: Instant) {
        client.state = .loggedIn
        if let opened = client.opened { report.logins.append(now.milliseconds(since: opened)) }
        if let member = client.plan, let socket = client.socket {
            mailbox.order(.open(member, localIP: socket.localIP))
        } else {
            watchIfKnown(client)
        }
    }

    private func call(_ client: Client, offering sdp: String) {
        if phones != nil { return callPhone(client, offering: sdp) }
        guard client.state == .loggedIn, let member = client.plan else { return }
        client.state = .calling
        client.invited = MonotonicClock.now
        let name = "Load \(member.index)"
        carryOut(
            client.verto.invite(
                callID: client.callID, to: plan.rooms[member.room], sdp: sdp, name: name,
                number: String(10_000 + member.index), variables: ["email": .string("load\(member.index)@example.com")],
                usesVideo: member.video != nil),
            of: client, at: MonotonicClock.now)
    }

    func answered(_ client: Client, _ sdp: String?, at now: Instant) {
        guard let sdp, client.state == .calling, let member = client.plan else { return }
        client.state = .answered
        if let invited = client.invited { report.answers.append(now.milliseconds(since: invited)) }
        mailbox.order(.answer(member.index, sdp))
    }

    private func joined(_ client: Client, _ membership: FakeVerto.Membership, at now: Instant) {
        guard client.membership == nil else { return }
        client.membership = membership
        if let invited = client.invited { report.joins.append(now.milliseconds(since: invited)) }
        if plan.membersWatch { watchIfKnown(client) }
        for dashboard in clients where dashboard.plan == nil && dashboard.room == client.room {
            watchIfKnown(dashboard)
        }
    }

    /// The server names the room's channel when somebody joins; until then there is nothing to watch.
    private func watchIfKnown(_ client: Client) {
        guard !client.isWatching, client.verto.isLoggedIn,
            let known = clients.first(where: { $0.room == client.room && $0.membership != nil })?.membership
        else { return }
        client.isWatching = true
        carryOut(client.verto.watch(channel: known.channel, name: known.name), of: client, at: MonotonicClock.now)
    }

    private func changed(_ change: FakeLiveArray.Change, at now: Instant) {
        switch change {
        case .modified(let key, let row, let before):
            if row.isTalking, before?.isTalking == false { report.talk.sees(key, at: now) }
            if row.hasVideoFloor, before?.hasVideoFloor == false { floorMoved(to: key, at: now) }
        case .ignored: report.rowsIgnored += 1
        default: break
        }
    }

    private func floorMoved(to callID: String, at now: Instant) {
        guard let index = memberOfCall[callID] else { return }
        report.floor.moves(to: index, in: member(index).room, at: now, counts: isMeasuring)
    }

    func fail(_ client: Client, _ reason: String) {
        guard client.state != .ended else { return }
        report.fails(reason)
        client.state = .ended
        guard let plan = client.plan else { return }
        mailbox.order(.close(plan.index))
        if phones != nil { hangUpPhone(plan.index) }
    }

    // MARK: Progress

    private func progressLine(at now: Instant) -> String {
        let joined = clients.count { $0.state == .talking }
        let phase =
            switch windowStart {
            case nil: "joining"
            case let start? where now < start: "settling"
            default: "measuring"
            }
        var line = "\(Format.decimal(now.milliseconds(since: startedAt) / 1000, 0))s \(phase)"
        line += " members \(joined)/\(plan.members.count) media \(progress.connected)"
        line += " out \(progress.sent)/s in \(progress.received)/s missing \(progress.missing) late \(progress.late)"
        if plan.video != nil { line += " frames \(progress.frames)/s" }
        line += " talk samples \(report.talk.delays.count) tick p99 \(Format.decimal(progress.latenessP99, 1)) ms"
        if let reading = server?.rate(at: now) {
            line += " server \(Format.decimal(reading.percent, 1))% \(reading.residentKilobytes / 1024) MB"
        }
        if let reading = tool?.rate(at: now) { line += " tool \(Format.decimal(reading.percent, 1))%" }
        let failed = report.failures.values.reduce(0, +)
        return failed > 0 ? line + " failures \(failed)" : line
    }

    /// Seconds between the last join and the window.
    private static let settling = 3
}
