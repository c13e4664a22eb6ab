import Wire

/// Why a description is not acceptable, in the words of RFC 3261 §20.43.
extension SIPEndpoint {
    /// - Parameter code: 300 to 399; `nil`, and anything else, says nothing.
    func warn(_ code: Int?, in response: inout SIPResponse, over path: SIPPath) {
        guard let code, (300...399).contains(code) else { return }
        let host = SIPURI(host: localAddress(path).ip).hostPort
        response.headers["Warning"] = "\(code) \(host) \"\(Self.warnings[code] ?? "Miscellaneous warning")\""
    }

    private static let warnings = [
        300: "Incompatible network protocol", 301: "Incompatible network address formats",
        302: "Incompatible transport protocol", 303: "Incompatible bandwidth units", 304: "Media type not available",
        305: "Incompatible media format", 306: "Attribute not understood",
        307: "Session description parameter not understood", 330: "Multicast not available",
        331: "Unicast not available", 370: "Insufficient bandwidth",
    ]
}
