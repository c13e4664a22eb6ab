package import Conference
package import RTC
package import Wire

/// The pictures of one call: the one it sends, and those it is sent.
///
/// Belongs to the call's ``MediaLeg``. Which pictures are shown is for the room to say; here they find their m-lines,
/// share the receiver's line and say what there is to report.
package final class VideoLeg {
    package struct Counters: Equatable, Sendable {
        /// Of what the call was shown.
        package var shown = VideoOutput.Counters()
        /// Asked of its camera.
        package var keyFrameRequests = 0

        package init() {}

        package mutating func add(_ other: Counters) {
            shown.add(other.shown)
            keyFrameRequests &+= other.keyFrameRequests
        }
    }

    /// The call's camera or screen, while it sends one.
    package private(set) var source: VideoSource?
    /// What it is shown, by m-line: first the picture that is switched, then further ones.
    package private(set) var outputs: [VideoOutput] = []

    private let peer: Peer
    private let clock: WallClock
    private let seed: UInt64
    /// Bits per second the caller said it can receive at most (`incomingBandwidth`).
    private let receiverLimit: UInt64?
    /// All m-lines that ever showed something.
    private var made: [VideoOutput] = []
    /// What is to be shown once there are keys: a key frame that nobody can be sent would be lost.
    private var waiting: [(output: VideoOutput, source: VideoSource?)] = []
    /// Of cameras and transports that are gone.
    var past = Counters()
    /// Kept so that a tick without feedback allocates nothing.
    private var feedback: [RTCPPacket] = []

    package init(
        _ lines: [VideoParameters], peer: Peer, clock: WallClock, receiverLimit: UInt64?, seed: UInt64, at now: Instant
    ) {
        self.peer = peer
        self.clock = clock
        self.receiverLimit = receiverLimit
        self.seed = seed
        negotiated(lines, at: now)
    }

    /// Both directions, seen from us.
    package var flow: VideoFlow { VideoFlow(comesIn: source != nil, goesOut: !outputs.isEmpty) }

    package var counters: Counters {
        var sum = past
        sum.keyFrameRequests &+= source?.keyFrameRequests ?? 0
        for output in made { sum.shown.add(output.counters) }
        return sum
    }

    /// Takes what the first or another offer came to: pictures whose m-line goes on go on undisturbed.
    package func negotiated(_ lines: [VideoParameters], at now: Instant) {
        let camera = lines.first { $0.direction.receives }
        if source?.parameters.isSameStream(as: camera) != true {
            source?.end(at: now)
            past.keyFrameRequests &+= source?.keyFrameRequests ?? 0
            source = camera.map { VideoSource(parameters: $0, seed: seed, at: now) }
        }
        outputs = lines.filter(\.direction.sends).map { output(for: $0, at: now) }
        for output in made where !outputs.contains(where: { $0 === output }) { output.show(nil, at: now) }
        divideLine(at: now)
    }

    /// An m-line keeps its output for the whole call, even while it is paused: its numbers must never come twice, or
    /// the cipher would use a key stream twice.
    private func output(for line: VideoParameters, at now: Instant) -> VideoOutput {
        if let output = made.first(where: { $0.parameters.local == line.local }) {
            output.negotiated(line)
            return output
        }
        let seed = seed &+ UInt64(line.index) &* 0x9E37_79B9
        let output = VideoOutput(parameters: line, sink: .peer(peer), clock: clock, seed: seed, at: now)
        made.append(output)
        return output
    }

    /// Shows `shown` in a slot of ``outputs``; before the peer can be sent anything, as soon as it can.
    package func show(_ shown: VideoSource?, in slot: Int, at now: Instant) {
        guard slot < outputs.count else { return }
        if peer.isConnected {
            outputs[slot].show(shown, at: now)
        } else {
            waiting.removeAll { $0.output === outputs[slot] }
            waiting.append((outputs[slot], shown))
        }
    }

    /// The call left its room: nothing of others is shown to it, and nothing of it to others.
    package func leave(at now: Instant) {
        waiting = []
        for output in outputs { output.show(nil, at: now) }
        source?.end(at: now)
        source?.setMuted(false, at: now)
        source?.limit(to: UplinkBudget.usualCeiling, policy: .average)
    }

    /// The call is over.
    package func end(at now: Instant) { leave(at: now) }

    // MARK: Packets

    /// Whether a packet of this type is a picture's.
    package func isPicture(_ payloadType: UInt8) -> Bool {
        guard let parameters = source?.parameters else { return false }
        return payloadType == parameters.payloadType || payloadType == parameters.rtxPayloadType
    }

    package func receive(_ header: RTPHeader, _ packet: Span<UInt8>, at now: Instant) {
        source?.receive(header, packet, at: now)
    }

    package func receive(_ packet: RTCPPacket, at now: Instant) {
        if case .senderReport(let report) = packet { source?.receive(report, at: now) }
        for output in outputs { output.receive(packet, at: now) }
        if let source, let time = outputs.lazy.compactMap(\.roundTrip).first { source.roundTrip = time }
    }

    /// Once per tick while there are keys: sends what had to wait, and reports.
    package func advance(to now: Instant) {
        if !waiting.isEmpty {
            for (output, source) in waiting { output.show(source, at: now) }
            waiting = []
        }
        source?.advance(to: now, into: &feedback)
        for output in outputs { output.advance(to: now, into: &feedback) }
        guard !feedback.isEmpty else { return }
        describeSources()
        peer.sendRTCP(feedback)
        feedback.removeAll(keepingCapacity: true)
    }

    /// Names each source that reports now: one name for sound and pictures, or browsers do not keep them together.
    private func describeSources() {
        let names = feedback.compactMap { packet in
            if case .senderReport(let report) = packet {
                SourceDescription(ssrc: report.ssrc, cname: peer.local.cname)
            } else {
                nil as SourceDescription?
            }
        }
        if !names.isEmpty { feedback.append(.sourceDescription(names)) }
    }

    // MARK: One line for all pictures

    /// The switched picture gets more than half of the receiver's line; further ones are small, so the lowest layer
    /// is enough for them.
    private func divideLine(at now: Instant) {
        let further = outputs.count - 1
        for (slot, output) in outputs.enumerated() {
            output.share = further == 0 ? 100 : slot == 0 ? 60 : UInt64(max(1, 40 / further))
            if slot > 0 { output.limit(toLayer: 0, at: now) }
            if let receiverLimit { output.limit(to: receiverLimit / 100 * output.share) }
        }
    }
}

extension VideoParameters {
    /// Whether the browser goes on sending the same: everything that says how its packets are to be read is equal.
    fileprivate func isSameStream(as other: VideoParameters?) -> Bool {
        guard let other else { return false }
        return index == other.index && payloadType == other.payloadType && rtxPayloadType == other.rtxPayloadType
            && layers == other.layers && ridExtensionID == other.ridExtensionID && announced == other.announced
    }
}

extension VideoOutput.Counters {
    fileprivate mutating func add(_ other: Self) {
        forwarded &+= other.forwarded
        repeated &+= other.repeated
        begun &+= other.begun
        broken &+= other.broken
    }
}
