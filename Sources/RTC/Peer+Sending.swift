import Native
package import Wire

/// What goes out is written where the kernel takes it from: nothing is copied twice and nothing is allocated.
extension Peer {
    /// Sends one RTP packet made of a fixed header and `payload`.
    package func sendRTP(
        _ payload: Span<UInt8>, marker: Bool, payloadType: UInt8, sequence: UInt16, timestamp: UInt32, ssrc: SSRC
    ) {
        sendRTP(
            marker: marker, payloadType: payloadType, sequence: sequence, timestamp: timestamp, ssrc: ssrc, mid: nil,
            payloadCount: payload.count
        ) { slot in
            for index in payload.indices { slot[index] = payload[index] }
        }
    }

    /// Sends one RTP packet whose payload the caller writes in place, such as a picture's with a changed descriptor.
    ///
    /// - Parameters:
    ///   - mid: From ``VideoParameters/midElement``. A browser that does not know the source yet finds the m-line by it.
    ///   - isRepeat: The packet was sent before, and is the same to the last bit: what a receiver without RTX gets for
    ///     a lost one. Another packet under an old number would give the cipher's secret away (RFC 7714 §8.1).
    ///   - fill: Gets exactly `payloadCount` bytes, which hold rubbish, and writes all of them.
    /// - Returns: Whether it was sent: not without keys or an address, and not when it is larger than a slot.
    @discardableResult
    package func sendRTP(
        marker: Bool, payloadType: UInt8, sequence: UInt16, timestamp: UInt32, ssrc: SSRC, mid: ExtensionElement?,
        payloadCount: Int, isRepeat: Bool = false, fill: (inout MutableSpan<UInt8>) -> Void
    ) -> Bool {
        send(payloadCount: payloadCount, mid: mid, isRepeat: isRepeat) { slot in
            let start = RTPHeader.write(
                marker: marker, payloadType: payloadType, sequence: sequence, timestamp: timestamp, ssrc: ssrc,
                mid: mid, to: &slot)
            var payload = slot._mutatingExtracting(start..<start &+ payloadCount)
            fill(&payload)
        }
    }

    /// Sends a lost packet again on the source for that (RFC 4588 §4): a header of its own, and the old payload behind
    /// the old number.
    ///
    /// - Parameters:
    ///   - payloadType: ``VideoParameters/rtxPayloadType``.
    ///   - sequence: The next of this source.
    ///   - timestamp: The lost packet's, as is `marker`.
    ///   - ssrc: The ``StreamSSRCs/rtx`` of the m-line.
    ///   - originalSequence: The lost packet's number.
    ///   - payloadCount: Bytes of the old payload, which `fill` writes.
    @discardableResult
    package func sendRTX(
        marker: Bool, payloadType: UInt8, sequence: UInt16, timestamp: UInt32, ssrc: SSRC, mid: ExtensionElement?,
        originalSequence: UInt16, payloadCount: Int, fill: (inout MutableSpan<UInt8>) -> Void
    ) -> Bool {
        guard payloadCount >= 0 else { return false }
        return sendRTP(
            marker: marker, payloadType: payloadType, sequence: sequence, timestamp: timestamp, ssrc: ssrc, mid: mid,
            payloadCount: payloadCount &+ Retransmission.headerSize
        ) { payload in
            Retransmission.write(originalSequence: originalSequence, to: &payload)
            var original = payload._mutatingExtracting(Retransmission.headerSize..<payload.count)
            fill(&original)
        }
    }

    /// Sends RTCP packets in their order, as one datagram unless they are too many for one.
    ///
    /// The first should be a report with a source description behind it, though both browsers take feedback alone.
    package func sendRTCP(_ packets: [RTCPPacket]) {
        guard isConnected, isProven, let path = reportPath else { return }
        reportBytes.removeAll(keepingCapacity: true)
        for packet in packets {
            let start = reportBytes.count
            packet.append(to: &reportBytes)
            if reportBytes.count > Self.mostReportBytes, start > 0 { flushReports(start, over: path) }
        }
        flushReports(reportBytes.count, over: path)
    }

    /// Sends the first `count` bytes of what was put together, and keeps the rest.
    private func flushReports(_ count: Int, over path: Path) {
        defer { reportBytes.removeFirst(count) }
        guard count > 0, count + SRTPSession.trailer <= PacketBatch.slotSize else { return }
        egress.send(over: path) { slot in
            for index in 0..<count { slot[index] = reportBytes[index] }
            guard isEncrypted else { return count }
            return (try? outbound?.session.protectRTCP(&slot, count: count)) ?? 0
        }
    }

    /// Opens a slot, has `write` fill it, and encrypts it where that was agreed on.
    private func send(
        payloadCount: Int, mid: ExtensionElement?, isRepeat: Bool, write: (inout MutableSpan<UInt8>) -> Void
    ) -> Bool {
        guard isConnected, isProven, let path = mediaPath else { return false }
        let count = RTPHeader.size(mid: mid) &+ payloadCount
        guard payloadCount >= 0, count <= PacketBatch.slotSize - SRTPSession.trailer else { return false }
        var wasSent = false
        egress.send(over: path) { slot in
            write(&slot)
            let length = protect(&slot, count: count, isRepeat: isRepeat)
            wasSent = length > 0
            return length
        }
        if wasSent { hasSentMedia = true }
        return wasSent
    }

    /// Encrypts in place where that was agreed on; returns the new length, 0 when the number was used before.
    private func protect(_ slot: inout MutableSpan<UInt8>, count: Int, isRepeat: Bool) -> Int {
        guard isEncrypted else { return count }
        return (try? outbound?.session.protect(&slot, count: count, isRepeat: isRepeat)) ?? 0
    }

    /// What fits every path between a browser and us, headers and trailer taken off.
    private static let mostReportBytes = 1200
}
