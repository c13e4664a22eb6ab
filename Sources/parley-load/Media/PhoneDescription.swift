import RTC
import Wire

/// What a phone of one codec says in its SDP, and what it reads in the server's.
struct PhoneDescription {
    enum Refusal: String, Error {
        case unreadable = "the server's SDP cannot be read"
        case noAudio = "the server refused audio"
        case noCodec = "the server does not know the phone's codec"
        case unreachable = "cannot connect UDP"
    }

    /// Where the server is, and by what number it knows the codec.
    struct Remote {
        let address: TransportAddress
        let payloadType: UInt8
    }

    let codec: AudioCodec
    let ip: String
    let port: UInt16

    /// In our offers.
    var payloadType: UInt8 { codec.staticPayloadType ?? 111 }

    var offer: String { text(payloadType) }

    /// With the server's number of the codec (RFC 3264 §6.1).
    func answer(to remote: Remote) -> String { text(remote.payloadType) }

    private func text(_ number: UInt8) -> String {
        let family = ip.contains(":") ? "IP6" : "IP4"
        var lines = [
            "v=0", "o=load 1 1 IN \(family) \(ip)", "s=load", "c=IN \(family) \(ip)", "t=0 0",
            "m=audio \(port) RTP/AVP \(number) \(Self.keys)",
            "a=rtpmap:\(number) \(codec.name)/\(codec.clockRate)" + (codec == .opus ? "/2" : ""),
        ]
        if codec == .opus { lines.append("a=fmtp:\(number) minptime=10;useinbandfec=1") }
        lines += ["a=rtpmap:\(Self.keys) telephone-event/\(codec.clockRate)", "a=fmtp:\(Self.keys) 0-16"]
        lines += ["a=ptime:20", "a=sendrecv"]
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    func remote(in text: String) throws(Refusal) -> Remote {
        guard let session = try? SessionDescription(parsing: text) else { throw .unreadable }
        guard let media = session.media.first(where: { $0.kind == "audio" }), let port = UInt16(exactly: media.port),
            port > 0, let connection = media.connection ?? session.connection,
            let address = TransportAddress(ip: connection.address, port: port)
        else { throw .noAudio }
        guard let line = media.codecs.first(where: { $0.isNamed(codec.name) && $0.clockRate == codec.clockRate })
        else { throw .noCodec }
        return Remote(address: address, payloadType: line.payloadType)
    }

    /// RFC 4733.
    private static let keys = 101
}
