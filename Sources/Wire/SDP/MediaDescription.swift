/// One `m=` line and what belongs to it (RFC 8866 §5.14).
package struct MediaDescription: Equatable, Sendable {
    /// `audio`, `video`, `application` …
    package var kind: String
    /// 0 to 65535. In a browser's description no port to send to: only ICE knows.
    package var port: Int
    /// How many pairs of ports, 1 but for layered multicast.
    package var portCount = 1
    /// `UDP/TLS/RTP/SAVPF` …
    package var transport: String
    /// Payload types, the preferred one first.
    package var formats: [String]
    package var information: String?
    package var connection: SDPConnection?
    /// `b=`, such as `AS:128`.
    package var bandwidth: [String] = []
    package var attributes: [SDPAttribute]
    /// What the session says, for those attributes that count for all its media; kept up by ``SessionDescription``.
    var sessionAttributes: [SDPAttribute] = []

    package init(
        kind: String,
        port: Int,
        transport: String,
        formats: [String],
        connection: SDPConnection? = nil,
        attributes: [SDPAttribute] = []
    ) {
        (self.kind, self.port, self.transport) = (kind, port, transport)
        (self.formats, self.connection, self.attributes) = (formats, connection, attributes)
    }

    /// Equal when they read the same, whatever session they are in.
    package static func == (left: MediaDescription, right: MediaDescription) -> Bool { left.text == right.text }
}

extension MediaDescription {
    /// The name by which a BUNDLE group and the MID header extension call this m-line (RFC 8843).
    package var mid: String? { attributes.value(of: "mid") }

    /// Whether the m-line was refused. Port 0 with `a=bundle-only` is an offer of bundled media (RFC 8843 §6).
    package var isRejected: Bool { port == 0 && !attributes.has("bundle-only") }

    /// Who sends, seen from the writer; the session's when the m-line does not say, `.sendrecv` when nobody does.
    package var direction: MediaDirection {
        MediaDirection(in: attributes) ?? MediaDirection(in: sessionAttributes) ?? .sendrecv
    }

    /// RTCP on the port of RTP (RFC 5761).
    package var rtcpMux: Bool { attributes.has("rtcp-mux") }

    /// RTCP that does not start with a report (RFC 5506).
    package var rtcpReducedSize: Bool { attributes.has("rtcp-rsize") }

    /// Milliseconds of audio in a packet the writer would like to get.
    package var ptime: Int? {
        get { attributes.value(of: "ptime").flatMap { Int($0) } }
        set { attributes.replace("ptime", with: newValue.map { "\($0)" }) }
    }

    /// Milliseconds of audio in a packet the writer can take.
    package var maxptime: Int? {
        get { attributes.value(of: "maxptime").flatMap { Int($0) } }
        set { attributes.replace("maxptime", with: newValue.map { "\($0)" }) }
    }

    /// Stream and track of what the writer sends.
    package var msid: String? { attributes.value(of: "msid") }
}

/// Who sends, seen from the side that says so (RFC 3264 §5.1).
package enum MediaDirection: String, Sendable {
    case sendrecv, sendonly, recvonly, inactive

    /// The same seen from the other side: what an answer says to agree.
    package var mirrored: MediaDirection {
        switch self {
        case .sendonly: .recvonly
        case .recvonly: .sendonly
        case .sendrecv, .inactive: self
        }
    }

    package var sends: Bool { self == .sendrecv || self == .sendonly }

    package var receives: Bool { self == .sendrecv || self == .recvonly }

    /// `a=sendrecv` and so on.
    package var attribute: SDPAttribute { SDPAttribute(rawValue) }

    init?(in attributes: [SDPAttribute]) {
        for attribute in attributes where attribute.value == nil {
            if let direction = MediaDirection(rawValue: attribute.name) {
                self = direction
                return
            }
        }
        return nil
    }
}
