extension RTCPPacket {
    /// Appends the packet; several in a row make a compound, which starts with a report and a source description
    /// (RFC 3550 §6.1). ``other(type:count:)`` appends nothing.
    ///
    /// A packet holds at most 31 blocks, chunks or sources: what is beyond is left out.
    package func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        switch self {
        case .senderReport(let report): report.append(to: &bytes)
        case .receiverReport(let report): report.append(to: &bytes)
        case .sourceDescription(let chunks):
            bytes.appendRTCPHeader(RTCPType.sourceDescription, count: min(chunks.count, Self.maximumCount))
            for chunk in chunks.prefix(Self.maximumCount) { chunk.append(to: &bytes) }
        case .goodbye(let sources):
            bytes.appendRTCPHeader(RTCPType.goodbye, count: min(sources.count, Self.maximumCount))
            for source in sources.prefix(Self.maximumCount) { bytes.append(bigEndian: source.rawValue) }
        case .nack(let nack): nack.append(to: &bytes)
        case .pictureLoss(let sender, let media):
            bytes.appendFeedbackHeader(RTCPType.payloadFeedback, RTCPType.pictureLoss, sender, media)
        case .fullIntra(let request): request.append(to: &bytes)
        case .receiverBitrate(let bitrate): bitrate.append(to: &bytes)
        case .other: return
        }
        let words = (bytes.count - start) / 4 - 1
        bytes.set(UInt16(truncatingIfNeeded: words), at: start + 2)
    }

    /// The count field has five bits.
    static let maximumCount = 31
}

extension [UInt8] {
    /// The length is filled in when the packet is complete.
    fileprivate mutating func appendRTCPHeader(_ type: UInt8, count: Int) {
        append(0x80 | UInt8(truncatingIfNeeded: count))
        append(type)
        append(bigEndian: UInt16(0))
    }

    fileprivate mutating func appendFeedbackHeader(_ type: UInt8, _ format: UInt8, _ sender: SSRC, _ media: SSRC) {
        appendRTCPHeader(type, count: Int(format))
        append(bigEndian: sender.rawValue)
        append(bigEndian: media.rawValue)
    }
}

extension SenderReport {
    fileprivate func append(to bytes: inout [UInt8]) {
        bytes.appendRTCPHeader(RTCPType.senderReport, count: min(reports.count, RTCPPacket.maximumCount))
        bytes.append(bigEndian: ssrc.rawValue)
        bytes.append(bigEndian: ntp)
        bytes.append(bigEndian: rtpTimestamp)
        bytes.append(bigEndian: packets)
        bytes.append(bigEndian: octets)
        for block in reports.prefix(RTCPPacket.maximumCount) { block.append(to: &bytes) }
    }
}

extension ReceiverReport {
    fileprivate func append(to bytes: inout [UInt8]) {
        bytes.appendRTCPHeader(RTCPType.receiverReport, count: min(reports.count, RTCPPacket.maximumCount))
        bytes.append(bigEndian: ssrc.rawValue)
        for block in reports.prefix(RTCPPacket.maximumCount) { block.append(to: &bytes) }
    }
}

extension ReportBlock {
    fileprivate func append(to bytes: inout [UInt8]) {
        bytes.append(bigEndian: ssrc.rawValue)
        bytes.append(bigEndian: UInt32(fractionLost) << 24 | UInt32(bitPattern: cumulativeLost) & 0xFF_FFFF)
        bytes.append(bigEndian: highestSequence)
        bytes.append(bigEndian: jitter)
        bytes.append(bigEndian: lastSR)
        bytes.append(bigEndian: delaySinceLastSR)
    }
}

extension SourceDescription {
    fileprivate func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(bigEndian: ssrc.rawValue)
        if let cname {
            let text = cname.utf8.prefix(255)
            bytes.append(RTCPType.canonicalName)
            bytes.append(UInt8(text.count))
            bytes.append(contentsOf: text)
        }
        repeat { bytes.append(0) } while !(bytes.count - start).isMultiple(of: 4)
    }
}

extension NACK {
    fileprivate func append(to bytes: inout [UInt8]) {
        bytes.appendFeedbackHeader(RTCPType.transportFeedback, RTCPType.genericNACK, sender, media)
        var rest = lost[...]
        while let first = rest.popFirst() {
            var following: UInt16 = 0
            while let next = rest.first, (1...16).contains(next &- first) {
                following |= 1 << (next &- first &- 1)
                rest.removeFirst()
            }
            bytes.append(bigEndian: first)
            bytes.append(bigEndian: following)
        }
    }
}

extension FullIntraRequest {
    fileprivate func append(to bytes: inout [UInt8]) {
        // The media source of the header is unused and 0 (RFC 5104 §4.3.1.2).
        bytes.appendFeedbackHeader(RTCPType.payloadFeedback, RTCPType.fullIntra, sender, SSRC(0))
        for entry in entries {
            bytes.append(bigEndian: entry.media.rawValue)
            bytes.append(bigEndian: UInt32(entry.sequence) << 24)
        }
    }
}

extension ReceiverBitrate {
    fileprivate func append(to bytes: inout [UInt8]) {
        bytes.appendFeedbackHeader(RTCPType.payloadFeedback, RTCPType.applicationLayer, sender, SSRC(0))
        bytes.append(bigEndian: RTCPType.receiverBitrate)
        let sources = sources.prefix(255)
        let exponent = max(0, UInt64.bitWidth - bitsPerSecond.leadingZeroBitCount - 18)
        let mantissa = UInt32(truncatingIfNeeded: bitsPerSecond >> UInt64(exponent))
        bytes.append(bigEndian: UInt32(sources.count) << 24 | UInt32(exponent) << 18 | mantissa)
        for source in sources { bytes.append(bigEndian: source.rawValue) }
    }
}
