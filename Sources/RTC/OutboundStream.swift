package import Wire

/// One source of ours towards one peer: numbers its packets and reports on them (RFC 3550 §5.1, §6.4.1).
///
/// The timestamp runs with the room's clock whether packets are sent or not; the sequence number counts packets.
package struct OutboundStream {
    package let ssrc: SSRC
    package private(set) var payloadType: UInt8
    package private(set) var clockRate: Int

    /// Of the next packet. Starts below 0x8000, so that loss around the first wrap cannot desynchronise SRTP
    /// (RFC 3711 §3.3.1).
    package private(set) var sequence: UInt16
    /// Of the current moment, in clock ticks.
    package private(set) var timestamp: UInt32
    private var packets: UInt32 = 0
    private var octets: UInt32 = 0
    private var isResuming = true

    package init(ssrc: SSRC, payloadType: UInt8, clockRate: Int, firstSequence: UInt16, firstTimestamp: UInt32) {
        self.ssrc = ssrc
        self.payloadType = payloadType
        self.clockRate = clockRate
        sequence = firstSequence & 0x7FFF
        timestamp = firstTimestamp
    }

    /// Lets `ticks` of media time pass.
    package mutating func pass(_ ticks: UInt32) { timestamp &+= ticks }

    /// Notes that nothing is sent now: the next packet starts a talk spurt and is marked (RFC 3551 §4.1).
    package mutating func pause() { isResuming = true }

    /// Sends `payload` at the current timestamp, or so many clock ticks after it.
    package mutating func send(_ payload: Span<UInt8>, after ticks: Int = 0, through peer: Peer) {
        peer.sendRTP(
            payload, marker: isResuming, payloadType: payloadType, sequence: sequence,
            timestamp: timestamp &+ UInt32(truncatingIfNeeded: ticks), ssrc: ssrc)
        isResuming = false
        sequence &+= 1
        packets &+= 1
        octets &+= UInt32(truncatingIfNeeded: payload.count)
    }

    /// Another offer names the codec by another number; everything else goes on.
    package mutating func renumber(_ payloadType: UInt8) { self.payloadType = payloadType }

    /// Another codec is sent from now on, whose clock may be another: source, numbers and the moment stay.
    package mutating func renumber(_ payloadType: UInt8, clockRate: Int) {
        (self.payloadType, self.clockRate) = (payloadType, clockRate)
        pause()
    }

    /// Counts a packet that was sent with a number of its own, such as one passed on from another stream: what follows
    /// has higher ones.
    package mutating func sent(_ payloadCount: Int, as number: UInt16) {
        if Int16(bitPattern: number &- sequence) >= 0 { sequence = number &+ 1 }
        isResuming = false
        packets &+= 1
        octets &+= UInt32(truncatingIfNeeded: payloadCount)
    }

    /// Sets the current moment, where another stream's packets tell it.
    package mutating func setClock(_ timestamp: UInt32) { self.timestamp = timestamp }

    /// A sender report for this moment. `ntp` is the wall clock in 32.32 fixed point (RFC 3550 §4).
    package func report(ntp: UInt64, blocks: [ReportBlock]) -> RTCPPacket {
        .senderReport(
            SenderReport(
                ssrc: ssrc, ntp: ntp, rtpTimestamp: timestamp, packets: packets, octets: octets, reports: blocks))
    }
}
