extension RTCPPacket {
    /// Reads a datagram of one or more packets, after SRTCP is taken off.
    ///
    /// Takes any order and any first packet: browsers send reduced-size RTCP (RFC 5506) without having negotiated it.
    ///
    ///     |V=2|P|  count  |     type      |   length in words, less one   |
    ///
    /// - Returns: At most ``maximumPackets`` packets; what follows is ignored.
    package static func parse(_ compound: Span<UInt8>) throws(RTCPError) -> [RTCPPacket] {
        guard compound.count >= headerSize else { throw .truncated(needed: headerSize, had: compound.count) }
        var packets: [RTCPPacket] = []
        var offset = 0
        while offset < compound.count, packets.count < maximumPackets {
            guard compound.count - offset >= headerSize else {
                throw .truncated(needed: offset + headerSize, had: compound.count)
            }
            guard compound[offset] >> 6 == 2 else { throw .badVersion(compound[offset] >> 6) }
            let end = offset + headerSize + 4 * Int(compound.uint16(at: offset + 2))
            guard end <= compound.count else { throw .truncated(needed: end, had: compound.count) }
            packets.append(try RTCPPacket(compound.extracting(offset..<end)))
            offset = end
        }
        return packets
    }

    private init(_ packet: Span<UInt8>) throws(RTCPError) {
        let count = packet[0] & 0x1F
        let body = packet.extracting(Self.headerSize..<(try Self.endOfBody(packet)))
        switch (packet[1], count) {
        case (RTCPType.senderReport, _): self = .senderReport(try SenderReport(body, blocks: Int(count)))
        case (RTCPType.receiverReport, _): self = .receiverReport(try ReceiverReport(body, blocks: Int(count)))
        case (RTCPType.sourceDescription, _):
            self = .sourceDescription(try SourceDescription.chunks(body, count: Int(count)))
        case (RTCPType.goodbye, _): self = .goodbye(try Self.sources(body, count: Int(count)))
        case (RTCPType.transportFeedback, RTCPType.genericNACK): self = .nack(try NACK(body))
        case (RTCPType.payloadFeedback, RTCPType.pictureLoss):
            try body.require(8)
            self = .pictureLoss(sender: SSRC(body.uint32(at: 0)), media: SSRC(body.uint32(at: 4)))
        case (RTCPType.payloadFeedback, RTCPType.fullIntra): self = .fullIntra(try FullIntraRequest(body))
        case (RTCPType.payloadFeedback, RTCPType.applicationLayer) where ReceiverBitrate.isOne(body):
            self = .receiverBitrate(try ReceiverBitrate(body))
        default: self = .other(type: packet[1], count: count)
        }
    }

    private static func endOfBody(_ packet: Span<UInt8>) throws(RTCPError) -> Int {
        guard packet[0] & 0x20 != 0 else { return packet.count }
        let padding = Int(packet[packet.count - 1])
        guard padding > 0, padding <= packet.count - headerSize else { throw .badPadding(padding) }
        return packet.count - padding
    }

    private static func sources(_ body: Span<UInt8>, count: Int) throws(RTCPError) -> [SSRC] {
        try body.require(4 * count)
        return (0..<count).map { SSRC(body.uint32(at: 4 * $0)) }
    }

    /// More than anybody puts into 1 500 bytes on purpose.
    package static let maximumPackets = 64
    static let headerSize = 4
}

extension Span where Element == UInt8 {
    fileprivate func require(_ needed: Int) throws(RTCPError) {
        guard count >= needed else { throw .truncated(needed: needed, had: count) }
    }
}

extension SenderReport {
    fileprivate init(_ body: Span<UInt8>, blocks: Int) throws(RTCPError) {
        try body.require(24 + ReportBlock.size * blocks)
        self.init(
            ssrc: SSRC(body.uint32(at: 0)),
            ntp: body.uint64(at: 4),
            rtpTimestamp: body.uint32(at: 12),
            packets: body.uint32(at: 16),
            octets: body.uint32(at: 20),
            reports: (0..<blocks).map { ReportBlock(body, at: 24 + ReportBlock.size * $0) }
        )
    }
}

extension ReceiverReport {
    fileprivate init(_ body: Span<UInt8>, blocks: Int) throws(RTCPError) {
        try body.require(4 + ReportBlock.size * blocks)
        self.init(
            ssrc: SSRC(body.uint32(at: 0)),
            reports: (0..<blocks).map { ReportBlock(body, at: 4 + ReportBlock.size * $0) }
        )
    }
}

extension ReportBlock {
    fileprivate init(_ body: Span<UInt8>, at offset: Int) {
        let lost = Int32(bitPattern: body.uint24(at: offset + 5))
        self.init(
            ssrc: SSRC(body.uint32(at: offset)),
            fractionLost: body[offset + 4],
            cumulativeLost: (lost << 8) >> 8,  // 24 bits, signed
            highestSequence: body.uint32(at: offset + 8),
            jitter: body.uint32(at: offset + 12),
            lastSR: body.uint32(at: offset + 16),
            delaySinceLastSR: body.uint32(at: offset + 20)
        )
    }

    static let size = 24
}

extension SourceDescription {
    fileprivate static func chunks(_ body: Span<UInt8>, count: Int) throws(RTCPError) -> [SourceDescription] {
        var chunks: [SourceDescription] = []
        var offset = 0
        for _ in 0..<count {
            try body.require(offset + 4)
            var chunk = SourceDescription(ssrc: SSRC(body.uint32(at: offset)), cname: nil)
            offset = try chunk.readItems(body, from: offset + 4)
            chunks.append(chunk)
        }
        return chunks
    }

    ///     |     type      |    length     |  text …    … 0, up to a multiple of four
    ///
    /// - Returns: Where the next chunk starts.
    private mutating func readItems(_ body: Span<UInt8>, from start: Int) throws(RTCPError) -> Int {
        var offset = start
        while true {
            try body.require(offset + 1)
            if body[offset] == 0 { return (offset + 4) & ~3 }
            try body.require(offset + 2)
            let end = offset + 2 + Int(body[offset + 1])
            try body.require(end)
            if body[offset] == RTCPType.canonicalName, cname == nil {
                cname = String(decoding: (offset + 2..<end).map { body[$0] }, as: UTF8.self)
            }
            offset = end
        }
    }
}

extension NACK {
    ///     |            PID                |             BLP               |
    fileprivate init(_ body: Span<UInt8>) throws(RTCPError) {
        try body.require(8)
        self.init(sender: SSRC(body.uint32(at: 0)), media: SSRC(body.uint32(at: 4)), lost: [])
        var offset = 8
        while offset + 4 <= body.count, lost.count < Self.maximumLost {
            let first = body.uint16(at: offset)
            let following = body.uint16(at: offset + 2)
            lost.append(first)
            for bit in 0..<16 where following >> UInt16(bit) & 1 == 1 { lost.append(first &+ UInt16(bit + 1)) }
            offset += 4
        }
    }

    /// Twice what a sender keeps: nobody can answer more.
    private static let maximumLost = 1024
}

extension FullIntraRequest {
    fileprivate init(_ body: Span<UInt8>) throws(RTCPError) {
        try body.require(8)
        self.init(sender: SSRC(body.uint32(at: 0)), entries: [])
        for offset in stride(from: 8, through: body.count - 8, by: 8) {
            entries.append(Entry(media: SSRC(body.uint32(at: offset)), sequence: body[offset + 4]))
        }
    }
}

extension ReceiverBitrate {
    fileprivate static func isOne(_ body: Span<UInt8>) -> Bool {
        body.count >= 16 && body.uint32(at: 8) == RTCPType.receiverBitrate
    }

    ///     |  num SSRC     | BR exp    |  BR mantissa, 18 bits             |
    fileprivate init(_ body: Span<UInt8>) throws(RTCPError) {
        let count = Int(body[12])
        try body.require(16 + 4 * count)
        let exponent = body[13] >> 2
        let mantissa = UInt64(body.uint24(at: 13) & 0x3FFFF)
        let fits = mantissa.leadingZeroBitCount >= Int(exponent)
        self.init(
            sender: SSRC(body.uint32(at: 0)),
            bitsPerSecond: fits ? mantissa << exponent : .max,
            sources: (0..<count).map { SSRC(body.uint32(at: 16 + 4 * $0)) }
        )
    }
}
