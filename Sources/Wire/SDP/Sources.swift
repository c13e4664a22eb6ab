// What an m-line says about the sources it will send: `a=ssrc`, `a=ssrc-group` (RFC 5576).

extension MediaDescription {
    /// The sources announced, each once, in order.
    package var ssrcs: [SSRC] {
        var seen: Set<SSRC> = []
        return attributes.values(of: "ssrc").compactMap { value in
            value.split(separator: " ").first.flatMap { UInt32($0) }.map(SSRC.init)
        }.filter { seen.insert($0).inserted }
    }

    /// What is said about a source, such as its `cname`; `nil` when nothing is.
    package func sourceAttribute(_ name: String, of ssrc: SSRC) -> String? {
        for value in attributes.values(of: "ssrc") {
            let parts = value.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, UInt32(parts[0]) == ssrc.rawValue, parts[1].hasPrefix("\(name):") else { continue }
            return String(parts[1].dropFirst(name.count + 1))
        }
        return nil
    }

    /// The groups of that meaning, such as `FID`: a source and its retransmissions.
    package func sourceGroups(_ semantics: String) -> [[SSRC]] {
        attributes.values(of: "ssrc-group").compactMap { value in
            let parts = value.split(separator: " ")
            guard parts.first == semantics[...] else { return nil }
            return parts.dropFirst().compactMap { UInt32($0) }.map(SSRC.init)
        }
    }

    /// The media sources in order, each with the source that repairs it, from `FID` groups.
    ///
    /// With simulcast Firefox announces one for each layer, in the order of its `a=rid` lines; Chromium announces none.
    package var announcedSources: [AnnouncedSource] {
        let pairs = sourceGroups("FID").filter { $0.count == 2 && $0[0] != $0[1] }
        let repairs = Set(pairs.map { $0[1] })
        return ssrcs.filter { !repairs.contains($0) }.map { media in
            AnnouncedSource(media: media, retransmission: pairs.first { $0[0] == media }?[1])
        }
    }
}

/// A source and the source that repairs it (RFC 5576 §4.2, RFC 4588 §8.3).
package struct AnnouncedSource: Hashable, Sendable {
    package var media: SSRC
    /// Where its packets are sent again, `nil` without RTX.
    package var retransmission: SSRC?

    package init(media: SSRC, retransmission: SSRC? = nil) {
        (self.media, self.retransmission) = (media, retransmission)
    }

    /// The `FID` group when there is a repair, and for each source its canonical name and, when given, its stream.
    ///
    /// - Parameter msid: Stream and track, as in `a=msid`.
    package func attributes(cname: String, msid: String?) -> [SDPAttribute] {
        var attributes: [SDPAttribute] = []
        if let retransmission {
            attributes.append("ssrc-group", "FID \(media.rawValue) \(retransmission.rawValue)")
        }
        for source in [media, retransmission].compactMap(\.self) {
            attributes.append("ssrc", "\(source.rawValue) cname:\(cname)")
            if let msid { attributes.append("ssrc", "\(source.rawValue) msid:\(msid)") }
        }
        return attributes
    }
}
