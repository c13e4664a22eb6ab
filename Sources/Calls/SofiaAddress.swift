/// What stands behind `sofia/` in a dial string, in FreeSWITCH's forms.
enum SofiaAddress: Sendable, Equatable {
    /// `gateway/NAME/number`, `PROFILE/user@host`, `PROFILE/sip:…`. `to` is the text behind a `^`.
    case target(SIPTarget, to: String?)
    /// `PROFILE/user` or `PROFILE/user%domain`: whoever is registered over the profile.
    case user(String, profile: String)
    /// `PROFILE/u:HANDLE`: one registered phone.
    case phone(handle: String, profile: String)
    case nobody(HangupCause)

    init(parsing text: String) {
        guard text.utf8.count <= Self.maximumSize, text.utf8.allSatisfy(Self.isURIByte) else {
            self = .nobody(.invalidURL)
            return
        }
        let fields = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 2, !fields[0].isEmpty else {
            self = .nobody(.invalidURL)
            return
        }
        if fields[0].asciiLowercased == "gateway" {
            self = Self.gateway(fields[1])
        } else {
            self = Self.direct(fields[1], profile: fields[0])
        }
    }

    private static func gateway(_ text: String) -> SofiaAddress {
        let fields = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 2, !fields[0].isEmpty else { return .nobody(.invalidURL) }
        let (destination, to) = divided(fields[1])
        guard !destination.isEmpty else { return .nobody(.invalidURL) }
        return .target(.gateway(name: fields[0], destination: destination), to: to)
    }

    private static func direct(_ text: String, profile: String) -> SofiaAddress {
        let (address, to) = divided(text)
        guard !address.isEmpty else { return .nobody(.invalidURL) }
        let folded = address.asciiLowercased
        if folded.hasPrefix("sip:") || folded.hasPrefix("sips:") {
            return .target(.address(profile: profile, uri: address), to: to)
        }
        if folded.hasPrefix("u:") { return .phone(handle: String(address.dropFirst(2)), profile: profile) }
        if address.contains("@") { return .target(.address(profile: profile, uri: "sip:\(address)"), to: to) }
        guard let percent = address.lastIndex(of: "%") else { return .user(address, profile: profile) }
        return .user(address[..<percent] + "@" + address[address.index(after: percent)...], profile: profile)
    }

    /// What the call goes to, and the text of the To header.
    private static func divided(_ text: String) -> (destination: String, to: String?) {
        guard let caret = text.firstIndex(of: "^") else { return (text, nil) }
        let to = text[text.index(after: caret)...]
        return (String(text[..<caret]), to.isEmpty ? nil : String(to))
    }

    /// Printable ASCII but what would end an address in a header. `^` is ours.
    private static func isURIByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !excluded.contains(byte)
    }

    private static let excluded: Set<UInt8> = Set("\"<>\\`{|}".utf8)
    /// In bytes.
    private static let maximumSize = 512
}

extension SIPTarget {
    /// The number or the user that is called, without host and parameters.
    var calledNumber: String {
        switch self {
        case .caller(_, let id): id
        case .gateway(_, let destination): String(destination.prefix { !"@;?".contains($0) })
        case .address(_, let uri): SIPContact(parsing: uri)?.user ?? uri
        case .binding(let handle, _): handle
        }
    }
}
