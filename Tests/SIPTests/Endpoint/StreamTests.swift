import Calls
import SIP
import Testing
import Wire

/// TCP: pieces, keep-alives, half messages, lost connections (sip.md §5.2).
struct StreamTests {
    let path = Door.path("external", Door.phone, .tcp)

    private func invite(_ far: inout FarEnd) -> SIPRequest {
        var invite = far.request(.invite, body: Door.sdp)
        invite.headers["Via"] = "SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bKtcp"
        return invite
    }

    @Test func inTCPSplit() {
        var far = FarEnd()
        let bytes = invite(&far).bytes
        for cut in stride(from: 1, to: bytes.count, by: 7) {
            let door = Door()
            door.endpoint.opened(path, at: door.now)
            door.endpoint.received(Array(bytes[..<cut]), over: path, at: door.now, into: &door.out)
            #expect(door.out.isEmpty, "cut at \(cut)")
            door.endpoint.received(Array(bytes[cut...]), over: path, at: door.now, into: &door.out)
            #expect(door.take().compactMap(\.invite).count == 1, "cut at \(cut)")
        }
    }

    @Test func inTCPKeepalive() {
        let door = Door()
        door.endpoint.opened(path, at: door.now)
        door.endpoint.received(Array("\r\n\r\n".utf8), over: path, at: door.now, into: &door.out)
        guard case .send(let bytes, path)? = door.take().first else {
            Issue.record("no pong")
            return
        }
        #expect(bytes == Array("\r\n".utf8))
    }

    @Test func `however many keep-alives come at once, one pong goes out`() {
        let door = Door()
        let pings = [[UInt8]](repeating: Array("\r\n\r\n".utf8), count: 1000).flatMap(\.self)
        door.endpoint.received(pings, over: path, at: door.now, into: &door.out)
        #expect(pongs(door.take()) == 1)
    }

    @Test func `keep-alives count as requests do`() {
        let door = Door {
            $0.defence.requestBurst = 3
            $0.defence.requestsPerSecond = 0.001
        }
        for _ in 0..<10 {
            door.endpoint.received(Array("\r\n\r\n".utf8), over: path, at: door.now, into: &door.out)
        }
        #expect(pongs(door.out) == 3)
        #expect(door.counts() == [SIPCounter](repeating: .sourceRate, count: 7))
    }

    @Test(arguments: [SIPTransport.tcp, .webSocket])
    func `who is banned loses its connection`(transport: SIPTransport) {
        let door = Door()
        let path = Door.path("external", Door.phone, transport)
        var far = FarEnd()
        let scan = far.request(.options, [("User-Agent", "friendly-scanner")]).bytes
        door.endpoint.received(scan, over: path, at: door.now, into: &door.out)
        #expect(door.counts() == [.scanner])
        door.endpoint.received(Array("\r\n\r\n".utf8), over: path, at: door.now, into: &door.out)
        #expect(door.out.contains(where: isClose))
        #expect(pongs(door.out) == 0)
        #expect(door.counts() == [.bannedSource])
    }

    private func pongs(_ out: [SIPOutput]) -> Int {
        out.filter { if case .send([0x0D, 0x0A], _) = $0 { true } else { false } }.count
    }

    @Test func halfAMessageIsNotWaitedForForEver() {
        let door = Door()
        door.endpoint.opened(path, at: door.now)
        door.endpoint.received(Array("INVITE sip:a".utf8), over: path, at: door.now, into: &door.out)
        door.wait(.seconds(9))
        #expect(door.out.isEmpty)
        door.wait(.seconds(2))
        #expect(door.take().contains { if case .close(SIPConnectionID(rawValue: 1)) = $0 { true } else { false } })
    }

    @Test func `a busy stream that always holds the begin of a message goes on`() {
        let door = Door()
        door.endpoint.opened(path, at: door.now)
        var far = FarEnd()
        func options() -> [UInt8] { far.request(.options).bytes }
        var rest: [UInt8] = []
        for _ in 0..<30 {
            let next = options()
            door.endpoint.received(rest + next.prefix(20), over: path, at: door.now, into: &door.out)
            rest = Array(next.dropFirst(20))
            door.wait(.seconds(1))
        }
        #expect(!door.take().contains(where: isClose))
        door.wait(.seconds(8))
        #expect(!door.take().contains(where: isClose))
        door.wait(.seconds(1))
        #expect(door.take().contains(where: isClose), "ten seconds for the last one")
    }

    private func isClose(_ output: SIPOutput) -> Bool { if case .close = output { true } else { false } }

    @Test func whatIsNoSIPClosesTheStream() {
        let door = Door()
        door.endpoint.opened(path, at: door.now)
        door.endpoint.received(
            Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), over: path, at: door.now, into: &door.out)
        #expect(door.take().contains { if case .close = $0 { true } else { false } })
    }

    @Test func aCallOutlivesItsConnection() throws {
        let door = Door()
        var far = FarEnd()
        door.endpoint.opened(path, at: door.now)
        let invite = invite(&far)
        door.endpoint.received(invite.bytes, over: path, at: door.now, into: &door.out)
        let leg = try #require(door.take().compactMap(\.invite).first?.leg)
        door.endpoint.call(leg, .answered(sdp: Door.ourSDP), at: door.now, into: &door.out)
        far.learn(try #require(door.responses().last))
        door.endpoint.received(far.ack(invite).bytes, over: path, at: door.now, into: &door.out)
        door.endpoint.closed(SIPConnectionID(rawValue: 1), at: door.now, into: &door.out)
        #expect(door.endpoint.callCount == 1)
        door.out = []
        door.endpoint.call(leg, .ended(.normalClearing), at: door.now, into: &door.out)
        guard case .send(_, let way)? = door.out.first else {
            Issue.record("no BYE")
            return
        }
        #expect(way == SIPPath(profile: "external", transport: .tcp, remote: Door.phone))
        door.endpoint.undeliverable(way, at: door.now, into: &door.out)
        #expect(door.endpoint.callCount == 0)
    }
}

/// Browsers and phones on connections: what they have registered is where they are called.
struct FlowTests {
    @Test func aCallFollowsItsPhoneToANewConnection() throws {
        let door = Door()
        let handle = try register(door, over: 1)
        #expect(door.place("leg", .binding(handle: handle, profile: "internal")) == nil)
        let invite = try #require(door.requests().first)
        door.endpoint.received(
            FarEnd.answer(invite, 200, sdp: Door.sdp, contact: "<sip:x@abc.invalid;transport=ws>").bytes,
            over: path(1), at: door.now, into: &door.out)
        door.endpoint.closed(SIPConnectionID(rawValue: 1), at: door.now, into: &door.out)
        #expect(door.endpoint.callCount == 1)
        _ = try register(door, over: 2)
        door.out = []
        door.endpoint.call(LegID("leg"), .ended(.normalClearing), at: door.now, into: &door.out)
        #expect(door.take().contains { if case .send(_, path(2)) = $0 { true } else { false } })
    }

    @Test func aLostConnectionTakesItsBindingsAlong() throws {
        let door = Door()
        let handle = try register(door, over: 1)
        door.endpoint.closed(SIPConnectionID(rawValue: 1), at: door.now, into: &door.out)
        #expect(door.take().contains { if case .unregistered(handle) = $0 { true } else { false } })
        #expect(door.place("leg", .binding(handle: handle, profile: "internal")) == .userNotRegistered)
    }

    private func path(_ connection: UInt64) -> SIPPath {
        SIPPath(
            profile: "internal", transport: .webSocket, remote: Door.phone.changed(port: UInt16(40_000 + connection)),
            connection: SIPConnectionID(rawValue: connection))
    }

    private func register(_ door: Door, over connection: UInt64) throws -> String {
        let path = path(connection)
        door.endpoint.opened(path, at: door.now)
        var far = FarEnd()
        (far.callID, far.from) = ("reg-\(connection)", "<sip:1000@example.com>")
        far.contact = "<sip:x@abc.invalid;transport=ws>;+sip.instance=\"<urn:uuid:1>\";reg-id=1"
        var request = far.request(.register, [("Expires", "300"), ("Supported", "outbound, path")])
        request.uri = SIPURI(host: "example.com")
        request.headers["To"] = far.from
        request.headers["Via"] = "SIP/2.0/WS abc.invalid;branch=z9hG4bKws\(connection)a"
        door.endpoint.received(request.bytes, over: path, at: door.now, into: &door.out)
        let challenge = try #require(door.responses().last)
        var (client, attempt) = (DigestClient(crypto: .counting()), DigestClient.Attempt())
        _ = client.answer(
            challenge, in: &request, as: DigestClient.Account(username: "1000", password: "1234"), attempt: &attempt)
        request.headers["CSeq"] = "2 REGISTER"
        request.headers["Via"] = "SIP/2.0/WS abc.invalid;branch=z9hG4bKws\(connection)b"
        door.endpoint.received(request.bytes, over: path, at: door.now, into: &door.out)
        for output in door.take() { if case .registered(let handle, _, _) = output { return handle } }
        throw Missing()
    }

    struct Missing: Error {}
}

extension TransportAddress {
    fileprivate func changed(port: UInt16) -> TransportAddress {
        TransportAddress(ipv4: ipv4 ?? 0, port: port)
    }
}
