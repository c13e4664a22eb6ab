import Glibc
import Native
import RTC
package import Wire

// MARK: - Sending

extension FakePhone {
    /// Sends the packets that are due by `now`, the first at once.
    package func advance(to now: Instant) {
        guard let codec, isTalking else {
            nextPacket = nil
            return
        }
        var due = nextPacket ?? now
        while due <= now {
            sendFrame(codec)
            due = due.advanced(by: .milliseconds(settings.ptime))
        }
        nextPacket = due
    }

    private func sendFrame(_ codec: AudioCodec) {
        let ticks = UInt32(codec.clockRate * settings.ptime / 1000)
        if !sendKey(ticks) {
            send(
                coders.encode(frame(codec), as: codec), payloadType: payloadType, marker: !hasSent, timestamp: timestamp
            )
        }
        hasSent = true
        timestamp &+= ticks
    }

    private func frame(_ codec: AudioCodec) -> [Int16] {
        let count = codec.sampleRate * settings.ptime / 1000
        guard let tone else { return [Int16](repeating: 0, count: count) }
        return (0..<count).map { _ in
            phase += 2 * .pi * tone / Double(codec.sampleRate)
            return Int16(8000 * sin(phase))
        }
    }

    /// RFC 4733 §2.5: the key instead of audio, its last packet three times.
    private func sendKey(_ ticks: UInt32) -> Bool {
        guard let keysToSend else { return false }
        if press == nil, !pressed.isEmpty { press = KeyPress(event: pressed.removeFirst(), start: timestamp) }
        guard var current = press else { return false }
        let isFirst = current.duration == 0
        let isEnd = Int(current.duration) >= 4 * Int(ticks)
        if !isEnd || current.ends == 0 { current.duration &+= UInt16(truncatingIfNeeded: ticks) }
        let payload: [UInt8] = [
            current.event, (isEnd ? 0x80 : 0) | 10, UInt8(current.duration >> 8), UInt8(current.duration & 0xFF),
        ]
        send(payload, payloadType: keysToSend, marker: isFirst, timestamp: current.start)
        if isEnd { current.ends += 1 }
        press = current.ends == 3 ? nil : current
        return true
    }

    /// Sends one packet with the next number.
    package func send(_ payload: [UInt8], payloadType: UInt8, marker: Bool, timestamp: UInt32) {
        guard let target else { return }
        var packet = [UInt8](repeating: 0, count: RTPHeader.fixedSize + payload.count + SRTPSession.trailer)
        packet.replaceSubrange(RTPHeader.fixedSize..<RTPHeader.fixedSize + payload.count, with: payload)
        var span = packet.mutableSpan
        RTPHeader.write(
            marker: marker, payloadType: payloadType, sequence: sequence, timestamp: timestamp, ssrc: ssrc, to: &span)
        sequence &+= 1
        var count = RTPHeader.fixedSize + payload.count
        if let sender { count = (try? sender.session.protect(&span, count: count)) ?? 0 }
        emit(Array(packet[..<count]), to: target, isRTCP: false)
    }

    /// Sends a receiver report.
    package func sendReport() {
        guard let reportTarget else { return }
        var bytes: [UInt8] = []
        RTCPPacket.receiverReport(ReceiverReport(ssrc: ssrc, reports: [])).append(to: &bytes)
        RTCPPacket.sourceDescription([SourceDescription(ssrc: ssrc, cname: "phone")]).append(to: &bytes)
        var count = bytes.count
        bytes += [UInt8](repeating: 0, count: SRTPSession.trailer)
        var span = bytes.mutableSpan
        if let sender { count = (try? sender.session.protectRTCP(&span, count: count)) ?? 0 }
        emit(Array(bytes[..<count]), to: reportTarget, isRTCP: true)
    }

    private func emit(_ bytes: [UInt8], to destination: TransportAddress, isRTCP: Bool) {
        guard !bytes.isEmpty else { return }
        let source = isRTCP ? reportAddress : settings.address
        outbox.append(Datagram(bytes: bytes, source: source, destination: destination, isRTCP: isRTCP))
    }

    /// Where its RTCP comes from.
    package var reportAddress: TransportAddress {
        TransportAddress(ip: settings.address.ip, port: settings.address.port &+ 1) ?? settings.address
    }
}

// MARK: - Receiving

extension FakePhone {
    /// Takes a datagram that came to its port for RTP or for RTCP.
    package func receive(_ bytes: [UInt8], isRTCP: Bool, at now: Instant) {
        guard DatagramKind(of: bytes.span) != .stun else {
            keepAlives += 1
            return
        }
        var packet = bytes
        var span = packet.mutableSpan
        var count = bytes.count
        if let receiver {
            let plain =
                isRTCP
                ? try? receiver.session.unprotectRTCP(&span, count: count)
                : try? receiver.session.unprotect(&span, count: count)
            guard let plain else {
                refused += 1
                return
            }
            count = plain
        }
        if isRTCP {
            guard let packets = try? RTCPPacket.parse(packet.span.extracting(0..<count)) else {
                refused += 1
                return
            }
            reportsHeard += packets
        } else {
            guard let header = try? RTPHeader(parsing: packet.span.extracting(0..<count)) else {
                refused += 1
                return
            }
            take(header, Array(packet[header.payload]))
        }
    }

    private func take(_ header: RTPHeader, _ payload: [UInt8]) {
        lastHeader = header
        packetsHeard += 1
        if keysReceived.contains(header.payloadType) {
            guard payload.count >= 4, lastKey != header.timestamp, Int(payload[0]) < Self.events.count else { return }
            lastKey = header.timestamp
            keysHeard.append(Character(Unicode.Scalar(Self.events[Int(payload[0])])))
        } else if let codec = receives[header.payloadType] {
            heard += coders.decode(payload, as: codec)
            if heard.count > 2 * codec.sampleRate { heard.removeFirst(heard.count - codec.sampleRate) }
        } else {
            refused += 1
        }
    }
}
