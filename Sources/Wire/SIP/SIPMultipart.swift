/// One part of a `multipart/…` body (RFC 2046 §5.1).
package struct SIPBodyPart: Equatable, Sendable {
    package let headers: SIPHeaders
    package let body: [UInt8]

    /// `text/plain` when the part names none (RFC 2046 §5.1).
    package var contentType: SIPMediaType {
        headers["Content-Type"].flatMap(SIPMediaType.init(parsing:)) ?? .plainText
    }
}

extension SIPFields {
    /// The body when it is of `type`, or else the first part of that type in a multipart body, also in one inside it,
    /// down to the third; `nil` when there is none.
    package func body(of type: SIPMediaType) -> [UInt8]? {
        guard !body.isEmpty, let contentType else { return nil }
        return SIPBodyPart.find(type, in: body, of: contentType, depth: 0)
    }
}

extension SIPBodyPart {
    fileprivate static func find(_ type: SIPMediaType, in body: [UInt8], of own: SIPMediaType, depth: Int) -> [UInt8]? {
        if own.matches(type) { return body }
        guard own.type == "multipart", depth < maximumDepth, let boundary = own.parameters["boundary"] else {
            return nil
        }
        for part in parts(of: body, boundary: boundary) {
            if let found = find(type, in: part.body, of: part.contentType, depth: depth + 1) { return found }
        }
        return nil
    }

    /// What stands between lines of `--boundary`, up to `--boundary--` or the end. Lines end in LF, with or without CR.
    static func parts(of body: [UInt8], boundary: String) -> [SIPBodyPart] {
        let mark = Array("--\(boundary)".utf8)
        guard (3...72).contains(mark.count) else { return [] }
        var parts: [SIPBodyPart] = []
        var (start, partStart): (Int, Int?) = (0, nil)
        while start < body.count {
            let end = body[start...].firstIndex(of: 0x0A) ?? body.count
            if let isLast = Self.marks(body[start..<end], mark) {
                if let partStart { parts.append(SIPBodyPart(body[partStart..<start])) }
                partStart = end + 1
                if isLast || parts.count >= maximumParts { return parts }
            }
            start = end + 1
        }
        return parts
    }

    /// Whether a line is a boundary, and the last one; `nil` when it is none.
    private static func marks(_ line: ArraySlice<UInt8>, _ mark: [UInt8]) -> Bool? {
        guard line.starts(with: mark) else { return nil }
        let rest = line.dropFirst(mark.count)
        let isLast = rest.starts(with: "--".utf8)
        guard rest.dropFirst(isLast ? 2 : 0).allSatisfy({ SIPScanner.isSpace($0) || $0 == 0x0D }) else { return nil }
        return isLast
    }

    /// - Parameter written: The part with the line end that belongs to the boundary behind it.
    private init(_ written: ArraySlice<UInt8>) {
        var bytes = written
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        let head = SIPHead(fieldsOf: Array(bytes))
        headers = SIPHeaders(parsed: head.fields)
        body = Array(bytes.dropFirst(head.bodyStart))
    }

    private static let maximumDepth = 3
    private static let maximumParts = 32
}
