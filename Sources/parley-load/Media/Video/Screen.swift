import TestKit
import Wire

/// The picture one member receives: what it sees of it, and what it tells the server, as a browser does.
///
/// Lost packets are asked for by the ``FakeBrowser``; this sends REMB, and PLI when the picture cannot go on.
final class Screen {
    struct Counts: Sendable {
        /// Packets of the picture, those sent again counted.
        var packets = 0
        /// PLI sent.
        var requests = 0
    }

    private(set) var viewing = Viewing()
    private(set) var counts = Counts()
    let checker: PictureChecker?

    private var assembler = FrameAssembler()
    private var estimate = BandwidthEstimate()
    private let tally: VideoTally
    private var firstPacket: Instant?
    private var lastPacket: Instant?
    private var lastFrame: Instant?
    private var lastRequest: Instant?
    private let loss: Double
    private var random: SeededGenerator

    init(_ plan: MemberPlan, loss: Double, tally: VideoTally, checker: PictureChecker?) {
        self.tally = tally
        self.checker = checker
        self.loss = loss
        random = SeededGenerator(seed: UInt64(plan.index))
    }

    /// Whether the network loses the packet that is about to arrive.
    func losesPacket() -> Bool { loss > 0 && Double.random(in: 0..<1, using: &random) < loss }

    /// Takes a packet of the picture, decrypted; there may be anything behind its end.
    ///
    /// - Returns: Whether a frame was shown that is another member's than the one before, or the first of all.
    func receive(_ header: RTPHeader, _ packet: Span<UInt8>, at now: Instant) -> Bool {
        counts.packets += 1
        estimate.received(header.payloadEnd)
        if firstPacket == nil { firstPacket = now }
        lastPacket = now
        let payload = packet.extracting(header.payload)
        let descriptor = try? VP8Descriptor(parsing: payload)
        let number = assembler.insert(
            sequence: header.sequence, isLast: header.marker, descriptor: descriptor, payload: payload)
        guard let number else { return false }
        if let checker { checker.keep(payload.extracting((descriptor?.size ?? payload.count)...), number: number) }
        let (before, hadPicture) = (viewing.member, viewing.firstPicture != nil)
        while let frame = assembler.next() { take(frame, at: now) }
        return viewing.firstPicture != nil && (!hadPicture || viewing.member != before)
    }

    private func take(_ frame: FrameAssembler.Frame, at now: Instant) {
        lastFrame = now
        let isRight = checker?.check(frame) ?? true
        guard viewing.take(frame, isRight: isRight, at: now), let mark = frame.mark else { return }
        tally.delay.note(now.nanoseconds(since: mark.sent))
    }

    /// Sends what is due.
    func advance(_ browser: FakeBrowser, to now: Instant) {
        if let bitrate = estimate.take(hasBegun: firstPacket != nil, at: now) { browser.limit(to: bitrate, at: now) }
        guard needsKeyFrame(at: now) else { return }
        if let lastRequest, now.duration(since: lastRequest) < Self.betweenRequests { return }
        lastRequest = now
        counts.requests += 1
        browser.requestKeyFrame(at: now)
    }

    /// When browsers ask: only frames come that build on an unknown one, the decoder refuses, or nothing can be put
    /// together for three seconds (`media.md` §1.8, §1.11).
    private func needsKeyFrame(at now: Instant) -> Bool {
        guard let firstPacket, let lastPacket, now.duration(since: lastPacket) < .seconds(1) else { return false }
        if viewing.firstPicture == nil { return now.duration(since: firstPacket) >= Self.betweenRequests }
        if checker?.hasFailed == true { return true }
        return lastFrame.map { now.duration(since: $0) >= Self.patience } ?? false
    }

    func beginWindow(at now: Instant) {
        viewing.beginWindow(at: now)
        checker?.beginWindow()
    }

    /// What it saw until now.
    func viewing(until now: Instant) -> Viewing {
        var viewing = viewing
        viewing.endWindow(at: now)
        return viewing
    }

    private static let betweenRequests: Duration = .milliseconds(190)
    private static let patience: Duration = .seconds(3)
}

/// What all screens count together.
///
/// Owned by the media thread.
final class VideoTally {
    /// From a frame's leaving to its last packet's arrival.
    var delay = Lateness()
}
