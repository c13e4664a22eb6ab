import Native
import Testing

/// A client and a server with a wire between them.
struct DTLSPair: ~Copyable {
    var client: DTLSEndpoint
    var server: DTLSEndpoint
    /// The largest datagram that crossed the wire, in bytes.
    var largest = 0
    /// What the wire does with the datagrams of one direction and one turn.
    var wire: ([[UInt8]]) -> [[UInt8]] = { $0 }

    init(mtu: Int = 1200) throws {
        let left = try DTLSEndpoint(context: Self.clientContext.get(), role: .client, mtu: mtu)
        let right = try DTLSEndpoint(context: Self.serverContext.get(), role: .server, mtu: mtu)
        client = left
        server = right
    }

    /// Carries datagrams until neither side has one.
    mutating func run(turns: Int = 20) {
        for _ in 0..<turns {
            let toServer = wire(Self.drain(&client))
            let toClient = wire(Self.drain(&server))
            if toServer.isEmpty, toClient.isEmpty { return }
            largest = (toServer + toClient).map(\.count).reduce(largest, max)
            for datagram in toServer { server.receive(datagram.span) }
            for datagram in toClient { client.receive(datagram.span) }
        }
    }

    static func drain(_ endpoint: inout DTLSEndpoint) -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        while let next = endpoint.nextDatagram() { datagrams.append(next) }
        return datagrams
    }

    static let clientContext = Result { try DTLSContext(identity: identity("client")) }
    static let serverContext = Result { try DTLSContext(identity: identity("server")) }

    private static func identity(_ name: String) throws -> Identity {
        try Identity.generate(commonName: name, alternativeNames: [], days: 1)
    }
}

struct DTLSEndpointTests {
    @Test func bothEndsConnectAndAgreeOnKeys() throws {
        var pair = try DTLSPair()
        #expect(pair.client.exportKeys() == nil)
        pair.client.start()
        let due = pair.client.timeout
        #expect(try #require(due) <= .milliseconds(100))
        pair.run()
        try expectConnected(pair)
        #expect(pair.largest <= 1200)
        #expect(pair.client.timeout == nil && pair.server.timeout == nil)
    }

    @Test func outlivesItsContextAfterARotation() throws {
        var pair = try DTLSPair()
        pair.server = try DTLSEndpoint(
            context: DTLSContext(identity: .generate(commonName: "old", alternativeNames: [], days: 1)), role: .server)
        pair.client.start()
        pair.run()
        try expectConnected(pair)
    }

    @Test func aServerStartsNothing() throws {
        var pair = try DTLSPair()
        pair.server.start()
        #expect(DTLSPair.drain(&pair.server).isEmpty)
        #expect(pair.server.timeout == nil)
    }

    @Test func eachEndSeesTheOthersFingerprint() throws {
        var pair = try DTLSPair()
        #expect(pair.server.peerFingerprint(hash: "sha-256") == nil)
        pair.client.start()
        pair.run()
        let ofClient = try DTLSPair.clientContext.get().fingerprint
        let ofServer = try DTLSPair.serverContext.get().fingerprint
        #expect(pair.server.peerFingerprint(hash: "SHA-256") == hex(ofClient))
        #expect(pair.client.peerFingerprint(hash: "sha-256") == hex(ofServer))
        #expect(pair.client.peerFingerprint(hash: "sha-1")?.count == 20)
        #expect(pair.client.peerFingerprint(hash: "sha-384")?.count == 48)
        #expect(pair.client.peerFingerprint(hash: "sha-512")?.count == 64)
        #expect(pair.client.peerFingerprint(hash: "md5") == nil)
    }

    @Test(arguments: [256, 300, 600])
    func keepsToTheMTU(mtu: Int) throws {
        var pair = try DTLSPair(mtu: mtu)
        pair.client.start()
        pair.run()
        try expectConnected(pair)
        #expect(pair.largest <= mtu)
        #expect(pair.largest > mtu / 2)
    }

    @Test(arguments: [300, 1200])
    func bearsEachDatagramTwice(mtu: Int) throws {
        var pair = try DTLSPair(mtu: mtu)
        pair.wire = { $0.flatMap { [$0, $0] } }
        pair.client.start()
        pair.run(turns: 12)
        try expectConnected(pair)
    }

    /// OpenSSL drops a ChangeCipherSpec that overtakes its flight, so the wire keeps that last datagram in its place.
    @Test func bearsReorderedFragments() throws {
        var pair = try DTLSPair(mtu: 300)
        pair.wire = { flight in
            guard let cipherChange = flight.firstIndex(where: { $0[0] == 20 }) else { return flight.reversed() }
            return flight[..<cipherChange].reversed() + flight[cipherChange...]
        }
        pair.client.start()
        pair.run()
        try expectConnected(pair)
    }

    /// Browsers' hellos take two datagrams, which the network may swap.
    @Test(arguments: [[0, 1], [1, 0], [1, 0, 1], [0, 0, 1, 1]])
    func bearsASplitHello(order: [Int]) throws {
        var pair = try DTLSPair()
        pair.client.start()
        let first = pair.client.nextDatagram()
        let hello = try #require(first)
        let second = pair.client.nextDatagram()
        #expect(second == nil)
        let halves = split(hello)
        for half in order.map({ halves[$0] }) { pair.server.receive(half.span) }
        pair.run()
        try expectConnected(pair)
    }

    /// Flights 0 to 3 are a handshake; the last is lost when the server already is connected.
    ///
    /// OpenSSL's timer reads the clock, so this test waits for it: up to two thirds of a second.
    @Test(.timeLimit(.minutes(1)), arguments: [[0, 1, 2], [1], [2], [3], [3, 5]])
    func sendsALostFlightAgain(lost: [Int]) async throws {
        var pair = try DTLSPair()
        var flights = 0
        pair.wire = { flight in
            guard !flight.isEmpty else { return [] }
            flights += 1
            return lost.contains(flights - 1) ? [] : flight
        }
        pair.client.start()
        for _ in 0..<40 where pair.client.state == .handshaking || pair.server.state == .handshaking {
            pair.run()
            if let due = [pair.client.timeout, pair.server.timeout].compactMap(\.self).min() {
                try await Task.sleep(for: due + .milliseconds(1))
            }
            pair.client.handleTimeout()
            pair.server.handleTimeout()
        }
        pair.run()
        #expect(flights > lost[lost.count - 1])
        try expectConnected(pair)
    }

    @Test func goodbyeClosesBothEnds() throws {
        var pair = try DTLSPair()
        pair.client.start()
        pair.run()
        pair.server.close()
        #expect(pair.server.state == .closed)
        pair.run()
        #expect(pair.client.state == .closed)
        #expect(pair.client.exportKeys() == nil)
        pair.client.close()
        #expect(DTLSPair.drain(&pair.client).isEmpty)
    }

    @Test func closingBeforeTheHandshakeIsSilent() throws {
        var pair = try DTLSPair()
        pair.server.close()
        #expect(pair.server.state == .closed)
        #expect(DTLSPair.drain(&pair.server).isEmpty)
    }

    @Test func aPlainFatalAlertFailsTheHandshakeAndSaysWhy() throws {
        var pair = try DTLSPair()
        pair.client.start()
        let alert = hex("15 feff 0000 000000000000 0002 0228")  // handshake_failure, RFC 5246 §7.2
        pair.client.receive(alert.span)
        guard case .failed(let reason) = pair.client.state else {
            Issue.record("\(pair.client.state)")
            return
        }
        #expect(reason.contains("handshake failure"))
        // The failure of one connection is not the next one's.
        var other = try DTLSPair()
        other.client.start()
        other.run()
        try expectConnected(other)
    }

    @Test func randomBytesNeitherTrapNorEndAConnection() throws {
        var generator = SeededGenerator(seed: 6)
        var pair = try DTLSPair()
        pair.client.start()
        pair.run()
        for round in 0..<3000 {
            var noise = generator.bytes(Int.random(in: 0...1500, using: &generator))
            if !noise.isEmpty { noise[0] = UInt8(20 + round % 44) }
            if noise.count > 13, round % 2 == 0 {
                // A well-formed header: version, an epoch of 0 to 2, the rest of the datagram as length.
                noise.replaceSubrange(1..<5, with: [0xFE, 0xFD, 0, UInt8(round % 3)])
                let length = noise.count - 13
                noise.replaceSubrange(11..<13, with: [UInt8(length >> 8), UInt8(length & 255)])
            }
            pair.server.receive(noise.span)
            pair.client.receive(noise.span)
        }
        _ = DTLSPair.drain(&pair.server)
        _ = DTLSPair.drain(&pair.client)
        try expectConnected(pair)
        pair.client.close()
        pair.run()
        #expect(pair.server.state == .closed)
    }

    @Test func changedFlightsNeverTrap() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<150 {
            var pair = try DTLSPair(mtu: 400)
            var seed = generator
            pair.wire = { flight in
                flight.map { datagram in
                    var changed = datagram
                    guard UInt8.random(in: 0...3, using: &seed) == 0 else { return changed }
                    if Bool.random(using: &seed) { changed.removeLast(Int.random(in: 1...changed.count, using: &seed)) }
                    guard let index = changed.indices.randomElement(using: &seed) else { return changed }
                    changed[index] ^= UInt8.random(in: 1...255, using: &seed)
                    return changed
                }
            }
            _ = generator.next()
            pair.client.start()
            pair.run()
            if pair.client.state == .connected, pair.server.state == .connected { try expectConnected(pair) }
        }
    }

    @Test func everyPrefixOfAHelloIsDroppedInSilence() throws {
        var pair = try DTLSPair()
        pair.client.start()
        let first = pair.client.nextDatagram()
        let hello = try #require(first)
        var server = try DTLSEndpoint(context: DTLSPair.serverContext.get(), role: .server)
        for length in 0..<hello.count {
            let prefix = Array(hello[..<length])
            server.receive(prefix.span)
            #expect(server.state == .handshaking)
            #expect(DTLSPair.drain(&server).isEmpty)
        }
    }

    /// RFC 5764 §4.2: client key, server key, client salt, server salt.
    @Test func cutsTheExportersOutputInTheRFCsOrder() {
        let material =
            Array(repeating: UInt8(1), count: 16) + Array(repeating: 2, count: 16) + Array(repeating: 3, count: 14)
            + Array(repeating: 4, count: 14)
        let client = Array(repeating: UInt8(1), count: 16) + Array(repeating: 3, count: 14)
        let server = Array(repeating: UInt8(2), count: 16) + Array(repeating: 4, count: 14)
        let ours = SRTPKeys(profile: .aes128CMSHA1_80, material: material, role: .server)
        #expect(ours == SRTPKeys(profile: .aes128CMSHA1_80, local: server, remote: client))
        let theirs = SRTPKeys(profile: .aes128CMSHA1_80, material: material, role: .client)
        #expect(theirs == SRTPKeys(profile: .aes128CMSHA1_80, local: client, remote: server))
    }

    private func expectConnected(_ pair: borrowing DTLSPair) throws {
        #expect(pair.client.state == .connected)
        #expect(pair.server.state == .connected)
        let (serverKeys, clientKeys) = (pair.server.exportKeys(), pair.client.exportKeys())
        let (ours, theirs) = (try #require(serverKeys), try #require(clientKeys))
        #expect(ours.profile == .aeadAES128GCM)
        #expect(ours.local == theirs.remote && ours.remote == theirs.local)
        #expect(ours.local != ours.remote)
        #expect(ours.local.count == 28)
    }

    /// Cuts the one handshake message of `datagram` into two fragments, each a record (RFC 6347 §4.2.2 and §4.2.3).
    ///
    /// The second record takes a number the client will not reach, inside the receiver's window of 64.
    private func split(_ datagram: [UInt8]) -> [[UInt8]] {
        let record = datagram[0..<11]
        let message = datagram[13..<19]
        let body = Array(datagram[25...])
        let half = body.count / 2
        return [(0, half, UInt8(0)), (half, body.count, UInt8(40))].map { start, end, number in
            let fragment = body[start..<end]
            var header = Array(record)
            header[10] = number
            return header + uint16(fragment.count + 12) + Array(message) + uint24(start) + uint24(fragment.count)
                + fragment
        }
    }

    private func uint16(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
    private func uint24(_ value: Int) -> [UInt8] { [UInt8(value >> 16)] + uint16(value & 0xFFFF) }
}
