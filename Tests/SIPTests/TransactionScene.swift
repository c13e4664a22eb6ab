import SIP
import Testing
import Wire

/// A transaction layer on a virtual wire.
struct TransactionScene {
    typealias Event = TransactionLayer.Event

    var layer: TransactionLayer
    var now = Instant(nanoseconds: 0)
    let path: SIPPath

    init(_ transport: SIPTransport = .udp, limits: SIPLimits = SIPLimits(), timers: SIPTimers = SIPTimers()) {
        layer = TransactionLayer(
            timers: timers, limits: limits, randomToken: SIPCrypto.counting().randomToken,
            localAddress: { _ in TransportAddress(ipv4: 0xC000_0201, port: 5060) })
        path = Self.path(transport)
    }

    static func path(_ transport: SIPTransport = .udp, _ ip: String = "198.51.100.7", port: UInt16 = 40_000) -> SIPPath
    {
        SIPPath(
            profile: "internal", transport: transport, remote: TransportAddress(ip: ip, port: port)!,
            connection: transport.isReliable ? SIPConnectionID(rawValue: 9) : nil)
    }

    /// A request as a peer at 198.51.100.7 writes it.
    static func text(
        _ method: String = "INVITE", via: String = "SIP/2.0/UDP 198.51.100.7:40000;branch=z9hG4bK1", to: String = "",
        cseq: Int = 1, callID: String = "c1", fromTag: String = "f1"
    ) -> String {
        """
        \(method) sip:3500@example.com SIP/2.0\r
        Via: \(via)\r
        From: <sip:1000@example.com>;tag=\(fromTag)\r
        To: <sip:3500@example.com>\(to)\r
        Call-ID: \(callID)\r
        CSeq: \(cseq) \(method)\r
        Max-Forwards: 70\r
        Content-Length: 0\r
        \r

        """
    }

    /// Gives the layer what a peer sent.
    mutating func receive(_ text: String, over other: SIPPath? = nil, isTrusted: Bool = false) -> [Event] {
        var events: [Event] = []
        guard let message = try? SIPMessage(parsing: Array(text.utf8)) else {
            Issue.record("not a SIP message: \(text)")
            return []
        }
        layer.receive(message, over: other ?? path, isTrusted: isTrusted, at: now, into: &events)
        return events
    }

    mutating func respond(
        _ id: ServerTransactionID, _ status: Int, to request: SIPRequest, tag: String = "ours"
    ) -> [Event] {
        var events: [Event] = []
        layer.respond(id, SIPResponse(status, to: request, toTag: tag), at: now, into: &events)
        return events
    }

    /// Lets time pass from deadline to deadline; what happened, and after how many milliseconds from now.
    mutating func wait(milliseconds: Int64) -> [(after: Int64, event: Event)] {
        let (start, end) = (now, now.advanced(byNanoseconds: milliseconds * 1_000_000))
        var all: [(after: Int64, event: Event)] = []
        while let deadline = layer.deadline, deadline <= end {
            now = deadline
            var events: [Event] = []
            layer.advance(to: now, into: &events)
            all += events.map { (now.nanoseconds(since: start) / 1_000_000, $0) }
            if layer.deadline == deadline {
                Issue.record("the deadline does not move")
                break
            }
        }
        now = end
        return all
    }
}

extension [TransactionLayer.Event] {
    /// Messages that were sent, parsed.
    var sent: [SIPMessage] {
        compactMap { event in
            guard case .send(let bytes, _) = event else { return nil }
            return try? SIPMessage(parsing: bytes)
        }
    }

    var paths: [SIPPath] {
        compactMap { event in
            if case .send(_, let path) = event { path } else { nil }
        }
    }

    var statuses: [Int] {
        sent.compactMap { message in
            if case .response(let response) = message { response.status } else { nil }
        }
    }

    var methods: [String] {
        sent.compactMap { message in
            if case .request(let request) = message { request.method.rawValue } else { nil }
        }
    }

    /// The new request, when there is one.
    var request: (request: SIPRequest, id: ServerTransactionID)? {
        for case .request(let request, let id, _) in self { return (request, id) }
        return nil
    }

    /// Without counters.
    var plain: [TransactionLayer.Event] {
        filter { event in
            if case .count = event { false } else { true }
        }
    }

    var counters: [SIPCounter] {
        compactMap { event in
            if case .count(let counter) = event { counter } else { nil }
        }
    }
}

extension [(after: Int64, event: TransactionLayer.Event)] {
    /// Milliseconds at which something was sent.
    var sendTimes: [Int64] {
        compactMap { item in
            if case .send = item.event { item.after } else { nil }
        }
    }

    var events: [TransactionLayer.Event] { map(\.event) }
}
