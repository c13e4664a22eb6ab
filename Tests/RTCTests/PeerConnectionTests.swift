import Native
import RTC
import TestKit
import Testing
import Wire

/// How a peer and a browser find each other, and what stops them.
struct PeerConnectionTests {
    typealias Row = (what: String, setup: SetupRole, nominatesAtOnce: Bool)

    static let rows: [Row] = [
        ("Chromium, browser opens the handshake", .actpass, false),
        ("Firefox, browser opens the handshake", .actpass, true),
        ("browser opens the handshake and says so", .active, false),
        ("Chromium, we open the handshake", .passive, false),
        ("Firefox, we open the handshake", .passive, true),
    ]

    @Test(arguments: rows)
    func connectsInEitherRole(row: Row) throws {
        let call = try Call { settings in
            settings.setup = row.setup
            settings.nominatesAtOnce = row.nominatesAtOnce
        }
        call.connect()
        let path = Path(socket: 0, remote: call.browserAddress)
        #expect(call.peerEvents == [.validated(path), .connected])
        #expect(call.browserEvents == [.validated, .connected])
        #expect(call.peer.ice.selected == path)
        #expect(call.peer.counters == Peer.Counters())
        #expect(call.browser.counters == FakeBrowser.Counters())
        #expect(call.now < Instant(nanoseconds: 0).advanced(by: .milliseconds(150)))
    }

    @Test(arguments: [SetupRole.actpass, .passive])
    func aBrowserWithAnotherCertificateFails(setup: SetupRole) throws {
        let call = try Call { settings in
            settings.setup = setup
            settings.claimedFingerprint = Array(repeating: "AB", count: 32).joined(separator: ":")
        }
        call.connect()
        #expect(call.peerEvents.contains(.failed(.wrongFingerprint)))
        #expect(!call.peer.isConnected)
    }

    @Test func aBrowserNoticesAnotherCertificateOfOurs() throws {
        let fingerprint = try Call.serverContext.get().fingerprint
        let wrong = Array(repeating: "AB", count: 32).joined(separator: ":")
        let call = try Call(answer: { replace(fingerprint, with: wrong, in: $0) })
        call.connect()
        #expect(call.browserEvents.contains(.failed(.wrongFingerprint)))
    }

    /// Both browsers' ClientHello is larger than a datagram (`media.md` §0.1); the halves come in any order.
    @Test(arguments: [[0, 1], [1, 0], [0, 0, 1], [1, 1, 0, 0]])
    func aSplitClientHelloIsNoIssue(order: [Int]) throws {
        let call = try Call()
        var hasSplit = false
        call.tamper = { toPeer, bytes in
            guard toPeer, !hasSplit, let halves = split(clientHello: bytes) else { return [bytes] }
            hasSplit = true
            return order.map { halves[$0] }
        }
        call.connect()
        #expect(hasSplit)
        #expect(call.peer.isConnected && call.browser.isConnected)
    }

    @Test func dtlsFromAnAddressThatPassedNoCheckIsIgnored() throws {
        let call = try Call()
        var hello: [UInt8]?
        call.tamper = { toPeer, bytes in
            if toPeer, bytes[0] == 22, hello == nil {
                hello = bytes
                return []
            }
            return [bytes]
        }
        call.run(for: .milliseconds(40))
        let stranger = Call.address("203.0.113.9", 1234)
        #expect(call.inject(try #require(hello), from: stranger) == 0)
        #expect(call.peer.counters.beforeKeys == 1)
        #expect(call.inject(try #require(hello), from: call.browserAddress) > 0)
    }

    @Test func dtlsBeforeAnyCheckIsIgnored() throws {
        let call = try Call()
        let hello: [UInt8] = [22, 254, 253] + [UInt8](repeating: 0, count: 60)
        #expect(call.inject(hello, from: call.browserAddress) == 0)
        #expect(call.peerEvents.isEmpty)
    }

    @Test func tooManyHandshakeDatagramsEndTheCall() throws {
        let call = try Call()
        call.tamper = { toPeer, bytes in toPeer && bytes[0] == 22 ? [] : [bytes] }
        call.run(for: .milliseconds(40))
        // A change_cipher_spec that nobody asked for: dropped by OpenSSL, counted by us.
        let noise: [UInt8] = [20, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
        for _ in 0..<100 { call.inject(noise, from: call.browserAddress) }
        let failures = call.peerEvents.compactMap { if case .failed(let failure) = $0 { failure } else { nil } }
        #expect(failures.count == 1)
    }

    @Test func closeNotifyFromTheBrowserEndsTheCall() throws {
        let call = try Call()
        call.connect()
        call.browser.close()
        call.collect()
        call.run(for: .milliseconds(20))
        #expect(call.peerEvents.last == .failed(.closedByPeer))
        #expect(!call.peer.isConnected)
    }

    @Test func closingSaysGoodbyeAndCloseNotify() throws {
        let call = try Call()
        call.connect()
        call.peer.close()
        call.collect()
        call.run(for: .milliseconds(20))
        #expect(call.reportsToBrowser.contains(.goodbye([SSRC(4096)])))
        #expect(call.browserEvents.last == .failed(.closedByPeer))
    }

    @Test func nothingHappensAfterTheEnd() throws {
        let call = try Call()
        call.connect()
        call.peer.close()
        let events = call.peerEvents
        call.run(for: .seconds(40))
        #expect(call.peerEvents == events)
    }
}

/// `text` with every `old` made `new`.
func replace(_ old: String, with new: String, in text: String) -> String {
    var result = ""
    var rest = text[...]
    while let range = rest.firstRange(of: old) {
        result += rest[..<range.lowerBound] + new
        rest = rest[range.upperBound...]
    }
    return result + rest
}

/// The datagram's ClientHello as two datagrams of one handshake fragment each (RFC 6347 §4.2.3); `nil` for anything else.
func split(clientHello datagram: [UInt8]) -> [[UInt8]]? {
    let (recordHeader, messageHeader) = (13, 12)
    guard datagram.count > recordHeader + messageHeader + 2, datagram[0] == 22, datagram[13] == 1 else { return nil }
    let body = Array(datagram[(recordHeader + messageHeader)...])
    let middle = body.count / 2
    return [(0, body[..<middle]), (middle, body[middle...])].map { offset, part in
        var record = Array(datagram[..<recordHeader])
        // The second half needs a number of its own, away from those that follow.
        if offset > 0 { record[10] = 30 }
        let length = part.count + messageHeader
        (record[11], record[12]) = (UInt8(length >> 8), UInt8(length & 0xFF))
        var message = Array(datagram[recordHeader..<recordHeader + messageHeader])
        (message[7], message[8]) = (UInt8(offset >> 8), UInt8(offset & 0xFF))
        (message[10], message[11]) = (UInt8(part.count >> 8), UInt8(part.count & 0xFF))
        return record + message + part
    }
}
