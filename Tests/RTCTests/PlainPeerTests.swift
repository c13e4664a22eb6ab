import Native
import RTC
import TestKit
import Testing
import Wire

/// A peer over plain RTP and a phone, in virtual time.
struct PlainPeerTests {
    @Test(arguments: AudioCodec.allCases, [true, false])
    func speaksWithAPhoneInEveryCodec(codec: AudioCodec, weCall: Bool) throws {
        let call = try PhoneCall(weCall: weCall) { $0.codecs = [codec] }
        #expect(call.peer.isConnected && call.negotiation.audio.codec == codec)
        try tell(call, of: codec, for: .seconds(1))
        #expect(call.events == [.connected])
        #expect(
            call.heard.count >= 48 && call.heard.allSatisfy { $0.payloadType == call.negotiation.audio.payloadType })
        #expect(call.phone.share(of: 1000) > 0.9)
        #expect(call.peer.isLatched && call.peer.counters == Peer.Counters())
    }

    @Test func what440HertzAreTheySendArrives() throws {
        let call = try PhoneCall { $0.codecs = [.pcmu] }
        call.run(for: .seconds(2))
        #expect(ToneShare.of(440, in: call.samples.suffix(8000), rate: 8000) > 0.99)
        #expect(ToneShare.of(443, in: call.samples.suffix(8000), rate: 8000) < 0.2)
    }

    @Test func aPhoneBehindANATHearsUsWithinATenthOfASecond() throws {
        let outside = Call.address("203.0.113.7", 31_000)
        let call = try PhoneCall(signalling: Call.address("203.0.113.7", 5060)) {
            $0.address = Call.address("10.0.0.5", 4000)
        }
        call.translate = { $0.port == 4000 ? outside : Call.address("203.0.113.7", 47_001) }
        try tell(call, of: call.negotiation.audio.codec, for: .milliseconds(200))
        #expect(call.peer.isLatched && call.phone.packetsHeard >= 5)
        #expect(call.peer.counters.strangers == SymmetricRTP.probation - 1)
        // Its reports come through another hole, and ours follow them there.
        call.phone.sendReport()
        call.run(for: .milliseconds(40))
        call.peer.sendRTCP([call.stream.report(ntp: 1, blocks: [])])
        call.run(for: .milliseconds(40))
        #expect(call.reports.count == 2 && call.phone.reportsHeard.count == 1)
    }

    @Test func aCallerWhoIsNotProvenIsSentNothing() throws {
        let call = try PhoneCall { $0.codecs = [.pcmu] }
        call.peer.isProven = false
        call.phone.isTalking = false
        call.run(for: .seconds(25)) { $0.say([UInt8](repeating: 0xFF, count: 160)) }
        call.peer.sendRTCP([call.stream.report(ntp: 1, blocks: [])])
        call.run(for: .milliseconds(40))
        #expect(call.peer.isConnected && call.events == [.connected])
        #expect(call.phone.packetsHeard == 0 && call.phone.reportsHeard.isEmpty && call.phone.keepAlives == 0)
    }

    @Test func aSettledSourceProvesTheCaller() throws {
        let call = try PhoneCall { $0.codecs = [.pcmu] }
        call.peer.isProven = false
        call.run(for: .milliseconds(40)) { $0.say([UInt8](repeating: 0xFF, count: 160)) }
        #expect(!call.peer.isProven && call.phone.packetsHeard == 0)
        call.run(for: .milliseconds(100)) { $0.say([UInt8](repeating: 0xFF, count: 160)) }
        #expect(call.peer.isProven && call.phone.packetsHeard > 0)
    }

    @Test func waitsForMediaWithoutAnAddress() throws {
        let call = try PhoneCall { $0.announced = Call.address("224.0.0.1", 4000) }
        #expect(!call.peer.isConnected && call.negotiation.remote.rtp == nil)
        call.run(for: .milliseconds(100))
        #expect(call.peer.isConnected && call.events == [.connected])
    }

    @Test func anAttackerHearsNothing() throws {
        let call = try PhoneCall { $0.codecs = [.pcmu] }
        let attacker = Call.address("198.18.0.66", 6666)
        var sequence = UInt16(1)
        call.run(for: .seconds(3)) { call in
            var packet = [UInt8](repeating: 0xFF, count: 172)
            var span = packet.mutableSpan
            RTPHeader.write(
                marker: false, payloadType: 0, sequence: sequence, timestamp: 0, ssrc: SSRC(66), to: &span)
            sequence &+= 1
            call.inject(packet, from: attacker)
            call.say([UInt8](repeating: 0xFF, count: 160))
        }
        #expect(call.peer.counters.strangers == 150)
        #expect(call.heard.allSatisfy { $0.ssrc == call.phone.ssrc })
        #expect(call.phone.packetsHeard >= 148)
    }

    @Test func otherDatagramsAreDroppedAndCounted() throws {
        let call = try PhoneCall { $0.codecs = [.pcmu] }
        call.run(for: .milliseconds(100))
        var random = SeededGenerator(seed: 3)
        let known = call.phone.settings.address
        for number in 0..<3000 {
            let source = number.isMultiple(of: 2) ? known : Call.address("198.18.0.66", 6666)
            call.inject(
                random.bytes(upTo: 200), from: source,
                socket: number % 3 == 0 ? PhoneCall.rtcpSocket : PhoneCall.rtpSocket)
        }
        #expect(call.egress.own.count == 0)
        #expect(call.peer.isLatched && call.peer.isConnected)
        call.run(for: .milliseconds(100))
        #expect(call.events == [.connected])
    }

    // MARK: SRTP

    @Test(arguments: [SRTPProfile.aes128CMSHA1_80, .aes128CMSHA1_32, .aeadAES128GCM], [true, false])
    func encryptsUnderKeysFromTheSDP(suite: SRTPProfile, weCall: Bool) throws {
        let call = try PhoneCall(codecs: [.pcmu], secure: .required, weCall: weCall) {
            ($0.codecs, $0.suites, $0.isSAVP) = ([.pcmu], [suite], true)
        }
        #expect(call.negotiation.remote.keys?.profile == suite)
        try tell(call, of: .pcmu, for: .seconds(1))
        call.phone.sendReport()
        call.peer.sendRTCP([call.stream.report(ntp: 1, blocks: [])])
        call.run(for: .milliseconds(100))
        #expect(call.phone.share(of: 1000) > 0.9 && call.phone.refused == 0)
        #expect(ToneShare.of(440, in: call.samples.suffix(4000), rate: 8000) > 0.9)
        #expect(call.reports.count == 2 && call.phone.reportsHeard.count == 1)
        #expect(call.peer.counters == Peer.Counters())
    }

    @Test func nothingInTheClearIsTakenOnceThereAreKeys() throws {
        let call = try PhoneCall(codecs: [.pcmu], secure: .optional) {
            ($0.codecs, $0.suites) = ([.pcmu], [.aeadAES128GCM])
        }
        call.run(for: .milliseconds(200))
        let before = call.heard.count
        call.run(for: .milliseconds(20))
        #expect(call.heard.count == before + 1)
        var packet = [UInt8](repeating: 0xFF, count: 172)
        var span = packet.mutableSpan
        RTPHeader.write(marker: false, payloadType: 0, sequence: 9, timestamp: 0, ssrc: SSRC(66), to: &span)
        call.inject(packet, from: call.phone.settings.address)
        #expect(call.heard.count == before + 1 && call.peer.counters.unauthentic == 1)
    }

    /// With keys an attacker cannot be taken for the far end, wherever it is and however long it tries.
    @Test func onlyAuthenticPacketsMakeASource() throws {
        let call = try PhoneCall(codecs: [.pcmu], secure: .required, signalling: Call.address("198.18.0.1", 5060)) {
            ($0.codecs, $0.suites, $0.isSAVP) = ([.pcmu], [.aes128CMSHA1_80], true)
        }
        call.phone.isTalking = false
        var sequence = UInt16(1)
        call.run(for: .seconds(2)) { call in
            var packet = [UInt8](repeating: 0xFF, count: 182)
            var span = packet.mutableSpan
            RTPHeader.write(
                marker: false, payloadType: 0, sequence: sequence, timestamp: 0, ssrc: SSRC(66), to: &span)
            sequence &+= 1
            call.inject(packet, from: Call.address("198.18.0.2", 6666))
        }
        #expect(call.peer.counters.unauthentic == 100 && !call.peer.isLatched && call.heard.isEmpty)
    }

    /// A re-INVITE with the same keys goes on in their numbers; one with new keys begins anew, and coming back to the
    /// old ones must not use a number twice.
    @Test func keysGoOnThroughNewOffers() throws {
        let call = try PhoneCall(codecs: [.pcmu], secure: .required) {
            ($0.codecs, $0.suites, $0.isSAVP) = ([.pcmu], [.aes128CMSHA1_80], true)
        }
        try tell(call, of: .pcmu, for: .milliseconds(200))
        let first = call.negotiation.remote
        try call.peer.renegotiate(first, at: call.now)
        try tell(call, of: .pcmu, for: .milliseconds(200))
        #expect(call.phone.refused == 0 && call.peer.counters.replayed == 0)

        let other = SRTPKeys(
            profile: .aeadAES128GCM, local: try PlainSDP.local.masterKey(for: .aeadAES128GCM),
            remote: [UInt8](repeating: 9, count: 28))
        var turned = PlainRemote(rtp: first.rtp, rtcp: first.rtcp, keys: other, payloadTypes: first.payloadTypes)
        turned.signalling = first.signalling
        try call.peer.renegotiate(turned, at: call.now)
        call.say([0xFF])
        call.run(for: .milliseconds(20))
        #expect(call.phone.refused == 1)
        try call.peer.renegotiate(first, at: call.now)
        let sent = call.phone.packetsHeard
        // The same number again: refused by the sender itself.
        call.peer.sendRTP(
            [0xFF].span, marker: false, payloadType: 0, sequence: call.stream.sequence &- 3, timestamp: 0,
            ssrc: call.stream.ssrc)
        call.say([0xFF])
        call.run(for: .milliseconds(40))
        #expect(call.phone.packetsHeard == sent + 1 && call.phone.refused == 1)
    }

    // MARK: Life

    @Test func fiveMinutesOfNothingEndTheCall() throws {
        let call = try PhoneCall()
        call.run(for: .seconds(1))
        call.phone.isTalking = false
        call.run(for: .seconds(299))
        #expect(call.peer.isConnected)
        call.run(for: .seconds(3))
        #expect(call.events.last == .failed(.inactive) && !call.peer.isConnected)
    }

    @Test func patienceIsTheOwners() throws {
        let call = try PhoneCall()
        call.phone.isTalking = false
        call.peer.patience = .seconds(30)
        call.run(for: .seconds(32))
        #expect(call.events.last == .failed(.inactive))
    }

    @Test func aCallOnHoldMayRestLonger() throws {
        let call = try PhoneCall()
        call.run(for: .seconds(1))
        call.phone.isTalking = false
        call.peer.isHeld = true
        call.peer.heldPatience = .seconds(600)
        call.run(for: .seconds(590))
        #expect(call.peer.isConnected && call.peer.isLatched)
        call.run(for: .seconds(15))
        #expect(call.events.last == .failed(.inactive))
    }

    @Test func reportsAloneAreLife() throws {
        let call = try PhoneCall()
        call.run(for: .seconds(1))
        call.phone.isTalking = false
        call.peer.patience = .seconds(20)
        for _ in 0..<12 {
            call.phone.sendReport()
            call.run(for: .seconds(5))
        }
        #expect(call.peer.isConnected)
    }

    /// RFC 6263: on hold nothing is sent for minutes, and NATs forget.
    @Test func keepsTheWayOpenWhileItHasNothingToSay() throws {
        let call = try PhoneCall(codecs: [.pcmu]) { $0.codecs = [.pcmu] }
        try tell(call, of: .pcmu, for: .seconds(60))
        #expect(call.phone.keepAlives == 0)
        call.run(for: .seconds(60))
        #expect((5...6).contains(call.phone.keepAlives) && call.phone.refused == 0)
    }

    @Test func saysGoodbyeInRTCP() throws {
        let call = try PhoneCall()
        call.run(for: .milliseconds(100))
        call.peer.close()
        call.run(for: .milliseconds(100))
        #expect(call.phone.reportsHeard.contains(.goodbye([SSRC(4096)])))
        #expect(!call.peer.isConnected)
    }

    @Test func holdByAnAddressOfZerosSendsNothing() throws {
        let call = try PhoneCall(codecs: [.pcmu]) { $0.codecs = [.pcmu] }
        try tell(call, of: .pcmu, for: .milliseconds(200))
        let hold = try PlainNegotiation(
            answering: call.phone.offer(address: "0.0.0.0"), from: PlainSDP.local, codecs: [.pcmu],
            previous: call.negotiation)
        #expect(hold.isHold && hold.audio.direction == .recvonly)
        try call.peer.renegotiate(hold.remote, at: call.now)
        call.say([0xFF])
        #expect(call.egress.own.count == 0)
        let back = try PlainNegotiation(
            answering: call.phone.offer(), from: PlainSDP.local, codecs: [.pcmu], previous: hold)
        try call.peer.renegotiate(back.remote, at: call.now)
        call.say([0xFF])
        #expect(call.egress.own.count == 1)
    }

    /// Our side says 1 kHz for a while.
    private func tell(_ call: PhoneCall, of codec: AudioCodec, for duration: Duration) throws {
        var voice = try FakePhone.Voice(codec: codec, frequency: 1000)
        call.run(for: duration) { call in call.say(voice.next()) }
    }
}
