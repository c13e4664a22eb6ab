import Native
import RTC
import Wire

/// What the tests of plain RTP share: our side, and descriptions in a few words.
enum PlainSDP {
    static let local = PlainTransport(
        ip: "198.51.100.1", rtpPort: 20_000, rtcpPort: 20_001, audioSSRC: 4096, cname: "parley", sessionID: 42,
        secret: (0..<UInt8(PlainTransport.secretLength)).map { $0 })

    /// A description with these lines behind the session's.
    static func text(_ lines: [String], connection: String = "IN IP4 192.0.2.10") -> String {
        let all = ["v=0", "o=- 1 1 IN IP4 192.0.2.10", "s=-", "c=\(connection)", "t=0 0"] + lines
        return all.joined(separator: "\r\n") + "\r\n"
    }

    /// Codec and number we send with, what may come, keys, noise, ptime, direction, addresses, suite.
    static func summary(_ negotiation: PlainNegotiation) -> String {
        let (audio, remote) = (negotiation.audio, negotiation.remote)
        var words = ["\(audio.codec)/\(audio.payloadType)"]
        let others = audio.receives.filter { $0.key != audio.payloadType }.sorted { $0.key < $1.key }
        if !others.isEmpty { words.append("or " + others.map { "\($0.value)/\($0.key)" }.joined(separator: ",")) }
        if !audio.telephoneEvents.isEmpty {
            let keys = audio.telephoneEvents.map { "\($0)@\((audio.keyClockRates[$0] ?? 0) / 1000)" }
            words.append("keys " + keys.joined(separator: ","))
        }
        if let noise = audio.comfortNoise { words.append("cn \(noise)") }
        if audio.ptime != 20 { words.append("\(audio.ptime)ms") }
        words.append(audio.direction.rawValue)
        words.append(remote.rtp.map(\.description) ?? "nowhere")
        words.append(remote.isMuxed ? "mux" : (remote.rtcp.map { ":\($0.port)" } ?? "-"))
        if let keys = remote.keys { words.append("\(keys.profile)") }
        if negotiation.isHold { words.append("hold") }
        return words.joined(separator: " ")
    }

    static func summary(of body: () throws(PlainNegotiation.Failure) -> PlainNegotiation) -> String {
        do {
            return summary(try body())
        } catch {
            return "\(error)"
        }
    }
}
