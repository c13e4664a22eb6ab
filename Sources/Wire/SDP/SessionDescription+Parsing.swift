extension SessionDescription {
    /// Reads a description with CRLF or LF line ends, the last of which may be missing. The order of lines is not
    /// insisted on, but for `v=` first; a missing `s=` or `t=` is no reason to refuse a call.
    package init(parsing text: String) throws(SDPError) {
        guard text.utf8.count <= Self.maximumSize else { throw .tooLarge }
        var reader = SDPReader()
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            try reader.read(Substring(line.last == UInt8(ascii: "\r") ? line.dropLast() : line))
        }
        self = try reader.session()
    }

    /// Bytes. The largest description recorded from a browser has 7 000.
    package static let maximumSize = 65_536
    package static let maximumLines = 2000
    package static let maximumMedia = 32
}

/// Collects lines; those behind an `m=` belong to it.
private struct SDPReader {
    private var lineNumber = 0
    private var hasVersion = false
    private var origin: SessionDescription.Origin?
    private var name = "-"
    private var information: [SDPLine] = []
    private var connection: SDPConnection?
    private var bandwidth: [String] = []
    private var timing: [SDPLine] = []
    private var attributes: [SDPAttribute] = []
    private var media: [MediaDescription] = []

    mutating func read(_ line: Substring) throws(SDPError) {
        lineNumber += 1
        guard lineNumber <= SessionDescription.maximumLines else { throw .tooManyLines }
        if line.isEmpty { return }
        // A bare CR or a NUL would become a line end in some other reader of what we pass on.
        guard !line.utf8.contains(where: { $0 == 0x0D || $0 == 0 }) else { throw .badLine(lineNumber) }
        let bytes = line.utf8
        guard let letter = bytes.first, bytes.dropFirst().first == UInt8(ascii: "=") else { throw .badLine(lineNumber) }
        let value = Substring(bytes.dropFirst(2))
        guard hasVersion else {
            guard letter == UInt8(ascii: "v"), value == "0" else { throw .notSDP }
            hasVersion = true
            return
        }
        guard take(Character(Unicode.Scalar(letter)), value) else { throw .badLine(lineNumber) }
        guard media.count <= SessionDescription.maximumMedia else { throw .tooManyMedia }
    }

    func session() throws(SDPError) -> SessionDescription {
        guard let origin else { throw .notSDP }
        var session = SessionDescription(origin: origin, name: name, connection: connection)
        session.information = information
        session.bandwidth = bandwidth
        session.timing = timing.isEmpty ? session.timing : timing
        session.attributes = attributes
        session.media = media
        return session
    }

    /// Whether the line could be read.
    private mutating func take(_ letter: Character, _ value: Substring) -> Bool {
        if letter == "m" {
            guard let description = MediaDescription(parsing: value) else { return false }
            media.append(description)
            return true
        }
        return media.isEmpty ? takeForSession(letter, value) : takeForMedia(letter, value)
    }

    private mutating func takeForSession(_ letter: Character, _ value: Substring) -> Bool {
        switch letter {
        case "o":
            guard let origin = SessionDescription.Origin(parsing: value) else { return false }
            self.origin = origin
        case "s": name = String(value)
        case "i", "u", "e", "p": information.append(SDPLine(letter, String(value)))
        case "c":
            guard let connection = SDPConnection(parsing: value) else { return false }
            self.connection = connection
        case "b": bandwidth.append(String(value))
        case "t", "r", "z", "k": timing.append(SDPLine(letter, String(value)))
        case "a": attributes.append(SDPAttribute(parsing: value))
        default: return false
        }
        return true
    }

    private mutating func takeForMedia(_ letter: Character, _ value: Substring) -> Bool {
        let index = media.count - 1
        switch letter {
        case "i": media[index].information = String(value)
        case "c":
            guard let connection = SDPConnection(parsing: value) else { return false }
            media[index].connection = media[index].connection ?? connection
        case "b": media[index].bandwidth.append(String(value))
        case "k": break
        case "a": media[index].attributes.append(SDPAttribute(parsing: value))
        default: return false
        }
        return true
    }
}

extension SDPAttribute {
    fileprivate init(parsing line: Substring) {
        let bytes = line.utf8
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            self.init(String(line[..<colon]), String(line[bytes.index(after: colon)...]))
        } else {
            self.init(String(line))
        }
    }
}

extension SessionDescription.Origin {
    fileprivate init?(parsing value: Substring) {
        let parts = value.split(separator: " ", maxSplits: 3)
        guard parts.count == 4, let connection = SDPConnection(parsing: parts[3]) else { return nil }
        self.init(username: String(parts[0]), sessionID: 0, sessionVersion: 0, connection: connection)
        (sessionID, sessionVersion) = (String(parts[1]), String(parts[2]))
    }
}

extension MediaDescription {
    /// `audio 9/2 UDP/TLS/RTP/SAVPF 111 63 …`
    fileprivate init?(parsing value: Substring) {
        let parts = value.split(separator: " ")
        guard parts.count >= 4 else { return nil }
        let ports = parts[1].split(separator: "/", omittingEmptySubsequences: false)
        guard ports.count <= 2, let port = UInt16(ports[0]), let count = ports.count == 2 ? UInt16(ports[1]) : 1 else {
            return nil
        }
        self.init(
            kind: String(parts[0]),
            port: Int(port),
            transport: String(parts[2]),
            formats: parts[3...].map(String.init)
        )
        portCount = Int(count)
    }
}
