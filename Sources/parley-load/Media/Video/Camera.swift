import TestKit
import Wire

/// One member's camera: plays a ``FrameLoop``, begins it anew when the server asks for a key frame, and takes the loop
/// that REMB allows.
///
/// It follows REMB at once in both directions, with a key frame each time, and sends a frame's packets in one go: both
/// are harder on a server than a browser, which takes a second to rise and paces its key frames.
struct Camera {
    struct Counts: Sendable {
        var frames = 0
        var keyFrames = 0
        /// Key frames because the server asked.
        var answers = 0
        var packets = 0
        /// With headers.
        var bytes = 0
        /// Whole seconds, and those in which it sent more than REMB allowed at any moment of them.
        var seconds = 0
        var secondsAbove = 0
    }

    private(set) var counts = Counts()
    private let loops: [FrameLoop]
    private let member: Int
    private var loop = 0
    private var place = 0
    private var number: UInt32 = 0
    private var pictureID: UInt16
    private var timestamp: UInt32
    private var lastKeyFrame: Instant?
    /// Requests that a key frame has answered.
    private var answered = 0
    private var second = Second()
    private var payload = [UInt8](repeating: 0, count: VP8Packetizer.browserPayload)

    private struct Second {
        var start: Instant?
        var bytes = 0
        var allowed = 0
    }

    init(member: Int, loops: [FrameLoop], using random: inout some RandomNumberGenerator) {
        (self.member, self.loops) = (member, loops)
        pictureID = UInt16.random(in: 0..<0x8000, using: &random)
        timestamp = UInt32.random(in: .min ... .max, using: &random)
    }

    /// Sends the next frame.
    ///
    /// - Parameter sent: Called after each packet, to empty the outbox in time.
    mutating func sendFrame(through browser: FakeBrowser, at now: Instant, sent: () -> Void) {
        guard browser.isConnected, browser.layerCount > 0 else { return }
        choose(for: browser, at: now)
        let slots = loops[loop].frames[place]
        for slot in slots {
            let isLast = slot == slots.upperBound - 1
            let count = write(slot, isLast: isLast, at: now)
            let wasSent = browser.sendVideo(
                payload.span.extracting(0..<count), marker: isLast, timestamp: timestamp, at: now)
            if wasSent {
                counts.packets += 1
                counts.bytes += count + FrameLoop.overhead
            }
            sent()
        }
        counts.frames += 1
        if place == 0 { counts.keyFrames += 1 }
        place = (place + 1) % loops[loop].frames.count
        number &+= 1
        pictureID = (pictureID + 1) & 0x7FFF
        timestamp &+= UInt32(90_000 / VideoSize.framesPerSecond)
    }

    /// A key frame when one is asked for, or when another loop is due; the next frame otherwise.
    private mutating func choose(for browser: FakeBrowser, at now: Instant) {
        let allowed = browser.allowedBitrate.map { Int(clamping: $0) } ?? Self.startBitrate
        watch(allowed, at: now)
        let best = loops.lastIndex { $0.bitrate <= allowed } ?? 0
        let isAsked = browser.keyFrameRequests > answered
        let mayBegin = lastKeyFrame.map { now.duration(since: $0) >= Self.betweenKeyFrames } ?? true
        if mayBegin, isAsked || best != loop { (loop, place) = (best, 0) }
        guard place == 0 else { return }
        if isAsked { counts.answers += 1 }
        (answered, lastKeyFrame) = (browser.keyFrameRequests, now)
    }

    private mutating func watch(_ allowed: Int, at now: Instant) {
        guard let start = second.start else {
            second = Second(start: now, bytes: counts.bytes, allowed: allowed)
            return
        }
        second.allowed = max(second.allowed, allowed)
        let length = now.duration(since: start)
        guard length >= .seconds(1) else { return }
        counts.seconds += 1
        let bits = Double((counts.bytes - second.bytes) * 8)
        if bits / (length / .seconds(1)) > Double(second.allowed) { counts.secondsAbove += 1 }
        second = Second(start: now, bytes: counts.bytes, allowed: allowed)
    }

    /// Makes the payload of a loop this member's own.
    private mutating func write(_ slot: Int, isLast: Bool, at now: Instant) -> Int {
        let mark = isLast ? FrameMark(member: member, number: number, loop: loop, place: place, sent: now) : nil
        let (source, pictureID) = (loops[loop], pictureID)
        var bytes = payload.mutableSpan
        let count = source.copy(slot, to: &bytes)
        Self.descriptor.write(pictureID: pictureID, tl0PictureIndex: 0, into: &bytes)
        mark?.write(atEndOf: &bytes, count: count)
        return count
    }

    /// Of all packets alike: a picture id of 15 bits and nothing else, as Chromium sends it.
    private static let descriptor = VP8Descriptor(startsPartition: true, pictureID: 0)
    /// Where browsers start without REMB.
    private static let startBitrate = 300_000
    /// As in browsers (`media.md` §1.10).
    private static let betweenKeyFrames: Duration = .milliseconds(300)
}

extension Camera.Counts {
    static func - (left: Self, right: Self) -> Self {
        Self(
            frames: left.frames - right.frames, keyFrames: left.keyFrames - right.keyFrames,
            answers: left.answers - right.answers, packets: left.packets - right.packets,
            bytes: left.bytes - right.bytes, seconds: left.seconds - right.seconds,
            secondsAbove: left.secondsAbove - right.secondsAbove)
    }
}
