import RTC
import TestKit
import Testing
import Wire

/// Answers to offers of real browsers, by the rules of `media.md` §1.3 and §1.5.
struct NegotiationTests {
    typealias Row = (file: String, opus: UInt8, level: UInt8, events: [UInt8], mid: String)

    static let offersWithAudio: [Row] = [
        ("chromium-156-audio-after-gum-mdns-default-offer", 111, 1, [110, 126], "0"),
        ("chromium-156-audio-offer", 111, 1, [110, 126], "0"),
        ("chromium-156-audio-video-offer", 111, 1, [110, 126], "0"),
        ("chromium-156-audio-video-simulcast-offer", 111, 1, [110, 126], "0"),
        ("chromium-156-audio-vp8-only-offer", 111, 1, [110, 126], "0"),
        ("chromium-156-legacy-offerToReceive-offer", 111, 1, [110, 126], "0"),
        ("chromium-156-recvonly-mdns-offer", 111, 1, [110, 126], "0"),
        ("chromium-156-recvonly-offer", 111, 1, [110, 126], "0"),
        ("firefox-153esr-audio-after-gum-mdns-default-offer", 109, 1, [101], "0"),
        ("firefox-153esr-audio-offer", 109, 1, [101], "0"),
        ("firefox-153esr-audio-video-offer", 109, 1, [101], "0"),
        ("firefox-153esr-audio-video-simulcast-offer", 109, 1, [101], "0"),
        ("firefox-153esr-audio-vp8-only-offer", 109, 1, [101], "0"),
        ("firefox-153esr-legacy-offerToReceive-offer", 109, 1, [101], "0"),
        ("firefox-153esr-recvonly-offer", 109, 1, [101], "0"),
    ]

    @Test(arguments: offersWithAudio)
    func readsEveryRecordedOffer(row: Row) throws {
        let negotiation = try Negotiation(answering: try recorded(row.file), from: local)
        let offer = try SessionDescription(parsing: try recorded(row.file))
        let line = try #require(offer.media.first { $0.kind == "audio" })
        let audio = try #require(negotiation.audio)
        #expect(audio.payloadType == row.opus)
        #expect(audio.audioLevelID == line.headerExtension(HeaderExtension.audioLevel)?.id)
        #expect(audio.telephoneEvents == row.events)
        #expect(audio.mid == line.mid)
        #expect(audio.direction == line.direction.mirrored)
        #expect(negotiation.remote.ufrag == line.iceUfrag && negotiation.remote.pwd == line.icePwd)
        #expect(negotiation.remote.fingerprints.map(\.bytes) == line.fingerprints.compactMap(\.bytes))
        #expect(!negotiation.remote.isDTLSServer)
    }

    @Test(arguments: offersWithAudio)
    func echoesWhatMustBeEchoed(row: Row) throws {
        let offer = try SessionDescription(parsing: try recorded(row.file))
        let answer = try Negotiation(answering: offer, from: local).answer
        #expect(answer.media.map(\.kind) == offer.media.map(\.kind))
        #expect(answer.media.map(\.mid) == offer.media.map(\.mid))
        #expect(answer.iceLite)
        for (answered, offered) in zip(answer.media, offer.media) {
            #expect(answered.transport == offered.transport)
            guard !answered.isRejected else {
                #expect(!answer.bundleGroup.contains(answered.mid ?? ""))
                continue
            }
            #expect(answer.bundleGroup == [answered.mid ?? ""])
            #expect(answered.rtcpMux && answered.setup == .passive)
            #expect(Set(answered.formats).isSubset(of: offered.formats))
            for header in answered.headerExtensions {
                let original = try #require(offered.headerExtension(header.uri))
                #expect(header.id == original.id)
                #expect(header.direction == original.direction?.mirrored)
            }
        }
    }

    @Test(arguments: offersWithAudio)
    func saysWhatIsOurs(row: Row) throws {
        let answer = try Negotiation(answering: try recorded(row.file), from: local).answer
        let line = try #require(answer.media.first { $0.kind == "audio" })
        #expect(line.iceUfrag == local.ufrag && line.icePwd == local.pwd)
        #expect(line.fingerprints.map(\.hex) == [local.fingerprint])
        #expect(line.candidates.map(\.transportAddress) == [Call.serverAddress])
        #expect(line.attributes.has("end-of-candidates"))
        #expect(line.port == 5000 && line.connection?.address == "198.51.100.1")
        let opus = try #require(line.codecs.first)
        #expect(opus.payloadType == row.opus && opus.channels == 2)
        #expect(opus.parameters.raw == "minptime=10;useinbandfec=1")
        #expect(opus.feedback.isEmpty)
        // Announced sources, or Chromium drops what carries no MID; with a stream, or clients have nothing to play.
        if line.direction.sends {
            #expect(line.ssrcs == [SSRC(4096)])
            #expect(line.sourceAttribute("cname", of: SSRC(4096)) == "room")
            #expect(line.msid == line.sourceAttribute("msid", of: SSRC(4096)))
        }
        let uris = line.headerExtensions.map(\.uri)
        #expect(!uris.contains { $0.contains("transport-wide-cc") || $0.contains("abs-send-time") })
    }

    @Test(arguments: offersWithAudio)
    func theAnswerSurvivesItsOwnParser(row: Row) throws {
        let answer = try Negotiation(answering: try recorded(row.file), from: local).answer
        #expect(try SessionDescription(parsing: answer.text) == answer)
        #expect(answer.text.hasSuffix("\r\n"))
    }

    @Test(arguments: ["chromium-156-screen-share-offer", "firefox-153esr-screen-share-offer"])
    func picturesAloneAreRefused(file: String) throws {
        let offer = try recorded(file)
        #expect(throws: Negotiation.Failure.noMedia) { try Negotiation(answering: offer, from: local) }
    }

    typealias Edit = (what: String, edit: @Sendable (String) -> String, failure: Negotiation.Failure)

    static let refusals: [Edit] = [
        ("no Opus", { replace("opus/48000/2", with: "speex/16000", in: $0) }, .noOpus),
        ("no ICE fragment", { drop("a=ice-ufrag", from: $0) }, .noTransport(missing: "ice-ufrag")),
        ("no ICE password", { drop("a=ice-pwd", from: $0) }, .noTransport(missing: "ice-ufrag")),
        (
            "a password that is too short", { replace("lQUAPeJwdHmPuzrf4JVN0UQT", with: "short", in: $0) },
            .noTransport(missing: "ice-ufrag")
        ),
        ("no fingerprint", { drop("a=fingerprint", from: $0) }, .noTransport(missing: "fingerprint")),
        (
            "a hash that nobody can check", { replace("a=fingerprint:sha-256", with: "a=fingerprint:md5", in: $0) },
            .noTransport(missing: "fingerprint")
        ),
        ("no rtcp-mux", { drop("a=rtcp-mux", from: $0) }, .noTransport(missing: "rtcp-mux")),
        ("audio refused", { replace("m=audio 32929", with: "m=audio 0", in: $0) }, .noMedia),
        ("no m-line", { String($0.prefix { $0 != "m" }) }, .noMedia),
        ("no SDP", { _ in "hello" }, .malformed(.badLine(1))),
        ("nothing", { _ in "" }, .malformed(.notSDP)),
    ]

    @Test(arguments: refusals.indices)
    func refusesWithAReason(index: Int) throws {
        let row = Self.refusals[index]
        let offer = row.edit(try recorded("chromium-156-audio-offer"))
        #expect(throws: row.failure, "\(row.what)") { try Negotiation(answering: offer, from: local) }
    }

    @Test(arguments: [(SetupRole.actpass, SetupRole.passive), (.active, .passive), (.passive, .active)])
    func answersTheSetupRole(offered: SetupRole, answered: SetupRole) throws {
        let offer = replace(
            "a=setup:actpass", with: "a=setup:\(offered.rawValue)", in: try recorded("chromium-156-audio-offer"))
        let negotiation = try Negotiation(answering: offer, from: local)
        #expect(negotiation.answer.media.first?.setup == answered)
        #expect(negotiation.remote.isDTLSServer == (offered == .passive))
    }

    @Test(arguments: [
        (MediaDirection.sendrecv, MediaDirection.sendrecv), (.sendonly, .recvonly), (.recvonly, .sendonly),
        (.inactive, .inactive),
    ])
    func mirrorsTheDirection(offered: MediaDirection, answered: MediaDirection) throws {
        let offer = replace("a=sendrecv", with: "a=\(offered.rawValue)", in: try recorded("chromium-156-audio-offer"))
        let line = try #require(try Negotiation(answering: offer, from: local).answer.media.first)
        #expect(line.direction == answered)
        #expect(line.ssrcs.isEmpty == !answered.sends)
    }

    @Test func candidatesKeepTheirOrder() throws {
        let two = LocalTransport(
            ufrag: "room1", pwd: "passwordpasswordpassword", fingerprint: local.fingerprint,
            candidates: [.init(ip: "2001:db8::1", port: 7000), .init(ip: "192.0.2.1", port: 7001)], audioSSRC: 1,
            cname: "c", sessionID: 1)
        let line = try Negotiation(answering: try recorded("firefox-153esr-audio-offer"), from: two).answer.media.first
        let candidates = try #require(line?.candidates)
        #expect(candidates.map(\.address) == ["2001:db8::1", "192.0.2.1"])
        #expect(candidates[0].priority > candidates[1].priority)
        #expect(line?.connection?.isIPv6 == true)
    }

    @Test func everyCutOfAnOfferIsReadOrRefused() throws {
        let offer = Array(try recorded("firefox-153esr-audio-offer").utf8)
        for length in offer.indices {
            let cut = String(decoding: offer[..<length], as: UTF8.self)
            _ = try? Negotiation(answering: cut, from: local)
        }
    }

    @Test(arguments: SeededGenerator.seeds(4))
    func damagedOffersAreReadOrRefused(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let offer = Array(try recorded("chromium-156-audio-video-offer").utf8)
        for _ in 0..<300 {
            let text = String(decoding: random.damaged(offer), as: UTF8.self)
            guard let negotiation = try? Negotiation(answering: text, from: local) else { continue }
            #expect((try? SessionDescription(parsing: negotiation.answer.text)) != nil, "seed \(seed)")
        }
    }

    private let local = Call.local(fingerprint: Array(repeating: "0A", count: 32).joined(separator: ":"))
}
