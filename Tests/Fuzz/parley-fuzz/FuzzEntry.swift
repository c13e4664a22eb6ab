#if !LIBFUZZER
    import Wire
#endif

/// A parser that bytes from outside reach, and what must hold of it whatever they are. A broken claim traps.
enum FuzzEntry: String, CaseIterable {
    case sip
    case sdp
    case sipStream = "sip-stream"

    func run(_ bytes: [UInt8]) {
        switch self {
        case .sip: Self.readMessage(bytes)
        case .sdp: Self.readDescription(bytes)
        case .sipStream: Self.readStream(bytes)
        }
    }

    /// What is accepted is written so that it is accepted again, and no field of it traps.
    private static func readMessage(_ bytes: [UInt8]) {
        do {
            let message = try SIPMessage(parsing: bytes)
            precondition((try? SIPMessage(parsing: message.bytes, isStream: true)) != nil, "cannot read what we wrote")
            switch message {
            case .request(let request):
                precondition(SIPURI(parsing: request.uri.text) == request.uri, "the URI changed")
                readFields(of: request)
                readFields(of: SIPResponse(200, to: request, toTag: "1"))
            case .response(let response): readFields(of: response)
            }
        } catch {
            guard let response = error.response else { return }
            precondition(response.topVia != nil, "an answer without a way")
            readFields(of: response)
        }
    }

    private static func readFields(of message: some SIPFields) {
        _ = (message.via.map(\.sentBy), message.from.text, message.to.text, message.cseq.text, message.maxForwards)
        _ = (message.contacts.map(\.text), message.route, message.recordRoute, message.contentType, message.expires)
        _ = (message.replaces, message.referTo, message.sessionExpires, message.rack, message.reasons.map(\.text))
        _ = (message.event, message.subscriptionState, message.assertedIdentities, message.retryAfter)
        for kind in DigestHeader.allCases {
            _ = (message.challenges(kind).map(\.text), message.credentials(kind).map(\.text))
        }
        for contact in message.contacts {
            precondition(contact.uri.isEquivalent(to: contact.uri), "a URI is not itself")
        }
    }

    /// What is read is written so that it reads the same.
    private static func readDescription(_ bytes: [UInt8]) {
        guard let session = try? SessionDescription(parsing: String(decoding: bytes, as: UTF8.self)) else { return }
        guard session.text.utf8.count <= SessionDescription.maximumSize else { return }
        precondition((try? SessionDescription(parsing: session.text))?.text == session.text, "the description changed")
        for media in session.media {
            _ = (media.codecs, media.crypto.map(\.attribute), media.rtcp, media.candidates, media.fingerprints)
            _ = (media.direction, media.headerExtensions, media.ssrcs, media.ptime)
        }
    }

    /// The first byte says how large the pieces are; all sizes give the same frames but for keep-alives.
    private static func readStream(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let stream = Array(bytes.dropFirst())
        let whole = messages(of: stream, inPiecesOf: max(stream.count, 1))
        precondition(messages(of: stream, inPiecesOf: Int(first) + 1) == whole, "pieces make a difference")
        for message in whole { readMessage(message) }
    }

    private static func messages(of stream: [UInt8], inPiecesOf size: Int) -> [[UInt8]] {
        var framer = SIPStreamFramer()
        var messages: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            framer.push(Array(stream[start..<min(start + size, stream.count)]))
            while let frame = try? framer.next() {
                guard case .message(let message) = frame else { continue }
                precondition(message.count <= SIPStreamFramer.maximumMessage, "a frame over the limit")
                messages.append(message)
            }
        }
        return messages
    }
}
