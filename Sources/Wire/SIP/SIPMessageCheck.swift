/// What a message must have before anybody looks at it (RFC 3261 §8.1.1, §8.2), and what to answer when it has not.
struct SIPMessageCheck {
    let headers: SIPHeaders
    private let start: SIPStartLine
    private let problem: String?
    private let bodyStart: Int

    init(start: SIPStartLine, head: SIPHead) {
        (self.start, headers) = (start, SIPHeaders(parsed: head.fields))
        (problem, bodyStart) = (head.problem, head.bodyStart)
    }

    /// The request's URI: 505 for another version, 414 and 416 for a URI too long or of a scheme we do not know.
    func requestURI(_ words: [ArraySlice<UInt8>]) throws(SIPParseError) -> SIPURI {
        if case .request(_, _, let version) = start, version != "2.0" { throw refused("Version Not Supported", 505) }
        guard words.count == 1 else { throw refused("White space in the Request-URI") }
        guard words[0].count <= Self.maximumURI else { throw refused("Request-URI Too Long", 414) }
        guard let uri = SIPURI(SIPCursor(words[0])), uri.headers.isEmpty else { throw refused("Bad Request-URI") }
        if case .other = uri.scheme { throw refused("Unsupported URI Scheme", 416) }
        return uri
    }

    /// Every field that somebody will rely on.
    func fields() throws(SIPParseError) {
        if let problem { throw refused(problem) }
        try checkVia()
        for name in ["From", "To"] {
            guard NameAddress(parsing: try one(name)) != nil else { throw refused("Bad \(name) header") }
        }
        guard try one("Call-ID").utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw refused("Bad Call-ID header")
        }
        guard let cseq = CSeq(parsing: try one("CSeq")) else { throw refused("Bad CSeq header") }
        if case .request(let method, _, _) = start, cseq.method != method {
            throw refused("CSeq is of another method")
        }
        try checkMaxForwards()
        try checkAddresses()
    }

    /// The body by Content-Length (RFC 3261 §18.3).
    func body(of bytes: [UInt8], isStream: Bool) throws(SIPParseError) -> [UInt8] {
        let lengths = headers.all("Content-Length")
        guard let first = lengths.first else {
            if isStream { throw refused("No Content-Length header") }
            return Array(bytes[bodyStart...])
        }
        guard let length = SIPScanner.number(first.utf8, below: 1 << 31),
            lengths.dropFirst().allSatisfy({ SIPScanner.number($0.utf8, below: 1 << 31) == length })
        else { throw refused("Bad Content-Length header") }
        guard length <= bytes.count - bodyStart else { throw refused("Body shorter than Content-Length") }
        return Array(bytes[bodyStart..<(bodyStart + length)])
    }

    private func checkVia() throws(SIPParseError) {
        let hops = try strictValues("Via")
        guard !hops.isEmpty else { throw refused("No Via header") }
        guard hops.count <= Self.maximumHops else { throw refused("Too many Via values") }
        guard hops.allSatisfy({ Via(parsing: $0) != nil }) else { throw refused("Bad Via header") }
    }

    private func checkMaxForwards() throws(SIPParseError) {
        let values = headers.all("Max-Forwards")
        guard let value = values.first else { return }
        guard values.count == 1, SIPScanner.number(value.utf8, below: 256) != nil else {
            throw refused("Bad Max-Forwards header")
        }
    }

    private func checkAddresses() throws(SIPParseError) {
        let contacts = try strictValues("Contact")
        guard contacts == ["*"] || contacts.allSatisfy({ NameAddress(parsing: $0) != nil }) else {
            throw refused("Bad Contact header")
        }
        for name in ["Route", "Record-Route", "Path"] {
            let addresses = try strictValues(name)
            guard addresses.count <= Self.maximumRoutes else { throw refused("Too many \(name) values") }
            guard addresses.allSatisfy({ NameAddress(parsing: $0) != nil }) else { throw refused("Bad \(name) header") }
        }
    }

    /// The value of a field that is there once.
    private func one(_ name: String) throws(SIPParseError) -> String {
        let values = headers.all(name)
        guard let value = values.first, !value.isEmpty else { throw refused("No \(name) header") }
        guard values.count == 1 else { throw refused("More than one \(name) header") }
        return value
    }

    /// The values of a comma list, none of which may be empty.
    private func strictValues(_ name: String) throws(SIPParseError) -> [String] {
        var values: [String] = []
        for line in headers.all(name) {
            guard line.utf8.contains(UInt8(ascii: ",")) else {
                values.append(line)
                continue
            }
            for part in SIPScanner.commaParts(Array(line.utf8)[...]) {
                guard !part.isEmpty else { throw refused("Empty value in a \(name) header") }
                values.append(String(decoding: part, as: UTF8.self))
            }
        }
        return values
    }

    func refused(_ reason: String, _ status: Int = 400) -> SIPParseError {
        guard case .request(let method, _, _) = start, method != .ack, let answerable = headers.salvaged else {
            return SIPParseError(reason)
        }
        return SIPParseError(reason, status: status, answerable: answerable)
    }

    /// RFC 3261 has no limit; a hop takes one from Max-Forwards, which starts at 70.
    private static let maximumHops = 70
    private static let maximumRoutes = 20
    /// Bytes.
    private static let maximumURI = 4096
}

extension SIPHeaders {
    /// What an answer to a broken request takes from it: the nearest hop, without parameters when they are broken, and
    /// those behind it that can be read; the first of each other field. `nil` without a hop.
    var salvaged: SIPHeaders? {
        let hops = values("Via")
        guard let top = hops.first.flatMap({ Via(parsing: $0) ?? Via(salvaging: $0) }) else { return nil }
        var salvaged = SIPHeaders()
        salvaged.add("Via", Via(parsing: hops[0]) == nil ? top.text : hops[0])
        for hop in hops.dropFirst() where Via(parsing: hop) != nil { salvaged.add("Via", hop) }
        for name in ["From", "To", "Call-ID", "CSeq"] {
            if let value = self[name] { salvaged.add(name, value) }
        }
        return salvaged
    }
}

extension SIPParseError {
    /// An error of a stream, with what its head has for an answer.
    init(salvaging bytes: [UInt8], _ reason: String, status: Int) {
        let head = SIPHead(bytes)
        guard let start = SIPStartLine(head.startLine) else {
            self.init(reason)
            return
        }
        self = SIPMessageCheck(start: start, head: head).refused(reason, status)
    }
}
