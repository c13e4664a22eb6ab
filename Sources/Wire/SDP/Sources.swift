// What an m-line says about the sources it will send: `a=ssrc`, `a=ssrc-group` (RFC 5576), `a=rid` (RFC 8851).

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

    /// The layers of a simulcast.
    package var rids: [RestrictionIdentifier] {
        attributes.values(of: "rid").compactMap(RestrictionIdentifier.init(parsing:))
    }
}

/// One `a=rid`: the name of an encoding, as the stream-id header extension carries it.
package struct RestrictionIdentifier: Equatable, Sendable {
    package var id: String
    /// Whether the writer sends it, or wants to receive it.
    package var isSent: Bool
    /// `max-width=1280;…`, as written; empty without.
    package var restrictions: String

    package init(id: String, isSent: Bool, restrictions: String = "") {
        (self.id, self.isSent, self.restrictions) = (id, isSent, restrictions)
    }

    package var attribute: SDPAttribute {
        SDPAttribute("rid", "\(id) \(isSent ? "send" : "recv")" + (restrictions.isEmpty ? "" : " \(restrictions)"))
    }

    init?(parsing value: String) {
        let parts = value.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[1] == "send" || parts[1] == "recv" else { return nil }
        self.init(
            id: String(parts[0]),
            isSent: parts[1] == "send",
            restrictions: parts.count == 3 ? String(parts[2]) : ""
        )
    }
}
