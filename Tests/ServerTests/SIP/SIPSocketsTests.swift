import NIOCore
import NIOPosix
import NIOSSL
import SIP
import Server
import Testing
import Wire

struct SIPSocketsTests {
    static let addresses = ["127.0.0.1", "::1"]
    static let options = Array("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n".utf8)

    // MARK: UDP

    @Test(arguments: addresses)
    func datagramsComeAndGo(ip: String) async throws {
        let rig = try await SocketRig(ip: ip)
        let phone = try await SocketRig(ip: ip)
        let path = SIPPath(profile: "internal", transport: .udp, remote: try address(ip, rig.port()))
        phone.sockets.send(Self.options, over: path)
        let (bytes, source) = try await rig.received()
        #expect(bytes == Self.options)
        #expect(source == SIPPath(profile: "internal", transport: .udp, remote: try address(ip, phone.port())))
        rig.sockets.send([1, 2, 3, 4, 5], over: source)
        let answer = try await phone.received()
        #expect(answer.bytes == [1, 2, 3, 4, 5])
        #expect(answer.path == path)
    }

    @Test func theLargestDatagramIsWhole() async throws {
        let rig = try await SocketRig()
        let phone = try await SocketRig()
        let bytes = (0..<65_507).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        phone.sockets.send(
            bytes, over: SIPPath(profile: "internal", transport: .udp, remote: try address("127.0.0.1", rig.port())))
        #expect(try await rig.received().bytes == bytes)
    }

    @Test func keepAlivesAreNobodysBusiness() async throws {
        let rig = try await SocketRig()
        let phone = try await SocketRig()
        let path = SIPPath(profile: "internal", transport: .udp, remote: try address("127.0.0.1", rig.port()))
        for keepAlive in [[], [0], [0, 0, 0, 0], Array("\r\n\r\n".utf8)] {
            phone.sockets.send(keepAlive, over: path)
        }
        phone.sockets.send(Self.options, over: path)
        #expect(try await rig.received().bytes == Self.options)
    }

    @Test func whatCannotBeSentComesBack() async throws {
        let rig = try await SocketRig([.udp])
        let rows = [
            SIPPath(profile: "external", transport: .udp, remote: try address("127.0.0.1", 5_060)),
            SIPPath(profile: "internal", transport: .udp, remote: try address("::1", 5_060)),
            SIPPath(
                profile: "internal", transport: .tcp, remote: try address("127.0.0.1", 5_060),
                connection: SIPConnectionID(rawValue: 77)),
        ]
        for path in rows {
            rig.sockets.send(Self.options, over: path)
            #expect(try await rig.next() == .undeliverable(path))
        }
        let path = SIPPath(profile: "internal", transport: .udp, remote: try address("127.0.0.1", 5_060))
        rig.sockets.send([UInt8](repeating: 65, count: 70_000), over: path)
        #expect(try await rig.next() == .undeliverable(path))
    }

    @Test func aFloodIsBounded() async throws {
        let rig = try await SocketRig([.udp], isHeld: true)
        let phone = try await SocketRig([.udp])
        let path = SIPPath(profile: "internal", transport: .udp, remote: try address("127.0.0.1", rig.port()))
        for number in 0..<6_000 {
            phone.sockets.send(Array("OPTIONS number \(number)".utf8), over: path)
            // Not faster than it is read: the kernel would drop them before us.
            if number.isMultiple(of: 50) { await Task.yield() }
        }
        try await soon("a dropped datagram") {
            while rig.sockets.figures.dropped.value == 0 { await Task.yield() }
        }
        _ = try await rig.received()
    }

    // MARK: TCP

    @Test(arguments: addresses)
    func aMessageInPiecesArrivesWhole(ip: String) async throws {
        let rig = try await SocketRig(ip: ip)
        let line = try await StreamLine.connect(to: rig.port(.tcp), ip: ip)
        let path = try await rig.opened()
        #expect(path.transport == .tcp)
        #expect(path.remote == (try address(ip, line.localPort)))
        #expect(path.connection != nil)
        for byte in Self.options { try await line.send([byte]) }
        var all: [UInt8] = []
        while all.count < Self.options.count {
            let piece = try await rig.received()
            #expect(piece.path == path)
            all += piece.bytes
        }
        #expect(all == Self.options)
        rig.sockets.send([9, 8], over: path)
        rig.sockets.send([7], over: path)
        #expect(try await line.receive(3) == [9, 8, 7])
        line.close()
        #expect(try await rig.next() == .closed(try #require(path.connection)))
    }

    @Test func closingWaitsForWhatIsWritten() async throws {
        let rig = try await SocketRig()
        let line = try await StreamLine.connect(to: rig.port(.tcp))
        let path = try await rig.opened()
        let id = try #require(path.connection)
        let answer = [UInt8](repeating: 66, count: 200_000)
        line.post(Self.options)
        rig.sockets.send(answer, over: path)
        rig.sockets.close(id)
        #expect(try await line.receiveAll() == answer)
        while true {
            let event = try await rig.next()
            if event == .closed(id) { break }
        }
        rig.sockets.send([1], over: path)
        #expect(try await rig.next() == .undeliverable(path))
    }

    @Test func whoSendsFasterThanItIsServedIsSlowedDown() async throws {
        let rig = try await SocketRig(isHeld: true)
        let line = try await StreamLine.connect(to: rig.port(.tcp))
        rig.release()
        let path = try await rig.opened()
        let piece = [UInt8](repeating: 67, count: 1 << 20)
        for _ in 0..<16 { line.post(piece) }
        let first = try await rig.received()
        #expect(first.path == path)
        // Nothing more is read while that waits, and so the far end's kernel has no room for the rest.
        let isStuck = try await soon("a full pipe") {
            while line.channel.isWritable { await Task.yield() }
            return !line.channel.isWritable
        }
        #expect(isStuck)
        var total = first.bytes.count
        while total < 16 << 20 {
            rig.release()
            total += try await rig.received().bytes.count
        }
        #expect(total == 16 << 20)
    }

    @Test func whoDoesNotReadIsGivenUp() async throws {
        let rig = try await SocketRig { $0.limits.outboxBytes = 100_000 }
        let line = try await StreamLine.connect(to: rig.port(.tcp))
        let path = try await rig.opened()
        try await line.stopReading()
        let piece = [UInt8](repeating: 68, count: 50_000)
        // The kernel takes some megabytes before it says stop.
        for _ in 0..<1_000 where rig.sockets.figures.overflows.value == 0 { rig.sockets.send(piece, over: path) }
        #expect(rig.sockets.figures.overflows.value == 1)
        #expect(try await rig.next() == .closed(try #require(path.connection)))
    }

    @Test func oneAddressHasOnlySoManyConnections() async throws {
        let rig = try await SocketRig { $0.limits.connectionsPerAddress = 2 }
        let first = try await StreamLine.connect(to: rig.port(.tcp))
        let path = try await rig.opened()
        let second = try await StreamLine.connect(to: rig.port(.tcp))
        _ = try await rig.opened()
        let third = try await StreamLine.connect(to: rig.port(.tcp))
        #expect(try await third.receiveAll().isEmpty)
        #expect(rig.sockets.figures.refusedConnections.value == 1)
        first.close()
        #expect(try await rig.next() == .closed(try #require(path.connection)))
        let fourth = try await StreamLine.connect(to: rig.port(.tcp))
        _ = try await rig.opened()
        #expect(rig.sockets.figures.connections.value == 2)
        second.close()
        fourth.close()
    }

    @Test func allTogetherHaveOnlySoMany() async throws {
        let rig = try await SocketRig { $0.limits.connections = 1 }
        let first = try await StreamLine.connect(to: rig.port(.tcp))
        _ = try await rig.opened()
        let second = try await StreamLine.connect(to: rig.port(.tcp))
        #expect(try await second.receiveAll().isEmpty)
        let path = SIPPath(profile: "internal", transport: .tcp, remote: try address("127.0.0.1", rig.port(.tcp)))
        rig.sockets.send(Self.options, over: path)
        #expect(try await rig.next() == .undeliverable(path))
        first.close()
    }

    @Test func whoSaysNothingIsShownOut() async throws {
        let rig = try await SocketRig { $0.limits.partialMessageTimeout = .milliseconds(50) }
        let line = try await StreamLine.connect(to: rig.port(.tcp))
        let path = try await rig.opened()
        #expect(try await line.receiveAll().isEmpty)
        #expect(try await rig.next() == .closed(try #require(path.connection)))
    }

    @Test func whoHasNothingMoreToSayIsShownOut() async throws {
        let rig = try await SocketRig { $0.limits.idleConnectionTimeout = .milliseconds(100) }
        let line = try await StreamLine.connect(to: rig.port(.tcp))
        let path = try await rig.opened()
        try await line.send(Self.options)
        #expect(try await rig.received().bytes == Self.options)
        #expect(try await line.receiveAll().isEmpty)
        #expect(try await rig.next() == .closed(try #require(path.connection)))
    }

    // MARK: Connections of ours

    @Test func aConnectionIsMadeOnDemandAndUsedAgain() async throws {
        let rig = try await SocketRig()
        let server = try await StreamLine.listen()
        let path = SIPPath(profile: "internal", transport: .tcp, remote: try address("127.0.0.1", server.port))
        rig.sockets.send([1], over: path)
        rig.sockets.send([2], over: path)
        let open = try await rig.opened()
        #expect(open.remote == path.remote)
        rig.sockets.send([3], over: path)
        rig.sockets.send([4], over: open)
        let line = try #require(try await soon("a connection") { await server.lines.next() })
        #expect(try await line.receive(4) == [1, 2, 3, 4])
        try await line.send([5])
        let answer = try await rig.received()
        #expect(answer.bytes == [5])
        #expect(answer.path == open)
        // It ends, and what waits for an answer hears of it; the next message makes another one.
        line.close()
        #expect(try await rig.next() == .closed(try #require(open.connection)))
        #expect(try await rig.next() == .undeliverable(path))
        rig.sockets.send([6], over: path)
        let again = try await rig.opened()
        #expect(again.connection != open.connection)
        let other = try #require(try await soon("a connection") { await server.lines.next() })
        #expect(try await other.receive(1) == [6])
        try await server.channel.close()
    }

    @Test func aConnectionThatCameInIsUsedToCallBack() async throws {
        let rig = try await SocketRig()
        let line = try await StreamLine.connect(to: rig.port(.tcp))
        let path = try await rig.opened()
        rig.sockets.send([1], over: SIPPath(profile: "internal", transport: .tcp, remote: path.remote))
        #expect(try await line.receive(1) == [1])
    }

    @Test func whereNobodyListensNothingArrives() async throws {
        let rig = try await SocketRig()
        let server = try await StreamLine.listen()
        try await server.channel.close()
        let path = SIPPath(profile: "internal", transport: .tcp, remote: try address("127.0.0.1", server.port))
        rig.sockets.send([1], over: path)
        rig.sockets.send([2], over: path)
        #expect(try await rig.next() == .undeliverable(path))
        // The second one goes the same way, or finds the first one gone already.
        #expect(1...2 ~= rig.sockets.figures.failedConnects.value)
        #expect(rig.sockets.figures.connections.value == 0)
    }

    // MARK: The end

    @Test func whatWasSaidBeforeTheEndIsHeard() async throws {
        let rig = try await SocketRig()
        let line = try await StreamLine.connect(to: rig.port(.tcp))
        let path = try await rig.opened()
        rig.sockets.send([1, 2, 3], over: path)
        await rig.shutDown()
        #expect(try await line.receiveAll() == [1, 2, 3])
        await #expect(throws: (any Error).self) { _ = try await StreamLine.connect(to: rig.port(.tcp)) }
    }

    @Test func aPortIsNotTakenTwice() async throws {
        let rig = try await SocketRig([.udp])
        let taken = try address("127.0.0.1", rig.port())
        await #expect(throws: SIPSockets.Failure.self) {
            _ = try await SocketRig { settings in
                settings.listens.append(.init(profile: "external", transport: .udp, address: taken))
            }
        }
    }
}
