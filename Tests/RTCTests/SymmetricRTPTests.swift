import RTC
import TestKit
import Testing
import Wire

/// Which source plain RTP believes (`media.md` §10), in virtual time.
struct SymmetricRTPTests {
    static let announced = Call.address("192.0.2.10", 4000)
    static let nat = Call.address("203.0.113.7", 31_000)
    static let signalling = Call.address("203.0.113.9", 5060)
    static let attacker = Call.address("198.18.0.66", 6666)

    /// The machine and a clock.
    final class Rig {
        var machine: SymmetricRTP
        var now = Instant(nanoseconds: 0)
        private var sequences: [TransportAddress: UInt16] = [:]

        init(
            rtp: TransportAddress? = announced, signalling: TransportAddress? = signalling, isMuxed: Bool = false
        ) {
            machine = SymmetricRTP(remote: Rig.remote(rtp, signalling: signalling, isMuxed: isMuxed), at: now)
        }

        static func remote(
            _ rtp: TransportAddress?, signalling: TransportAddress? = signalling, isMuxed: Bool = false
        ) -> PlainRemote {
            let rtcp = rtp.map { Call.address($0.ip, isMuxed ? $0.port : $0.port + 1) }
            return PlainRemote(rtp: rtp, rtcp: rtcp, isMuxed: isMuxed, payloadTypes: [0, 101], signalling: signalling)
        }

        /// A packet of this source, the next of its numbers, and 20 ms.
        func hear(
            _ source: TransportAddress, ssrc: UInt32 = 1, payloadType: UInt8 = 0, skipping: UInt16 = 0,
            after pause: Duration = .milliseconds(20)
        ) -> SymmetricRTP.Verdict {
            wait(pause)
            let sequence = sequences[source, default: 100] &+ 1 &+ skipping
            sequences[source] = sequence
            var packet = [UInt8](repeating: 0, count: 20)
            var span = packet.mutableSpan
            RTPHeader.write(
                marker: false, payloadType: payloadType, sequence: sequence, timestamp: 0, ssrc: SSRC(ssrc), to: &span)
            guard let header = try? RTPHeader(parsing: packet.span) else { return .stranger }
            return machine.receive(header, from: source, at: now)
        }

        func hear(_ count: Int, from source: TransportAddress, ssrc: UInt32 = 1) -> [SymmetricRTP.Verdict] {
            (0..<count).map { _ in hear(source, ssrc: ssrc) }
        }

        @discardableResult
        func report(from source: TransportAddress, isOnRTP: Bool) -> Bool {
            machine.receiveReport(from: source, isOnRTP: isOnRTP, at: now)
        }

        func wait(_ pause: Duration, mayUnlock: Bool = true) {
            now = now.advanced(by: pause)
            machine.advance(to: now, mayUnlock: mayUnlock)
        }
    }

    @Test func afterASilenceStrangersNeedTheStreamThatWasHeard() {
        let rig = Rig()
        #expect(rig.hear(3, from: Self.announced).last == .known)
        rig.wait(.seconds(11))
        #expect(!rig.machine.isLocked)
        #expect(rig.hear(200, from: Self.attacker, ssrc: 66).allSatisfy { $0 == .stranger })
        #expect(rig.machine.rtp == Self.announced)
        #expect(rig.hear(100, from: Self.nat).contains(.moved), "the same stream through another hole")
    }

    @Test func afterASilenceTheFarEndMayBeginAnotherStream() {
        let rig = Rig(signalling: nil)
        let elsewhere = Self.attacker
        #expect(rig.hear(100, from: elsewhere).contains(.moved))
        rig.wait(.seconds(11))
        #expect(rig.hear(100, from: elsewhere, ssrc: 2).allSatisfy { $0 == .known })
    }

    @Test func strangersDoNotEndTheSearch() {
        let rig = Rig()
        for index in 0..<400 { _ = rig.hear(Self.attacker, ssrc: UInt32(index + 10)) }
        #expect(!rig.machine.isLocked, "8 s of a crowd")
        #expect(rig.hear(3, from: Self.nat).last == .moved)
    }

    @Test func theAddressInTheSDPIsBelievedAtOnceAndSettledAfterThree() {
        let rig = Rig()
        #expect(rig.machine.rtp == Self.announced)
        #expect(rig.hear(2, from: Self.announced) == [.known, .known] && !rig.machine.isLocked)
        #expect(rig.hear(Self.announced) == .known && rig.machine.isLocked)
        #expect(rig.hear(10, from: Self.nat) == Array(repeating: .stranger, count: 10))
        #expect(rig.machine.rtp == Self.announced)
    }

    @Test func aPhoneBehindANATIsFoundAtItsThirdPacket() {
        let rig = Rig()
        #expect(rig.hear(4, from: Self.nat) == [.stranger, .stranger, .moved, .known])
        #expect(rig.machine.rtp == Self.nat && rig.machine.isLocked)
        #expect(rig.machine.rtcp == Call.address("203.0.113.7", 31_001))
        #expect(rig.hear(3, from: Self.announced) == Array(repeating: .stranger, count: 3))
    }

    @Test func threeInARowMeansInARow() {
        let rig = Rig()
        _ = rig.hear(2, from: Self.nat)
        #expect(rig.hear(Self.nat, skipping: 1) == .stranger)
        #expect(rig.hear(Self.nat) == .stranger)
        #expect(rig.hear(Self.nat) == .moved)
    }

    @Test func threeOfOneSourceAndNotOfThree() {
        let rig = Rig()
        for ssrc in UInt32(1)...6 { #expect(rig.hear(Self.nat, ssrc: ssrc) == .stranger) }
        #expect(rig.machine.rtp == Self.announced)
    }

    @Test func onlyPayloadTypesThatWereAgreedOnCount() {
        let rig = Rig()
        for _ in 0..<10 { #expect(rig.hear(Self.nat, payloadType: 8) == .stranger) }
        for _ in 0..<2 { #expect(rig.hear(Self.nat, payloadType: 101) == .stranger) }
        #expect(rig.hear(Self.nat, payloadType: 101) == .moved)
    }

    /// A change of source without notice is the far end's right, once it is known.
    @Test func aSettledAddressMayChangeItsSSRCAndSendAnything() {
        let rig = Rig()
        _ = rig.hear(3, from: Self.announced)
        #expect(rig.hear(Self.announced, ssrc: 99) == .known)
        #expect(rig.hear(Self.announced, ssrc: 99, payloadType: 77) == .known)
    }

    // MARK: Attackers

    /// Spraying the ports of a call before and while its phone speaks.
    @Test func anAttackerFlowDoesNotWinAgainstTheFarEnd() {
        let rig = Rig()
        for _ in 0..<30 { #expect(rig.hear(Self.attacker, ssrc: 666) == .stranger) }
        var verdicts: [SymmetricRTP.Verdict] = []
        for _ in 0..<50 {
            #expect(rig.hear(Self.attacker, ssrc: 666, after: .milliseconds(5)) == .stranger)
            verdicts.append(rig.hear(Self.nat, after: .milliseconds(15)))
        }
        #expect(verdicts.firstIndex(of: .moved) == 2 && verdicts.suffix(47).allSatisfy { $0 == .known })
        #expect(rig.machine.rtp == Self.nat)
    }

    @Test func aCrowdOfAttackersDoesNotKeepTheFarEndOut() {
        let rig = Rig()
        for round in 0..<20 {
            for port in UInt16(1)...50 {
                let source = Call.address("198.18.0.\(round + 1)", port)
                #expect(rig.hear(source, ssrc: UInt32(port), after: .microseconds(100)) == .stranger)
            }
            if rig.hear(Self.nat, after: .milliseconds(1)) == .moved { break }
        }
        #expect(rig.machine.rtp == Self.nat)
    }

    @Test func nobodyTakesOverASettledCall() {
        let rig = Rig()
        _ = rig.hear(3, from: Self.announced)
        // Ten minutes, the far end in between, even from its own network.
        for second in 0..<600 {
            rig.wait(.milliseconds(960))
            #expect(rig.hear(Self.attacker) == .stranger)
            #expect(rig.hear(Call.address("192.0.2.11", 4000)) == .stranger)
            if second.isMultiple(of: 5) { #expect(rig.hear(Self.announced) == .known) }
        }
    }

    /// Media servers may be far from signalling ones; a second of nothing else makes up for that.
    @Test func aSourceFromElsewhereIsBelievedAfterASecondAlone() {
        let rig = Rig()
        let verdicts = rig.hear(60, from: Self.attacker)
        let place = verdicts.firstIndex(of: .moved)
        #expect(place == 50)
        #expect(rig.machine.isLocked)
    }

    /// Ringing with an SDP and without media, while somebody sprays our ports.
    @Test func theFarEndTakesItsPlaceFromAStrangerWhoWasAlone() {
        let rig = Rig()
        #expect(rig.hear(60, from: Self.attacker).contains(.moved))
        #expect(rig.hear(3, from: Self.nat) == [.stranger, .stranger, .moved])
        #expect(rig.hear(100, from: Self.attacker).allSatisfy { $0 == .stranger })
        #expect(rig.machine.rtp == Self.nat && rig.machine.isLocked)
        // From then on it is as settled as any.
        #expect(rig.hear(10, from: Self.announced).allSatisfy { $0 == .stranger })
    }

    @Test func aStrangerIsNoBetterKnownAfterAPause() {
        let rig = Rig()
        _ = rig.hear(60, from: Self.attacker)
        rig.wait(.seconds(11))
        #expect(!rig.machine.isLocked)
        #expect(rig.hear(60, from: Self.attacker).allSatisfy { $0 == .known } && rig.machine.isLocked)
        #expect(rig.hear(3, from: Self.nat).last == .moved)
    }

    @Test func aStrangerDoesNotOutliveANewOffer() {
        let rig = Rig()
        _ = rig.hear(60, from: Self.attacker)
        rig.machine.renegotiate(Rig.remote(Self.announced), at: rig.now)
        #expect(rig.machine.rtp == Self.announced && rig.machine.rtcp == Call.address("192.0.2.10", 4001))
        #expect(rig.hear(10, from: Self.attacker).allSatisfy { $0 == .stranger })
        #expect(rig.hear(3, from: Self.announced) == [.known, .known, .known])
    }

    @Test func withoutAnyHintEverybodyMustWait() {
        let rig = Rig(rtp: nil, signalling: nil)
        #expect(rig.machine.rtp == nil)
        #expect(rig.hear(10, from: Self.nat).allSatisfy { $0 == .stranger })
        #expect(rig.hear(45, from: Self.nat).contains(.moved))
    }

    // MARK: Time

    @Test func fiveSecondsAfterTheFirstPacketTheSearchIsOver() {
        let rig = Rig()
        // A phone that rings for a minute does not use up the time.
        rig.wait(.seconds(60))
        #expect(!rig.machine.isLocked)
        _ = rig.hear(Self.nat)
        rig.wait(.seconds(6))
        #expect(rig.machine.isLocked)
        #expect(rig.hear(5, from: Self.nat).allSatisfy { $0 == .stranger })
        #expect(rig.hear(Self.announced) == .known)
    }

    @Test func tenSecondsOfSilenceOpenTheSearchAgain() {
        let rig = Rig()
        _ = rig.hear(3, from: Self.announced)
        rig.wait(.seconds(10))
        #expect(rig.machine.isLocked)
        rig.wait(.milliseconds(20))
        #expect(!rig.machine.isLocked && rig.machine.rtp == Self.announced)
        #expect(rig.hear(3, from: Self.nat) == [.stranger, .stranger, .moved])
    }

    @Test func strangersAreNoLifeThatKeepsTheSearchClosed() {
        let rig = Rig()
        _ = rig.hear(3, from: Self.announced)
        for _ in 0..<12 {
            rig.wait(.milliseconds(980))
            _ = rig.hear(Self.nat, skipping: 5)
        }
        #expect(!rig.machine.isLocked)
        #expect(rig.machine.silence(at: rig.now) > .seconds(11))
    }

    @Test func onHoldSilenceOpensNothing() {
        let rig = Rig()
        _ = rig.hear(3, from: Self.announced)
        for _ in 0..<60 { rig.wait(.seconds(1), mayUnlock: false) }
        #expect(rig.machine.isLocked)
        #expect(rig.machine.silence(at: rig.now) >= .seconds(60))
    }

    // MARK: New offers

    @Test func aNewAddressIsSentToAtOnceAndTheOldOneIsNotBelievedAgain() {
        let rig = Rig(rtp: Call.address("203.0.113.7", 4000))
        let old = Call.address("203.0.113.7", 4000)
        let new = Call.address("203.0.113.8", 4000)
        _ = rig.hear(3, from: old)
        rig.machine.renegotiate(Rig.remote(new), at: rig.now)
        #expect(rig.machine.rtp == new && rig.machine.rtcp == Call.address("203.0.113.8", 4001))
        // What was under way still comes.
        #expect(rig.hear(5, from: old).allSatisfy { $0 == .stranger })
        #expect(rig.hear(3, from: new) == [.known, .known, .known])
        #expect(rig.machine.isLocked && rig.machine.rtp == new)
    }

    @Test func theSameWrongAddressAgainKeepsWhereThePhoneWasFound() {
        let rig = Rig()
        _ = rig.hear(3, from: Self.nat)
        rig.machine.renegotiate(Rig.remote(Self.announced), at: rig.now)
        #expect(rig.machine.rtp == Self.nat && !rig.machine.isLocked)
        #expect(rig.machine.rtcp == Call.address("203.0.113.7", 31_001))
        #expect(rig.hear(3, from: Self.nat) == [.known, .known, .known] && rig.machine.isLocked)
    }

    @Test func afterANewOfferThePhoneMayBeFoundElsewhere() {
        let rig = Rig()
        _ = rig.hear(3, from: Self.nat)
        rig.machine.renegotiate(Rig.remote(Self.announced), at: rig.now)
        let roamed = Call.address("203.0.113.7", 40_000)
        #expect(rig.hear(3, from: roamed) == [.stranger, .stranger, .moved])
    }

    // MARK: RTCP

    @Test func reportsAreTakenFromWhereTheSDPSays() {
        let rig = Rig()
        #expect(rig.machine.reportMayComeFrom(Call.address("192.0.2.10", 4001), isOnRTP: false))
        #expect(!rig.machine.reportMayComeFrom(Call.address("192.0.2.10", 4003), isOnRTP: false))
        #expect(!rig.machine.reportMayComeFrom(Self.attacker, isOnRTP: false))
        // Multiplexed without having agreed on it.
        #expect(rig.machine.reportMayComeFrom(Self.announced, isOnRTP: true))
        #expect(!rig.report(from: Self.announced, isOnRTP: true))
        #expect(rig.machine.rtcp == Call.address("192.0.2.10", 4001))
        _ = rig.hear(1, from: Self.announced)
    }

    @Test func reportsFollowOnceToTheHostThatMediaProved() {
        let rig = Rig()
        let port = Call.address("203.0.113.7", 55_555)
        #expect(!rig.machine.reportMayComeFrom(port, isOnRTP: false))
        _ = rig.hear(3, from: Self.nat)
        #expect(rig.machine.reportMayComeFrom(port, isOnRTP: false))
        #expect(rig.report(from: port, isOnRTP: false))
        #expect(rig.machine.rtcp == port)
        #expect(!rig.machine.reportMayComeFrom(Call.address("203.0.113.7", 55_556), isOnRTP: false))
        #expect(!rig.report(from: port, isOnRTP: false))
    }

    @Test func multiplexedReportsGoWhereMediaGoes() {
        let rig = Rig(isMuxed: true)
        #expect(rig.machine.rtcp == Self.announced)
        _ = rig.hear(3, from: Self.nat)
        #expect(rig.machine.rtcp == Self.nat)
        #expect(!rig.machine.reportMayComeFrom(Call.address("203.0.113.7", 31_001), isOnRTP: false))
    }

    @Test func reportsAreLife() {
        let rig = Rig()
        _ = rig.hear(3, from: Self.announced)
        rig.wait(.seconds(9))
        rig.report(from: Call.address("192.0.2.10", 4001), isOnRTP: false)
        #expect(rig.machine.silence(at: rig.now) == .zero)
    }
}
