/// The user and the host of a URI that the network gave us: where a redirection or a transfer points to.
///
/// Only the user is ever dialled, in a context of ours: a far end does not choose the host that we call.
struct SIPContact: Sendable, Equatable {
    /// Unescaped, without password and parameters.
    let user: String
    /// With its port; empty for a number and for `tel:`.
    let host: String

    /// Reads `sip:user@host`, `sips:`, `tel:number`, `"Name" <sip:user@host>;q=1` and a bare user or number. `nil` when
    /// there is no user, or one that nobody could dial.
    init?(parsing text: String) {
        guard text.utf8.count <= Self.maximumSize else { return nil }
        var rest = text.trimmed
        if let open = rest.lastIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            rest = rest[rest.index(after: open)..<close]
        }
        let scheme = rest.firstIndex(of: ":").map { String(rest[..<$0]).asciiLowercased }
        let isNumber = scheme == "tel"
        let isURI = scheme == "sip" || scheme == "sips"
        if isURI || isNumber { rest = rest[rest.index(after: rest.firstIndex(of: ":") ?? rest.startIndex)...] }
        let at = isNumber ? nil : rest.lastIndex(of: "@")
        // A SIP URI without a user names only a host.
        guard at != nil || !isURI else { return nil }
        let user = rest[..<(at ?? rest.endIndex)].prefix { !":;?".contains($0) }
        guard let plain = Self.unescaped(user), !plain.isEmpty, Switchboard.isDestination(plain),
            !plain.contains(where: { $0.isWhitespace || "\"<>".contains($0) })
        else { return nil }
        self.user = plain
        host = at.map { String(rest[rest.index(after: $0)...].prefix { !";?>".contains($0) }) } ?? ""
    }

    /// Without `%41` (RFC 3986 §2.1); `nil` when that is no text.
    private static func unescaped(_ text: Substring) -> String? {
        guard text.utf8.contains(0x25) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            rest.removeFirst(2)
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// In bytes.
    private static let maximumSize = 1_024
}
