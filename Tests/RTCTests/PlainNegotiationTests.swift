import Native
import RTC
import TestKit
import Testing
import Wire

/// Answers to offers as phones and trunks send them (`sip.md` §7.1, §7.5).
struct PlainNegotiationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let lines: [String]
        var connection = "IN IP4 192.0.2.10"
        var codecs: [AudioCodec] = [.opus, .g722, .pcmu, .pcma]
        var preference = PlainNegotiation.Preference.theirs
        var secure = SDESPolicy.none
        let outcome: String

        init(
            _ what: String, _ lines: [String], connection: String = "IN IP4 192.0.2.10",
            codecs: [AudioCodec] = [.opus, .g722, .pcmu, .pcma],
            preference: PlainNegotiation.Preference = .theirs, secure: SDESPolicy = .none, _ outcome: String
        ) {
            (testDescription, self.lines, self.connection) = (what, lines, connection)
            (self.codecs, self.preference, self.secure, self.outcome) = (codecs, preference, secure, outcome)
        }
    }

    static let crypto80 = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20"
    static let crypto32 = "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^31"
    static let cryptoGCM = "a=crypto:3 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="

    static let rows: [Row] = [
        // Codecs and numbers.
        Row("a trunk with static types only", ["m=audio 4000 RTP/AVP 0 8"], "pcmu/0 sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "a trunk with keys and noise",
            [
                "m=audio 4000 RTP/AVP 8 0 13 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20",
            ], "pcma/8 keys 101@8 cn 13 sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "a desk phone: G.722 first, clock 8000",
            [
                "m=audio 4000 RTP/AVP 9 0 8 18 101", "a=rtpmap:9 G722/8000", "a=rtpmap:18 G729/8000",
                "a=fmtp:18 annexb=no", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16",
            ], "g722/9 keys 101@8 sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "a softphone: Opus under its own number, both kinds of keys",
            [
                "m=audio 4000 RTP/AVP 96 97 98 0 8 101 99", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 useinbandfec=1",
                "a=rtpmap:97 speex/16000", "a=rtpmap:98 speex/8000", "a=rtpmap:101 telephone-event/48000",
                "a=rtpmap:99 telephone-event/8000",
            ], "opus/96 keys 101@48,99@8 sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "the same when only PCMU is allowed: keys in its clock first",
            [
                "m=audio 4000 RTP/AVP 96 0 101 99", "a=rtpmap:96 opus/48000/2", "a=rtpmap:101 telephone-event/48000",
                "a=rtpmap:99 telephone-event/8000",
            ], codecs: [.pcmu], "pcmu/0 keys 99@8,101@48 sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "keys in another clock alone are none",
            ["m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/48000"],
            "pcmu/0 sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "Opus with keys of 8 kHz alone",
            ["m=audio 4000 RTP/AVP 107 101", "a=rtpmap:107 OPUS/48000/2", "a=rtpmap:101 telephone-event/8000"],
            "opus/107 keys 101@8 sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "our order when we insist", ["m=audio 4000 RTP/AVP 0 8 9"], codecs: [.g722, .pcma], preference: .ours,
            "g722/9 sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "PCMU under a dynamic number", ["m=audio 4000 RTP/AVP 97", "a=rtpmap:97 pcmu/8000/1"],
            "pcmu/97 sendrecv 192.0.2.10:4000 :4001"),
        Row("a G.722 that claims 16 kHz", ["m=audio 4000 RTP/AVP 96", "a=rtpmap:96 G722/16000"], "noCodec"),
        Row("stereo PCMU", ["m=audio 4000 RTP/AVP 96", "a=rtpmap:96 PCMU/8000/2"], "noCodec"),
        Row("nothing we have", ["m=audio 4000 RTP/AVP 18 3", "a=rtpmap:18 G729/8000"], "noCodec"),
        Row("keys alone", ["m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"], "noCodec"),
        Row(
            "noise does not go with G.722", ["m=audio 4000 RTP/AVP 9 13"], "g722/9 sendrecv 192.0.2.10:4000 :4001"),
        // Packets.
        Row(
            "30 ms", ["m=audio 4000 RTP/AVP 0", "a=ptime:30"], "pcmu/0 30ms sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "no more than 10 ms", ["m=audio 4000 RTP/AVP 0", "a=ptime:20", "a=maxptime:10"],
            "pcmu/0 10ms sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "an odd ptime", ["m=audio 4000 RTP/AVP 0", "a=ptime:25"], "pcmu/0 sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "200 ms, which we cannot", ["m=audio 4000 RTP/AVP 0", "a=ptime:200"],
            "pcmu/0 60ms sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "a negative ptime", ["m=audio 4000 RTP/AVP 0", "a=ptime:-7"],
            "pcmu/0 10ms sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "30 ms of Opus, which has no such frame",
            ["m=audio 4000 RTP/AVP 96", "a=rtpmap:96 opus/48000/2", "a=ptime:30"],
            "opus/96 sendrecv 192.0.2.10:4000 :4001"),
        // Where to.
        Row(
            "an address of its own per m-line", ["m=audio 4000 RTP/AVP 0", "c=IN IP4 192.0.2.99"],
            "pcmu/0 sendrecv 192.0.2.99:4000 :4001"),
        Row(
            "RTCP elsewhere", ["m=audio 4000 RTP/AVP 0", "a=rtcp:4999"], "pcmu/0 sendrecv 192.0.2.10:4000 :4999"),
        Row(
            "RTCP on the port of RTP", ["m=audio 4000 RTP/AVP 0", "a=rtcp-mux"], "pcmu/0 sendrecv 192.0.2.10:4000 mux"),
        Row(
            "a name", ["m=audio 4000 RTP/AVP 0"], connection: "IN IP4 media.example.com",
            "pcmu/0 sendrecv nowhere -"),
        Row(
            "a group is nobody", ["m=audio 4000 RTP/AVP 0"], connection: "IN IP4 224.2.1.1",
            "pcmu/0 sendrecv nowhere -"),
        Row("the last port has none above", ["m=audio 65535 RTP/AVP 0"], "pcmu/0 sendrecv 192.0.2.10:65535 -"),
        Row("the other IP", ["m=audio 4000 RTP/AVP 0"], connection: "IN IP6 2001:db8::1", "otherNetwork"),
        // Directions and hold.
        Row(
            "hold as it is", ["m=audio 4000 RTP/AVP 0", "a=sendonly"], "pcmu/0 recvonly 192.0.2.10:4000 :4001 hold"),
        Row(
            "hold of both", ["m=audio 4000 RTP/AVP 0", "a=inactive"], "pcmu/0 inactive 192.0.2.10:4000 :4001 hold"),
        Row(
            "hold as it was", ["m=audio 4000 RTP/AVP 0"], connection: "IN IP4 0.0.0.0",
            "pcmu/0 recvonly nowhere - hold"),
        Row(
            "hold for the whole session", ["a=sendonly", "m=audio 4000 RTP/AVP 0"],
            "pcmu/0 recvonly 192.0.2.10:4000 :4001 hold"),
        Row(
            "who only listens holds nobody", ["m=audio 4000 RTP/AVP 0", "a=recvonly"],
            "pcmu/0 sendonly 192.0.2.10:4000 :4001"),
        // Other m-lines.
        Row(
            "pictures are refused", ["m=audio 4000 RTP/AVP 0", "m=video 4002 RTP/AVP 97", "a=rtpmap:97 H264/90000"],
            "pcmu/0 sendrecv 192.0.2.10:4000 :4001"),
        Row("T.38", ["m=image 4000 udptl t38", "a=T38FaxVersion:0"], "noMedia"),
        Row("T.38 instead of audio", ["m=audio 0 RTP/AVP 0", "m=image 4000 udptl t38"], "noMedia"),
        Row("audio refused", ["m=audio 0 RTP/AVP 0"], "noMedia"),
        Row("no m-line at all", [], "noMedia"),
        // Protection.
        Row("DTLS belongs to browsers", ["m=audio 4000 UDP/TLS/RTP/SAVPF 0"], "noTransport"),
        Row("over TCP", ["m=audio 4000 TCP/RTP/AVP 0"], "noTransport"),
        Row("SRTP where there is none", ["m=audio 4000 RTP/SAVP 0", crypto80], "noTransport"),
        Row(
            "best effort where there is none", ["m=audio 4000 RTP/AVP 0", crypto80],
            "pcmu/0 sendrecv 192.0.2.10:4000 :4001"),
        Row(
            "best effort where it may be", ["m=audio 4000 RTP/AVP 0", crypto80], secure: .optional,
            "pcmu/0 sendrecv 192.0.2.10:4000 :4001 aes128CMSHA1_80"),
        Row(
            "SRTP, the first suite of theirs that we have",
            ["m=audio 4000 RTP/SAVP 0", "a=crypto:9 F8_128_HMAC_SHA1_80 inline:AAAA", crypto32, crypto80],
            secure: .optional, "pcmu/0 sendrecv 192.0.2.10:4000 :4001 aes128CMSHA1_32"),
        Row(
            "GCM", ["m=audio 4000 RTP/SAVPF 0", cryptoGCM], secure: .required,
            "pcmu/0 sendrecv 192.0.2.10:4000 :4001 aeadAES128GCM"),
        Row("none where it must be", ["m=audio 4000 RTP/AVP 0"], secure: .required, "noKeys"),
        Row("SRTP without keys", ["m=audio 4000 RTP/SAVP 0"], secure: .optional, "noKeys"),
        Row(
            "the same call with and without",
            ["m=audio 4000 RTP/AVP 0", "m=audio 4010 RTP/SAVP 8", crypto80], secure: .optional,
            "pcma/8 sendrecv 192.0.2.10:4010 :4011 aes128CMSHA1_80"),
        Row(
            "the same for who has none", ["m=audio 4010 RTP/SAVP 8", crypto80, "m=audio 4000 RTP/AVP 0"],
            "pcmu/0 sendrecv 192.0.2.10:4000 :4001"),
        // RFC 4568 §5.1.2 and §4.1: examples with an MKI and with session parameters.
        Row(
            "keys with an MKI change every packet",
            [
                "m=audio 49170 RTP/SAVP 0",
                "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp4CnVubGVz|2^20|1:4 FEC_ORDER=FEC_SRTP",
                "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^20|1:32",
            ], secure: .required, "noKeys"),
        Row(
            "parameters that change packets",
            [
                "m=audio 4000 RTP/SAVP 0", crypto80 + " UNENCRYPTED_SRTP", crypto80 + " KDR=1",
                "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1c",
            ], secure: .required, "noKeys"),
        Row(
            "advice does not matter", ["m=audio 4000 RTP/SAVP 0", crypto80 + " WSH=64"], secure: .required,
            "pcmu/0 sendrecv 192.0.2.10:4000 :4001 aes128CMSHA1_80"),
    ]

    @Test(arguments: rows)
    func answersAsPhonesExpect(row: Row) {
        let outcome = PlainSDP.summary { () throws(PlainNegotiation.Failure) in
            try PlainNegotiation(
                answering: PlainSDP.text(row.lines, connection: row.connection), from: PlainSDP.local,
                codecs: row.codecs, preference: row.preference, secure: row.secure)
        }
        #expect(outcome == row.outcome)
    }

    /// RFC 3264 §6: as many m-lines as the offer, in its order, with its protocols.
    @Test(arguments: rows)
    func mirrorsEveryMLine(row: Row) throws {
        let text = PlainSDP.text(row.lines, connection: row.connection)
        guard
            let negotiation = try? PlainNegotiation(
                answering: text, from: PlainSDP.local, codecs: row.codecs, preference: row.preference,
                secure: row.secure)
        else { return }
        let (offer, answer) = (try SessionDescription(parsing: text), try SessionDescription(parsing: negotiation.text))
        #expect(answer.media.map(\.kind) == offer.media.map(\.kind))
        #expect(answer.media.map(\.transport) == offer.media.map(\.transport))
        #expect(answer.media.count { !$0.isRejected } == 1)
        let audio = try #require(answer.media.first { !$0.isRejected })
        #expect(Set(audio.formats).isSubset(of: offer.media.flatMap(\.formats)))
    }

    @Test func writesWhatATrunkReads() throws {
        let offer = PlainSDP.text([
            "m=audio 4000 RTP/SAVP 0 8 13 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", Self.crypto32,
            "a=ptime:30", "m=video 4002 RTP/AVP 97 98",
        ])
        let negotiation = try PlainNegotiation(
            answering: offer, from: PlainSDP.local, codecs: [.pcma, .pcmu], secure: .optional)
        let key = try #require(negotiation.remote.keys?.local)
        #expect(key == (try PlainSDP.local.masterKey(for: .aes128CMSHA1_32)))
        let line = SDPCrypto(tag: 2, suite: "AES_CM_128_HMAC_SHA1_32", keyAndSalt: key)
        let expected = [
            "v=0", "o=- 42 1 IN IP4 198.51.100.1", "s=-", "c=IN IP4 198.51.100.1", "t=0 0",
            "m=audio 20000 RTP/SAVP 0 101 13", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-16", "a=rtpmap:13 CN/8000", "a=ptime:30", "a=sendrecv",
            "a=crypto:" + (line.attribute.value ?? ""), "m=video 0 RTP/AVP 97 98",
        ]
        #expect(negotiation.text == expected.joined(separator: "\r\n") + "\r\n")
    }

    @Test func tellsWhereRTCPIsWhenItIsNotNextDoor() throws {
        let local = PlainTransport(
            ip: "2001:db8::1", rtpPort: 20_000, rtcpPort: 30_000, audioSSRC: 1, cname: "c", sessionID: 1,
            secret: [UInt8](repeating: 1, count: PlainTransport.secretLength))
        let offer = PlainSDP.text(["m=audio 4000 RTP/AVP 0"], connection: "IN IP6 2001:db8::2")
        let negotiation = try PlainNegotiation(answering: offer, from: local, codecs: [.pcmu])
        #expect(negotiation.text.contains("c=IN IP6 2001:db8::1\r\n"))
        #expect(negotiation.text.contains("a=rtcp:30000\r\n"))
        #expect(negotiation.remote.rtcp?.description == "[2001:db8::2]:4001")
    }

    /// RFC 3264 §8: the version rises when something changes, and `o=` stays otherwise.
    @Test func countsChangesAndNotRepeats() throws {
        let offer = PlainSDP.text(["m=audio 4000 RTP/AVP 0 8"])
        let first = try answer(offer, after: nil)
        let same = try answer(offer, after: first)
        let held = try answer(PlainSDP.text(["m=audio 4000 RTP/AVP 0 8", "a=sendonly"]), after: same)
        let back = try answer(offer, after: held)
        let moved = try answer(
            PlainSDP.text(["m=audio 4000 RTP/AVP 0 8"], connection: "IN IP4 192.0.2.77"), after: back)
        let other = try answer(PlainSDP.text(["m=audio 4000 RTP/AVP 8 0"]), after: moved)
        #expect([first, same, held, back, moved, other].map(\.version) == [1, 1, 2, 3, 3, 4])
        #expect(moved.remote.rtp?.ip == "192.0.2.77" && other.audio.codec == .pcma)
        let origins = [first, other].map { $0.text.split(separator: "\r\n")[1] }
        #expect(origins == ["o=- 42 1 IN IP4 198.51.100.1", "o=- 42 4 IN IP4 198.51.100.1"])
    }

    @Test func stillHoldsThemWhenTheyRefreshTheCall() throws {
        let offer = PlainSDP.text(["m=audio 4000 RTP/AVP 0", "a=recvonly"])
        let negotiation = try PlainNegotiation(
            answering: offer, from: PlainSDP.local, codecs: [.pcmu], direction: .sendonly)
        #expect(negotiation.audio.direction == .sendonly && !negotiation.isHold)
    }

    @Test func eachRefusalHasAStatusAndAWarning() {
        let rows: [(PlainNegotiation.Failure, Int, Int)] = [
            (.malformed(.notSDP), 400, 399), (.noMedia, 488, 304), (.noCodec, 488, 305), (.noTransport, 488, 302),
            (.otherNetwork, 488, 301), (.noKeys, 488, 399),
        ]
        for (failure, status, code) in rows { #expect(failure.status == status && failure.warning.code == code) }
    }

    /// Every suite its own key, the same each time, and other than another call's (RFC 4568 §6.1).
    @Test func keysBelongToOneSuiteAndOneCall() throws {
        let all: [SRTPProfile] = [.aes128CMSHA1_80, .aes128CMSHA1_32, .aeadAES128GCM]
        let keys = try all.map { try PlainSDP.local.masterKey(for: $0) }
        #expect(keys == (try all.map { try PlainSDP.local.masterKey(for: $0) }))
        #expect(Set(keys.map { Array($0[..<16]) }).count == 3)
        #expect(zip(keys, all).allSatisfy { $0.count == $1.masterLength })
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func survivesDamagedOffers(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for row in Self.rows {
            let original = Array(PlainSDP.text(row.lines, connection: row.connection).utf8)
            for _ in 0..<30 {
                let text = String(decoding: random.damaged(original), as: UTF8.self)
                guard
                    let negotiation = try? PlainNegotiation(
                        answering: text, from: PlainSDP.local, codecs: row.codecs, secure: .optional)
                else { continue }
                #expect((try? SessionDescription(parsing: negotiation.text)) != nil)
                let again = PlainOffer(from: PlainSDP.local, codecs: row.codecs, previous: negotiation)
                #expect((try? SessionDescription(parsing: again.text)) != nil)
            }
        }
    }

    private func answer(_ offer: String, after previous: PlainNegotiation?) throws -> PlainNegotiation {
        try PlainNegotiation(
            answering: offer, from: PlainSDP.local, codecs: [.pcmu, .pcma], previous: previous)
    }
}
