/// A request or a response.
package enum SIPMessage: Equatable, Sendable {
    case request(SIPRequest)
    case response(SIPResponse)

    /// The whole message as it goes on the wire.
    package var bytes: [UInt8] {
        switch self {
        case .request(let request): request.bytes
        case .response(let response): response.bytes
        }
    }

    package var headers: SIPHeaders {
        switch self {
        case .request(let request): request.headers
        case .response(let response): response.headers
        }
    }
}

/// A request (RFC 3261 §7.1).
package struct SIPRequest: SIPFields, Equatable, Sendable {
    package var method: SIPMethod
    package var uri: SIPURI
    package var headers: SIPHeaders
    package var body: [UInt8]

    package init(_ method: SIPMethod, _ uri: SIPURI, headers: SIPHeaders = SIPHeaders(), body: [UInt8] = []) {
        (self.method, self.uri, self.headers, self.body) = (method, uri, headers, body)
    }

    /// The request as it goes on the wire: Via first, Content-Length last and always right, no line folded.
    package var bytes: [UInt8] { headers.message(startLine: "\(method.rawValue) \(uri.text) SIP/2.0", body: body) }
}

/// A response (RFC 3261 §7.2).
package struct SIPResponse: SIPFields, Equatable, Sendable {
    /// 100 to 699.
    package var status: Int
    /// For people; may be empty, and may be in any language.
    package var reason: String
    package var headers: SIPHeaders
    package var body: [UInt8]

    /// - Parameter reason: `nil` for the usual phrase of ``phrase(of:)``.
    package init(_ status: Int, _ reason: String? = nil, headers: SIPHeaders = SIPHeaders(), body: [UInt8] = []) {
        (self.status, self.reason) = (status, reason ?? Self.phrase(of: status))
        (self.headers, self.body) = (headers, body)
    }

    /// A response to `request` with its Via, From, To, Call-ID and CSeq (RFC 3261 §8.2.6.2), and with its Timestamp
    /// on a 100.
    ///
    /// - Parameter toTag: Put behind the To of the request when that has none; not on a 100.
    package init(_ status: Int, _ reason: String? = nil, to request: SIPRequest, toTag: String? = nil) {
        self.init(status, reason, headers: request.headers.copiedToResponse)
        if status == 100 { headers["Timestamp"] = request.headers["Timestamp"] }
        guard status != 100, let toTag, let written = headers["To"], to.tag == nil else { return }
        headers["To"] = written + ";tag=" + toTag
    }

    package var isProvisional: Bool { status < 200 }
    package var isSuccess: Bool { (200...299).contains(status) }

    /// The response as it goes on the wire.
    package var bytes: [UInt8] { headers.message(startLine: "SIP/2.0 \(status) \(reason)", body: body) }
}
