import SIP
import Testing
import Wire

struct GatewayMachineTests {
    /// A gateway by reference, and its registrar's side.
    private final class Scene {
        var machine: GatewayMachine
        var now = Instant(nanoseconds: 0)
        var out: [GatewayMachine.Output] = []

        init(_ change: (inout GatewaySettings) -> Void = { _ in }) {
            var settings = GatewaySettings(name: "itsp")
            (settings.username, settings.password, settings.proxy) = ("4711", "secret", "192.0.2.50")
            change(&settings)
            machine = GatewayMachine(
                settings: settings, profile: SIPProfile(name: "external"), instanceID: "urn:uuid:1",
                crypto: .counting(), localAddress: { _ in TransportAddress(ip: "192.0.2.1", port: 5080)! })
        }

        /// What came out since the last call.
        func take() -> [GatewayMachine.Output] {
            defer { out = [] }
            return out
        }

        func start() { machine.start(at: now, into: &out) }
        func stop() { machine.stop(at: now, into: &out) }

        func resolve(_ host: String, _ ips: String..., port: UInt16? = nil) {
            let addresses = ips.map { TransportAddress(ip: $0, port: 5060)! }
            machine.resolved(GatewayHost(host: host, port: port), addresses, at: now, into: &out)
        }

        /// Answers the last request that came out.
        func answer(
            _ status: Int, from ip: String? = nil, _ change: (inout SIPResponse, SIPRequest) -> Void = { _, _ in }
        )
            throws
        {
            let (token, request, path) = try #require(out.requests.last)
            out = []
            var response = SIPResponse(status, to: request, toTag: "theirs")
            change(&response, request)
            let source = ip.map {
                SIPPath(
                    profile: path.profile, transport: path.transport, remote: TransportAddress(ip: $0, port: 5060)!)
            }
            machine.received(response, for: token, over: source ?? path, at: now, into: &out)
        }

        func challenge(nonce: String = "n1", stale: Bool = false, from ip: String? = nil) throws {
            try answer(401, from: ip) { response, _ in
                let challenge = DigestChallenge(realm: "itsp.example", nonce: nonce, stale: stale)
                response.headers.add("WWW-Authenticate", challenge.text)
            }
        }

        func accept(expires: Int? = nil) throws {
            try answer(200) { response, request in
                var contact = request.contacts[0]
                if let expires { contact.parameters["expires"] = "\(expires)" }
                response.contacts = [contact]
            }
        }

        func fail(isTimeout: Bool = true) throws {
            let token = try #require(out.requests.last).token
            out = []
            machine.failed(token, isTimeout: isTimeout, at: now, into: &out)
        }

        /// Lets time pass from deadline to deadline.
        func wait(_ seconds: Int) {
            let end = now.advanced(by: .seconds(seconds))
            while let deadline = machine.deadline, deadline <= end {
                now = deadline
                machine.advance(to: now, into: &out)
            }
            now = end
        }

        /// Seconds until something happens.
        var pause: Int? { machine.deadline.map { Int($0.nanoseconds(since: now) / 1_000_000_000) } }
    }

    // MARK: Registering

    @Test func `registers with its digest, and refreshes before the granted time is over`() throws {
        let scene = Scene()
        scene.start()
        let (_, first, path) = try #require(scene.out.requests.first)
        #expect(scene.out.states == [.trying, .registering])
        #expect(path.remote.description == "192.0.2.50:5060" && path.transport == .udp && path.profile == "external")
        #expect(first.method == .register && first.uri.text == "sip:192.0.2.50")
        #expect(first.from.uri.text == "sip:4711@192.0.2.50" && first.to.uri == first.from.uri && first.to.tag == nil)
        #expect(first.contacts.map(\.uri.text) == ["sip:gw+itsp@192.0.2.1:5080;gw=itsp"])
        #expect(first.expires == 3600 && first.cseq == CSeq(1, .register) && first.via.isEmpty)
        #expect(first.credentials(.server).isEmpty)

        try scene.challenge()
        let second = try #require(scene.out.requests.first).request
        #expect(second.cseq == CSeq(2, .register) && second.callID == first.callID)
        #expect(second.from.tag == first.from.tag)
        #expect(second.credentials(.server).map(\.username) == ["4711"])
        #expect(!scene.machine.isUp)

        try scene.accept(expires: 120)
        #expect(scene.out == [.changed(.registered, isUp: true, status: 200, phrase: "OK")])
        #expect(scene.machine.isUp && scene.machine.state == .registered)
        #expect(scene.pause == 105)
        _ = scene.take()
        scene.wait(105)
        let third = try #require(scene.out.requests.first).request
        #expect(scene.machine.isUp, "it holds while it is refreshed")
        #expect(third.cseq == CSeq(3, .register) && third.callID == first.callID)
        #expect(third.credentials(.server).first?.nonceCount == 2)
    }

    @Test(arguments: [
        (nil as Int?, nil as Int?, 3585), (1800, nil, 1785), (nil, 900, 885), (1800, 900, 1785), (31, nil, 16),
        (30, nil, 15),
        (10, nil, 5), (1, nil, 1),
    ])
    func `the refresh follows what was granted`(contact: Int?, header: Int?, pause: Int) throws {
        let scene = Scene()
        scene.start()
        try scene.answer(200) { response, request in
            var own = request.contacts[0]
            if let contact { own.parameters["expires"] = "\(contact)" }
            var other = NameAddress(SIPURI(user: "other", host: "192.0.2.77"))
            other.parameters["expires"] = "61"
            response.contacts = [other, own]
            response.expires = header
        }
        #expect(scene.pause == pause)
    }

    @Test func `the registrar may rewrite our contact's host`() throws {
        let scene = Scene()
        scene.start()
        try scene.answer(200) { response, request in
            var own = request.contacts[0]
            own.uri.host = "203.0.113.5"
            own.parameters["expires"] = "300"
            response.contacts = [own]
        }
        #expect(scene.pause == 285)
    }

    @Test func `423 raises the interval at once, and only upwards`() throws {
        let scene = Scene { $0.expires = .seconds(60) }
        scene.start()
        try scene.answer(423) { response, _ in response.minExpires = 300 }
        let second = try #require(scene.out.requests.first).request
        #expect(second.expires == 300 && second.cseq.number == 2)
        try scene.answer(423) { response, _ in response.minExpires = 300 }
        #expect(scene.out.requests.isEmpty)
        #expect(scene.out.states == [.failed, .waiting])
    }

    @Test func `a wrong password fails, and the pause grows with each failure`() throws {
        let scene = Scene()
        scene.start()
        for pause in [30, 60, 90] {
            try scene.challenge(nonce: "a\(pause)")
            if !scene.out.requests.isEmpty { try scene.challenge(nonce: "b\(pause)") }
            #expect(scene.out.states == [.failed, .waiting])
            #expect(scene.out.counters == [.gatewayFailure])
            #expect(!scene.machine.isUp)
            #expect(scene.pause == pause)
            scene.wait(pause)
        }
        try scene.challenge(nonce: "c")
        try scene.accept()
        #expect(scene.machine.isUp)
        #expect(scene.pause == 3585)
    }

    @Test func `an old nonce is no failure`() throws {
        let scene = Scene()
        scene.start()
        try scene.challenge(nonce: "a")
        try scene.challenge(nonce: "b", stale: true)
        #expect(try #require(scene.out.requests.first).request.credentials(.server).map(\.nonce) == ["b"])
        try scene.accept()
        #expect(scene.machine.isUp)
    }

    @Test(arguments: [403, 404, 500, 603, 302])
    func `a refusal is FAILED and FAIL_WAIT`(status: Int) throws {
        let scene = Scene()
        scene.start()
        try scene.answer(status)
        #expect(scene.out.states == [.failed, .waiting])
        #expect(scene.machine.state == .waiting)
        #expect(scene.pause == 30)
        _ = scene.take()
        scene.wait(30)
        #expect(scene.out.states == [.trying, .registering])
    }

    @Test(arguments: [(10, 30), (100, 100), (100_000, 3600)])
    func `Retry-After is honoured`(seconds: Int, pause: Int) throws {
        let scene = Scene()
        scene.start()
        try scene.answer(503) { response, _ in response.retryAfter = seconds }
        #expect(scene.pause == pause)
    }

    @Test func `503 has the plain pause, however often`() throws {
        let scene = Scene()
        scene.start()
        for _ in 0..<3 {
            try scene.answer(503)
            #expect(scene.pause == 30)
            _ = scene.take()
            scene.wait(30)
        }
    }

    @Test func `silence is TIMEOUT, FAILED and FAIL_WAIT, with a pause of its own`() throws {
        let scene = Scene { $0.timeoutRetry = .seconds(45) }
        scene.start()
        try scene.fail()
        #expect(scene.out.states == [.timedOut, .failed, .waiting])
        #expect(scene.out.counters == [.gatewayTimeout])
        guard case .changed(_, isUp: false, status: 908, _) = scene.out.last else { throw Missing() }
        #expect(scene.pause == 45)
    }

    @Test func `timeout-seconds end an attempt, and its late answer changes nothing`() throws {
        let scene = Scene { $0.timeout = .seconds(20) }
        scene.start()
        let old = try #require(scene.out.requests.first)
        _ = scene.take()
        scene.wait(20)
        #expect(scene.out.states == [.timedOut, .failed, .waiting])
        _ = scene.take()
        scene.machine.received(
            SIPResponse(200, to: old.request), for: old.token, over: old.path, at: scene.now, into: &scene.out)
        #expect(scene.out.isEmpty && !scene.machine.isUp)
    }

    // MARK: Addresses

    @Test func `looks its names up, and goes from address to address`() throws {
        let scene = Scene { $0.proxy = "itsp.example" }
        scene.start()
        #expect(
            scene.out == [
                .resolve(GatewayHost(host: "itsp.example")), .changed(.trying, isUp: false, status: nil, phrase: ""),
            ])
        _ = scene.take()
        scene.resolve("itsp.example", "192.0.2.50", "192.0.2.51", "192.0.2.52")
        #expect(scene.out.requests.map(\.path.remote.ip) == ["192.0.2.50"])
        try scene.fail()
        #expect(scene.out.requests.map(\.path.remote.ip) == ["192.0.2.51"])
        try scene.answer(503)
        #expect(scene.out.requests.map(\.path.remote.ip) == ["192.0.2.52"])
        #expect(Set(scene.out.requests.map(\.request.cseq.number)) == [3])
        try scene.fail(isTimeout: false)
        #expect(scene.out.states == [.timedOut, .failed, .waiting])
        _ = scene.take()
        scene.wait(30)
        #expect(scene.out.requests.map(\.path.remote.ip) == ["192.0.2.50"])
        #expect(scene.out.contains(.resolve(GatewayHost(host: "itsp.example"))), "looked up anew")
    }

    @Test func `an unknown name is a failure, and a lookup that finds nothing forgets nothing`() throws {
        let scene = Scene { $0.proxy = "itsp.example" }
        scene.start()
        _ = scene.take()
        scene.resolve("itsp.example")
        #expect(scene.out.states == [.failed, .waiting])
        scene.wait(30)
        scene.resolve("itsp.example", "192.0.2.50")
        try scene.accept()
        scene.resolve("itsp.example")
        #expect(scene.machine.callPaths(at: scene.now).map(\.remote.ip) == ["192.0.2.50"])
    }

    @Test func `register-proxy and outbound-proxy are next hops, not names in requests`() throws {
        let scene = Scene {
            $0.registerProxy = "192.0.2.60:5070"
            $0.outboundProxy = "sip:192.0.2.61;transport=tcp"
            $0.proxy = "itsp.example"
            $0.transport = .tcp
        }
        scene.start()
        let sent = try #require(scene.out.requests.first)
        #expect(sent.path.remote.description == "192.0.2.60:5070" && sent.path.transport == .tcp)
        #expect(sent.request.uri.text == "sip:itsp.example;transport=tcp")
        #expect(sent.request.contacts.first?.uri.text == "sip:gw+itsp@192.0.2.1:5080;transport=tcp;gw=itsp")
        #expect(scene.machine.callPaths(at: scene.now).map(\.remote.description) == ["192.0.2.61:5060"])
        #expect(scene.machine.owns(try #require(TransportAddress(ip: "192.0.2.61", port: 9))))
        #expect(!scene.machine.owns(try #require(TransportAddress(ip: "192.0.2.62", port: 5060))))
    }

    @Test func `on TLS the path carries the name for the certificate`() throws {
        let scene = Scene {
            $0.proxy = "itsp.example"
            $0.transport = .tls
        }
        scene.start()
        scene.resolve("itsp.example", "192.0.2.50")
        #expect(scene.out.requests.first?.path.host == "itsp.example")
    }

    @Test func `calls leave out an address that is busy`() throws {
        let scene = Scene { ($0.proxy, $0.registers) = ("itsp.example", false) }
        scene.start()
        scene.resolve("itsp.example", "192.0.2.50", "192.0.2.51")
        scene.machine.markBusy(
            try #require(TransportAddress(ip: "192.0.2.50", port: 5060)), for: .seconds(60), at: scene.now)
        #expect(scene.machine.callPaths(at: scene.now).map(\.remote.ip) == ["192.0.2.51"])
        scene.wait(60)
        #expect(scene.machine.callPaths(at: scene.now).map(\.remote.ip) == ["192.0.2.50", "192.0.2.51"])
    }

    // MARK: Who may challenge

    @Test func `a challenge from somewhere else gets no digest`() throws {
        let scene = Scene()
        scene.start()
        try scene.challenge(from: "203.0.113.66")
        #expect(scene.out.requests.isEmpty)
        #expect(scene.out.counters.contains(.foreignChallenge))

        var request = SIPRequest(.bye, SIPURI(user: "x", host: "192.0.2.50"))
        var response = SIPResponse(407)
        response.headers.add("Proxy-Authenticate", DigestChallenge(realm: "r", nonce: "n").text)
        var attempt = DigestClient.Attempt()
        let foreign = TransactionScene.path(.udp, "203.0.113.66")
        #expect(scene.machine.answer(response, over: foreign, in: &request, attempt: &attempt) == .foreign)
        #expect(!request.headers.has("Proxy-Authorization"))
        let own = TransactionScene.path(.udp, "192.0.2.50")
        #expect(scene.machine.answer(response, over: own, in: &request, attempt: &attempt) == .retry)
        #expect(request.credentials(.proxy).map(\.username) == ["4711"])
        #expect(scene.machine.answer(response, over: own, in: &request, attempt: &attempt) == .refused)
    }

    @Test func `gw-auth-acl names others who may`() throws {
        let network = try #require(Network("203.0.113.0/24"))
        let scene = Scene {
            $0.authACL = AccessList(name: "auth", rules: [.init(network, isAllowed: true)])
            $0.authUsername = "auth4711"
        }
        scene.start()
        try scene.challenge(from: "203.0.113.66")
        let request = try #require(scene.out.requests.first).request
        #expect(request.credentials(.server).map(\.username) == ["auth4711"])
    }

    // MARK: Pings

    @Test func `without registration it is up at once`() {
        let scene = Scene { $0.registers = false }
        scene.start()
        #expect(scene.out == [.changed(.withoutRegistration, isUp: true, status: nil, phrase: "")])
        #expect(scene.pause == nil)
    }

    @Test(arguments: [(200, true), (404, true), (401, true), (599, true), (408, false), (503, false), (600, false)])
    func `which answers are life`(status: Int, isAlive: Bool) throws {
        let scene = Scene { ($0.registers, $0.ping) = (false, .seconds(10)) }
        scene.start()
        scene.wait(10)
        let ping = try #require(scene.out.requests.first)
        #expect(ping.request.method == .options && ping.token.purpose == .ping)
        #expect(ping.request.uri.text == "sip:192.0.2.50" && ping.request.contacts.isEmpty)
        try scene.answer(status)
        #expect(scene.machine.isUp == isAlive)
        #expect(scene.machine.state == .withoutRegistration)
    }

    @Test func `the count moves by one, up at ping-min`() throws {
        let scene = Scene { ($0.registers, $0.ping, $0.pingMinimum, $0.pingMaximum) = (false, .seconds(5), 2, 3) }
        scene.start()
        var seen: [Bool] = []
        for isAlive in [false, false, false, false, true, true, true, true, false] {
            _ = scene.take()
            scene.wait(5)
            if isAlive { try scene.answer(200) } else { try scene.fail() }
            seen.append(scene.machine.isUp)
        }
        #expect(seen == [true, false, false, false, false, true, true, true, true])
    }

    @Test func `a ping that nobody reports on fails with the next one`() throws {
        let scene = Scene { ($0.registers, $0.ping) = (false, .seconds(5)) }
        scene.start()
        scene.wait(5)
        #expect(scene.machine.isUp)
        scene.wait(5)
        #expect(!scene.machine.isUp)
    }

    @Test func `a registered gateway that does not answer pings registers anew`() throws {
        let scene = Scene { $0.ping = .seconds(10) }
        scene.start()
        try scene.accept()
        _ = scene.take()
        scene.wait(10)
        try scene.fail()
        #expect(scene.out.states == [.failed, .waiting])
        _ = scene.take()
        scene.wait(30)
        #expect(scene.out.requests.contains { $0.token.purpose == .register })
    }

    // MARK: The end

    @Test func `says goodbye with Expires 0, and is down whatever comes of it`() throws {
        for outcome in 0..<3 {
            let scene = Scene()
            scene.start()
            try scene.challenge()
            try scene.accept()
            _ = scene.take()
            scene.stop()
            #expect(scene.out.states == [.unregistering])
            let goodbye = try #require(scene.out.requests.first).request
            #expect(goodbye.expires == 0 && goodbye.credentials(.server).first?.nonceCount == 2)
            switch outcome {
            case 0: try scene.answer(200)
            case 1: try scene.fail()
            default:
                _ = scene.take()
                scene.wait(5)
            }
            #expect(scene.out.states == [.down])
            #expect(scene.pause == nil && !scene.machine.isUp)
        }
    }

    @Test func `a goodbye may be challenged`() throws {
        let scene = Scene()
        scene.start()
        try scene.accept()
        _ = scene.take()
        scene.stop()
        try scene.challenge()
        #expect(try #require(scene.out.requests.first).request.expires == 0)
        try scene.answer(200)
        #expect(scene.machine.state == .down)
    }

    @Test func `what was never registered has nobody to say goodbye to`() {
        let scene = Scene()
        scene.start()
        _ = scene.take()
        scene.stop()
        #expect(scene.out.requests.isEmpty)
        #expect(scene.machine.state == .down && scene.pause == nil)
    }

    // MARK: How it shows itself

    @Test func `contact and addresses follow the settings`() throws {
        let scene = Scene {
            ($0.realm, $0.fromUser, $0.fromDomain, $0.hasDistinctTo) = ("r.example", "caller", "our.example", true)
            ($0.extension, $0.putsExtensionInContact, $0.contactHost) = ("3500", true, "sip.our.example")
            ($0.contactParameters, $0.usesOutbound, $0.regID) = ("a=b;c", true, 2)
        }
        scene.start()
        let request = try #require(scene.out.requests.first).request
        #expect(request.from.uri.text == "sip:caller@our.example")
        #expect(request.to.uri.text == "sip:4711@192.0.2.50")
        #expect(
            request.headers["Contact"]
                == #"<sip:3500@sip.our.example:5080;a=b;c>;reg-id=2;+sip.instance="<urn:uuid:1>""#)
    }

    @Test func `the operator sees its state and never its password`() throws {
        let scene = Scene { $0.ping = .seconds(20) }
        scene.start()
        try scene.accept(expires: 600)
        scene.machine.callsOut = 3
        scene.wait(7)
        #expect(scene.machine.statusLine == "external::itsp\tgateway\tsip:4711@192.0.2.50\tREGED")
        let text = scene.machine.statusText(at: scene.now)
        for line in [
            "Name\titsp", "State\tREGED", "Status\tUP", "Expires\t600", "PingState\t1/1/1", "Uptime\t7s", "CallsOUT\t3",
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
        #expect(!text.contains("secret"))
    }
}

extension [GatewayMachine.Output] {
    fileprivate var requests: [(token: GatewayMachine.Token, request: SIPRequest, path: SIPPath)] {
        compactMap { output in
            if case .request(let token, let request, let path) = output { (token, request, path) } else { nil }
        }
    }

    fileprivate var states: [GatewayState] {
        compactMap { output in
            if case .changed(let state, _, _, _) = output { state } else { nil }
        }
    }

    fileprivate var counters: [SIPCounter] {
        compactMap { output in
            if case .count(let counter) = output { counter } else { nil }
        }
    }
}
