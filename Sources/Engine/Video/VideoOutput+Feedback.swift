import Native
import RTC
package import Wire

extension VideoOutput {
    /// Takes what the receiver says about this picture; everything else is passed over.
    package func receive(_ packet: RTCPPacket, at now: Instant) {
        switch packet {
        case .nack(let nack) where nack.media == ours: for sequence in nack.lost { answer(sequence, at: now) }
        case .pictureLoss(_, let media) where media == ours: receiverLostPicture(at: now)
        case .fullIntra(let request):
            for entry in request.entries where entry.media == ours && entry.sequence != intraSequence {
                intraSequence = entry.sequence
                receiverLostPicture(at: now)
            }
        case .receiverBitrate(let bitrate) where bitrate.sources.isEmpty || bitrate.sources.contains(ours):
            receive(bitrate: bitrate.bitsPerSecond, at: now)
        case .senderReport(let report): receive(report.reports, at: now)
        case .receiverReport(let report): receive(report.reports, at: now)
        default: break
        }
    }

    private func answer(_ sequence: UInt16, at now: Instant) {
        switch history.take(sequence, at: now) {
        case .found(let entry):
            // Other layers have had the same tag before, but not in the last 512 packets and four switches.
            guard tag &- entry.layer < 4, let layer = tagged(entry.layer), let ring = layer.ring,
                let record = layer.log.record(entry.source)
            else { return forgot(sequence, at: now) }
            guard repairs.spend(record.size) else { return }
            counters.repeated &+= 1
            sendAgain(record, entry, sequence, from: ring)
        case .forgotten: forgot(sequence, at: now)
        case .tooSoon, .unknown: break
        }
    }

    private func sendAgain(
        _ record: PacketRecord, _ entry: SendHistory.Entry, _ sequence: UInt16, from ring: PacketRing
    ) {
        guard let rtxPayloadType = parameters.rtxPayloadType, let rtx = parameters.local.rtx else {
            sink.send(
                marker: record.marker, payloadType: parameters.payloadType, sequence: sequence,
                timestamp: entry.timestamp, ssrc: ours, mid: entry.hasMID ? mid : nil, payloadCount: record.size,
                isRepeat: true
            ) { payload in
                Self.write(record, entry, from: ring, into: &payload)
            }
            return
        }
        // Always with the MID: Firefox takes an RTX packet for nobody's without it, announced or not.
        sink.send(
            marker: record.marker, payloadType: rtxPayloadType, sequence: rtxSequence, timestamp: entry.timestamp,
            ssrc: rtx, mid: mid, payloadCount: Retransmission.headerSize + record.size,
            isRepeat: false
        ) { payload in
            Retransmission.write(originalSequence: sequence, to: &payload)
            var original = payload._mutatingExtracting(Retransmission.headerSize..<payload.count)
            Self.write(record, entry, from: ring, into: &original)
        }
        rtxSequence &+= 1
    }

    /// What is asked for cannot be had any more: that matters when frames that are still to come build upon it.
    private func forgot(_ sequence: UInt16, at now: Instant) {
        guard let age = history.age(of: sequence), history.count &- 1 &- age >= keyFrameNumber else { return }
        receiverLostPicture(at: now)
    }

    private func receiverLostPicture(at now: Instant) {
        guard let shown, shownSource?.isMuted == false, patience.allows(at: now) else { return }
        shownSource?.requestKeyFrame(of: shown)
    }

    private func receive(bitrate: UInt64, at now: Instant) {
        let before = estimate.capacity
        let bitrate = min(bitrate, Self.mostBitrate) / 100 * share
        estimate.receive(bitrate: bitrate, sending: meter.rate(at: now), at: now)
        followCapacity(since: before, at: now)
    }

    private func receive(_ blocks: [ReportBlock], at now: Instant) {
        for block in blocks where block.ssrc == ours {
            isKnown = true
            if let time = time(since: block, at: now) { roundTrip = time }
            let before = estimate.capacity
            estimate.receive(fractionLost: block.fractionLost, sending: meter.rate(at: now), at: now)
            followCapacity(since: before, at: now)
        }
    }

    /// Down at once; up when it is time to choose.
    private func followCapacity(since before: UInt64, at now: Instant) {
        pacer.follow(capacity: estimate.capacity)
        if estimate.capacity < before { chooseLayer(at: now) }
    }

    /// RFC 3550 §6.4.1: now − LSR − DLSR, in 1/65 536 s.
    private func time(since block: ReportBlock, at now: Instant) -> Duration? {
        guard block.lastSR != 0 else { return nil }
        let middle = UInt32(truncatingIfNeeded: clock.ntp(at: now) >> 16)
        let time = middle &- block.lastSR &- block.delaySinceLastSR
        guard time < 10 << 16 else { return nil }
        return .nanoseconds(Int64(time) * 1_000_000_000 / 65_536)
    }

    /// Nobody has a terabit.
    private static let mostBitrate: UInt64 = 1_000_000_000_000
}
