import Testing
import Wire

struct SIPStreamFramerTests {
    typealias Frame = SIPStreamFramer.Frame

    static func frames(of pieces: [[UInt8]]) throws(SIPParseError) -> [Frame] {
        var framer = SIPStreamFramer()
        var frames: [Frame] = []
        for piece in pieces {
            framer.push(piece)
            while let frame = try framer.next() { frames.append(frame) }
        }
        return frames
    }

    /// Those torture messages that have one Content-Length: a stream holds nothing else.
    static let framed: [[UInt8]] = Torture.valid.compactMap { bytes in
        guard let message = try? SIPMessage(parsing: bytes), message.headers.has("Content-Length") else { return nil }
        return message.bytes
    }

    @Test func cutsAStreamAtEveryByte() throws {
        #expect(Self.framed.count > 30)
        let all = Self.framed.map { Frame.message($0) }
        #expect(try Self.frames(of: [Self.framed.flatMap { $0 }]) == all)
        #expect(try Self.frames(of: Self.framed.flatMap { $0 }.map { [$0] }) == all)
    }

    @Test func cutsOneMessageInTwoAnywhere() throws {
        for bytes in Self.framed where bytes.count < 700 {
            for index in bytes.indices {
                #expect(try Self.frames(of: [Array(bytes[..<index]), Array(bytes[index...])]) == [.message(bytes)])
            }
        }
    }

    @Test func cutsPiecesOfAnySize() throws {
        var generator = SeededGenerator(seed: 18)
        let stream = Self.framed.flatMap { $0 }
        for _ in 0..<50 {
            var pieces: [[UInt8]] = []
            var index = 0
            while index < stream.count {
                let end = min(index + Int.random(in: 1...2000, using: &generator), stream.count)
                pieces.append(Array(stream[index..<end]))
                index = end
            }
            #expect(try Self.frames(of: pieces) == Self.framed.map { Frame.message($0) })
        }
    }

    @Test func keepsFoldsAndOddSpacing() throws {
        let message = Torture.bytes("wsinv")
        #expect(try Self.frames(of: [message]) == [.message(message)])
        let folded = Array("OPTIONS sip:a SIP/2.0\r\nl :\r\n  3 \r\n\r\nabc".utf8)
        #expect(try Self.frames(of: folded.map { [$0] }) == [.message(folded)])
    }

    @Test func findsKeepAlives() throws {
        let message = Self.framed[0]
        let (pong, ping): ([UInt8], [UInt8]) = ([0x0D, 0x0A], [0x0D, 0x0A, 0x0D, 0x0A])
        #expect(try Self.frames(of: [ping]) == [.ping])
        #expect(try Self.frames(of: [pong]) == [.pong])
        #expect(
            try Self.frames(of: [ping + message + pong + message + ping + pong]) == [
                .ping, .message(message), .pong, .message(message), .ping, .pong,
            ])
        // A ping in two pieces is answered all the same.
        #expect(try Self.frames(of: [pong, pong]) == [.pong, .ping])
        #expect(try Self.frames(of: [[0x0D], [0x0A], [0x0D], [0x0A]]) == [.pong, .ping])
        #expect(try Self.frames(of: [pong, message, pong]) == [.pong, .message(message), .pong])
        #expect(try Self.frames(of: [[0x0A, 0x0A, 0x0D], [0x0D, 0x0A]]) == [.pong])
    }

    @Test func knowsWhenAMessageHasBegun() throws {
        var framer = SIPStreamFramer()
        #expect(!framer.isInsideMessage)
        framer.push(Array(Self.framed[0].dropLast()))
        let early = try framer.next()
        #expect(early == nil && framer.isInsideMessage)
        framer.push(Self.framed[0].suffix(1))
        let late = try framer.next()
        #expect(late != nil && !framer.isInsideMessage)
    }

    static let head = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h\r\n"

    static let rows: [(what: String, text: String, status: Int?)] = [
        ("no Content-Length", head + "\r\n", 400),
        ("a negative one", head + "Content-Length: -1\r\n\r\n", 400),
        ("two that differ", head + "Content-Length: 1\r\nl: 2\r\n\r\n", 400),
        ("one too large", head + "Content-Length: 65536\r\n\r\n", 413),
        ("one beyond 64 bits", head + "Content-Length: 99999999999999999999\r\n\r\n", 400),
        ("a line without an end", head + "X: " + String(repeating: "a", count: 8200), 400),
        (
            "a folded line without an end",
            head + "X: a" + String(repeating: "\r\n aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", count: 300), 400
        ),
        (
            "a head without an end",
            head + String(repeating: "X: " + String(repeating: "a", count: 1000) + "\r\n", count: 70), 400
        ),
        ("a thousand fields", head + String(repeating: "X: 1\r\n", count: 1000), 400),
        ("no SIP at all", "GET / HTTP/1.1\r\n\r\n", nil),
        ("noise without a line end", String(repeating: "ab", count: 5000), nil),
        ("a response", "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h\r\n\r\n", nil),
    ]

    @Test(arguments: rows)
    func givesUpOnAStreamOutOfStep(row: (what: String, text: String, status: Int?)) {
        var framer = SIPStreamFramer()
        framer.push(Array(row.text.utf8))
        do {
            while try framer.next() != nil {}
            Issue.record("\(row.what) was taken")
        } catch {
            #expect(error.response?.status == row.status, "\(row.what): \(error.reason)")
        }
        framer.push(Self.framed[0])
        #expect((try? framer.next()) == .some(nil))
    }

    @Test func takesLongLinesBehindFolds() throws {
        let fold = "X: a\r\n " + String(repeating: "a", count: 8000) + "\r\n"
        let message = Array(
            (Self.head + fold + fold + "Y: " + String(repeating: "a", count: 8000) + "\r\nl: 0\r\n\r\n").utf8)
        #expect(try Self.frames(of: [message]) == [.message(message)])
    }

    /// A megabyte byte by byte, which takes hours when any step looks at all of it again.
    @Test(.timeLimit(.minutes(1))) func takesLinearTime() throws {
        let body = [UInt8](repeating: 0x61, count: 60_000)
        let message = Array((Self.head + "Content-Length: 60000\r\n\r\n").utf8) + body
        var framer = SIPStreamFramer()
        var count = 0
        for _ in 0..<10 {
            for byte in message {
                framer.push([byte])
                if try framer.next() != nil { count += 1 }
            }
        }
        #expect(count == 10)
    }

    @Test func survivesDamage() {
        for (index, bytes) in Self.framed.enumerated() {
            for input in hostileInputs(seed: UInt64(index) &+ 5626, like: bytes + bytes, count: 200) {
                var framer = SIPStreamFramer()
                framer.push(input)
                while let frame = try? framer.next() {
                    guard case .message(let message) = frame else { continue }
                    #expect(message.count <= SIPStreamFramer.maximumMessage)
                    _ = try? SIPMessage(parsing: message, isStream: true)
                }
            }
        }
    }
}
