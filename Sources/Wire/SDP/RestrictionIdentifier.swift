/// One `a=rid` (RFC 8851 §4): the name of an encoding, as the stream-id header extension carries it.
package struct RestrictionIdentifier: Equatable, Sendable {
    /// Letters, digits, `-` and `_`.
    package var id: String
    /// Whether the writer sends it, or wants to receive it.
    package var isSent: Bool
    /// `pt=96;max-width=1280;…`, as written; empty without.
    package var restrictions: String

    package init(id: String, isSent: Bool, restrictions: String = "") {
        (self.id, self.isSent, self.restrictions) = (id, isSent, restrictions)
    }

    /// The payload types it is limited to; empty means any of the m-line.
    package var payloadTypes: [UInt8] { self["pt"]?.split(separator: ",").compactMap { UInt8($0) } ?? [] }

    /// The value of a restriction: `max-width`, `max-height`, `max-fps`, `max-br` … (RFC 8851 §5).
    package subscript(_ name: String) -> String? { FormatParameters(restrictions)[name] }

    package var attribute: SDPAttribute {
        SDPAttribute("rid", "\(id) \(isSent ? "send" : "recv")" + (restrictions.isEmpty ? "" : " \(restrictions)"))
    }

    init?(parsing value: String) {
        let parts = value.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, Self.isName(parts[0]), parts[1] == "send" || parts[1] == "recv" else { return nil }
        self.init(
            id: String(parts[0]),
            isSent: parts[1] == "send",
            restrictions: parts.count == 3 ? String(parts[2]) : ""
        )
    }

    /// Whether `text` may be the name of an encoding.
    static func isName(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

extension MediaDescription {
    /// The encodings described, in order.
    package var rids: [RestrictionIdentifier] {
        attributes.values(of: "rid").compactMap(RestrictionIdentifier.init(parsing:))
    }
}
