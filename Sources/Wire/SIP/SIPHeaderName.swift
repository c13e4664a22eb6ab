/// What is to be known about a header field from its name.
enum SIPHeaderName {
    /// The long form of a compact name (RFC 3261 §7.3.3 and the RFC of each field); any other name as it is.
    static func long(_ name: String) -> String {
        let bytes = name.utf8
        guard let letter = bytes.first, bytes.count == 1 else { return name }
        return compact[letter | 0x20] ?? name
    }

    /// Whether commas separate values of this field (RFC 3261 §7.3.1); `name` is the long form.
    static func isList(_ name: String) -> Bool { lists.contains(name.lowercased()) }

    private static let compact: [UInt8: String] = [
        UInt8(ascii: "v"): "Via", UInt8(ascii: "f"): "From", UInt8(ascii: "t"): "To",
        UInt8(ascii: "i"): "Call-ID", UInt8(ascii: "m"): "Contact", UInt8(ascii: "c"): "Content-Type",
        UInt8(ascii: "l"): "Content-Length", UInt8(ascii: "k"): "Supported", UInt8(ascii: "s"): "Subject",
        UInt8(ascii: "e"): "Content-Encoding", UInt8(ascii: "u"): "Allow-Events", UInt8(ascii: "o"): "Event",
        UInt8(ascii: "x"): "Session-Expires", UInt8(ascii: "r"): "Refer-To", UInt8(ascii: "b"): "Referred-By",
        UInt8(ascii: "a"): "Accept-Contact", UInt8(ascii: "d"): "Request-Disposition",
        UInt8(ascii: "j"): "Reject-Contact", UInt8(ascii: "y"): "Identity", UInt8(ascii: "n"): "Identity-Info",
    ]

    private static let lists: Set<String> = [
        "via", "route", "record-route", "path", "service-route", "contact", "allow", "supported", "require",
        "proxy-require", "unsupported", "accept", "accept-encoding", "accept-language", "accept-contact",
        "reject-contact", "request-disposition", "alert-info", "call-info", "error-info", "content-encoding",
        "content-language", "in-reply-to", "warning", "reason", "allow-events", "history-info", "diversion",
        "p-asserted-identity", "p-preferred-identity", "remote-party-id", "security-client", "security-server",
        "security-verify", "authentication-info",
    ]
}
