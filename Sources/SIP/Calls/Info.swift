package import Calls
package import Wire

/// INFO: keys, and pictures wanted anew (sip.md §7.4, RFC 6086, RFC 5168).
extension SIPEndpoint {
    mutating func takeInfo(_ asked: Asked, of leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        let request = asked.request
        if let package = request.headers["Info-Package"], !package.isEmpty {
            out.append(.count(.infoRefused))
            var response = response(469, to: request)
            response.headers["Recv-Info"] = ""
            return answer(asked, response, at: now, into: &out)
        }
        guard !request.body.isEmpty else { return confirm(asked, at: now, into: &out) }
        let text = String(decoding: request.body.prefix(Self.longestBody), as: UTF8.self)
        switch request.contentType.map({ "\($0.type)/\($0.subtype)" }) {
        case "application/dtmf-relay", "application/dtmf", "application/vnd.nortelnetworks.digits":
            confirm(asked, at: now, into: &out)
            if let digit = DTMFBody.digit(in: text) {
                out.append(.digits(leg, String(digit)))
            } else {
                out.append(.count(.infoRefused))
            }
        case "application/media_control+xml":
            confirm(asked, at: now, into: &out)
            if text.contains("picture_fast_update") { out.append(.refreshVideo(leg)) }
        default:
            out.append(.count(.infoRefused))
            refuseBody(asked, "Accept", "application/dtmf-relay, application/dtmf", at: now, into: &out)
        }
    }

    // MARK: Ours

    /// Sends keys by INFO, one after the other; at most 99 wait.
    package mutating func dtmf(_ leg: LegID, _ digits: String, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], call.isConfirmed else { return }
        let keys = digits.compactMap(DTMFBody.key).prefix(max(0, Self.longestQueue - call.keys.count))
        calls[leg]?.keys.append(contentsOf: keys)
        sendNextKey(leg, at: now, into: &out)
        settle(at: now, into: &out)
    }

    mutating func sendNextKey(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], call.isConfirmed, !call.isSendingKey, let key = call.keys.first else { return }
        calls[leg]?.keys.removeFirst()
        calls[leg]?.isSendingKey = true
        send(.info, in: leg, for: .info(leg), at: now, into: &out) { request in
            Self.addHeaders(call.variables, "sip_info_h_", to: &request.headers)
            request.contentType = .dtmfRelay
            request.body = Array("Signal=\(key)\r\nDuration=250\r\n".utf8)
        }
    }

    private static let longestQueue = 99
    private static let longestBody = 2048
}

/// What keys look like in an INFO.
enum DTMFBody {
    /// `Signal=5` and `Duration=…`, `d=5`, or the key alone; `10` and `11` are `*` and `#`. `nil` when it is none.
    static func digit(in text: String) -> Character? {
        for line in text.split(whereSeparator: { $0.isNewline || $0 == ";" }) {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { $0.drop { $0 == " " || $0 == "\t" } }
                .map { Substring(String($0.reversed().drop { $0 == " " || $0 == "\t" }.reversed())) }
            if parts.count == 1 { return key(String(parts[0])) }
            let name = parts[0].lowercased()
            if name == "signal" || name == "d" { return key(String(parts[1])) }
        }
        return nil
    }

    /// One key: 0-9, `*`, `#`, A-D, or the number of an event up to 15 (RFC 4733 §3.2).
    static func key(_ text: String) -> Character? {
        guard text.count == 1, let character = text.first else { return Int(text).flatMap(event) }
        return key(character)
    }

    static func key(_ character: Character) -> Character? {
        let upper: Character = ("a"..."d").contains(character) ? Character(character.uppercased()) : character
        return "0123456789*#ABCD".contains(upper) ? upper : nil
    }

    private static func event(_ number: Int) -> Character? {
        (10...15).contains(number) ? Array("*#ABCD")[number - 10] : nil
    }
}
