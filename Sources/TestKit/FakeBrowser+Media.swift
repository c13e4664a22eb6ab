import Native
import RTC
import Wire

extension FakeBrowser {
    func maySend(at now: Instant) -> Bool {
        guard isConnected, let lastAnswer = ice.lastAnswer else { return false }
        return now.duration(since: lastAnswer) < Self.consentPause
    }

    func sendRTP(
        _ payload: Span<UInt8>, payloadType: UInt8, marker: Bool, timestamp: UInt32, level: UInt8?,
        isPadding: Bool = false
    ) -> Bool {
        // The browser leaves MID out once a report shows that the server knows the source.
        let extensions = BrowserStream.Extensions(
            levelID: agreed?.levelID, level: level, midID: lastReport == nil ? agreed?.midID : nil,
            mid: agreed?.mid ?? 0)
        var wasSent = false
        emit { slot in
            let start = stream.writeHeader(
                payloadType: payloadType, marker: marker, timestamp: timestamp, extensions, to: &slot)
            let count = start + payload.count
            guard count + SRTPSession.trailer <= slot.count else { return 0 }
            if isPadding { slot[0] |= 0x20 }
            for index in payload.indices { slot[start &+ index] = payload[index] }
            guard let length = try? outbound?.protect(&slot, count: count) else { return 0 }
            wasSent = true
            return length
        }
        stream.sent(payload.count, wasSent: wasSent)
        return wasSent
    }

    func receiveRTP(_ packet: inout MutableSpan<UInt8>, count: Int, at now: Instant) -> Received {
        guard isConnected else {
            counters.beforeKeys += 1
            return .nothing
        }
        do throws(SRTPError) {
            guard let plain = try inbound?.unprotect(&packet, count: count) else { return .nothing }
            guard let header = try? RTPHeader(parsing: packet.span.extracting(0..<plain)) else {
                counters.malformed += 1
                return .nothing
            }
            if pictures.isEmpty || header.payloadType == agreed?.opus {
                note(header.ssrc, sequence: header.sequence, timestamp: header.timestamp, at: now)
                return .rtp(header)
            }
            let picture = notePicture(header, packet.span.extracting(0..<plain), at: now)
            return picture.map { .rtp($0) } ?? .nothing
        } catch {
            refuse(error)
            return .nothing
        }
    }

    func note(_ source: SSRC, sequence: UInt16, timestamp: UInt32, at now: Instant) {
        if remoteSSRC != source {
            remoteSSRC = source
            reception = ReceptionStatistics()
        }
        reception.received(sequence: sequence, timestamp: timestamp, at: now, clockRate: 48_000)
    }

    func receiveRTCP(_ packet: inout MutableSpan<UInt8>, count: Int, at now: Instant) -> Received {
        guard isConnected else {
            counters.beforeKeys += 1
            return .nothing
        }
        do throws(SRTPError) {
            guard let plain = try inbound?.unprotectRTCP(&packet, count: count) else { return .nothing }
            guard let packets = try? RTCPPacket.parse(packet.span.extracting(0..<plain)) else {
                counters.malformed += 1
                return .nothing
            }
            for packet in packets { take(packet, at: now) }
            return .rtcp(packets)
        } catch {
            refuse(error)
            return .nothing
        }
    }

    private func take(_ packet: RTCPPacket, at now: Instant) {
        switch packet {
        case .senderReport(let report):
            if report.ssrc == remoteSSRC { reception.senderReport(ntp: report.ntp, at: now) }
            if let place = pictures.firstIndex(where: { $0.ssrcs.media == report.ssrc }) {
                pictures[place].reception.senderReport(ntp: report.ntp, at: now)
            }
            note(report.reports)
        case .receiverReport(let report): note(report.reports)
        default: takeFeedback(packet, at: now)
        }
    }

    private func note(_ blocks: [ReportBlock]) {
        for block in blocks {
            if block.ssrc == ssrc { lastReport = block }
            for place in layers.indices where layers[place].ssrcs.media == block.ssrc { layers[place].isKnown = true }
        }
    }

    private func refuse(_ error: SRTPError) {
        switch error {
        case .authenticationFailed: counters.unauthentic += 1
        case .replayed: counters.replayed += 1
        case .malformed, .tooManyStreams, .library: counters.malformed += 1
        }
    }

    /// SR and SDES when something was sent, RR alone otherwise (`media.md` §1.8), every 5 s.
    func sendReport(at now: Instant) {
        nextReport = now.advanced(by: .seconds(5))
        guard maySend(at: now) else { return }
        let blocks = remoteSSRC.map { [reception.report(for: $0, at: now)] } ?? []
        if packetsSent > 0 {
            emit([
                .senderReport(stream.report(at: now, blocks: blocks)),
                .sourceDescription([SourceDescription(ssrc: ssrc, cname: cname)]),
            ])
        } else {
            emit([.receiverReport(ReceiverReport(ssrc: ssrc, reports: blocks))])
        }
    }

    func emit(_ packets: [RTCPPacket]) {
        var bytes: [UInt8] = []
        for packet in packets { packet.append(to: &bytes) }
        emit { slot in
            guard bytes.count + SRTPSession.trailer <= slot.count else { return 0 }
            for index in bytes.indices { slot[index] = bytes[index] }
            return (try? outbound?.protectRTCP(&slot, count: bytes.count)) ?? 0
        }
    }
}
