import Native
import RTC
import Wire

extension VideoOutput {
    /// Sends what lies at the cursor, in order, as far as it is there and the pacer permits.
    func pump(at now: Instant) {
        guard isReading, let shown, shownSource?.isMuted == false else { return }
        while isReading, pacer.allows(at: now), let highest = shown.log.highest, cursor <= highest {
            if highest &- cursor > Self.mostBacklog, skip(in: shown, at: now) { continue }
            if let record = shown.log.record(cursor) {
                switch rewriter.rewrite(record, at: now) {
                case .send(let numbers): send(record, numbers, of: shown, at: now)
                case .drop: break
                case .broken:
                    lose(shown, at: now)
                    continue
                }
                cursor &+= 1
            } else if shown.repair.isPending(cursor), cursor >= shown.log.oldest {
                guard skip(in: shown, at: now) else { return }
            } else {
                lose(shown, at: now)
            }
        }
    }

    /// Goes on at a newer key frame, if there is one.
    func skip(in layer: VideoLayer, at now: Instant) -> Bool {
        guard let keyFrame = layer.log.keyFrame, keyFrame.lowerBound > cursor, keyFrame.lowerBound >= layer.log.oldest
        else { return false }
        begin(at: keyFrame.lowerBound, of: layer, at: now)
        return true
    }

    /// The packet at the cursor will never come: what follows cannot be decoded without it.
    private func lose(_ layer: VideoLayer, at now: Instant) {
        counters.broken &+= 1
        guard !skip(in: layer, at: now) else { return }
        isReading = false
        shownSource?.requestKeyFrame(of: layer)
    }

    private func send(
        _ record: PacketRecord, _ numbers: VP8Rewriter.Numbers, of layer: VideoLayer, at now: Instant
    ) {
        guard let ring = layer.ring else { return }
        if record.startsKeyFrame { keyFrameNumber = history.count }
        let hasMID = !isKnown && mid != nil
        let entry = SendHistory.Entry(source: record.sequence, layer: tag, numbers: numbers, hasMID: hasMID)
        history.append(entry, sequence: numbers.sequence)
        repairs.sent(record.size)
        pacer.sent(record.size, at: now)
        meter.add(record.size, at: now)
        packets &+= 1
        octets &+= UInt32(truncatingIfNeeded: record.size)
        counters.forwarded &+= 1
        sink.send(
            marker: record.marker, payloadType: parameters.payloadType, sequence: numbers.sequence,
            timestamp: numbers.timestamp, ssrc: ours, mid: hasMID ? mid : nil, payloadCount: record.size,
            isRepeat: false
        ) { payload in
            Self.write(record, entry, from: ring, into: &payload)
        }
    }

    static func write(
        _ record: PacketRecord, _ entry: SendHistory.Entry, from ring: PacketRing,
        into payload: inout MutableSpan<UInt8>
    ) {
        guard ring.copy(record.sequence, into: &payload, at: 0) > 0 else { return }
        record.descriptor.write(
            pictureID: entry.pictureID, tl0PictureIndex: entry.tl0PictureIndex, keyIndex: entry.keyIndex,
            into: &payload)
    }

    func tagged(_ tag: UInt8) -> VideoLayer? {
        switch tag & 3 {
        case 0: tagged.0
        case 1: tagged.1
        case 2: tagged.2
        default: tagged.3
        }
    }

    func setTagged(_ layer: VideoLayer?) {
        switch tag & 3 {
        case 0: tagged.0 = layer
        case 1: tagged.1 = layer
        case 2: tagged.2 = layer
        default: tagged.3 = layer
        }
    }

    /// Behind by more than that, a newer key frame is better than all that is missing.
    private static let mostBacklog: Int64 = 192
}
