import SIP
import Testing
import Wire

struct ClientTransactionTests {
    typealias Scene = TransactionScene
    typealias Event = TransactionLayer.Event

    private func request(_ method: SIPMethod = .invite) throws -> SIPRequest {
        var request = SIPRequest(method, try #require(SIPURI(parsing: "sip:100@trunk.example")))
        request.maxForwards = 70
        request.headers.add("From", "<sip:1000@example.com>;tag=f1")
        request.headers.add("To", "<sip:100@trunk.example>")
        request.headers.add("Call-ID", "ours")
        request.headers.add("Route", "<sip:edge.example;lr>")
        request.cseq = CSeq(7, method)
        request.body = Array("v=0".utf8)
        return request
    }

    private func send(
        _ scene: inout Scene, _ request: SIPRequest
    ) throws -> (id: ClientTransactionID, sent: SIPRequest, events: [Event]) {
        var events: [Event] = []
        let id = scene.layer.send(request, over: scene.path, at: scene.now, into: &events)
        guard case .request(let sent) = events.sent.first else { throw Missing() }
        return (id, sent, events)
    }

    private func answer(
        _ scene: inout Scene, _ status: Int, to request: SIPRequest, tag: String = "theirs", over path: SIPPath? = nil
    ) -> [Event] {
        var events: [Event] = []
        let response = SIPResponse(status, to: request, toTag: tag)
        scene.layer.receive(.response(response), over: path ?? scene.path, at: scene.now, into: &events)
        return events
    }

    private func cancel(_ scene: inout Scene, _ id: ClientTransactionID, reason: String? = nil) -> [Event] {
        var events: [Event] = []
        scene.layer.cancel(id, reason: reason, at: scene.now, into: &events)
        return events
    }

    // MARK: INVITE

    @Test func `our Via is on top, with a branch nobody guesses`() throws {
        var scene = Scene()
        var template = try request()
        template.headers.add("Via", "SIP/2.0/UDP old.example;branch=z9hG4bKold")
        let (_, sent, events) = try send(&scene, template)
        #expect(events.paths == [scene.path])
        #expect(sent.via.count == 1)
        let via = try #require(sent.topVia)
        #expect(via.host == "192.0.2.1" && via.port == 5060 && via.transport == "UDP" && via.hasRport)
        #expect(via.hasMagicCookie && (via.branch?.utf8.count ?? 0) >= 7 + 24)
        let (_, next, _) = try send(&scene, template)
        #expect(next.topVia?.branch != via.branch)
        var stream = Scene(.tcp)
        #expect(try send(&stream, template).sent.topVia?.hasRport == false)
    }

    @Test func `timers A and B: seven copies, then silence is the answer`() throws {
        var scene = Scene()
        let (id, _, _) = try send(&scene, request())
        let news = scene.wait(milliseconds: 40_000)
        #expect(news.sendTimes == [500, 1500, 3500, 7500, 15_500, 31_500])
        #expect(news.last?.after == 32_000)
        #expect(news.last?.event == .timedOut(id))
        #expect(scene.layer.clientCount == 0)
    }

    @Test func `timer B alone over a stream`() throws {
        var scene = Scene(.tls)
        let (id, _, _) = try send(&scene, request())
        let news = scene.wait(milliseconds: 40_000)
        #expect(news.events.plain == [.timedOut(id)])
    }

    @Test func `a provisional answer stops the copies and the clock`() throws {
        var scene = Scene()
        let (id, sent, _) = try send(&scene, request())
        for status in [100, 180, 183] {
            guard case .response(let response, id, scene.path) = answer(&scene, status, to: sent).first
            else { throw Missing() }
            #expect(response.status == status)
        }
        #expect(scene.wait(milliseconds: 200_000).isEmpty)
        #expect(scene.layer.deadline == nil)
    }

    @Test func `a refusal is acknowledged on the INVITE's branch, each copy again, until timer D`() throws {
        var scene = Scene()
        let (id, sent, _) = try send(&scene, request())
        let events = answer(&scene, 486, to: sent)
        #expect(events.methods == ["ACK"])
        guard case .request(let ack) = events.sent.first else { throw Missing() }
        #expect(ack.uri == sent.uri && ack.topVia == sent.topVia && ack.via.count == 1)
        #expect(ack.cseq == CSeq(7, .ack) && ack.callID == "ours" && ack.from == sent.from)
        #expect(ack.to.tag == "theirs")
        #expect(ack.headers.all("Route") == sent.headers.all("Route"))
        #expect(ack.body.isEmpty && ack.maxForwards == 70)
        guard case .response(_, id, _) = events.plain.last else { throw Missing() }

        let again = answer(&scene, 486, to: sent)
        #expect(again.methods == ["ACK"] && again.plain.count == 1)
        #expect(answer(&scene, 200, to: sent).isEmpty)
        _ = scene.wait(milliseconds: 31_999)
        #expect(answer(&scene, 486, to: sent).methods == ["ACK"])
        #expect(scene.wait(milliseconds: 1).isEmpty)
        #expect(answer(&scene, 486, to: sent) == [.count(.strayResponse)])
    }

    @Test func `timer D is nothing over a stream`() throws {
        var scene = Scene(.tcp)
        let (_, sent, _) = try send(&scene, request())
        #expect(answer(&scene, 404, to: sent).methods == ["ACK"])
        #expect(scene.layer.clientCount == 0)
    }

    @Test func `timer M: every 2xx is told, those of other forks too, and nothing is acknowledged here`() throws {
        var scene = Scene()
        let (id, sent, _) = try send(&scene, request())
        for tag in ["one", "one", "two"] {
            let events = answer(&scene, 200, to: sent, tag: tag)
            guard case .response(let response, id, _) = events.first, events.count == 1 else { throw Missing() }
            #expect(response.to.tag == tag)
        }
        #expect(answer(&scene, 486, to: sent).isEmpty)
        #expect(scene.wait(milliseconds: 31_999).isEmpty)
        #expect(answer(&scene, 200, to: sent).count == 1)
        _ = scene.wait(milliseconds: 1)
        guard case .strayResponse = answer(&scene, 200, to: sent).plain.first else { throw Missing() }
    }

    @Test func `the ACK of a 2xx has a branch of its own`() throws {
        var scene = Scene()
        let (_, sent, _) = try send(&scene, request())
        var events: [Event] = []
        let bytes = scene.layer.sendACK(try request(.ack), over: scene.path, into: &events)
        #expect(events == [.send(bytes, scene.path)])
        guard case .request(let ack) = events.sent.first else { throw Missing() }
        #expect(ack.topVia?.branch != sent.topVia?.branch)
        #expect(scene.layer.clientCount == 1)
    }

    // MARK: CANCEL

    @Test func `CANCEL waits for the first provisional answer`() throws {
        var scene = Scene()
        let (id, sent, _) = try send(&scene, request())
        #expect(cancel(&scene, id, reason: "SIP;cause=200;text=\"Call completed elsewhere\"").isEmpty)
        #expect(scene.wait(milliseconds: 500).events.methods == ["INVITE"])
        let events = answer(&scene, 100, to: sent)
        guard case .request(let cancel) = events.sent.first else { throw Missing() }
        #expect(cancel.method == .cancel && cancel.topVia == sent.topVia && cancel.via.count == 1)
        #expect(cancel.cseq == CSeq(7, .cancel) && cancel.to.tag == nil && cancel.uri == sent.uri)
        #expect(cancel.reasons.first?.cause == 200)
        #expect(cancel.headers.all("Route") == sent.headers.all("Route"))
        #expect(!cancel.headers.has("Require"))
        #expect(answer(&scene, 180, to: sent).methods.isEmpty, "one CANCEL is enough")
    }

    @Test func `CANCEL goes at once behind a provisional answer, is repeated, and ends with the 487`() throws {
        var scene = Scene()
        let (id, sent, _) = try send(&scene, request())
        _ = answer(&scene, 180, to: sent)
        let events = cancel(&scene, id)
        #expect(events.methods == ["CANCEL"])
        guard case .request(let sentCancel) = events.sent.first else { throw Missing() }
        #expect(scene.wait(milliseconds: 600).events.methods == ["CANCEL"])
        #expect(answer(&scene, 200, to: sentCancel).isEmpty, "nobody is told of the CANCEL's 200")
        let end = answer(&scene, 487, to: sent)
        #expect(end.methods == ["ACK"])
        guard case .response(_, id, _) = end.plain.last else { throw Missing() }
        #expect(cancel(&scene, id).isEmpty)
    }

    @Test func `a CANCEL without effect ends after 64 T1`() throws {
        var scene = Scene()
        let (id, sent, _) = try send(&scene, request())
        _ = answer(&scene, 180, to: sent)
        _ = cancel(&scene, id)
        _ = answer(&scene, 180, to: sent)
        let news = scene.wait(milliseconds: 40_000)
        #expect(news.last?.event == .timedOut(id))
        #expect(news.last?.after == 32_000)
        #expect(scene.layer.clientCount == 0)
    }

    @Test func `a 2xx that crosses the CANCEL is told`() throws {
        var scene = Scene()
        let (id, sent, _) = try send(&scene, request())
        _ = answer(&scene, 180, to: sent)
        _ = cancel(&scene, id)
        guard case .response(let response, id, _) = answer(&scene, 200, to: sent).first else { throw Missing() }
        #expect(response.status == 200)
    }

    // MARK: Others

    @Test func `timers E and F: copies double up to T2`() throws {
        var scene = Scene()
        let (id, _, _) = try send(&scene, request(.options))
        let news = scene.wait(milliseconds: 40_000)
        #expect(news.sendTimes == [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500])
        #expect(news.last?.event == .timedOut(id))
        #expect(news.last?.after == 32_000)
    }

    @Test func `behind a provisional answer copies come every T2`() throws {
        var scene = Scene()
        let (id, sent, _) = try send(&scene, request(.options))
        _ = answer(&scene, 100, to: sent)
        let news = scene.wait(milliseconds: 32_000)
        #expect(news.sendTimes.prefix(3) == [500, 4500, 8500])
        #expect(news.last?.event == .timedOut(id))
    }

    @Test func `timer K: the answer is told once, its copies are absorbed for T4`() throws {
        var scene = Scene()
        let (id, sent, _) = try send(&scene, request(.bye))
        guard case .response(_, id, _) = answer(&scene, 200, to: sent).first else { throw Missing() }
        #expect(answer(&scene, 200, to: sent).isEmpty)
        #expect(scene.wait(milliseconds: 4999).isEmpty)
        #expect(scene.layer.clientCount == 1)
        _ = scene.wait(milliseconds: 1)
        #expect(scene.layer.clientCount == 0)
        var stream = Scene(.tcp)
        let (_, second, _) = try send(&stream, request(.bye))
        _ = answer(&stream, 200, to: second)
        #expect(stream.layer.clientCount == 0)
    }

    // MARK: Not ours

    @Test func `answers of another method, branch or with two Vias are not taken`() throws {
        var scene = Scene()
        let (_, sent, _) = try send(&scene, request(.options))
        var other = sent
        other.cseq = CSeq(7, .bye)
        #expect(answer(&scene, 200, to: other) == [.count(.strayResponse)])
        var via = try #require(sent.topVia)
        via.branch = "z9hG4bKnobody"
        other = sent
        other.topVia = via
        #expect(answer(&scene, 200, to: other) == [.count(.strayResponse)])
        other = sent
        other.headers.add("Via", "SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKx")
        #expect(answer(&scene, 200, to: other) == [.count(.malformedResponse)])
        #expect(answer(&scene, 200, to: sent).plain.count == 1)
    }

    // MARK: Flows

    @Test func `what could not be sent fails, what was answered does not`() throws {
        var scene = Scene()
        let (first, sent, _) = try send(&scene, request())
        let (second, _, _) = try send(&scene, request(.options))
        _ = answer(&scene, 180, to: sent)
        var events: [Event] = []
        scene.layer.failed(scene.path, at: scene.now, into: &events)
        #expect(events.plain == [.transportFailed(second)])
        guard case .response(_, first, _) = answer(&scene, 200, to: sent).first else { throw Missing() }
    }

    @Test func `a browser that is gone fails everything`() throws {
        var scene = Scene(.webSocket)
        let (id, sent, _) = try send(&scene, request())
        _ = answer(&scene, 180, to: sent)
        var events: [Event] = []
        scene.layer.closed(SIPConnectionID(rawValue: 9), at: scene.now, into: &events)
        #expect(events.plain == [.transportFailed(id)])
        #expect(scene.layer.clientCount == 0)
    }

    @Test func `a connection that cannot be made fails what waits for it, whatever name was looked up`() throws {
        var scene = Scene()
        let remote = try #require(TransportAddress(ip: "198.51.100.7", port: 5061))
        let named = SIPPath(profile: "internal", transport: .tls, remote: remote, host: "trunk.example")
        var events: [Event] = []
        let id = scene.layer.send(try request(), over: named, at: scene.now, into: &events)
        events = []
        scene.layer.failed(
            SIPPath(profile: "internal", transport: .tls, remote: remote), at: scene.now, into: &events)
        #expect(events.plain == [.transportFailed(id)])
    }

    @Test func `too many transactions fail at once`() throws {
        var limits = SIPLimits()
        limits.transactions = 0
        var scene = Scene(limits: limits)
        var events: [Event] = []
        let id = scene.layer.send(try request(), over: scene.path, at: scene.now, into: &events)
        #expect(events.plain == [.transportFailed(id)])
    }

    @Test func `ten thousand calls cost no more per step than one`() throws {
        var scene = Scene()
        var events: [Event] = []
        let template = try request()
        for number in 0..<10_000 {
            let now = Instant(nanoseconds: Int64(number) * 1_000_000)
            _ = scene.layer.send(template, over: scene.path, at: now, into: &events)
            scene.layer.advance(to: now, into: &events)
        }
        #expect(scene.layer.clientCount == 10_000)
        scene.layer.advance(to: Instant(nanoseconds: 60_000_000_000), into: &events)
        #expect(scene.layer.clientCount == 0)
        #expect(scene.layer.deadline == nil)
    }
}
