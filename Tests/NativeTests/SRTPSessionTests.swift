import Native
import Testing

/// A pair of sessions with one key: what one protects the other takes.
struct SRTPLink: ~Copyable {
    var sender: SRTPSession
    var receiver: SRTPSession

    init(_ profile: SRTPProfile, key: [UInt8]? = nil) throws {
        let key = key ?? (0..<profile.masterLength).map { UInt8($0 * 7 + 1) }
        let outbound = try SRTPSession(profile: profile, key: key, direction: .outbound)
        let inbound = try SRTPSession(profile: profile, key: key, direction: .inbound)
        sender = outbound
        receiver = inbound
    }

    mutating func protect(_ packet: [UInt8], isRepeat: Bool = false) throws(SRTPError) -> [UInt8] {
        var buffer = packet + [UInt8](repeating: 0, count: SRTPSession.trailer)
        var span = buffer.mutableSpan
        let length = try sender.protect(&span, count: packet.count, isRepeat: isRepeat)
        return Array(buffer[..<length])
    }

    mutating func unprotect(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        var buffer = packet
        var span = buffer.mutableSpan
        let length = try receiver.unprotect(&span, count: packet.count)
        return Array(buffer[..<length])
    }

    mutating func protectRTCP(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        var buffer = packet + [UInt8](repeating: 0, count: SRTPSession.trailer)
        var span = buffer.mutableSpan
        let length = try sender.protectRTCP(&span, count: packet.count)
        return Array(buffer[..<length])
    }

    mutating func unprotectRTCP(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        var buffer = packet
        var span = buffer.mutableSpan
        let length = try receiver.unprotectRTCP(&span, count: packet.count)
        return Array(buffer[..<length])
    }
}

/// An RTP packet with a payload that depends on its number.
private func rtp(_ sequence: UInt16, ssrc: UInt32 = 0xCAFE_BABE) -> [UInt8] {
    hex("806f") + [UInt8(sequence >> 8), UInt8(sequence & 255)] + hex("00002710")
        + (0..<4).map { UInt8(truncatingIfNeeded: ssrc >> (24 - 8 * $0)) }
        + (0..<80).map { UInt8(truncatingIfNeeded: Int(sequence) + $0) }
}

private func take(_ packet: [UInt8], _ session: inout SRTPSession) throws(SRTPError) -> [UInt8] {
    var buffer = packet
    var span = buffer.mutableSpan
    let length = try session.unprotect(&span, count: packet.count)
    return Array(buffer[..<length])
}

private func takeRTCP(_ packet: [UInt8], _ session: inout SRTPSession) throws(SRTPError) -> [UInt8] {
    var buffer = packet
    var span = buffer.mutableSpan
    let length = try session.unprotectRTCP(&span, count: packet.count)
    return Array(buffer[..<length])
}

struct SRTPSessionTests {
    static let profiles: [SRTPProfile] = [.aeadAES128GCM, .aes128CMSHA1_80, .aes128CMSHA1_32]

    @Test(arguments: profiles)
    func aRepeatedPacketIsTheSameBytesAgain(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        let first = try link.protect(rtp(65_535))
        for number in 0..<100 { _ = try link.protect(rtp(UInt16(number))) }  // past a wrap
        #expect(try link.protect(rtp(65_535), isRepeat: true) == first)
        #expect(throws: SRTPError.replayed) { try link.protect(rtp(100), isRepeat: true) }  // never sent
        _ = try link.protect(rtp(100))
        for number in 101..<1_200 { _ = try link.protect(rtp(UInt16(number))) }
        #expect(throws: SRTPError.replayed) { try link.protect(rtp(65_535), isRepeat: true) }  // left the window
    }

    @Test(arguments: profiles)
    func takesWhatItProtected(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        for sequence in UInt16(1)...50 {
            let packet = rtp(sequence)
            let protected = try link.protect(packet)
            #expect(protected.count == packet.count + profile.tagLength)
            #expect(protected[..<12] == packet[..<12])
            #expect(protected[12..<packet.count] != packet[12...])
            #expect(try link.unprotect(protected) == packet)
        }
    }

    /// The extension is authenticated and stays readable (RFC 3711 §3.1); CSRC count, extension, empty payload.
    @Test(
        arguments: profiles,
        [
            "906f0001 00002710 cafebabe bede0001 51aa0000 f8fffe",
            "826f0002 00002710 cafebabe 00000001 00000002 010203",
            "806f0003 00002710 cafebabe",
        ])
    func takesEveryHeader(profile: SRTPProfile, text: String) throws {
        var link = try SRTPLink(profile)
        #expect(try link.unprotect(link.protect(hex(text))) == hex(text))
    }

    @Test(arguments: profiles)
    func takesWhatItProtectedOfRTCP(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        let report = hex("80c90001 cafebabe 81ca0002 cafebabe 01026162")
        for _ in 0..<3 {
            let protected = try link.protectRTCP(report)
            #expect(protected.count == report.count + profile.controlTagLength + 4)
            #expect(protected[..<8] == report[..<8])
            #expect(try link.unprotectRTCP(protected) == report)
            #expect(throws: SRTPError.replayed) { try link.unprotectRTCP(protected) }
        }
    }

    @Test(arguments: profiles)
    func refusesAPacketTwice(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        let protected = try link.protect(rtp(7))
        #expect(try link.unprotect(protected) == rtp(7))
        #expect(throws: SRTPError.replayed) { try link.unprotect(protected) }
    }

    @Test(arguments: profiles)
    func refusesToProtectANumberTwice(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        _ = try link.protect(rtp(7))
        #expect(throws: SRTPError.replayed) { try link.protect(rtp(7)) }
    }

    @Test(arguments: profiles)
    func refusesEveryChangedByte(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        let protected = try link.protect(rtp(9))
        // Byte 0 holds the lengths of the header's parts: a change may make it no packet at all.
        for index in 1..<protected.count {
            var changed = protected
            changed[index] ^= 0x40
            #expect(throws: SRTPError.authenticationFailed) { try link.unprotect(changed) }
        }
        #expect(try link.unprotect(protected) == rtp(9))
    }

    @Test(arguments: profiles)
    func refusesEveryPrefixAndOtherKeys(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        var other = try SRTPLink(profile, key: Array(repeating: 0x55, count: profile.masterLength))
        let protected = try link.protect(rtp(9))
        for length in 0..<protected.count {
            #expect(throws: SRTPError.self) { try link.unprotect(Array(protected[..<length])) }
        }
        #expect(throws: SRTPError.authenticationFailed) { try other.unprotect(protected) }
    }

    @Test(arguments: profiles)
    func followsTheNumbersOverTheWrapWithLoss(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        var late: [(Int, [UInt8])] = []
        for index in 65_000..<200_000 {
            let packet = rtp(UInt16(truncatingIfNeeded: index))
            let protected = try link.protect(packet)
            let place = index % 65_536
            if place > 65_500 || place <= 36 {
                // Around each wrap three of four are lost or late.
                if place % 4 == 1 { late.append((index, protected)) }
                if place % 4 != 0 { continue }
            } else if index % 97 != 0 {
                continue
            }
            #expect(try link.unprotect(protected) == packet)
            if place == 36 {
                for (index, protected) in late {
                    #expect(try link.unprotect(protected) == rtp(UInt16(truncatingIfNeeded: index)))
                }
                late = []
            }
        }
    }

    @Test(arguments: profiles)
    func takesLatePacketsWithinTheWindow(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        var packets: [[UInt8]] = []
        for sequence in UInt16(1)...1100 { packets.append(try link.protect(rtp(sequence))) }
        #expect(try link.unprotect(packets[1099]) == rtp(1100))
        #expect(try link.unprotect(packets[1099 - 1000]) == rtp(100))
        #expect(throws: SRTPError.replayed) { try link.unprotect(packets[0]) }
    }

    @Test(arguments: profiles)
    func keepsStreamsApartAndForgetsOne(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        let one = try link.protect(rtp(5, ssrc: 0x0102_0304))
        let two = try link.protect(rtp(5, ssrc: 0x0A0B_0C0D))
        #expect(try link.unprotect(one) == rtp(5, ssrc: 0x0102_0304))
        #expect(try link.unprotect(two) == rtp(5, ssrc: 0x0A0B_0C0D))
        link.receiver.remove(ssrc: 0xFFFF_FFFF)
        link.receiver.remove(ssrc: 0x0102_0304)
        // A stream that was forgotten has an empty window.
        #expect(try link.unprotect(one) == rtp(5, ssrc: 0x0102_0304))
        #expect(throws: SRTPError.replayed) { try link.unprotect(two) }
    }

    /// A forged packet leaves no trace: not in the window, not in the rollover counter, not in the table of streams.
    @Test(arguments: profiles)
    func changesNothingBeforeAPacketIsAuthentic(profile: SRTPProfile) throws {
        let key = [UInt8](repeating: 9, count: profile.masterLength)
        var sender = try SRTPLink(profile, key: key)
        var receiver = try SRTPSession(profile: profile, key: key, direction: .inbound, maximumStreams: 1)
        let first = try sender.protect(rtp(1))
        for number in 0..<3000 {
            var forged = first
            (forged[2], forged[3]) = (
                UInt8(truncatingIfNeeded: number * 21 >> 8), UInt8(truncatingIfNeeded: number * 21)
            )
            if number % 2 == 0 { forged[11] ^= UInt8(truncatingIfNeeded: number / 2 | 1) }
            if forged == first { continue }
            let bytes = forged
            #expect(throws: SRTPError.authenticationFailed) { try take(bytes, &receiver) }
        }
        #expect(try take(first, &receiver) == rtp(1))
        let second = try sender.protect(rtp(2))
        #expect(try take(second, &receiver) == rtp(2))
    }

    @Test(arguments: profiles)
    func takesNoMoreStreamsThanItMayKeep(profile: SRTPProfile) throws {
        let key = [UInt8](repeating: 9, count: profile.masterLength)
        var sender = try SRTPLink(profile, key: key)
        var receiver = try SRTPSession(profile: profile, key: key, direction: .inbound, maximumStreams: 3)
        _ = try take(sender.protect(rtp(1, ssrc: 1)), &receiver)
        _ = try take(sender.protect(rtp(1, ssrc: 2)), &receiver)
        // A source of reports alone counts too, and one of both counts once.
        let report = try sender.protectRTCP(hex("80c90001 00000003"))
        #expect(try takeRTCP(report, &receiver) == hex("80c90001 00000003"))
        _ = try takeRTCP(sender.protectRTCP(hex("80c90001 00000002")), &receiver)
        let third = try sender.protect(rtp(50, ssrc: 3))
        _ = try take(third, &receiver)
        let fourth = try sender.protect(rtp(1, ssrc: 4))
        let fourthReport = try sender.protectRTCP(hex("80c90001 00000005"))
        #expect(throws: SRTPError.tooManyStreams) { try take(fourth, &receiver) }
        #expect(throws: SRTPError.tooManyStreams) { try takeRTCP(fourthReport, &receiver) }
        _ = try take(sender.protect(rtp(2, ssrc: 1)), &receiver)
        receiver.remove(ssrc: 2)
        #expect(try take(fourth, &receiver) == rtp(1, ssrc: 4))
        // The third moved when the second went, and kept its windows.
        #expect(throws: SRTPError.replayed) { try takeRTCP(report, &receiver) }
        #expect(throws: SRTPError.replayed) { try take(third, &receiver) }
    }

    @Test func keepsSixtyFourStreamsUnlessToldOtherwise() throws {
        var link = try SRTPLink(.aeadAES128GCM)
        for ssrc in UInt32(1)...64 {
            #expect(try link.unprotect(link.protect(rtp(1, ssrc: ssrc))) == rtp(1, ssrc: ssrc))
        }
        // Outbound there is no limit: the sender takes the 65th.
        let next = try link.protect(rtp(1, ssrc: 65))
        #expect(throws: SRTPError.tooManyStreams) { try link.unprotect(next) }
    }

    /// RFC 3711 §3.4: E says whether the report is encrypted. Signed with the keys of appendix B.3 and index 7.
    @Test func takesReportsThatAreSignedOnly() throws {
        let key = hex(Self.references[0].key)
        let keys = try SRTPSessionKeys(deriving: .rtcp, of: .aes128CMSHA1_80, from: key)
        let report = hex("81ca0002 cafebabe 01026162 00000000")
        let tag = Digest.hmacSHA1(key: keys.authentication, message: (report + hex("00000007")).span).prefix(10)
        var link = try SRTPLink(.aes128CMSHA1_80, key: key)
        #expect(try link.unprotectRTCP(report + hex("00000007") + tag) == report)
        #expect(throws: SRTPError.replayed) { try link.unprotectRTCP(report + hex("00000007") + tag) }
        #expect(throws: SRTPError.authenticationFailed) { try link.unprotectRTCP(report + hex("80000008") + tag) }
    }

    /// The same in GCM, where the tag stands before E and index (RFC 7714 §9.3).
    @Test func takesReportsThatAreSignedOnlyInGCM() throws {
        let key = hex(Self.references[1].key)
        let keys = try SRTPSessionKeys(deriving: .rtcp, of: .aeadAES128GCM, from: key)
        var cipher = try SRTPCipher(profile: .aeadAES128GCM, keys: keys, protocolKind: .rtcp, direction: .outbound)
        let report = hex("81ca0002 cafebabe 01026162 00000000")
        var buffer = report + [UInt8](repeating: 0, count: 16)
        var span = buffer.mutableSpan
        try cipher.seal(&span, .init(clear: 16, end: 16, tag: 16, ssrc: 0xCAFE_BABE, index: 7, word: 7))
        var link = try SRTPLink(.aeadAES128GCM, key: key)
        #expect(try link.unprotectRTCP(buffer + hex("00000007")) == report)
        #expect(throws: SRTPError.replayed) { try link.unprotectRTCP(buffer + hex("00000007")) }
        #expect(throws: SRTPError.authenticationFailed) { try link.unprotectRTCP(buffer + hex("80000008")) }
    }

    /// An index used in another order than it was made is used once all the same.
    @Test(arguments: profiles)
    func protectsNumbersThatWereLeftOut(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        _ = try link.protect(rtp(2000))
        #expect(try link.unprotect(link.protect(rtp(1990))) == rtp(1990))
        #expect(throws: SRTPError.replayed) { try link.protect(rtp(1990)) }
        #expect(try link.unprotect(link.protect(rtp(977))) == rtp(977))
        #expect(throws: SRTPError.replayed) { try link.protect(rtp(976)) }
    }

    typealias BadHeader = (what: String, packet: String)
    static let badHeaders: [BadHeader] = [
        ("version 1", "406f0001 00002710 cafebabe"),
        ("no room for two CSRCs", "826f0001 00002710 cafebabe 00000001 000000"),
        ("fifteen CSRCs and nothing", "8f6f0001 00002710 cafebabe"),
        ("an extension without a header", "906f0001 00002710 cafebabe bede00"),
        ("an extension past the end", "906f0001 00002710 cafebabe bede0002 51aa0000 000000"),
        ("the longest extension", "906f0001 00002710 cafebabe bedeffff"),
    ]

    @Test(arguments: badHeaders)
    func refusesHeadersPastTheEnd(row: BadHeader) throws {
        for profile in Self.profiles {
            var link = try SRTPLink(profile)
            #expect(throws: SRTPError.malformed) { try link.protect(hex(row.packet)) }
            // The tag is no part of the header, though there are bytes.
            let received = hex(row.packet) + [UInt8](repeating: 0, count: profile.tagLength)
            #expect(throws: SRTPError.malformed) { try link.unprotect(received) }
        }
    }

    @Test(arguments: profiles)
    func flippedBitsNeverPass(profile: SRTPProfile) throws {
        var generator = SeededGenerator(seed: 17)
        var link = try SRTPLink(profile)
        let packet = hex("926f0001 00002710 cafebabe 00000001 00000002 bede0001 51aa0000") + generator.bytes(40)
        let protected = try link.protect(packet)
        let report = try link.protectRTCP(hex("81c90007 cafebabe") + generator.bytes(24))
        for _ in 0..<3000 {
            var (changed, changedReport) = (protected, report)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                changed[Int.random(in: 0..<changed.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
                changedReport[Int.random(in: 0..<report.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
            }
            if changed != protected { #expect(throws: SRTPError.self) { try link.unprotect(changed) } }
            if changedReport != report { #expect(throws: SRTPError.self) { try link.unprotectRTCP(changedReport) } }
        }
        for length in 0..<report.count {
            #expect(throws: SRTPError.self) { try link.unprotectRTCP(Array(report[..<length])) }
        }
        #expect(try link.unprotect(protected) == packet)
        _ = try link.unprotectRTCP(report)
    }

    /// Nothing behind the protected length is touched: a packet may fill its slot up to the trailer.
    @Test(arguments: profiles)
    func writesNoMoreThanTheTrailer(profile: SRTPProfile) throws {
        var link = try SRTPLink(profile)
        let packet = rtp(1) + [UInt8](repeating: 5, count: 1500 - 92)
        var buffer = packet + [UInt8](repeating: 0xEE, count: SRTPSession.trailer + 8)
        var span = buffer.mutableSpan
        let length = try link.sender.protect(&span, count: packet.count)
        #expect(length == 1500 + profile.tagLength)
        #expect(buffer[length...].allSatisfy { $0 == 0xEE })
        #expect(try link.unprotect(Array(buffer[..<length])) == packet)

        let report = hex("80c90001 cafebabe")
        buffer = report + [UInt8](repeating: 0xEE, count: SRTPSession.trailer)
        span = buffer.mutableSpan
        let reportLength = try link.sender.protectRTCP(&span, count: report.count)
        #expect(reportLength <= report.count + SRTPSession.trailer)
        #expect(buffer[reportLength...].allSatisfy { $0 == 0xEE })
    }

    /// libsrtp's own reference packets (its test driver), whose key for AES-CM is that of RFC 3711 appendix B.3.
    static let references: [(profile: SRTPProfile, key: String, protected: String)] = [
        (
            .aes128CMSHA1_80, "e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6",
            "800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb"
        ),
        (
            .aeadAES128GCM, "000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab",
            "800f1234decafbadcafebabe c5002ede04cfdd2eb91159e0880aa06e d2976826f796b201df3131a127e8a392"
        ),
    ]

    @Test(arguments: references)
    func matchesThePublishedPackets(row: (profile: SRTPProfile, key: String, protected: String)) throws {
        var link = try SRTPLink(row.profile, key: hex(row.key))
        let plain = hex("800f1234decafbadcafebabe") + Array(repeating: 0xAB, count: 16)
        #expect(try link.protect(plain) == hex(row.protected))
        #expect(try link.unprotect(hex(row.protected)) == plain)
    }

    /// RFC 3711 appendix B.3 gives the authentication key for that master key: the tag must be HMAC-SHA1 with it over
    /// packet and rollover counter (§4.2).
    @Test func signsWithTheKeyOfAppendixB3() throws {
        var link = try SRTPLink(.aes128CMSHA1_80, key: hex(Self.references[0].key))
        let protected = try link.protect(rtp(1))
        let signed = Array(protected.dropLast(10)) + [0, 0, 0, 0]
        let tag = Digest.hmacSHA1(key: hex("cebe321f6ff7716b6fd4ab49af256a156d38baa4"), message: signed.span)
        #expect(Array(protected.suffix(10)) == Array(tag.prefix(10)))
    }

    @Test(arguments: profiles)
    func refusesKeysOfAnotherLength(profile: SRTPProfile) {
        for length in [0, 16, 27, 29, 31] where length != profile.masterLength {
            let key = [UInt8](repeating: 1, count: length)
            #expect(throws: SRTPError.malformed) {
                _ = try SRTPSession(profile: profile, key: key, direction: .inbound)
            }
        }
    }

    @Test(arguments: profiles)
    func randomBytesNeverTrap(profile: SRTPProfile) throws {
        var generator = SeededGenerator(seed: 3)
        var link = try SRTPLink(profile)
        for round in 0..<4000 {
            var noise = generator.bytes(round % 1500)
            if noise.count > 1, round % 2 == 0 { noise[0] = 0x80 | noise[0] & 0x3F }
            // Few SSRCs, so that the session does not grow without bound.
            if noise.count >= 12 { noise.replaceSubrange(4..<12, with: [0, 0, 0, 1, 0, 0, 0, 1]) }
            #expect(throws: SRTPError.self) { try link.unprotect(noise) }
            #expect(throws: SRTPError.self) { try link.unprotectRTCP(noise) }
        }
        #expect(throws: SRTPError.malformed) { try link.protect(hex("806f")) }
        #expect(throws: SRTPError.malformed) { try link.protectRTCP(hex("80c9")) }
    }
}
