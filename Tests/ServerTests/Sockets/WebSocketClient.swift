/// A WebSocket client that may break the rules (RFC 6455). Used by one task.
final class WebSocketClient {
    struct Frame: Equatable {
        let opcode: UInt8
        let payload: [UInt8]

        var text: String { String(decoding: payload, as: UTF8.self) }
        /// Of a Close frame.
        var closeCode: Int? { opcode == 8 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    }

    struct Refused: Error { let head: String }
    struct Ended: Error {}

    let line: TLSLine
    private var unread: [UInt8] = []

    private init(line: TLSLine, unread: [UInt8]) {
        self.line = line
        self.unread = unread
    }

    static func connect(to port: Int, path: String = "/wss", headers: [String] = []) async throws -> WebSocketClient {
        let line = try await TLSLine.connect(to: port)
        let head =
            [
                "GET \(path) HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
            ] + headers
        line.send(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8))
        var answer: [UInt8] = []
        while true {
            let bytes = try await line.receive()
            guard !bytes.isEmpty else { throw Ended() }
            answer += bytes
            guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            let text = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
            // RFC 6455 §1.3 computes this very answer.
            guard text.hasPrefix("HTTP/1.1 101"), text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") else {
                throw Refused(head: text)
            }
            return WebSocketClient(line: line, unread: Array(answer[end.upperBound...]))
        }
    }

    // MARK: Sending

    func send(_ text: String) { line.send(Self.frame(1, Array(text.utf8))) }

    func send(opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) {
        line.send(Self.frame(opcode, payload, isFinal: isFinal))
    }

    /// A frame as RFC 6455 §5.2 has it; `reserved` are RSV1 to RSV3 as a number.
    static func frame(
        _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true, reserved: UInt8 = 0
    ) -> [UInt8] {
        var frame = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ...125: frame.append(mask | UInt8(payload.count))
        case ...0xFFFF: frame += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            frame.append(mask | 127)
            frame += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        guard isMasked else { return frame + payload }
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        return frame + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }

    // MARK: Receiving

    /// The next frame of any kind; `nil` when the server has closed the socket.
    func nextFrame() async throws -> Frame? {
        while true {
            if let frame = takeFrame() { return frame }
            let bytes = try await line.receive()
            if bytes.isEmpty { return nil }
            unread += bytes
        }
    }

    /// The next text message; answers Pings on the way.
    func nextText() async throws -> String {
        while let frame = try await nextFrame() {
            switch frame.opcode {
            case 1: return frame.text
            case 9: send(opcode: 10, frame.payload)
            default: throw Ended()
            }
        }
        throw Ended()
    }

    /// Reads to the end: the code the server closes with, `nil` when it does not say why.
    func closeCode() async throws -> Int? {
        var code: Int?
        while let frame = try await nextFrame() {
            guard let found = frame.closeCode, code == nil else { continue }
            code = found
            send(opcode: 8, frame.payload)
        }
        return code
    }

    /// The server does not mask and does not fragment.
    private func takeFrame() -> Frame? {
        guard unread.count >= 2 else { return nil }
        var start = 2
        var length = Int(unread[1] & 0x7F)
        if length >= 126 {
            let digits = length == 126 ? 2 : 8
            guard unread.count >= 2 + digits else { return nil }
            length = unread[2..<2 + digits].reduce(0) { $0 << 8 | Int($1) }
            start += digits
        }
        guard unread.count >= start + length else { return nil }
        defer { unread.removeFirst(start + length) }
        return Frame(opcode: unread[0] & 0x0F, payload: Array(unread[start..<start + length]))
    }
}
