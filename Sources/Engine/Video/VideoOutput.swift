import Native
package import RTC
package import Wire

/// One picture that one call receives: a reader of somebody's ``VideoLayer``, rewritten into one stream.
///
/// Belongs to the media loop of its room. It shows a source with ``show(_:at:)``: the old picture goes on until the new
/// one's key frame is complete. Whoever owns it calls `show(nil, at:)` when the call is over.
package final class VideoOutput {
    package struct Counters: Equatable, Sendable {
        package var forwarded = 0
        /// Sent again because the receiver asked.
        package var repeated = 0
        /// Pictures begun at a key frame: switches, layers, and going on behind a loss.
        package var begun = 0
        /// Losses behind which only a key frame helps.
        package var broken = 0
    }

    package private(set) var parameters: VideoParameters
    package internal(set) var counters = Counters()
    /// What it is to show.
    package internal(set) var source: VideoSource?
    /// How much of the receiver's REMB, which is about all its pictures together, is for this one, in percent.
    package var share: UInt64 = 100
    /// To the receiver and back, once it has reported; ``VideoSource/roundTrip`` of the same call is the same.
    package internal(set) var roundTrip: Duration?

    // State is shared with the extensions in the files beside this one.

    // What is shown: the source and the layer that packets are read from, and where.
    var shownSource: VideoSource?
    var shown: VideoLayer?
    var cursor: Int64 = 0
    /// Otherwise it waits for a key frame behind ``cursor``.
    var isReading = false
    /// What is to be shown from its next key frame on.
    var target: VideoLayer?

    let sink: VideoSink
    let clock: WallClock
    let mid: ExtensionElement?
    var rewriter: VP8Rewriter
    var rtxSequence: UInt16
    var history = SendHistory()
    var repairs = RepairBudget()
    var pacer = Pacer()
    var meter = BitrateMeter()
    var estimate = DownlinkEstimate()
    var choice = LayerChoice()
    var patience = KeyFramePatience()
    /// Layers that what is in the history came from, the newest at `tag`.
    var tagged: (VideoLayer?, VideoLayer?, VideoLayer?, VideoLayer?) = (nil, nil, nil, nil)
    var tag: UInt8 = 0
    var lastSwitch: Instant
    /// Packets that had been sent when the last key frame began.
    var keyFrameNumber: Int64 = 0
    var packets: UInt32 = 0
    var octets: UInt32 = 0
    /// The receiver has reported on our source: it knows which m-line it belongs to.
    var isKnown = false
    var intraSequence: UInt8?
    var nextReport: Instant
    var nextChoice: Instant

    /// - Parameter seed: Random, for the first numbers.
    package init(parameters: VideoParameters, sink: VideoSink, clock: WallClock, seed: UInt64, at now: Instant) {
        self.parameters = parameters
        self.sink = sink
        self.clock = clock
        mid = parameters.midElement
        rewriter = VP8Rewriter(seed: seed, at: now)
        rtxSequence = UInt16(truncatingIfNeeded: seed >> 24) & 0x7FFF
        lastSwitch = now
        nextReport = now.advanced(byNanoseconds: Int64(seed % 500) * 1_000_000)
        nextChoice = now
        if let bitrate = parameters.maximumBitrate, bitrate > 0 { estimate.ceiling = UInt64(bitrate) }
    }

    /// Another offer was answered: the same m-line, so mid and sources stay.
    package func negotiated(_ parameters: VideoParameters) {
        guard parameters.local == self.parameters.local else { return }
        self.parameters = parameters
    }

    /// The most it is to get, in bits per second, whatever its line takes: `incomingBandwidth`, or a small picture.
    package func limit(to bitrate: UInt64) {
        let announced = parameters.maximumBitrate.map { UInt64(max($0, 1)) } ?? .max
        estimate.ceiling = min(bitrate, announced)
    }

    /// Simulcast layers above are not wanted.
    package func limit(toLayer layer: Int, at now: Instant) {
        choice.highestLayer = max(0, layer)
        chooseLayer(at: now)
    }

    /// What its sender should count with, in bits per second.
    var demand: UInt64 { estimate.capacity }

    var ours: SSRC { parameters.local.media }
}

// MARK: - Time

extension VideoOutput {
    /// Once per tick of 20 ms: sends what had to wait, looks for a better layer, appends a report when one is due.
    package func advance(to now: Instant, into feedback: inout [RTCPPacket]) {
        pump(at: now)
        if now >= nextChoice || hasStopped(at: now) {
            nextChoice = now.advanced(byNanoseconds: Self.choiceInterval)
            chooseLayer(at: now)
            forgetOldLayers(at: now)
        }
        guard now >= nextReport, packets > 0 else { return }
        nextReport = now.advanced(byNanoseconds: Self.reportInterval)
        feedback.append(
            .senderReport(
                SenderReport(
                    ssrc: ours, ntp: clock.ntp(at: now), rtpTimestamp: rewriter.timestamp(at: now), packets: packets,
                    octets: octets)))
    }

    /// What is shown has fallen silent, and nothing else is on its way.
    private func hasStopped(at now: Instant) -> Bool {
        guard target == nil, let shown, let source, source === shownSource else { return false }
        return source.hasStopped(shown, at: now)
    }

    /// Nobody asks for packets from before: browsers give up after a second.
    private func forgetOldLayers(at now: Instant) {
        guard now.nanoseconds(since: lastSwitch) > Self.oldAge else { return }
        tagged = (nil, nil, nil, nil)
        setTagged(shown)
    }

    static let choiceInterval: Int64 = 1_000_000_000
    private static let reportInterval: Int64 = 1_000_000_000
    private static let oldAge: Int64 = 2_000_000_000
}
