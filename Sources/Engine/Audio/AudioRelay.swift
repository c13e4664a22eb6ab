import RTC
import Wire

/// Passes one call's packets on to another call as they are: nothing is decoded, held back or put in order.
///
/// Where the sides speak different codecs it passes on keys alone, and whoever decodes the rest says so
/// (``isTranscoding``).
///
/// The receiver sees one source of ours. Numbers and times keep the sender's distances, so that losses and pauses stay
/// what they are; where another piece begins - another source, the end of a hold, a jump - they go on behind what was
/// sent, at the time that has passed.
struct AudioRelay {
    /// Who hears it.
    let target: MediaLeg
    /// Nothing is passed on.
    private(set) var isHeld = false
    /// Sound goes another way.
    private(set) var isTranscoding = false
    /// Something came that the receiver does not understand.
    private(set) var needsTranscoding = false

    private var source: SSRC?
    /// Ours less the sender's.
    private var sequenceOffset: UInt16 = 0
    private var timestampOffset: UInt32 = 0
    /// Our first number of this piece, and the sender's highest.
    private var first: UInt16 = 0
    private var highest: UInt16 = 0
    private var isRunning = false

    init(to target: MediaLeg) { self.target = target }

    /// What follows is another piece.
    mutating func begin() { isRunning = false }

    mutating func setHeld(_ isHeld: Bool) {
        self.isHeld = isHeld
        if isHeld { begin() }
    }

    mutating func setTranscoding(_ isTranscoding: Bool) {
        (self.isTranscoding, needsTranscoding) = (isTranscoding, false)
        begin()
    }

    /// The sender pressed a key, which went through with the packets, or else is pressed again here.
    func press(_ key: Character) {
        guard isTranscoding, !isHeld else { return }
        target.press(key)
    }

    /// - Parameter key: How the sender has keys, if this is one (RFC 4733).
    mutating func forward(
        _ header: RTPHeader, _ payload: Span<UInt8>, _ content: AudioContent, key: KeyFormats.Format?, at now: Instant
    ) {
        guard !isHeld, target.sendsAudio, target.peer.isConnected else { return begin() }
        let isNew = !isRunning || header.ssrc != source || isJump(to: header.sequence)
        if case .sound(let codec) = content, codec != target.codec {
            // Nothing can be made of it here; the next tick begins to.
            needsTranscoding = true
            return begin()
        }
        let format = payload.isEmpty ? nil : format(of: content, key)
        if isNew {
            guard format != nil else { return }
            start(with: header, at: now)
        }
        let step = Int16(bitPattern: header.sequence &- highest)
        if step > 0 { highest = header.sequence }
        guard let format else {
            // Closes the gap that it would leave.
            if step > 0 { sequenceOffset &-= 1 }
            return
        }
        if step > 0 { stepOverKeys(at: header.sequence) }
        let sequence = header.sequence &+ sequenceOffset
        // Late, from before this piece: the receiver has other packets there.
        guard Int16(bitPattern: sequence &- first) >= 0 else { return }
        let timestamp = header.timestamp &+ timestampOffset
        var duration: UInt16?
        if let key {
            duration = KeyFormats.duration(of: payload, from: key, to: format)
        } else if step > 0 || isNew {
            target.setClock(timestamp, at: now)
        }
        target.pass(
            payload, marker: header.marker || isNew, payloadType: format.payloadType, sequence: sequence,
            timestamp: timestamp, duration: duration)
    }

    private mutating func start(with header: RTPHeader, at now: Instant) {
        target.advanceClock(to: now)
        (isRunning, source, highest) = (true, header.ssrc, header.sequence)
        first = target.output.sequence
        sequenceOffset = first &- header.sequence
        timestampOffset = target.output.timestamp &- header.timestamp
    }

    /// Keys of our own were sent meanwhile: what follows comes behind them, and what is late is too late.
    private mutating func stepOverKeys(at sequence: UInt16) {
        let sent = target.output.sequence &- (sequence &+ sequenceOffset)
        guard Int16(bitPattern: sent) > 0 else { return }
        sequenceOffset &+= sent
        first = sequence &+ sequenceOffset
    }

    /// RFC 3550 A.1: as far no stream loses or mixes up its packets.
    private func isJump(to sequence: UInt16) -> Bool {
        Int16(bitPattern: sequence &- highest).magnitude > Self.mostDropout
    }

    /// How the receiver has it; `nil` when it did not agree to it.
    private func format(of content: AudioContent, _ key: KeyFormats.Format?) -> KeyFormats.Format? {
        let output = target.output
        switch content {
        case .sound: return KeyFormats.Format(payloadType: output.payloadType, clockRate: output.clockRate)
        case .comfortNoise:
            return target.comfortNoise.map { KeyFormats.Format(payloadType: $0, clockRate: output.clockRate) }
        case .other:
            guard !target.wantsKeysBySignalling else { return nil }
            return key.flatMap { target.keyFormats.format(like: $0) }
        }
    }

    private static let mostDropout: UInt16 = 3_000
}
