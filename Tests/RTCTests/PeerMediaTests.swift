import Native
import RTC
import TestKit
import Testing
import Wire

/// RTP and RTCP through a connected peer.
struct PeerMediaTests {
    @Test(arguments: [SetupRole.actpass, .passive])
    func mediaFlowsBothWays(setup: SetupRole) throws {
        let call = try Call { $0.setup = setup }
        call.connect()
        var stream = call.stream
        call.run(for: .seconds(2)) { $0.talk(through: &stream) }
        call.run(for: .milliseconds(40))
        #expect(call.heardByPeer.count == 100)
        #expect(call.heardByBrowser.count == 100)
        for (header, packet) in call.heardByPeer + call.heardByBrowser {
            #expect(Array(packet[header.payload]) == [0x78, 1, 2, 3])
            #expect(header.payloadType == 111)
        }
    }

    @Test func numbersTimesAndMarkersAreThoseOfTheStream() throws {
        let call = try Call()
        call.connect()
        var stream = call.stream
        call.run(for: .milliseconds(100)) { $0.talk(through: &stream) }
        stream.pause()
        stream.pass(48_000)
        call.run(for: .milliseconds(60)) { $0.talk(through: &stream) }
        call.run(for: .milliseconds(40))
        let headers = call.heardByBrowser.map(\.header)
        #expect(headers.map(\.sequence) == Array(7...14))
        #expect(headers.map(\.marker) == [true, false, false, false, false, true, false, false])
        #expect(headers.map(\.timestamp) == [1000, 1960, 2920, 3880, 4840, 53_800, 54_760, 55_720])
        #expect(headers.allSatisfy { $0.ssrc == SSRC(4096) })
    }

    @Test func audioLevelsArrive() throws {
        let call = try Call()
        call.connect()
        var stream = call.stream
        call.run(for: .milliseconds(20)) { $0.talk(level: 37, through: &stream) }
        call.run(for: .milliseconds(40))
        let (header, packet) = try #require(call.heardByPeer.first)
        let id = try #require(call.negotiation.audio?.audioLevelID)
        let found = header.extensionElement(id, in: packet.span)
        let range = try #require(found)
        let level = AudioLevel(byte: packet[range.lowerBound])
        #expect(level.dBov == 37 && level.voice)
    }

    @Test func withoutLevelsOnOfferNoneAreNegotiated() throws {
        let call = try Call { settings in
            settings.offersAudioLevel = false
            settings.offersMID = false
        }
        call.connect()
        var stream = call.stream
        call.run(for: .milliseconds(20)) { $0.talk(through: &stream) }
        call.run(for: .milliseconds(40))
        #expect(call.negotiation.audio?.audioLevelID == nil)
        #expect(call.heardByPeer.first?.header.extensionProfile == nil)
    }

    /// A lossy, jittery, reordering, duplicating network: no packet twice, none changed, about as many as were not lost.
    @Test(arguments: SeededGenerator.seeds(8))
    func survivesAPoorNetwork(seed: UInt64) throws {
        let call = try Call(seed: seed)
        call.connect()  // without loss: OpenSSL's retransmission waits for the wall clock
        call.network.conditions = .poor
        var stream = call.stream
        var number: UInt8 = 0
        call.run(for: .seconds(5)) { call in
            number &+= 1
            call.talk([0x78, number], through: &stream)
        }
        call.run(for: .milliseconds(200))
        for heard in [call.heardByPeer, call.heardByBrowser] {
            #expect((225...250).contains(heard.count), "seed \(seed)")
            #expect(Set(heard.map(\.header.sequence)).count == heard.count)
            let first = try #require(heard.map(\.header.sequence).min())
            #expect(
                heard.allSatisfy { $0.packet[$0.header.payloadOffset + 1] &- 1 <= UInt8($0.header.sequence &- first) })
        }
        #expect(call.peer.counters.unauthentic == 0)
        #expect(call.peer.isConnected && call.browser.isConnected)
    }

    @Test func aPacketTwiceIsAReplayAndAChangedOneIsRefused() throws {
        let call = try Call()
        call.connect()
        var captured: [UInt8] = []
        call.tamper = { toPeer, bytes in
            if toPeer, (128...191).contains(bytes[0]) { captured = bytes }
            return [bytes]
        }
        var stream = call.stream
        call.run(for: .milliseconds(20)) { $0.talk(through: &stream) }
        call.run(for: .milliseconds(40))
        call.inject(captured, from: call.browserAddress)
        #expect(call.peer.counters.replayed == 1)
        var random = SeededGenerator(seed: 5)
        for index in captured.indices.dropFirst(2) {
            var forged = captured
            forged[index] ^= UInt8.random(in: 1...255, using: &random)
            call.inject(forged, from: call.browserAddress)
        }
        // Where only what is behind the number differs, the replay window is asked before the tag.
        let counters = call.peer.counters
        #expect(counters.unauthentic + counters.malformed + counters.replayed == captured.count - 2 + 1)
        #expect(counters.unauthentic > 0)
        #expect(call.heardByPeer.count == 1)
    }

    @Test func mediaBeforeTheHandshakeIsDropped() throws {
        let call = try Call()
        let packet: [UInt8] = [0x80, 111] + [UInt8](repeating: 7, count: 60)
        let report: [UInt8] = [0x80, 201] + [UInt8](repeating: 7, count: 30)
        #expect(call.inject(packet, from: call.browserAddress) == 0)
        #expect(call.inject(report, from: call.browserAddress) == 0)
        #expect(call.peer.counters.beforeKeys == 2)
    }

    @Test func reportsFlowBothWays() throws {
        let call = try Call()
        call.connect()
        var stream = call.stream
        call.run(for: .seconds(6)) { $0.talk(through: &stream) }
        let fromBrowser = call.reportsToPeer.compactMap {
            if case .senderReport(let report) = $0 { report } else { nil }
        }
        let report = try #require(fromBrowser.first)
        #expect(report.ssrc == call.browser.ssrc)
        #expect(report.packets > 10)
        #expect(report.reports.first?.ssrc == SSRC(4096))
        #expect(call.browser.reception.lost == 0)

        #expect(call.browser.lastReport == nil)
        let block = ReportBlock(
            ssrc: call.browser.ssrc, fractionLost: 3, cumulativeLost: 1, highestSequence: 9, jitter: 2, lastSR: 0,
            delaySinceLastSR: 0)
        call.peer.sendRTCP([stream.report(ntp: 99, blocks: [block])])
        call.collect()
        call.run(for: .milliseconds(40))
        #expect(call.browser.lastReport == block)
        guard case .senderReport(let ours) = call.reportsToBrowser.first else {
            Issue.record("no sender report arrived")
            return
        }
        #expect(ours.packets == 300 && ours.octets == 1200)
    }

    @Test func keysAndPaddingArePacketsOfTheirOwn() throws {
        let call = try Call()
        call.connect()
        var stream = call.stream
        call.run(for: .milliseconds(60)) { $0.talk(through: &stream) }
        call.browser.sendKey(5, duration: 480, isEnd: false, marker: true, at: call.now)
        call.browser.sendPadding(40, at: call.now)
        call.collect()
        call.run(for: .milliseconds(40))
        let (key, keyPacket) = try #require(call.heardByPeer.dropLast().last)
        #expect(call.negotiation.audio?.telephoneEvents.contains(key.payloadType) == true)
        #expect(Array(keyPacket[key.payload]) == [5, 10, 1, 224])
        let padding = try #require(call.heardByPeer.last?.header)
        #expect(padding.payload.isEmpty)
        #expect(padding.timestamp == call.heardByPeer[2].header.timestamp)
    }

    @Test func afterTheEndNothingIsSent() throws {
        let call = try Call()
        call.connect()
        call.peer.close()
        call.collect()
        call.run(for: .milliseconds(20))
        let sent = call.network.sent
        var stream = call.stream
        stream.send([1, 2].span, through: call.peer)
        call.peer.sendRTCP([.goodbye([SSRC(1)])])
        call.collect()
        #expect(call.network.sent == sent)
    }
}
