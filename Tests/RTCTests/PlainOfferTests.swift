import Native
import RTC
import Testing
import Wire

/// Our offers to phones and trunks, and what their answers leave of them.
struct PlainOfferTests {
    typealias Row = (what: String, codecs: [AudioCodec], secure: SDESPolicy, answer: [String], outcome: String)

    static let theirKey = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"

    static let rows: [Row] = [
        (
            "the first of two codecs is sent, both are taken", [.g722, .pcmu, .pcma], .none,
            ["m=audio 4000 RTP/AVP 8 0 101", "a=rtpmap:101 telephone-event/8000"],
            "pcma/8 or pcmu/0 keys 101@8 sendrecv 192.0.2.10:4000 :4001"
        ),
        (
            "another number for Opus and keys: sent under theirs, taken under both", [.opus, .pcmu], .none,
            ["m=audio 4000 RTP/AVP 96 97", "a=rtpmap:96 opus/48000/2", "a=rtpmap:97 telephone-event/48000"],
            "opus/96 or opus/111 keys 97@48,110@48 sendrecv 192.0.2.10:4000 :4001"
        ),
        (
            "a number of ours for something else stays ours", [.opus, .pcmu], .none,
            ["m=audio 4000 RTP/AVP 101", "a=rtpmap:101 opus/48000/2"],
            "opus/101 or opus/111 sendrecv 192.0.2.10:4000 :4001"
        ),
        ("a codec that was not offered", [.pcmu], .none, ["m=audio 4000 RTP/AVP 8"], "noCodec"),
        ("it refuses audio", [.pcmu], .none, ["m=audio 0 RTP/AVP 0"], "noMedia"),
        (
            "it asks for 30 ms", [.pcmu], .none, ["m=audio 4000 RTP/AVP 0", "a=ptime:30"],
            "pcmu/0 30ms sendrecv 192.0.2.10:4000 :4001"
        ),
        (
            "it holds at once", [.pcmu], .none, ["m=audio 4000 RTP/AVP 0", "a=sendonly"],
            "pcmu/0 recvonly 192.0.2.10:4000 :4001 hold"
        ),
        (
            "it only listens", [.pcmu], .none, ["m=audio 4000 RTP/AVP 0", "a=recvonly"],
            "pcmu/0 sendonly 192.0.2.10:4000 :4001"
        ),
        (
            "multiplexing was not offered", [.pcmu], .none, ["m=audio 4000 RTP/AVP 0", "a=rtcp-mux"],
            "pcmu/0 sendrecv 192.0.2.10:4000 :4000"
        ),
        (
            "keys taken", [.pcmu], .optional,
            ["m=audio 4000 RTP/AVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 \(theirKey)"],
            "pcmu/0 sendrecv 192.0.2.10:4000 :4001 aes128CMSHA1_80"
        ),
        ("keys left", [.pcmu], .optional, ["m=audio 4000 RTP/AVP 0"], "pcmu/0 sendrecv 192.0.2.10:4000 :4001"),
        ("keys left that must be", [.pcmu], .required, ["m=audio 4000 RTP/SAVP 0"], "noKeys"),
        ("down to no SRTP", [.pcmu], .required, ["m=audio 4000 RTP/AVP 0"], "noKeys"),
        (
            "another suite under our tag", [.pcmu], .required,
            ["m=audio 4000 RTP/SAVP 0", "a=crypto:2 AES_CM_128_HMAC_SHA1_80 \(theirKey)"], "noKeys"
        ),
        (
            "keys that were not offered", [.pcmu], .none,
            ["m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 \(theirKey)"], "noKeys"
        ),
        ("DTLS", [.pcmu], .none, ["m=audio 4000 UDP/TLS/RTP/SAVPF 0"], "noTransport"),
    ]

    @Test(arguments: rows)
    func takesWhatTheAnswerLeaves(row: Row) {
        let offer = PlainOffer(from: PlainSDP.local, codecs: row.codecs, secure: row.secure)
        let outcome = PlainSDP.summary { () throws(PlainNegotiation.Failure) in
            try offer.accept(PlainSDP.text(row.answer))
        }
        #expect(outcome == row.outcome)
    }

    @Test func offersNothingThatATrunkDoesNotKnow() {
        let offer = PlainOffer(from: PlainSDP.local, codecs: [.pcmu, .pcma])
        let expected = [
            "v=0", "o=- 42 1 IN IP4 198.51.100.1", "s=-", "c=IN IP4 198.51.100.1", "t=0 0",
            "m=audio 20000 RTP/AVP 0 8 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20", "a=sendrecv",
        ]
        #expect(offer.text == expected.joined(separator: "\r\n") + "\r\n")
    }

    @Test func offersSuitesWithAKeyForEach() throws {
        let offer = PlainOffer(from: PlainSDP.local, codecs: [.opus], secure: .required)
        let line = try #require(try SessionDescription(parsing: offer.text).media.first)
        #expect(line.transport == "RTP/SAVP")
        #expect(
            line.crypto.map(\.suite) == ["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_32"])
        #expect(line.crypto.map(\.tag) == [1, 2, 3] && Set(line.crypto.map(\.keyAndSalt)).count == 3)
        #expect(line.formats == ["111", "101", "110"])
    }

    /// Music on hold and back, after a call that they offered with a picture.
    @Test func holdsUnderTheNumbersOfTheSession() throws {
        let theirs = PlainSDP.text([
            "m=video 4002 RTP/AVP 98", "m=audio 4000 RTP/AVP 107 0 96", "a=rtpmap:107 opus/48000/2",
            "a=rtpmap:96 telephone-event/8000",
        ])
        let call = try PlainNegotiation(answering: theirs, from: PlainSDP.local, codecs: [.pcmu, .opus])
        let hold = PlainOffer(
            from: PlainSDP.local, codecs: [.pcmu, .opus], direction: .sendonly, previous: call)
        let lines = try SessionDescription(parsing: hold.text)
        #expect(lines.origin.sessionVersion == "2")
        #expect(lines.media.map(\.kind) == ["video", "audio"] && lines.media[0].isRejected)
        #expect(lines.media[1].formats == ["107", "0", "96", "110"] && lines.media[1].direction == .sendonly)
        let held = try hold.accept(
            PlainSDP.text([
                "m=video 0 RTP/AVP 98", "m=audio 4000 RTP/AVP 107", "a=rtpmap:107 opus/48000/2", "a=recvonly",
            ]))
        #expect(!held.isHold && held.audio.direction == .sendonly && held.version == 2)
        let back = PlainOffer(from: PlainSDP.local, codecs: [.opus], previous: held)
        #expect(try SessionDescription(parsing: back.text).origin.sessionVersion == "3")
    }

    @Test func theSameOfferAgainHasTheSameVersion() throws {
        let first = PlainOffer(from: PlainSDP.local, codecs: [.pcmu], secure: .required)
        let call = try first.accept(
            PlainSDP.text([
                "m=audio 4000 RTP/SAVP 0 101", "a=rtpmap:101 telephone-event/8000",
                "a=crypto:1 AES_CM_128_HMAC_SHA1_80 \(Self.theirKey)",
            ]))
        let again = PlainOffer(from: PlainSDP.local, codecs: [.pcmu], secure: .required, previous: call)
        // Only the suite in use is offered again, so this one did change.
        #expect(try SessionDescription(parsing: again.text).media[0].crypto.map(\.tag) == [1])
        let agreed = try again.accept(
            PlainSDP.text([
                "m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 \(Self.theirKey)",
            ]))
        #expect(agreed.version == 2 && agreed.remote.keys == call.remote.keys)
        let third = PlainOffer(from: PlainSDP.local, codecs: [.pcmu], secure: .required, previous: agreed)
        #expect(third.text == again.text)
    }

    /// The answer in a 183, another in the 200, from another fork.
    @Test func takesAnswersOneAfterTheOther() throws {
        let offer = PlainOffer(from: PlainSDP.local, codecs: [.pcmu, .pcma])
        let early = try offer.accept(PlainSDP.text(["m=audio 4000 RTP/AVP 0"]))
        let late = try offer.accept(PlainSDP.text(["m=audio 5000 RTP/AVP 8"], connection: "IN IP4 203.0.113.5"))
        #expect(early.audio.codec == .pcmu && late.audio.codec == .pcma)
        #expect(late.remote.rtp?.description == "203.0.113.5:5000" && late.version == early.version)
    }

    @Test func aNumberNeverComesToMeanSomethingElse() throws {
        let first = PlainOffer(from: PlainSDP.local, codecs: [.opus])
        let call = try first.accept(PlainSDP.text(["m=audio 4000 RTP/AVP 111", "a=rtpmap:111 opus/48000/2"]))
        // They use 111 for keys now, and Opus has another number.
        let turned = try PlainNegotiation(
            answering: PlainSDP.text([
                "m=audio 4000 RTP/AVP 98 111", "a=rtpmap:98 opus/48000/2", "a=rtpmap:111 telephone-event/48000",
            ]), from: PlainSDP.local, codecs: [.opus], previous: call)
        let again = PlainOffer(from: PlainSDP.local, codecs: [.opus, .pcmu], previous: turned)
        let formats = try SessionDescription(parsing: again.text).media[0].formats
        #expect(formats == ["98", "0", "101", "111"] && Set(formats).count == formats.count)
    }

    /// Some leave refused m-lines out of their answer.
    @Test func findsTheAudioLineOfAnAnswerThatLostTheOthers() throws {
        let theirs = PlainSDP.text(["m=video 4002 RTP/AVP 98", "m=audio 4000 RTP/AVP 0"])
        let call = try PlainNegotiation(answering: theirs, from: PlainSDP.local, codecs: [.pcmu])
        let again = PlainOffer(from: PlainSDP.local, codecs: [.pcmu], previous: call)
        #expect(try again.accept(PlainSDP.text(["m=audio 4400 RTP/AVP 0"])).remote.rtp?.port == 4400)
    }

    @Test(arguments: [("pcmu", AudioCodec.pcmu), ("PCMA@20i", .pcma), ("opus@48000h@20i", .opus), ("G722", .g722)])
    func codecsHaveTheNamesOfDialStrings(name: String, codec: AudioCodec) {
        #expect(AudioCodec(name: name) == codec)
        #expect(AudioCodec(name: "G729") == nil && AudioCodec(name: "") == nil)
    }
}
