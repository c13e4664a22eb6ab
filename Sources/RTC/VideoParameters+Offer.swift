import Wire

extension VideoParameters {
    /// Reads what an offered m-line holds; `nil` without VP8.
    ///
    /// - Parameter mayReceive: Whether we take pictures here; else the answer asks for none.
    init?(answering line: MediaDescription, at index: Int, mayReceive: Bool, from local: StreamSSRCs) {
        guard let vp8 = MediaSelection.vp8(of: line) else { return nil }
        let feedback = VideoFeedback(of: vp8)
        let direction = mayReceive ? line.direction.mirrored : line.direction.mirrored.withoutReceiving
        let simulcast = direction.receives ? SimulcastOffer(in: line, payloadType: vp8.payloadType) : nil
        self.init(
            index: index,
            mid: line.mid ?? String(index),
            midExtensionID: line.headerExtension(HeaderExtension.mid).flatMap { $0.isForBoth ? $0.id : nil },
            payloadType: vp8.payloadType,
            rtxPayloadType: feedback.contains(.nack) ? line.codecs.retransmission(of: vp8)?.payloadType : nil,
            feedback: feedback,
            direction: direction,
            layers: simulcast?.layers ?? [],
            ridExtensionID: simulcast?.rid.id,
            repairedRIDExtensionID: simulcast?.repairedRID?.id,
            announced: direction.receives ? Self.announced(in: line) : [],
            maximumBitrate: line.maximumBitrate.flatMap { $0 > 0 ? $0 : nil },
            local: local)
    }

    /// The announced sources without those that only repair others. A group that names a source nobody announced is
    /// nothing (RFC 5576 §4.2).
    static func announced(in line: MediaDescription) -> [StreamSSRCs] {
        let ssrcs = line.ssrcs
        let known = Set(ssrcs)
        var repairs: [SSRC: SSRC] = [:]
        var repairing: Set<SSRC> = []
        for group in line.sourceGroups("FID") where group.count == 2 && known.isSuperset(of: group) {
            guard group[0] != group[1], repairs[group[0]] == nil, repairing.insert(group[1]).inserted else { continue }
            repairs[group[0]] = group[1]
        }
        for group in line.sourceGroups("FEC-FR") { repairing.formUnion(group.dropFirst()) }
        return ssrcs.filter { !repairing.contains($0) }.prefix(mostLayers)
            .map { StreamSSRCs(media: $0, rtx: repairs[$0]) }
    }
}

extension MediaDirection {
    fileprivate var withoutReceiving: MediaDirection { sends ? .sendonly : .inactive }
}
