/// One payload type of an m-line and all that is said about it: `a=rtpmap`, `a=fmtp`, `a=rtcp-fb`.
package struct Codec: Equatable, Sendable {
    /// 0 to 127.
    package var payloadType: UInt8
    /// As written: `opus`, `VP8`, `telephone-event`. Compare with ``isNamed(_:)``.
    package var name: String
    /// Ticks of the RTP timestamp per second: 8000 for G.722, which samples at 16 000 (RFC 3551 §4.5.2).
    package var clockRate: Int
    package var channels: Int
    package var parameters: FormatParameters
    /// `nack`, `nack pli`, `ccm fir` … (RFC 4585 §4.2).
    package var feedback: [String]

    package init(
        payloadType: UInt8,
        name: String,
        clockRate: Int,
        channels: Int = 1,
        parameters: FormatParameters = "",
        feedback: [String] = []
    ) {
        (self.payloadType, self.name, self.clockRate) = (payloadType, name, clockRate)
        (self.channels, self.parameters, self.feedback) = (channels, parameters, feedback)
    }

    /// Encoding names are compared without case (RFC 4855 §3).
    package func isNamed(_ name: String) -> Bool { self.name.equalsIgnoringASCIICase(name) }

    /// The lines that say all this: `rtpmap`, `fmtp` when there are parameters, and one `rtcp-fb` per feedback.
    package var attributes: [SDPAttribute] {
        let encoding = "\(name)/\(clockRate)" + (channels == 1 ? "" : "/\(channels)")
        var attributes = [SDPAttribute("rtpmap", "\(payloadType) \(encoding)")]
        if !parameters.raw.isEmpty { attributes.append("fmtp", "\(payloadType) \(parameters.raw)") }
        for value in feedback { attributes.append("rtcp-fb", "\(payloadType) \(value)") }
        return attributes
    }
}

/// What an `a=fmtp` line says behind the payload type.
package struct FormatParameters: Equatable, Sendable, ExpressibleByStringLiteral {
    /// As written: `minptime=10;useinbandfec=1`, or `0-15`.
    package var raw: String

    package init(_ raw: String) { self.raw = raw }
    package init(stringLiteral value: String) { raw = value }

    /// The value of one parameter, found without case; empty when it has none.
    package subscript(_ name: String) -> String? {
        for parameter in raw.split(separator: ";") {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let found = parts.first?.trimmingSpaces, found.equalsIgnoringASCIICase(name) else { continue }
            return parts.count == 2 ? parts[1].trimmingSpaces : ""
        }
        return nil
    }
}

extension MediaDescription {
    /// The codecs in the order of the m-line, which is the writer's preference. Lines about payload types that are not
    /// in the m-line, which Firefox writes, are ignored; of two `rtpmap` or `fmtp` lines about one the first counts.
    package var codecs: [Codec] {
        var descriptions = CodecLines()
        for attribute in attributes { descriptions.read(attribute) }
        var seen: Set<UInt8> = []
        return formats.compactMap { format in
            guard let payloadType = UInt8(format), payloadType < 128, seen.insert(payloadType).inserted else {
                return nil
            }
            return descriptions.codec(payloadType)
        }
    }
}

/// What the attributes of one m-line say, by payload type.
private struct CodecLines {
    private var encodings: [UInt8: Codec] = [:]
    private var parameters: [UInt8: FormatParameters] = [:]
    private var feedback: [UInt8: [String]] = [:]
    private var feedbackForAll: [String] = []

    mutating func read(_ attribute: SDPAttribute) {
        guard let value = attribute.value, ["rtpmap", "fmtp", "rtcp-fb"].contains(attribute.name) else { return }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return }
        if attribute.name == "rtcp-fb", parts[0] == "*" { feedbackForAll.append(String(parts[1])) }
        guard let payloadType = UInt8(parts[0]), payloadType < 128 else { return }
        switch attribute.name {
        case "rtpmap":
            if encodings[payloadType] == nil {
                encodings[payloadType] = Codec(payloadType: payloadType, encoding: parts[1])
            }
        case "fmtp":
            if parameters[payloadType] == nil { parameters[payloadType] = FormatParameters(String(parts[1])) }
        default: feedback[payloadType, default: []].append(String(parts[1]))
        }
    }

    func codec(_ payloadType: UInt8) -> Codec? {
        guard var codec = encodings[payloadType] ?? Codec(staticPayloadType: payloadType) else { return nil }
        codec.parameters = parameters[payloadType] ?? ""
        codec.feedback = (feedback[payloadType] ?? []) + feedbackForAll
        return codec
    }
}

extension Codec {
    /// - Parameter encoding: `opus/48000/2`; a missing channel count is 1.
    fileprivate init?(payloadType: UInt8, encoding: Substring) {
        let parts = encoding.split(separator: "/", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), !parts[0].isEmpty, let rate = UInt32(parts[1].trimmingSpaces), rate > 0,
            let channels = parts.count == 3 ? UInt8(parts[2].trimmingSpaces) : 1, channels > 0
        else { return nil }
        self.init(payloadType: payloadType, name: String(parts[0]), clockRate: Int(rate), channels: Int(channels))
    }

    /// A payload type that needs no `rtpmap` (RFC 3551 §6), of those that are met; `nil` for any other.
    package init?(staticPayloadType payloadType: UInt8) {
        guard let name = Self.staticNames[payloadType] else { return nil }
        self.init(payloadType: payloadType, name: name, clockRate: 8000)
    }

    private static let staticNames: [UInt8: String] = [
        0: "PCMU", 3: "GSM", 4: "G723", 8: "PCMA", 9: "G722", 13: "CN", 15: "G728", 18: "G729",
    ]
}

extension Substring {
    var trimmingSpaces: String {
        let front = drop { $0 == " " }
        return String(front.prefix(front.count - front.reversed().prefix { $0 == " " }.count))
    }
}
