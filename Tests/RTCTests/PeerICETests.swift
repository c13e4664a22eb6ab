import Native
import RTC
import TestKit
import Testing
import Wire

/// Checks, consent and migration of a whole peer.
struct PeerICETests {
    /// `media.md` §2: unauthenticated input gets no reply, ever.
    @Test func tenThousandForgedDatagramsGetNoReply() throws {
        let call = try Call()
        var random = SeededGenerator(seed: 11)
        let stranger = Call.address("203.0.113.9", 1234)
        let valid = check(username: "room1:abcd", key: Array("wrongwrongwrongwrongwrong".utf8))
        var replies = 0
        for number in 0..<10_000 {
            let bytes: [UInt8] =
                switch number % 5 {
                case 0: random.bytes(upTo: 1500)
                case 1: random.damaged(valid)
                case 2: resealed(random.damaged(valid))
                case 3: check(username: "other\(number):x", key: Array("passwordpasswordpassword".utf8))
                default: valid
                }
            replies += call.inject(bytes, from: stranger)
        }
        #expect(replies == 0)
        #expect(call.peerEvents.isEmpty)
        #expect(call.peer.ice.paths.isEmpty)
    }

    @Test func theSameHoldsForAConnectedPeer() throws {
        let call = try Call()
        call.connect()
        var random = SeededGenerator(seed: 12)
        var replies = 0
        for _ in 0..<2000 {
            var bytes = random.bytes(upTo: 300)
            // Not DTLS: an alert may be answered on a validated path.
            if let first = bytes.first, (20...63).contains(first) { bytes[0] = 0x80 }
            replies += call.inject(bytes, from: call.browserAddress)
        }
        #expect(replies == 0)
        #expect(call.peer.isConnected)
    }

    @Test func anUnknownRequiredAttributeIsAnswered420() throws {
        let call = try Call()
        var request = check(username: "room1:abcd", key: nil)
        request += [0x00, 0x77, 0x00, 0x00]
        request[3] = UInt8(request.count - 20)
        #expect(call.inject(signed(request), from: call.browserAddress) == 1)
        #expect(call.peer.ice.paths.isEmpty)
    }

    @Test func silenceEndsTheCallAfterThirtySeconds() throws {
        let call = try Call()
        call.connect()
        let last = call.now
        call.network.conditions.loss = 1
        call.run(for: .seconds(29))
        #expect(call.peer.isConnected)
        call.run(for: .seconds(4))
        #expect(call.peerEvents.last == .failed(.consentLost))
        #expect(call.now.duration(since: last) <= .seconds(33))
        #expect(call.browserEvents.last == .failed(.consentLost))
    }

    @Test func aPeerThatNobodyChecksEndsToo() throws {
        let call = try Call(conditions: .init(loss: 1))
        call.run(for: .seconds(32))
        #expect(call.peerEvents == [.failed(.consentLost)])
    }

    @Test func checksAloneKeepTheCall() throws {
        let call = try Call()
        call.connect()
        call.run(for: .seconds(120))
        #expect(call.peer.isConnected && call.browser.isConnected)
    }

    /// Wi-Fi to mobile: the browser nominates from its new address, and media follows at once.
    @Test func mediaFollowsANomination() throws {
        let call = try Call()
        call.connect()
        var stream = call.stream
        call.run(for: .milliseconds(200)) { $0.talk(through: &stream) }
        call.browserAddress = Call.address("203.0.113.50", 50_000)
        call.browser.networkChanged(at: call.now)
        call.collect()
        let heard = call.heardByBrowser.count
        call.run(for: .milliseconds(400)) { $0.talk(through: &stream) }
        let path = Path(socket: 0, remote: call.browserAddress)
        #expect(call.peer.ice.selected == path)
        #expect(call.peerEvents.last == .validated(path))
        #expect(call.heardByBrowser.count >= heard + 15)
    }

    /// An attacker may send a captured packet from elsewhere before it arrives from the browser.
    @Test func mediaFromElsewhereDoesNotMoveThePath() throws {
        let call = try Call()
        call.connect()
        let elsewhere = Call.address("203.0.113.66", 6666)
        call.tamper = { [unowned call] toPeer, bytes in
            guard toPeer, (128...191).contains(bytes[0]) else { return [bytes] }
            call.network.send(bytes, from: elsewhere, to: Call.serverAddress, at: call.now)
            return []
        }
        var stream = call.stream
        call.run(for: .seconds(5)) { $0.talk(through: &stream) }
        #expect(call.heardByPeer.count > 200)
        #expect(call.peer.ice.selected?.remote == call.browserAddress)
        #expect(call.peer.ice.paths.count == 1)
    }

    @Test func aFloodOfAuthenticatedPathsIsBounded() throws {
        let call = try Call()
        call.connect()
        for port in UInt16(1)...20 {
            call.inject(signed(check(username: "room1:abcd", key: nil)), from: Call.address("203.0.113.1", port))
        }
        #expect(call.peer.ice.paths.count == ICELite.mostPaths)
        #expect(call.peer.ice.selected?.remote == call.browserAddress)
        let retired = call.peerEvents.filter { if case .retired = $0 { true } else { false } }
        #expect(retired.count == 21 - ICELite.mostPaths)
    }
}

/// A binding request; signed with `key` when there is one.
private func check(username: String, key: [UInt8]?) -> [UInt8] {
    var builder = STUNMessage.Builder(.bindingRequest, transactionID: STUNTransactionID(high: 1, low: 2))
    builder.add(username: username)
    builder.add(priority: 1)
    builder.add(iceControlling: 7)
    guard let key else { return builder.finish(integrity: nil, fingerprint: false) }
    return builder.finish(integrity: { Digest.hmacSHA1(key: key, message: $0) }, fingerprint: true)
}

/// The request with integrity under the peer's own password.
private func signed(_ request: [UInt8]) -> [UInt8] {
    var bytes = request
    bytes[3] = UInt8(bytes.count - 20 + 24)
    let mac = Digest.hmacSHA1(key: Array("passwordpasswordpassword".utf8), message: bytes.span)
    return bytes + [0x00, 0x08, 0x00, 0x14] + mac
}

/// The damaged message with a length field and a cookie that hold, so that it gets past the first look.
private func resealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = Array(bytes.prefix(bytes.count & ~3))
    guard bytes.count >= 20 else { return bytes }
    (bytes[0], bytes[1]) = (0, 1)
    (bytes[2], bytes[3]) = (UInt8((bytes.count - 20) >> 8), UInt8((bytes.count - 20) & 0xFF))
    (bytes[4], bytes[5], bytes[6], bytes[7]) = (0x21, 0x12, 0xA4, 0x42)
    return bytes
}
