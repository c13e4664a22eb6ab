extension SIPURI {
    func write() -> String {
        var text = scheme.text + ":"
        switch scheme {
        case .other: text += opaque
        case .tel: text += (user ?? "") + parameters.text
        case .sip, .sips:
            if let user {
                text += user
                if let password { text += ":" + password }
                text += "@"
            }
            text += hostPort
            text += parameters.text
            for (index, header) in headers.enumerated() {
                text += index == 0 ? "?" : "&"
                text += header.name
                if let value = header.value { text += "=" + value }
            }
        }
        guard text.utf8.contains(where: Self.endsURI) else { return text }
        return String(decoding: text.utf8.filter { !Self.endsURI($0) }, as: UTF8.self)
    }

    /// White space, control characters, and what stands around a URI.
    private static func endsURI(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
            || byte == UInt8(ascii: "\"")
    }
}
