package import Native
package import RTC
import Wire

/// Where an output's packets go.
package enum VideoSink {
    /// To a browser; nothing while it has no keys.
    case peer(Peer)
    /// As plain RTP, for tests and traces.
    case plain(PacketBatch)

    /// Sends one packet.
    ///
    /// - Parameters:
    ///   - isRepeat: The very same packet went out before.
    ///   - fill: Writes the payload, `payloadCount` bytes.
    func send(
        marker: Bool, payloadType: UInt8, sequence: UInt16, timestamp: UInt32, ssrc: SSRC, mid: ExtensionElement?,
        payloadCount: Int, isRepeat: Bool, fill: (inout MutableSpan<UInt8>) -> Void
    ) {
        switch self {
        case .peer(let peer):
            peer.sendRTP(
                marker: marker, payloadType: payloadType, sequence: sequence, timestamp: timestamp, ssrc: ssrc,
                mid: mid, payloadCount: payloadCount, isRepeat: isRepeat, fill: fill)
        case .plain(let batch):
            _ = batch.append(high: 0, low: 0, port: 0, isIPv6: false) { slot in
                let start = RTPHeader.size(mid: mid)
                guard payloadCount >= 0, start + payloadCount <= slot.count else { return 0 }
                RTPHeader.write(
                    marker: marker, payloadType: payloadType, sequence: sequence, timestamp: timestamp, ssrc: ssrc,
                    mid: mid, to: &slot)
                var payload = slot._mutatingExtracting(start..<start + payloadCount)
                fill(&payload)
                return start + payloadCount
            }
        }
    }
}
