import Native
import RTC
package import Wire

/// One stream of a source: what has come of it, what is missing, how much it is.
///
/// Belongs to a ``VideoSource``, which feeds it. Packets are kept only while somebody watches.
package final class VideoLayer {
    package struct Counters: Equatable, Sendable {
        package var received = 0
        /// Came again, by RTX or as they were, and were missing.
        package var repaired = 0
        /// Longer than anything we would forward, or no VP8.
        package var unusable = 0
        package var keyFrames = 0
    }

    /// What a packet brought.
    enum Arrival {
        case nothing
        case packet
        /// … and with it a key frame is complete.
        case keyFrame
    }

    /// 0 is the lowest of a simulcast.
    package let index: Int
    package private(set) var counters = Counters()
    /// The size of the newest key frame's picture, as it claims.
    package private(set) var size: VP8FrameHeader.Size?
    /// When the last packet came, padding not counted.
    private var lastPacket: Instant?

    var ssrc: SSRC?
    var rtxSSRC: SSRC?
    private(set) var log = PacketLog()
    private(set) var ring: PacketRing?
    private(set) var repair: LossRepair
    private(set) var reception = ReceptionStatistics()

    private let payloadType: UInt8
    private let activity: Int64
    /// Of temporal layer 0, of 0 and 1, of all.
    private var meters = (BitrateMeter(), BitrateMeter(), BitrateMeter())
    private var temporalLayers = 1
    private var readers = 0
    private var idleSince: Instant?

    init(index: Int, parameters: VideoParameters) {
        self.index = index
        payloadType = parameters.payloadType
        activity = parameters.layers.isEmpty ? Self.screenActivity : Self.layerActivity
        repair = LossRepair(canRequest: parameters.feedback.contains(.nack))
    }

    /// Somebody watches, or did a moment ago.
    package var keepsPackets: Bool { ring != nil }

    /// It sends. A screen that does not change sends a frame now and then, a layer that is off sends none.
    package func isActive(at now: Instant) -> Bool { !isSilent(for: activity, at: now) }

    /// No packet of a picture came for so many nanoseconds.
    func isSilent(for time: Int64, at now: Instant) -> Bool {
        lastPacket.map { now.nanoseconds(since: $0) > time } ?? true
    }

    func offer(at now: Instant) -> LayerOffer {
        LayerOffer(
            rates: (meters.0.rate(at: now), meters.1.rate(at: now), meters.2.rate(at: now)),
            temporalLayers: temporalLayers, isActive: isActive(at: now))
    }

    // MARK: Readers

    func addReader() {
        readers += 1
        idleSince = nil
        guard ring == nil else { return }
        ring = PacketRing(places: Int(PacketLog.capacity), placeSize: Self.longestPayload)
        log.open()
    }

    func removeReader(at now: Instant) {
        readers -= 1
        if readers == 0 { idleSince = now }
    }

    /// Gives the memory back some time after the last reader went.
    func releaseIfIdle(at now: Instant) {
        guard let idleSince, now.nanoseconds(since: idleSince) >= Self.idleness else { return }
        self.idleSince = nil
        ring = nil
        log.close()
        repair.forgetAll()
    }

    // MARK: Packets

    /// Another sender's stream, or a muted one: nothing of it follows what is here.
    func startAnew() {
        log.startAnew()
        repair.forgetAll()
    }

    func bind(_ ssrc: SSRC) {
        guard self.ssrc != ssrc else { return }
        self.ssrc = ssrc
        reception = ReceptionStatistics()
        lastPacket = nil
        temporalLayers = 1
        startAnew()
    }

    /// It sends from now on.
    func start(at now: Instant) { lastPacket = now }

    func senderReport(ntp: UInt64, at now: Instant) { reception.senderReport(ntp: ntp, at: now) }

    func report(at now: Instant) -> ReportBlock? {
        guard let ssrc, reception.packets > 0 else { return nil }
        return reception.report(for: ssrc, at: now)
    }

    /// Takes a packet of this layer.
    ///
    /// - Parameters:
    ///   - payload: Without padding.
    ///   - isKept: Otherwise it is only counted.
    func receive(_ header: RTPHeader, _ payload: Span<UInt8>, isKept: Bool, at now: Instant) -> Arrival {
        counters.received &+= 1
        reception.received(sequence: header.sequence, timestamp: header.timestamp, at: now, clockRate: 90_000)
        let record = describe(header, payload, at: now)
        if record.content == .picture { measure(record, at: now) }
        return isKept ? keep(record, payload, from: header.sequence, isRepair: false, at: now) : .nothing
    }

    /// Takes a packet that was sent again on a source of its own: `header` and `payload` are the original's.
    func receive(repair header: RTPHeader, _ payload: Span<UInt8>, at now: Instant) -> Arrival {
        keep(describe(header, payload, at: now), payload, from: header.sequence, isRepair: true, at: now)
    }

    private func keep(
        _ record: PacketRecord, _ payload: Span<UInt8>, from sequence: UInt16, isRepair: Bool, at now: Instant
    ) -> Arrival {
        guard case .free(let number, let gap) = log.place(for: sequence, isRepair: isRepair) else { return .nothing }
        repair.note(gap, at: now)
        if repair.isPending(number) {
            repair.received(number)
            counters.repaired &+= 1
        }
        var record = record
        record.sequence = number
        if record.content == .picture, ring?.store(payload, at: number) != true { record.content = .unusable }
        if record.content == .unusable { counters.unusable &+= 1 }
        guard log.insert(record) else { return .packet }
        counters.keyFrames &+= 1
        return .keyFrame
    }

    /// Requests that are due; returns whether something has been given up.
    func repair(at now: Instant, roundTrip: Duration, into lost: inout [UInt16]) -> Bool {
        guard !repair.isIdle else { return false }
        return repair.advance(to: now, highest: log.highest ?? 0, roundTrip: roundTrip, into: &lost)
    }

    /// Everything but its number.
    private func describe(_ header: RTPHeader, _ payload: Span<UInt8>, at now: Instant) -> PacketRecord {
        var record = PacketRecord(
            sequence: 0, timestamp: header.timestamp, marker: header.marker, content: .padding, arrival: now,
            size: payload.count)
        // What shares the numbers and is not VP8 is no loss.
        guard !payload.isEmpty, header.payloadType == payloadType else { return record }
        do throws(VP8Error) {
            record.descriptor = try VP8Descriptor(parsing: payload)
            if let frame = try VP8FrameHeader(parsing: payload, behind: record.descriptor) {
                record.isKeyFrame = frame.isKeyFrame
                if let size = frame.size { self.size = size }
            }
            record.content = .picture
        } catch {
            record.content = .unusable
        }
        return record
    }

    private func measure(_ record: PacketRecord, at now: Instant) {
        let layer = record.descriptor.temporalID ?? 0
        let bytes = record.size + RTPHeader.fixedSize
        meters.2.add(bytes, at: now)
        if layer < 2 { meters.1.add(bytes, at: now) }
        if layer < 1 { meters.0.add(bytes, at: now) }
        lastPacket = now
        temporalLayers = max(temporalLayers, Int(layer) + 1)
    }

    /// Browsers send at most 1 178 bytes; more would not fit into a packet to a receiver with RTX and MID.
    package static let longestPayload = 1_232
    static let layerActivity: Int64 = 1_000_000_000
    /// Shorter, an encoder short of time passes for one that has stopped, and the picture goes up and down.
    static let stopped: Int64 = 500_000_000
    private static let screenActivity: Int64 = 5_000_000_000
    private static let idleness: Int64 = 5_000_000_000
}
