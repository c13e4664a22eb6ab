import Glibc
import Native
import RTC
import TestKit
import Wire

/// A browser's media: ICE, DTLS-SRTP, and pictures in calls that have them.
final class BrowserLine: MediaLine {
    let plan: MemberPlan
    let socket: LineSocket
    let browser: FakeBrowser
    private(set) var reception = Reception()
    private(set) var lastBurst: Instant?
    let screen: Screen?
    private(set) var connectedAt: Instant?

    private var script: Script
    private var ear: EarBox?
    private var lastSequence: UInt16?
    private var events: [FakeBrowser.Event] = []
    private var hasHeard = false
    private var ticks = 0
    private let sendsLevels: Bool
    private var camera: Camera?
    /// 255 matches nothing.
    private var opus: UInt8 = 255
    private var videoBefore = VideoReport.Counts()

    init(
        plan: MemberPlan, socket: LineSocket, browser: FakeBrowser, repertoire: Repertoire, sendsLevels: Bool,
        screen: Screen? = nil, camera: Camera? = nil
    ) {
        self.plan = plan
        self.socket = socket
        self.browser = browser
        self.sendsLevels = sendsLevels
        (self.screen, self.camera) = (screen, camera)
        script = Script(role: plan.role, repertoire: repertoire, seed: UInt64(plan.index))
        ear = plan.hearsMarker ? EarBox() : nil
    }

    var isConnected: Bool { browser.isConnected }
    var packetsSent: Int { Int(browser.packetsSent) }
    var unauthentic: Int { browser.counters.unauthentic }
    var offer: String { browser.offer.text }

    func close() { browser.close() }

    func accept(_ answer: String, at now: Instant) -> String? {
        do throws(BrowserAnswer.Refusal) {
            try browser.accept(answer, at: now)
        } catch {
            return "\(error)"
        }
        opus = browser.answer?.opusPayloadType ?? 255
        if plan.video != nil, browser.pictures.isEmpty { return "the server refused video" }
        guard let address = browser.remoteAddress, socket.connect(to: address) else { return "cannot connect UDP" }
        return nil
    }

    func receive(_ datagram: inout MutableSpan<UInt8>, count: Int, at now: Instant, facts: inout [MediaFact]) {
        guard DatagramKind(of: datagram.span.extracting(0..<count)) == .rtp, browser.isConnected,
            let server = browser.remoteAddress
        else {
            return receiveOther(&datagram, count: count, at: now, facts: &facts)
        }
        if let screen, datagram[1] & 0x7F != opus {
            return receivePicture(&datagram, count: count, on: screen, from: server, at: now, facts: &facts)
        }
        let sequence = datagram.span.uint16(at: 2)
        let timestamp = datagram.span.uint32(at: 4)
        if plan.decrypts || plan.hearsMarker {
            guard
                case .rtp(let header) = browser.receive(
                    &datagram, count: count, from: server, at: now, events: &events)
            else { return }
            listen(to: datagram.span.extracting(header.payload), sequence, at: now, facts: &facts)
        } else {
            browser.count(datagram.span.extracting(0..<count), at: now)
        }
        reception.note(sequence: sequence, timestamp: timestamp, at: now)
        guard !hasHeard else { return }
        hasHeard = true
        facts.append(.heard)
    }

    private func receivePicture(
        _ datagram: inout MutableSpan<UInt8>, count: Int, on screen: Screen, from server: TransportAddress,
        at now: Instant, facts: inout [MediaFact]
    ) {
        guard !screen.losesPacket(),
            case .rtp(let header) = browser.receive(&datagram, count: count, from: server, at: now, events: &events),
            header.ssrc == browser.pictures.first?.ssrcs.media
        else { return }
        if screen.receive(header, datagram.span, at: now) { facts.append(.sees(screen.viewing.member)) }
    }

    private func receiveOther(
        _ datagram: inout MutableSpan<UInt8>, count: Int, at now: Instant, facts: inout [MediaFact]
    ) {
        guard let server = browser.remoteAddress else { return }
        _ = browser.receive(&datagram, count: count, from: server, at: now, events: &events)
        settle(&facts)
    }

    private func listen(to payload: Span<UInt8>, _ sequence: UInt16, at now: Instant, facts: inout [MediaFact]) {
        guard let ear, payload.count > 0 else { return }
        if let lastSequence {
            let step = sequence &- lastSequence
            guard step > 0, step < 0x8000 else { return }
            for _ in 0..<min(step - 1, 5) { ear.ear?.miss() }
        }
        lastSequence = sequence
        guard let onset = ear.ear?.hear(payload) else { return }
        facts.append(.marker(now.advanced(byNanoseconds: Int64(onset * 1e9))))
    }

    func tick(at now: Instant, facts: inout [MediaFact]) -> Bool {
        ticks += 1
        if !browser.isConnected || screen != nil || ticks.isMultiple(of: 5) {
            browser.advance(to: now, events: &events)
            settle(&facts)
        }
        guard browser.isConnected else { return false }
        if connectedAt == nil { connectedAt = now }
        screen?.advance(browser, to: now)
        var startsTalking = false
        switch script.next(startsTalking: &startsTalking, at: now) {
        case .packet(let loop, let index):
            loop.withPacket(index) { packet in
                _ = browser.send(packet, level: sendsLevels ? loop.levels[index] : nil, at: now)
            }
            if case .marker = plan.role, index == 0 { lastBurst = now }
        case .nothing: browser.pause(960)
        }
        return startsTalking
    }

    func sendFrame(at now: Instant, sent: () -> Void) { camera?.sendFrame(through: browser, at: now, sent: sent) }

    func beginWindow(at now: Instant) {
        reception.beginWindow()
        screen?.beginWindow(at: now)
        videoBefore = videoCounts
    }

    func videoReport(until now: Instant) -> VideoReport? {
        guard plan.video != nil else { return nil }
        let viewing = screen?.viewing(until: now) ?? Viewing()
        return VideoReport(
            viewing: viewing, seconds: Double(viewing.length(until: now)) / 1e9, counts: videoCounts - videoBefore,
            decoded: screen?.checker?.counts, allowedBitrate: browser.allowedBitrate.map { Int(clamping: $0) })
    }

    private var videoCounts: VideoReport.Counts {
        let picture = browser.pictures.first
        return VideoReport.Counts(
            camera: camera?.counts ?? Camera.Counts(), screen: screen?.counts ?? Screen.Counts(),
            keyFrameRequests: browser.keyFrameRequests, repeats: browser.cameraRepeats,
            nacked: picture?.requested ?? 0, repaired: picture?.repaired ?? 0)
    }

    private func settle(_ facts: inout [MediaFact]) {
        guard !events.isEmpty else { return }
        for event in events {
            switch event {
            case .validated: break
            case .connected: facts.append(.connected)
            case .failed(let failure): facts.append(.failed("\(failure)"))
            }
        }
        events.removeAll(keepingCapacity: true)
    }
}

/// Holds the move-only ear for a class that may have none.
private final class EarBox {
    var ear: MarkerEar? = try? MarkerEar()
}
