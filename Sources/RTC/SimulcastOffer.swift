import Wire

/// The layers that an m-line offers to send at once (RFC 8853), as far as we take them.
struct SimulcastOffer {
    /// RIDs in the order of `a=simulcast`, 2 or 3 of them. The order is the sender's: Chromium's and Firefox's pages put
    /// the smallest first by convention only, so nobody may infer sizes from it.
    let layers: [String]
    let rid: HeaderExtension
    let repairedRID: HeaderExtension?

    /// - Returns: `nil` when there is none, or it would not work: without the RID extension nobody could tell the
    ///   layers apart, and Chromium refuses such an answer (`media.md` §1.3).
    init?(in line: MediaDescription, payloadType: UInt8) {
        guard let rid = line.headerExtension(HeaderExtension.streamID), rid.mayBeSentByOfferer,
            let simulcast = line.simulcast
        else { return nil }
        let known = line.rids.filter { $0.isSent && Self.isUsable($0, payloadType: payloadType) }.map(\.id)
        var layers: [String] = []
        for stream in simulcast.sent where layers.count < VideoParameters.mostLayers {
            // Of alternatives the first that we know counts, paused or not: it may start any time.
            let layer = stream.alternatives.map(\.rid).first { known.contains($0) && !layers.contains($0) }
            if let layer { layers.append(layer) }
        }
        guard layers.count > 1 else { return nil }
        self.layers = layers
        self.rid = rid
        let repaired = line.headerExtension(HeaderExtension.repairedStreamID)
        repairedRID = repaired.flatMap { $0.mayBeSentByOfferer ? $0 : nil }
    }

    /// A name that fits the one-byte header extension (RFC 8852 §3), for our codec.
    private static func isUsable(_ rid: RestrictionIdentifier, payloadType: UInt8) -> Bool {
        let types = rid.payloadTypes
        return rid.id.utf8.count <= 16 && (types.isEmpty || types.contains(payloadType))
    }
}

extension HeaderExtension {
    /// The one-byte form has room for ids to 14 (RFC 8285 §4.2).
    private var fitsOneByte: Bool { (1...14).contains(id) }
    /// The offerer may send it …
    var mayBeSentByOfferer: Bool { fitsOneByte && direction?.sends != false }
    /// … or both may.
    var isForBoth: Bool { fitsOneByte && direction.map { $0 == .sendrecv } ?? true }
    /// What an answer says to agree.
    var mirrored: HeaderExtension { HeaderExtension(id: id, direction: direction?.mirrored, uri: uri) }
}
