import SIP
import Testing
import Wire

struct RegistrarTests {
    /// A registrar by reference, with the requests of one user's clients.
    private final class Scene {
        var registrar: Registrar
        var profile = SIPProfile(name: "internal")
        var now = Instant(nanoseconds: 0)
        var cseq = 0

        init(limits: SIPLimits = SIPLimits()) {
            // Sat, 13 Nov 2010 23:29:00 GMT, the example of RFC 3261 §20.17.
            registrar = Registrar(
                limits: limits, unixTimeAtZero: 1_289_690_940, randomToken: SIPCrypto.counting().randomToken)
        }

        func register(
            _ contacts: [String], fields: [String] = [], to: String = "<sip:1000@example.com>", callID: String = "c1",
            cseq: Int? = nil, via: [String] = ["SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1"],
            user: String = "1000@example.com", over path: SIPPath = TransactionScene.path()
        ) throws -> Registrar.Answer {
            self.cseq += 1
            let lines =
                ["REGISTER sip:example.com SIP/2.0"] + via.map { "Via: \($0)" } + [
                    "From: <sip:1000@example.com>;tag=f", "To: \(to)", "Call-ID: \(callID)",
                    "CSeq: \(cseq ?? self.cseq) REGISTER", "Max-Forwards: 70", "Content-Length: 0",
                ] + contacts.map { "Contact: \($0)" } + fields
            let message = try SIPMessage(parsing: Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
            guard case .request(let request) = message else { throw Missing() }
            return registrar.receive(request, user: user, profile: profile, over: path, at: now)
        }

        func wait(_ seconds: Int) -> [Registrar.Output] {
            now = now.advanced(by: .seconds(seconds))
            return registrar.advance(to: now)
        }
    }

    private func socket(_ number: UInt64, _ transport: SIPTransport = .secureWebSocket) -> SIPPath {
        SIPPath(
            profile: "internal", transport: transport, remote: TransportAddress(ip: "198.51.100.7", port: 40_000)!,
            connection: SIPConnectionID(rawValue: number))
    }

    private static let jssip =
        #"<sip:k3j2h1g4@a1b2c3d4e5f6.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:1>";expires=600"#

    @Test func `a contact says nothing of the headers of our requests`() throws {
        let contact = "<sip:1000@198.51.100.7?Route=%3Csip:198.51.100.99%3Blr%3E>"
        let answer = try Scene().register([contact], fields: ["Expires: 600"])
        guard case .added(let binding) = answer.changes.first else { throw Missing() }
        #expect(binding.uri.text == "sip:1000@198.51.100.7")
        #expect(binding.contact == contact)
    }

    @Test func `a contact is kept and shown as its client wrote it`() throws {
        let scene = Scene()
        let answer = try scene.register(
            [Self.jssip], fields: ["Supported: path,gruu,outbound", "User-Agent: JsSIP 3.13.8"], over: socket(1))
        #expect(answer.response.status == 200)
        #expect(answer.response.headers.all("Contact") == [Self.jssip])
        #expect(answer.response.require == ["outbound"])
        #expect(answer.response.headers["Date"] == "Sat, 13 Nov 2010 23:29:00 GMT")
        #expect(answer.response.to.tag != nil && answer.response.callID == "c1")
        guard case .added(let binding) = answer.changes.first else { throw Missing() }
        #expect(binding.user == "1000@example.com" && binding.profile == "internal")
        #expect(binding.uri.text == "sip:k3j2h1g4@a1b2c3d4e5f6.invalid;transport=ws")
        #expect(binding.flow == socket(1))
        #expect(binding.instance == "<urn:uuid:1>" && binding.regID == 1)
        #expect(binding.userAgent == "JsSIP 3.13.8")
        #expect(binding.expiresAt == scene.now.advanced(by: .seconds(600)))
        #expect(scene.registrar.binding(binding.handle) == binding)
        #expect(scene.registrar.users(on: SIPConnectionID(rawValue: 1)) == ["1000@example.com"])
    }

    typealias ExpiryRow = (contact: String, header: String?, isBrowser: Bool, granted: Int?)

    static let expiries: [ExpiryRow] = [
        ("<sip:1000@198.51.100.7>;expires=120", "Expires: 900", false, 120),
        ("<sip:1000@198.51.100.7>", "Expires: 900", false, 900),
        ("<sip:1000@198.51.100.7>", nil, false, 3600), ("<sip:1000@a.invalid;transport=ws>", nil, true, 600),
        ("<sip:1000@198.51.100.7>;expires=100000", nil, false, 7200),
        ("<sip:1000@198.51.100.7>;expires=soon", nil, false, 3600),
        ("<sip:1000@198.51.100.7>;expires=60", nil, false, 60), ("<sip:1000@198.51.100.7>;expires=59", nil, false, nil),
        ("<sip:1000@198.51.100.7>", "Expires: 1", false, nil),
    ]

    @Test(arguments: expiries)
    func `how long a binding lives`(row: ExpiryRow) throws {
        let scene = Scene()
        let path = row.isBrowser ? socket(1) : TransactionScene.path()
        let answer = try scene.register([row.contact], fields: row.header.map { [$0] } ?? [], over: path)
        guard let granted = row.granted else {
            #expect(answer.response.status == 423)
            #expect(answer.response.minExpires == 60)
            #expect(answer.counter == .intervalTooBrief)
            #expect(scene.registrar.count == 0)
            return
        }
        #expect(answer.response.contacts.first?.parameters["expires"] == "\(granted)")
        #expect(scene.wait(granted - 1).isEmpty || !row.isBrowser || granted > 30)
        #expect(scene.registrar.count == 1)
        let ended = scene.wait(1)
        guard case .changed(.removed) = ended.last else { throw Missing() }
        #expect(scene.registrar.count == 0)
        #expect(scene.registrar.deadline == nil)
    }

    @Test func `a refresh keeps the handle, another contact is another binding`() throws {
        let scene = Scene()
        let first = try scene.register(["<sip:1000@198.51.100.7:5062>;expires=600"])
        scene.now = scene.now.advanced(by: .seconds(100))
        let second = try scene.register(["<sip:1000@198.51.100.7:5062>;expires=600"])
        guard case .refreshed(let binding, let previous) = second.changes.first else { throw Missing() }
        #expect(binding.handle == first.changes.first?.binding.handle)
        #expect(previous == binding.flow)
        #expect(binding.expiresAt == scene.now.advanced(by: .seconds(600)))
        let third = try scene.register(["<sip:1000@198.51.100.7:5064>;expires=600"])
        #expect(third.response.headers.all("Contact").count == 2)
        #expect(scene.registrar.bindings(of: "1000@example.com").map(\.uri.port) == [5062, 5064])
    }

    @Test func `contacts are compared as URIs, hosts without case and escapes undone`() throws {
        let scene = Scene()
        _ = try scene.register(["<sip:%31000@PHONE.example>;expires=600"])
        _ = try scene.register(["<sip:1000@phone.example>;expires=700"])
        #expect(scene.registrar.count == 1)
        _ = try scene.register(["<sip:1000@phone.example;transport=tcp>"])
        #expect(scene.registrar.count == 2)
    }

    @Test func `an instance's flow moves with its client`() throws {
        let scene = Scene()
        let fields = ["Supported: outbound, path"]
        _ = try scene.register([Self.jssip], fields: fields, over: socket(1))
        let other = Self.jssip.replacing("k3j2h1g4", with: "zzzzzzzz")
        let answer = try scene.register([other], fields: fields, callID: "c2", over: socket(2))
        guard case .refreshed(let binding, previous: socket(1)) = answer.changes.first else { throw Missing() }
        #expect(binding.flow == socket(2) && binding.uri.user == "zzzzzzzz")
        #expect(answer.response.headers.all("Contact") == [other])
        #expect(scene.registrar.closed(SIPConnectionID(rawValue: 1), at: scene.now).isEmpty)
        #expect(scene.registrar.count == 1)
        let second = Self.jssip.replacing("reg-id=1", with: "reg-id=2")
        _ = try scene.register([second], fields: fields, callID: "c3", over: socket(3))
        #expect(scene.registrar.count == 2, "another flow of the same instance")
    }

    @Test func `without outbound reg-id is only text`() throws {
        let scene = Scene()
        let answer = try scene.register([Self.jssip], over: socket(1))
        #expect(answer.response.require.isEmpty)
        #expect(answer.changes.first?.binding.regID == nil)
    }

    @Test func `a proxy that does not know about flows is told so`() throws {
        let scene = Scene()
        let via = ["SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1", "SIP/2.0/WS a.invalid;branch=z9hG4bK2"]
        let fields = ["Supported: outbound, path"]
        #expect(try scene.register([Self.jssip], fields: fields, via: via).response.status == 439)
        let path = "Path: <sip:edge@198.51.100.7;lr;ob>"
        let answer = try scene.register([Self.jssip], fields: fields + [path], via: via)
        #expect(answer.response.status == 200)
        #expect(answer.response.headers.all("Path") == ["<sip:edge@198.51.100.7;lr;ob>"])
        #expect(answer.changes.first?.binding.path == ["<sip:edge@198.51.100.7;lr;ob>"])
    }

    @Test func `no contact is a question`() throws {
        let scene = Scene()
        #expect(try scene.register([]).response.headers.all("Contact").isEmpty)
        _ = try scene.register(["<sip:1000@198.51.100.7>;expires=600"])
        scene.now = scene.now.advanced(by: .seconds(100))
        let answer = try scene.register([])
        #expect(answer.response.headers.all("Contact") == ["<sip:1000@198.51.100.7>;expires=500"])
        #expect(answer.changes.isEmpty)
    }

    @Test func `expires 0 removes one, a star all`() throws {
        let scene = Scene()
        _ = try scene.register(["<sip:a@198.51.100.7>", "<sip:b@198.51.100.7>", "<sip:c@198.51.100.7>"])
        let one = try scene.register(["<sip:b@198.51.100.7>;expires=0"])
        #expect(one.changes.map(\.binding.uri.user) == ["b"])
        #expect(one.response.headers.all("Contact").count == 2)
        #expect(try scene.register(["<sip:nobody@198.51.100.7>;expires=0"]).changes.isEmpty)
        let all = try scene.register(["*"], fields: ["Expires: 0"])
        #expect(all.response.status == 200 && all.changes.count == 2)
        #expect(scene.registrar.count == 0 && scene.registrar.deadline == nil)
    }

    @Test(arguments: [
        (["*"], ["Expires: 60"], 400), (["*"], [], 400),
        (["<tel:+4711>"], [], 400), (["<mailto:a@b.example>"], [], 400),
        (["<sip:a@198.51.100.7>", "<sip:b@198.51.100.7>;expires=5"], [], 423),
        (["<sip:\(String(repeating: "a", count: 1100))@198.51.100.7>"], [], 400),
        ((0..<11).map { "<sip:\($0)@198.51.100.7>" }, [], 400),
    ])
    func `a bad contact refuses all of them`(contacts: [String], fields: [String], status: Int) throws {
        let scene = Scene()
        _ = try scene.register(["<sip:old@198.51.100.7>"])
        let answer = try scene.register(contacts, fields: fields)
        #expect(answer.response.status == status)
        #expect(answer.changes.isEmpty && answer.counter != nil)
        #expect(scene.registrar.all.map(\.uri.user) == ["old"])
    }

    @Test func `what comes late in its Call-ID changes nothing`() throws {
        let scene = Scene()
        _ = try scene.register(["<sip:a@198.51.100.7>;expires=600"], cseq: 10)
        for cseq in [9, 10] {
            let answer = try scene.register(["<sip:a@198.51.100.7>;expires=0"], cseq: cseq)
            #expect(answer.response.status == 400 && answer.counter == .staleRegistration)
        }
        #expect(try scene.register(["*"], fields: ["Expires: 0"], cseq: 10).response.status == 400)
        #expect(scene.registrar.count == 1)
        #expect(try scene.register(["<sip:a@198.51.100.7>;expires=600"], callID: "c2", cseq: 1).response.status == 200)
        #expect(try scene.register(["<sip:a@198.51.100.7>;expires=0"], callID: "c2", cseq: 2).changes.count == 1)
    }

    @Test func `who may register as whom`() throws {
        let scene = Scene()
        let contact = ["<sip:1000@198.51.100.7>"]
        #expect(try scene.register(contact, to: "<sip:1001@example.com>").response.status == 403)
        #expect(try scene.register(contact, to: "<sip:%31000@example.com;x=y>").response.status == 200)
        #expect(try scene.register(contact, to: "<tel:1000>").response.status == 416)
        scene.profile.forcesMatchingUsername = false
        #expect(try scene.register(contact, to: "<sip:1001@example.com>").response.status == 200)
        scene.profile.registers = false
        let answer = try scene.register(contact)
        #expect(answer.response.status == 403 && answer.counter == .registrationsDisabled)
    }

    @Test func `a user has so many bindings, and a new one may replace the others`() throws {
        let scene = Scene()
        scene.profile.maxRegistrationsPerUser = 2
        #expect(try scene.register(["<sip:a@198.51.100.7>", "<sip:b@198.51.100.7>"]).response.status == 200)
        let answer = try scene.register(["<sip:c@198.51.100.7>"])
        #expect(answer.response.status == 403 && answer.counter == .registrationLimit)
        #expect(try scene.register(["<sip:a@198.51.100.7>"]).response.status == 200, "a refresh adds nothing")
        let swap = ["<sip:a@198.51.100.7>;expires=0", "<sip:c@198.51.100.7>"]
        #expect(try scene.register(swap).response.status == 200)
        #expect(scene.registrar.all.map(\.uri.user) == ["b", "c"])
        scene.profile.allowsMultipleRegistrations = false
        let only = try scene.register(["<sip:d@198.51.100.7>"])
        #expect(only.changes.count == 3)
        #expect(scene.registrar.all.map(\.uri.user) == ["d"])
    }

    @Test func `all users together have a limit`() throws {
        var limits = SIPLimits()
        limits.bindings = 1
        let scene = Scene(limits: limits)
        _ = try scene.register(["<sip:a@198.51.100.7>"])
        let to = "<sip:1001@example.com>"
        #expect(try scene.register(["<sip:b@198.51.100.7>"], to: to, user: "1001@example.com").response.status == 503)
    }

    typealias ReachRow = (contact: String, transport: SIPTransport, flow: String, isDirect: Bool, isBehindNAT: Bool)

    static let reaches: [ReachRow] = [
        ("<sip:a@198.51.100.7:5062>", .udp, "198.51.100.7:5062", true, false),
        ("<sip:a@198.51.100.7>", .udp, "198.51.100.7:5060", true, false),
        ("<sip:a@198.51.100.7;transport=tcp>", .udp, "198.51.100.7:5060", true, false),
        ("<sip:a@10.0.0.5:5062>", .udp, "198.51.100.7:40000", false, true),
        ("<sip:a@phone.local>", .udp, "198.51.100.7:40000", false, true),
        ("<sip:a@198.51.100.7:5062>", .tcp, "198.51.100.7:40000", false, false),
        ("<sip:a@10.0.0.5>", .tls, "198.51.100.7:40000", false, true),
    ]

    @Test(arguments: reaches)
    func `where a binding is reached`(row: ReachRow) throws {
        let scene = Scene()
        let path = TransactionScene.path(row.transport)
        let binding = try #require(try scene.register([row.contact], over: path).changes.first?.binding)
        #expect(binding.flow.remote.description == row.flow)
        #expect(binding.flow.connection == (row.isDirect ? nil : path.connection))
        #expect(binding.isBehindNAT == row.isBehindNAT)
        #expect(binding.source == path.remote)
        if row.contact.contains("tcp") { #expect(binding.flow.transport == .tcp) }
    }

    @Test func `with a lost connection a browser is gone, and a phone where it can be called is not`() throws {
        let scene = Scene()
        _ = try scene.register(["<sip:1000@a.invalid;transport=ws>"], over: socket(1))
        _ = try scene.register(["<sip:1000@198.51.100.7:5070;transport=tcp>"], over: socket(2, .tcp))
        _ = try scene.register(["<sip:1000@10.0.0.1;transport=tcp>"], over: socket(3, .tcp))
        guard case .removed = scene.registrar.closed(SIPConnectionID(rawValue: 1), at: scene.now).first
        else { throw Missing() }
        guard
            case .refreshed(let phone, previous: socket(2, .tcp)) =
                scene.registrar.closed(SIPConnectionID(rawValue: 2), at: scene.now).first
        else { throw Missing() }
        #expect(phone.flow.connection == nil && phone.flow.remote.port == 5070)
        #expect(scene.registrar.binding(phone.handle)?.flow == phone.flow)
        guard case .removed = scene.registrar.closed(SIPConnectionID(rawValue: 3), at: scene.now).first
        else { throw Missing() }
        #expect(scene.registrar.count == 1)
        #expect(scene.registrar.closed(SIPConnectionID(rawValue: 1), at: scene.now).isEmpty)
    }

    @Test func `clients behind NAT are pinged, and removed when they are silent`() throws {
        let scene = Scene()
        _ = try scene.register(["<sip:a@198.51.100.7>"])
        let answer = try scene.register(["<sip:b@10.0.0.5>"])
        let handle = try #require(answer.changes.first?.binding.handle)
        for _ in 0..<3 {
            let pings = scene.wait(30)
            #expect(pings.count == 1)
            guard case .ping(let binding) = pings.first, binding.handle == handle else { throw Missing() }
            #expect(scene.registrar.pinged(handle, isAlive: false, at: scene.now).isEmpty)
        }
        #expect(scene.registrar.pinged(handle, isAlive: true, at: scene.now).isEmpty)
        for _ in 0..<3 { #expect(scene.registrar.pinged(handle, isAlive: false, at: scene.now).isEmpty) }
        guard case .removed = scene.registrar.pinged(handle, isAlive: false, at: scene.now).first
        else { throw Missing() }
        #expect(scene.registrar.pinged(handle, isAlive: false, at: scene.now).isEmpty)
        #expect(scene.registrar.all.map(\.uri.user) == ["a"])
    }

    @Test func `an operator removes a binding`() throws {
        let scene = Scene()
        let handle = try #require(try scene.register(["<sip:a@198.51.100.7>"]).changes.first?.binding.handle)
        #expect(scene.registrar.remove(handle).count == 1)
        #expect(scene.registrar.remove(handle).isEmpty)
        #expect(scene.registrar.bindings(of: "1000@example.com").isEmpty)
    }
}
