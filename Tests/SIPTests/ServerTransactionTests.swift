import SIP
import Testing
import Wire

struct ServerTransactionTests {
    typealias Scene = TransactionScene

    private func invite(
        _ scene: inout Scene, _ text: String = Scene.text(), isTrusted: Bool = false
    ) throws -> (SIPRequest, ServerTransactionID) {
        let new = try #require(scene.receive(text, isTrusted: isTrusted).request)
        return (new.request, new.id)
    }

    // MARK: INVITE

    @Test func `an INVITE is told once, its copies get the last answer`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene)
        #expect(scene.receive(Scene.text()).plain.isEmpty)
        #expect(scene.respond(id, 180, to: request).statuses == [180])
        #expect(scene.receive(Scene.text()).statuses == [180])
        #expect(scene.respond(id, 486, to: request).statuses == [486])
        #expect(scene.receive(Scene.text()).statuses == [486])
        #expect(scene.respond(id, 480, to: request).isEmpty)
        #expect(scene.respond(id, 200, to: request).isEmpty)
    }

    @Test func `100 goes out by itself after 200 ms, and only then`() throws {
        var scene = Scene()
        _ = try invite(&scene)
        let news = scene.wait(milliseconds: 1000)
        #expect(news.sendTimes == [200])
        #expect(news.events.statuses == [100])
        guard case .response(let trying) = news.events.sent.first else { throw Missing() }
        #expect(trying.to.tag == nil)

        var quick = Scene()
        let (request, id) = try invite(&quick)
        _ = quick.respond(id, 180, to: request)
        #expect(quick.wait(milliseconds: 1000).isEmpty)
    }

    @Test func `a ringing answer is repeated every minute, a reliable one is not`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene)
        _ = scene.respond(id, 180, to: request)
        #expect(scene.wait(milliseconds: 130_000).sendTimes == [60_000, 120_000])

        var other = Scene()
        let (second, secondID) = try invite(&other)
        var response = SIPResponse(183, to: second, toTag: "ours")
        response.rseq = 1
        var events: [TransactionLayer.Event] = []
        other.layer.respond(secondID, response, at: other.now, into: &events)
        #expect(other.wait(milliseconds: 130_000).isEmpty)
    }

    @Test func `timers G and H: a refusal is repeated until its ACK is missed`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene, isTrusted: true)
        _ = scene.respond(id, 486, to: request)
        let news = scene.wait(milliseconds: 40_000)
        #expect(news.sendTimes == [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500])
        #expect(news.last?.after == 32_000)
        #expect(news.last?.event == .ackMissing(id))
        #expect(scene.layer.serverCount == 0)
    }

    @Test(arguments: ["", ";tag=guessed"])
    func `a stranger's forged INVITE is refused once, and again with each copy only`(toTag: String) throws {
        var scene = Scene()
        let text = Scene.text(to: toTag)
        let (request, id) = try invite(&scene, text)
        #expect(scene.respond(id, 401, to: request).statuses == [401])
        #expect(scene.wait(milliseconds: 31_999).sendTimes.isEmpty)
        #expect(scene.receive(text).statuses == [401], "who is there repeats itself")
        #expect(scene.receive(Scene.text("ACK", to: ";tag=ours")).isEmpty)
        #expect(scene.receive(text).statuses.isEmpty)
        _ = scene.wait(milliseconds: 40_000)
        #expect(scene.layer.serverCount == 0)
    }

    @Test func `a stranger that stopped repeating, for it heard a 100, has its refusal repeated`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene)
        _ = scene.respond(id, 100, to: request)
        _ = scene.respond(id, 404, to: request)
        #expect(scene.wait(milliseconds: 2000).sendTimes == [500, 1500])
    }

    @Test func `timer H alone over a stream`() throws {
        var scene = Scene(.tcp)
        let (request, id) = try invite(&scene, Scene.text(via: "SIP/2.0/TCP 198.51.100.7;branch=z9hG4bK1"))
        _ = scene.respond(id, 486, to: request)
        let news = scene.wait(milliseconds: 40_000)
        #expect(news.sendTimes.isEmpty)
        #expect(news.last?.event == .ackMissing(id))
    }

    @Test func `timer I: the ACK of a refusal is taken, and its copies for T4`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene)
        _ = scene.respond(id, 486, to: request)
        let ack = Scene.text("ACK", to: ";tag=ours")
        #expect(scene.receive(ack).isEmpty)
        #expect(scene.receive(ack).isEmpty)
        #expect(scene.receive(Scene.text()).plain.isEmpty)
        #expect(scene.wait(milliseconds: 4999).isEmpty)
        #expect(scene.layer.serverCount == 1)
        #expect(scene.wait(milliseconds: 1).isEmpty)
        #expect(scene.layer.serverCount == 0)
    }

    @Test func `timer I is nothing over a stream`() throws {
        var scene = Scene(.tls)
        let via = "SIP/2.0/TLS 198.51.100.7;branch=z9hG4bK1"
        let (request, id) = try invite(&scene, Scene.text(via: via))
        _ = scene.respond(id, 603, to: request)
        #expect(scene.receive(Scene.text("ACK", via: via, to: ";tag=ours")).isEmpty)
        #expect(scene.layer.serverCount == 0)
    }

    @Test func `timer L: behind a 2xx copies are absorbed and the 2xx may be given again`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene)
        #expect(scene.respond(id, 200, to: request).statuses == [200])
        #expect(scene.receive(Scene.text()).plain.isEmpty)
        #expect(scene.respond(id, 200, to: request).statuses == [200])
        #expect(scene.respond(id, 486, to: request).isEmpty)
        #expect(scene.wait(milliseconds: 31_999).isEmpty)
        #expect(scene.layer.serverCount == 1)
        #expect(scene.wait(milliseconds: 1).isEmpty)
        #expect(scene.layer.serverCount == 0)
        #expect(scene.respond(id, 200, to: request).isEmpty)
    }

    @Test func `the ACK of a 2xx is the core's, whatever its branch`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene)
        _ = scene.respond(id, 200, to: request)
        for branch in ["z9hG4bKother", "z9hG4bK1"] {
            let via = "SIP/2.0/UDP 198.51.100.7:40000;branch=\(branch)"
            let events = scene.receive(Scene.text("ACK", via: via, to: ";tag=ours"))
            guard case .ack = events.first else { throw Missing() }
        }
    }

    @Test func `a stray ACK is told and never answered`() {
        var scene = Scene()
        let events = scene.receive(Scene.text("ACK", to: ";tag=x"))
        #expect(events.sent.isEmpty)
        #expect(scene.layer.serverCount == 0)
    }

    // MARK: Others

    @Test func `timer J: the answer is repeated to copies for 64 T1`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene, Scene.text("OPTIONS"))
        #expect(scene.respond(id, 200, to: request).statuses == [200])
        #expect(scene.wait(milliseconds: 31_999).isEmpty)
        #expect(scene.receive(Scene.text("OPTIONS")).statuses == [200])
        _ = scene.wait(milliseconds: 1)
        #expect(scene.layer.serverCount == 0)
        #expect(scene.receive(Scene.text("OPTIONS")).request != nil)
    }

    @Test func `timer J is nothing over a stream`() throws {
        var scene = Scene(.tcp)
        let (request, id) = try invite(&scene, Scene.text("OPTIONS"))
        #expect(scene.respond(id, 200, to: request).statuses == [200])
        #expect(scene.layer.serverCount == 0)
        #expect(scene.layer.deadline == nil)
    }

    @Test func `RFC 4320: a slow answer is announced by a 100 at 3.5 s, and no 408 is sent`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene, Scene.text("OPTIONS"))
        #expect(scene.respond(id, 100, to: request).isEmpty)
        #expect(scene.respond(id, 180, to: request).isEmpty)
        let news = scene.wait(milliseconds: 10_000)
        #expect(news.sendTimes == [3500])
        #expect(news.events.statuses == [100])
        #expect(scene.respond(id, 408, to: request).isEmpty)
        #expect(scene.layer.serverCount == 0)
    }

    @Test func `a request that nobody answers is forgotten`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene, Scene.text("MESSAGE"))
        _ = scene.wait(milliseconds: 32_000)
        #expect(scene.layer.serverCount == 0)
        #expect(scene.respond(id, 200, to: request).isEmpty)
    }

    @Test func `an abandoned request gets no answer`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene)
        scene.layer.abandon(id)
        #expect(scene.respond(id, 200, to: request).isEmpty)
        #expect(scene.layer.deadline == nil)
    }

    // MARK: CANCEL

    @Test func `CANCEL gets its 200 and is told, once`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene)
        _ = scene.respond(id, 180, to: request)
        let events = scene.receive(Scene.text("CANCEL"))
        #expect(events.statuses == [200])
        guard case .response(let answer) = events.sent.first else { throw Missing() }
        #expect(answer.to.tag == "ours")
        #expect(answer.cseq.method == .cancel)
        guard case .cancelled(id, let cancel) = events.plain.last else { throw Missing() }
        #expect(cancel.method == .cancel)
        #expect(scene.receive(Scene.text("CANCEL")).plain.count == 1, "the 200 again and nothing else")
        #expect(scene.respond(id, 487, to: request).statuses == [487])
        #expect(scene.respond(id, 487, to: request).isEmpty)
    }

    @Test func `CANCEL of an answered INVITE gets 200 and does nothing`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene)
        _ = scene.respond(id, 200, to: request)
        let events = scene.receive(Scene.text("CANCEL"))
        #expect(events.statuses == [200])
        #expect(events.plain.count == 1)
    }

    @Test func `CANCEL of nothing gets 481`() {
        var scene = Scene()
        let events = scene.receive(Scene.text("CANCEL"))
        #expect(events.statuses == [481])
        #expect(events.counters == [.strayCancel])
    }

    // MARK: Keys

    @Test func `sent-by is part of the key`() throws {
        var scene = Scene(.webSocket)
        _ = try invite(&scene, Scene.text(via: "SIP/2.0/WS aaaaaaaaaaaa.invalid;branch=z9hG4bK12", callID: "a"))
        _ = try invite(&scene, Scene.text(via: "SIP/2.0/WS bbbbbbbbbbbb.invalid;branch=z9hG4bK12", callID: "b"))
        #expect(scene.layer.serverCount == 2)
        let copy = Scene.text(via: "SIP/2.0/WS AAAAAAAAAAAA.invalid;branch=z9hG4bK12", callID: "a")
        #expect(scene.receive(copy).request == nil, "hosts have no case")
        let other = Scene.text(via: "SIP/2.0/WS aaaaaaaaaaaa.invalid;branch=z9hG4BK12", callID: "c")
        #expect(scene.receive(other).request != nil, "branches have")
    }

    @Test(arguments: ["", ";branch=1", ";branch=z9hG4bK"])
    func `RFC 2543 matching without the cookie`(branch: String) throws {
        var scene = Scene()
        let via = "SIP/2.0/UDP 198.51.100.7:40000" + branch
        let (request, id) = try invite(&scene, Scene.text(via: via), isTrusted: true)
        #expect(scene.receive(Scene.text(via: via)).request == nil)
        #expect(scene.receive(Scene.text(via: via, cseq: 2)).request != nil)
        #expect(scene.receive(Scene.text(via: via, callID: "c2")).request != nil)

        #expect(scene.respond(id, 486, to: request).statuses == [486])
        guard case .ack = scene.receive(Scene.text("ACK", via: via, to: ";tag=wrong")).first else { throw Missing() }
        #expect(scene.receive(Scene.text("ACK", via: via, to: ";tag=ours")).isEmpty)
        #expect(scene.wait(milliseconds: 600).sendTimes.filter { $0 == 500 }.isEmpty, "no timer G any more")
    }

    @Test func `CANCEL by RFC 2543 matching`() throws {
        var scene = Scene()
        let via = "SIP/2.0/UDP 198.51.100.7:40000"
        _ = try invite(&scene, Scene.text(via: via))
        #expect(scene.receive(Scene.text("CANCEL", via: via)).statuses == [200])
    }

    @Test func `a merged request gets 482`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene)
        let twin = scene.receive(Scene.text(via: "SIP/2.0/UDP 198.51.100.9;branch=z9hG4bKother"))
        #expect(twin.statuses == [482])
        #expect(twin.request == nil)
        #expect(twin.counters == [.mergedRequest])
        #expect(scene.receive(Scene.text(via: "SIP/2.0/UDP 198.51.100.9;branch=z9hG4bKnext", cseq: 2)).request != nil)
        _ = scene.respond(id, 200, to: request)
        #expect(scene.receive(Scene.text(via: "SIP/2.0/UDP 198.51.100.9;branch=z9hG4bKslow")).statuses == [482])
        _ = scene.wait(milliseconds: 33_000)
        #expect(scene.receive(Scene.text(via: "SIP/2.0/UDP 198.51.100.9;branch=z9hG4bKlate")).request != nil)
    }

    @Test func `what was refused may come again by another way`() throws {
        var scene = Scene()
        let (request, id) = try invite(&scene)
        _ = scene.respond(id, 503, to: request)
        let again = try #require(scene.receive(Scene.text(via: "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKtwo")).request)
        #expect(again.id != id)
        #expect(scene.receive(Scene.text(via: "SIP/2.0/UDP 198.51.100.9;branch=z9hG4bKthree")).statuses == [482])
    }

    @Test func `requests inside a dialog are never merged`() throws {
        var scene = Scene()
        _ = try invite(&scene, Scene.text("INFO", to: ";tag=ours"))
        let via = "SIP/2.0/UDP 198.51.100.9;branch=z9hG4bKother"
        #expect(scene.receive(Scene.text("INFO", via: via, to: ";tag=ours")).request != nil)
    }

    // MARK: Via

    typealias Row = (via: String, ip: String, received: String?, rport: UInt16?, answerPort: UInt16)

    static let rows: [Row] = [
        ("198.51.100.7:40000", "198.51.100.7", nil, nil, 40_000),
        ("198.51.100.7", "198.51.100.7", nil, nil, 5060),
        ("198.51.100.7:5070;rport", "198.51.100.7", "198.51.100.7", 40_000, 40_000),
        ("10.0.0.1:5070", "198.51.100.7", "198.51.100.7", nil, 5070),
        ("10.0.0.1:5070;rport", "198.51.100.7", "198.51.100.7", 40_000, 40_000),
        ("phone.example", "198.51.100.7", "198.51.100.7", nil, 5060),
        ("10.0.0.1;received=203.0.113.9", "198.51.100.7", "198.51.100.7", nil, 5060),
        ("198.51.100.7;maddr=203.0.113.9", "198.51.100.7", nil, nil, 5060),
        ("[2001:db8::5]:5070", "2001:db8::5", nil, nil, 5070),
        ("[2001:DB8:0::5]:5070;rport", "2001:db8::5", "2001:db8::5", 40_000, 40_000),
        ("[2001:db8::9]:5070", "2001:db8::5", "2001:db8::5", nil, 5070),
    ]

    @Test(arguments: rows)
    func `received and rport are filled in, and say where the answer goes`(row: Row) throws {
        var scene = Scene()
        let text = Scene.text(via: "SIP/2.0/UDP \(row.via);branch=z9hG4bK1")
        let path = Scene.path(.udp, row.ip)
        let new = try #require(scene.receive(text, over: path).request)
        #expect(new.request.topVia?.received == row.received)
        #expect(new.request.topVia?.rport == row.rport)
        let answer = scene.respond(new.id, 404, to: new.request)
        #expect(answer.paths.first?.remote == TransportAddress(ip: row.ip, port: row.answerPort))
        guard case .response(let response) = answer.sent.first else { throw Missing() }
        #expect(response.topVia == new.request.topVia)
        #expect(response.via.count == 1)
    }

    @Test func `answers stay on their connection, and follow it when it is gone`() throws {
        var scene = Scene(.tcp)
        let via = "SIP/2.0/TCP 198.51.100.7:5080;branch=z9hG4bK1"
        let (request, id) = try invite(&scene, Scene.text(via: via))
        #expect(scene.respond(id, 180, to: request).paths == [scene.path])
        var events: [TransactionLayer.Event] = []
        scene.layer.closed(SIPConnectionID(rawValue: 9), at: scene.now, into: &events)
        let path = try #require(scene.respond(id, 200, to: request).paths.first)
        #expect(path.connection == nil)
        #expect(path.remote == TransportAddress(ip: "198.51.100.7", port: 5080))
    }

    @Test func `nobody connects to a browser`() throws {
        var scene = Scene(.secureWebSocket)
        let (request, id) = try invite(&scene, Scene.text(via: "SIP/2.0/WSS abc.invalid;branch=z9hG4bK1"))
        var events: [TransactionLayer.Event] = []
        scene.layer.closed(SIPConnectionID(rawValue: 9), at: scene.now, into: &events)
        #expect(scene.respond(id, 200, to: request).sent.isEmpty)
    }

    // MARK: Caps

    @Test func `one source has so many transactions, a trusted one as many as it likes`() {
        var limits = SIPLimits()
        limits.transactionsPerSource = 3
        var scene = Scene(limits: limits)
        func text(_ number: Int) -> String {
            Scene.text(via: "SIP/2.0/UDP 198.51.100.7:40000;branch=z9hG4bK\(number)", callID: "c\(number)")
        }
        for number in 0..<3 { #expect(scene.receive(text(number)).request != nil) }
        #expect(scene.receive(text(3)) == [.count(.sourceTransactionLimit)])
        #expect(scene.receive(text(4), isTrusted: true).request != nil)
        #expect(scene.receive(text(5), over: Scene.path(.udp, "198.51.100.8")).request != nil)
        #expect(scene.receive(text(0)).counters == [.retransmission], "what is known is not new")
        let id = scene.layer.serverCount
        #expect(id == 5)
    }

    @Test func `strangers fill half of the places, which locks out neither trunks nor requests of ours`() throws {
        var limits = SIPLimits()
        limits.transactions = 6
        var scene = Scene(limits: limits)
        func receive(_ number: Int, isTrusted: Bool = false) -> [TransactionLayer.Event] {
            let text = Scene.text(
                "OPTIONS", via: "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK\(number)", callID: "c\(number)")
            return scene.receive(text, over: Scene.path(.udp, "198.51.100.\(number)"), isTrusted: isTrusted)
        }
        let first = try #require(receive(1).request)
        for number in 2...3 { #expect(receive(number).request != nil) }
        #expect(receive(4) == [.count(.transactionLimit)])
        for number in 5...6 { #expect(receive(number, isTrusted: true).request != nil) }
        var events: [TransactionLayer.Event] = []
        let options = SIPRequest(.options, SIPURI(host: "example.com"))
        _ = scene.layer.send(options, over: scene.path, at: scene.now, into: &events)
        #expect(scene.layer.clientCount == 1)
        #expect(receive(7, isTrusted: true) == [.count(.transactionLimit)], "the limit of all is one for all")

        scene.layer.abandon(first.id)
        #expect(receive(8).request != nil, "a stranger's place comes back")
    }

    @Test func `over a stream too many is 503`() throws {
        var limits = SIPLimits()
        limits.transactions = 1
        var scene = Scene(.tcp, limits: limits)
        #expect(scene.receive(Scene.text()).request != nil)
        let events = scene.receive(Scene.text(via: "SIP/2.0/TCP 198.51.100.7;branch=z9hG4bK2", callID: "c2"))
        #expect(events.statuses == [503])
        #expect(events.request == nil)
        guard case .response(let response) = events.sent.first else { throw Missing() }
        #expect(response.retryAfter == 10)
    }

    @Test func `a source's share comes back when its transactions end`() throws {
        var limits = SIPLimits()
        limits.transactionsPerSource = 1
        var scene = Scene(limits: limits)
        let (request, id) = try invite(&scene, Scene.text("OPTIONS"))
        _ = scene.respond(id, 200, to: request)
        let other = Scene.text("OPTIONS", via: "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK2", callID: "c2")
        #expect(scene.receive(other).request == nil)
        _ = scene.wait(milliseconds: 32_000)
        #expect(scene.receive(other).request != nil)
    }
}

/// What a test looked for is not there.
struct Missing: Error {}
