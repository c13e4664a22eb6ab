import Calls
import SIP
import Testing
import Wire

/// One endpoint with a virtual clock, and a far end that a test writes by hand.
final class Door {
    var endpoint: SIPEndpoint
    var now = Instant(nanoseconds: 1_000_000_000)
    /// What the endpoint said since it was last asked.
    var out: [SIPOutput] = []

    static let us = TransportAddress(ipv4: 0xC633_6401, port: 5060)  // 198.51.100.1
    static let phone = TransportAddress(ipv4: 0xC000_020A, port: 5060)  // 192.0.2.10
    static let trunk = TransportAddress(ipv4: 0xCB00_7132, port: 5060)  // 203.0.113.50
    static let sdp =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
    static let ourSDP =
        "v=0\r\no=- 2 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n"

    init(_ change: (inout SIPSettings) -> Void = { _ in }) {
        var settings = Self.settings
        change(&settings)
        let directory = Directory(
            defaultDomain: "example.com",
            users: [
                User(
                    id: "1000", domain: "example.com", parameters: ["password": "1234"],
                    variables: ["user_context": "default"])
            ])
        endpoint = SIPEndpoint(settings: settings, directory: directory, crypto: .counting()) { path in
            TransportAddress(ipv4: 0xC633_6401, port: path.profile == "external" ? 5080 : 5060)
        }
        endpoint.start(at: now, into: &out)
        out = out.filter { if case .log = $0 { false } else { true } }
    }

    /// `internal` wants a digest, `external` takes everybody and has the gateway `itsp` at 203.0.113.50.
    static var settings: SIPSettings {
        var settings = SIPSettings()
        settings.defence.requestsPerSecond = 1e6
        settings.defence.requestBurst = 1e6
        settings.defence.globalRequestsPerSecond = 1e6
        settings.defence.globalRequestBurst = 1e6
        var phones = SIPProfile(name: "internal")
        phones.listens = [.init(.udp, us), .init(.tcp, us)]
        phones.challengeAlgorithms = [.md5]
        var trunks = SIPProfile(name: "external")
        trunks.authenticatesCalls = false
        trunks.listens = [.init(.udp, TransportAddress(ipv4: 0xC633_6401, port: 5080))]
        var gateway = GatewaySettings(name: "itsp")
        gateway.username = "account"
        gateway.password = "secret"
        gateway.realm = "itsp.example"
        gateway.proxy = "203.0.113.50"
        gateway.registers = false
        trunks.gateways = [gateway]
        settings.profiles = [phones, trunks]
        return settings
    }

    // MARK: The network

    static func path(_ profile: String, _ remote: TransportAddress, _ transport: SIPTransport = .udp) -> SIPPath {
        SIPPath(
            profile: profile, transport: transport, remote: remote,
            connection: transport == .udp ? nil : SIPConnectionID(rawValue: 1))
    }

    func receive(
        _ bytes: [UInt8], from remote: TransportAddress = phone, on profile: String = "external",
        over transport: SIPTransport = .udp
    ) {
        endpoint.received(bytes, over: Self.path(profile, remote, transport), at: now, into: &out)
    }

    func receive(_ request: SIPRequest, from remote: TransportAddress = phone, on profile: String = "external") {
        receive(request.bytes, from: remote, on: profile)
    }

    func receive(_ response: SIPResponse, from remote: TransportAddress = trunk, on profile: String = "external") {
        receive(response.bytes, from: remote, on: profile)
    }

    /// Lets time pass, timer by timer.
    func wait(_ duration: Duration) {
        let end = now.advanced(by: duration)
        while let deadline = endpoint.deadline, deadline <= end {
            now = max(now, deadline)
            endpoint.advance(to: now, into: &out)
        }
        now = end
    }

    // MARK: What came out

    /// Takes everything the endpoint said.
    func take() -> [SIPOutput] {
        defer { out = [] }
        return out
    }

    /// Takes the messages, drops the rest.
    func messages() -> [SIPMessage] { take().compactMap(\.message) }
    func responses() -> [SIPResponse] { messages().compactMap(\.response) }
    func requests() -> [SIPRequest] { messages().compactMap(\.request) }
    func statuses() -> [Int] { responses().map(\.status) }
    func counts() -> [SIPCounter] {
        take().compactMap { if case .count(let counter) = $0 { counter } else { nil } }
    }

    /// Nothing is kept any more, once every transaction has had its time.
    func isEmptyInTheEnd() -> Bool {
        wait(.seconds(120))
        return endpoint.pending.isEmpty
    }

    // MARK: Calls

    /// A call that comes in on `external`, and how far it is taken.
    func incoming(
        _ far: inout FarEnd, answer: Bool = true, acknowledge: Bool = true,
        _ change: (inout SIPRequest) -> Void = { _ in }
    ) throws -> LegID {
        var invite = far.request(.invite, body: Self.sdp)
        change(&invite)
        receive(invite)
        let leg = try #require(out.compactMap(\.invite).first?.leg)
        guard answer else { return leg }
        out = []
        endpoint.call(leg, .answered(sdp: Self.ourSDP), at: now, into: &out)
        let ok = try #require(out.compactMap(\.message?.response).last)
        far.learn(ok)
        out = []
        guard acknowledge else { return leg }
        receive(far.ack(invite))
        out.removeAll { if case .proven = $0 { true } else { false } }
        return leg
    }

    /// A call that goes out, to the gateway unless said otherwise; the INVITE stays in `out`.
    @discardableResult
    func place(
        _ leg: String = "leg", _ target: SIPTarget = .gateway(name: "itsp", destination: "4711"),
        _ variables: [String: String] = [:], maxForwards: Int = 69
    ) -> HangupCause? {
        let call = SIPPlacedCall(
            leg: Leg(id: LegID(leg), kind: .sip(target), direction: .outbound, destination: "4711"), target: target,
            sdp: Self.ourSDP, callerIDName: "Alice", callerIDNumber: "1000", variables: variables,
            maxForwards: maxForwards)
        return endpoint.place(call, at: now, into: &out)
    }
}

/// The far end's side of one dialog, by hand.
struct FarEnd {
    var callID = "call-1@192.0.2.10"
    var tag = "far1"
    var ourTag: String?
    var sequence: UInt32 = 0
    var branch = 0
    var target = "sip:4711@198.51.100.1:5080"
    var contact = "<sip:far@192.0.2.10:5060>"
    var from = "\"Bob\" <sip:bob@192.0.2.10>"

    mutating func request(
        _ method: SIPMethod, _ headers: [(String, String)] = [], body: String = "", type: String = "application/sdp",
        sequence number: UInt32? = nil
    ) -> SIPRequest {
        if number == nil { sequence += 1 }
        branch += 1
        var request = SIPRequest(method, SIPURI(parsing: target) ?? SIPURI(host: ""))
        request.headers.add("Via", "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKfar\(callID.hashValue)\(branch);rport")
        request.headers.add("Max-Forwards", "70")
        request.headers.add("From", "\(from);tag=\(tag)")
        request.headers.add("To", "<sip:4711@198.51.100.1>" + (ourTag.map { ";tag=\($0)" } ?? ""))
        request.headers.add("Call-ID", callID)
        request.headers.add("CSeq", "\(number ?? sequence) \(method)")
        request.headers.add("Contact", contact)
        for (name, value) in headers { request.headers.add(name, value) }
        if !body.isEmpty { request.headers.add("Content-Type", type) }
        request.body = Array(body.utf8)
        return request
    }

    /// Takes our tag and our Contact.
    mutating func learn(_ response: SIPResponse) {
        ourTag = response.to.tag
        if let contact = response.contacts.first { target = contact.uri.text }
    }

    mutating func ack(_ invite: SIPRequest, body: String = "") -> SIPRequest {
        request(.ack, body: body, sequence: invite.cseq.number)
    }

    /// An answer to a request of ours.
    static func answer(
        _ request: SIPRequest, _ status: Int, tag: String? = "far1", _ headers: [(String, String)] = [],
        sdp: String? = nil, contact: String = "<sip:trunk@203.0.113.50:5060>"
    ) -> SIPResponse {
        var response = SIPResponse(status, to: request, toTag: tag)
        if status > 100, status < 300 { response.headers.add("Contact", contact) }
        for (name, value) in headers { response.headers.add(name, value) }
        if let sdp {
            response.contentType = .sdp
            response.body = Array(sdp.utf8)
        }
        return response
    }
}

extension SIPOutput {
    var message: SIPMessage? {
        guard case .send(let bytes, _) = self else { return nil }
        return try? SIPMessage(parsing: bytes, isStream: false)
    }

    var invite: SIPInvite? { if case .invite(let invite) = self { invite } else { nil } }
    var hangUp: (leg: LegID, cause: HangupCause, ending: SIPEnding)? {
        if case .hangUp(let leg, let cause, let ending) = self { (leg, cause, ending) } else { nil }
    }
}

extension SIPMessage {
    var request: SIPRequest? { if case .request(let request) = self { request } else { nil } }
    var response: SIPResponse? { if case .response(let response) = self { response } else { nil } }
}
