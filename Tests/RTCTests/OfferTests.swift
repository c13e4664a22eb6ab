import RTC
import TestKit
import Testing
import Wire

/// Our offers, and what browsers' answers leave of them (`media.md` §1.4).
struct OfferTests {
    @Test func offersAudio() throws {
        let offer = Offer(from: local)
        let line = try #require(offer.description.media.first)
        #expect(offer.description.media.count == 1 && !offer.hasVideo)
        #expect(offer.description.iceLite && offer.description.bundleGroup == ["0"])
        #expect(line.kind == "audio" && line.mid == "0" && line.direction == .sendrecv && line.rtcpMux)
        #expect(line.setup == .actpass && line.iceUfrag == local.ufrag && line.icePwd == local.pwd)
        #expect(line.codecs.map(\.name) == ["opus", "telephone-event", "telephone-event"])
        #expect(line.codecs.map(\.clockRate) == [48_000, 48_000, 8000])
        #expect(line.codecs[0].parameters.raw == "minptime=10;useinbandfec=1" && line.codecs[0].channels == 2)
        #expect(line.ssrcs == [SSRC(4096)] && line.msid == line.sourceAttribute("msid", of: SSRC(4096)))
        #expect(line.candidates.map(\.transportAddress) == [Call.serverAddress])
    }

    @Test func offersVideoWhenThereAreSources() throws {
        #expect(!Offer(from: Call.local(fingerprint: local.fingerprint), hasVideo: true).hasVideo)
        let offer = Offer(from: local, hasVideo: true)
        let line = try #require(offer.description.media.last)
        #expect(offer.hasVideo && offer.description.bundleGroup == ["0", "1"])
        #expect(line.kind == "video" && line.mid == "1" && line.direction == .sendrecv && line.rtcpReducedSize)
        #expect(line.codecs.map(\.name) == ["VP8", "rtx"])
        #expect(line.codecs[0].feedback == ["nack", "nack pli", "ccm fir", "goog-remb"])
        #expect(line.codecs[1].associatedPayloadType == 96)
        #expect(line.sourceGroups("FID") == [[SSRC(8192), SSRC(8193)]])
        #expect(!offer.text.contains("transport-wide-cc") && !offer.text.contains("orientation"))
        // One stream for both, which clients play.
        let streams = offer.description.media.map { $0.msid?.split(separator: " ").first }
        #expect(streams == ["room", "room"])
    }

    @Test(arguments: [false, true])
    func theOfferSurvivesItsOwnParser(hasVideo: Bool) throws {
        let offer = Offer(from: local, hasVideo: hasVideo)
        #expect(try SessionDescription(parsing: offer.text) == offer.description)
        #expect(offer.text.hasSuffix("\r\n"))
    }

    /// Payload types and extensions mean the same in the whole bundle (RFC 8843 §9.2, §10.2).
    @Test func nothingInTheBundleMeansTwoThings() throws {
        let media = Offer(from: local, hasVideo: true).description.media
        let types = media.flatMap(\.formats)
        #expect(Set(types).count == types.count)
        var uris: [UInt8: String] = [:]
        for header in media.flatMap(\.headerExtensions) {
            #expect(uris.updateValue(header.uri, forKey: header.id) ?? header.uri == header.uri)
        }
    }

    // MARK: Answers

    struct Row: Sendable, CustomTestStringConvertible {
        let file: String
        let ufrag: String
        let source: UInt32

        var testDescription: String { file }
    }

    /// Both were recorded as answers to another offer with the same numbers, but for the keys.
    static let answers = [
        Row(file: "chromium-156-answer-to-lite-offer", ufrag: "Yjyn", source: 724_880_274),
        Row(file: "firefox-153esr-answer-to-lite-offer", ufrag: "8df8c81f", source: 4_119_053_767),
    ]

    @Test(arguments: answers)
    func readsRecordedAnswers(row: Row) throws {
        let negotiation = try Offer(from: local, hasVideo: true).accept(try recorded(row.file))
        let audio = try #require(negotiation.audio)
        #expect(audio.payloadType == 111 && audio.audioLevelID == 1 && audio.direction == .sendrecv)
        #expect(audio.telephoneEvents.isEmpty && audio.mid == "0")
        let video = try #require(negotiation.camera)
        #expect(video.payloadType == 96 && video.rtxPayloadType == nil && video.mid == "1" && video.index == 1)
        #expect(video.feedback == [.nack, .pli, .fir, .remb] && video.midExtensionID == 4)
        #expect(video.announced == [StreamSSRCs(media: SSRC(row.source), rtx: nil)])
        #expect(video.local == local.videoSSRCs[0] && negotiation.pictures == [video])
        #expect(negotiation.remote.ufrag == row.ufrag && !negotiation.remote.isDTLSServer)
        #expect(negotiation.version == 1 && negotiation.answer.media.allSatisfy { !$0.isRejected })
    }

    typealias Own = (file: String, source: UInt32, rtx: UInt32, keys: [UInt8])

    static let ownAnswers: [Own] = [
        ("chromium-156-answer-to-our-video-offer", 3_543_044_237, 442_471_598, [110, 126]),
        ("firefox-153esr-answer-to-our-video-offer", 3_741_701_002, 1_918_091_876, [126]),
        ("chromium-156-answer-to-our-renewed-offer", 6_468_312, 2_464_117_431, [101]),
        ("firefox-153esr-answer-to-our-renewed-offer", 3_266_680_227, 2_345_157_087, [101]),
    ]

    /// What both browsers answered to these very offers.
    @Test(arguments: ownAnswers)
    func readsAnswersToItself(row: Own) throws {
        let call = try Negotiation(answering: try recorded("firefox-153esr-audio-video-offer"), from: local)
        let offer =
            row.file.contains("renewed") ? Offer(renewing: call, from: local) : Offer(from: local, hasVideo: true)
        let negotiation = try offer.accept(try recorded(row.file))
        let offered = offer.description.media.map { UInt8($0.formats[0]) }
        #expect([negotiation.audio?.payloadType, negotiation.camera?.payloadType] == offered)
        #expect(negotiation.audio?.telephoneEvents == row.keys && negotiation.audio?.audioLevelID == 1)
        #expect(negotiation.audio?.direction == .sendrecv && negotiation.camera?.direction == .sendrecv)
        let source = StreamSSRCs(media: SSRC(row.source), rtx: SSRC(row.rtx))
        #expect(negotiation.camera?.announced == [source] && negotiation.camera?.rtxPayloadType != nil)
        #expect(negotiation.camera?.feedback == [.nack, .pli, .fir, .remb])
        #expect(negotiation.camera?.midExtensionID != nil && !negotiation.remote.isDTLSServer)
    }

    typealias Edit = (what: String, edit: @Sendable (String) -> String, failure: Negotiation.Failure)

    static let refusals: [Edit] = [
        ("no setup", { drop("a=setup", from: $0) }, .noTransport(missing: "setup")),
        ("still a choice", { replace("setup:active", with: "setup:actpass", in: $0) }, .noTransport(missing: "setup")),
        ("no ICE fragment", { drop("a=ice-ufrag", from: $0) }, .noTransport(missing: "ice-ufrag")),
        ("no fingerprint", { drop("a=fingerprint", from: $0) }, .noTransport(missing: "fingerprint")),
        ("no rtcp-mux", { drop("a=rtcp-mux", from: $0) }, .noTransport(missing: "rtcp-mux")),
        ("no Opus", { replace("opus/48000/2", with: "speex/16000", in: $0) }, .noOpus),
        ("another number for Opus", { replace("111", with: "109", in: $0) }, .noOpus),
        ("another name", { replace("a=mid:1", with: "a=mid:video", in: $0) }, .changedMedia),
        ("another kind", { replace("m=video", with: "m=text", in: $0) }, .changedMedia),
        ("an m-line less", { String($0[..<($0.firstRange(of: "m=video")?.lowerBound ?? $0.endIndex)]) }, .changedMedia),
        ("an m-line more", { $0 + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" }, .changedMedia),
        (
            "all refused",
            { replace("m=audio 35645", with: "m=audio 0", in: replace("m=video 9", with: "m=video 0", in: $0)) },
            .noMedia
        ),
        ("no SDP", { _ in "hello" }, .malformed(.badLine(1))),
    ]

    @Test(arguments: refusals.indices)
    func refusesWithAReason(index: Int) throws {
        let row = Self.refusals[index]
        let answer = row.edit(try recorded("chromium-156-answer-to-lite-offer"))
        let offer = Offer(from: local, hasVideo: true)
        #expect(throws: row.failure, "\(row.what)") { try offer.accept(answer) }
    }

    @Test func aRefusedCameraLeavesTheVoice() throws {
        let answer = replace(
            "BUNDLE 0 1", with: "BUNDLE 0",
            in: replace("m=video 9", with: "m=video 0", in: try recorded("chromium-156-answer-to-lite-offer")))
        let negotiation = try Offer(from: local, hasVideo: true).accept(answer)
        #expect(negotiation.audio != nil && negotiation.videos.isEmpty)
        #expect(negotiation.answer.media.map(\.isRejected) == [false, true])
    }

    /// Media on a transport of their own cannot be had.
    @Test func whatIsNotInTheBundleIsLeftOut() throws {
        let recorded = try recorded("chromium-156-answer-to-lite-offer")
        let offer = Offer(from: local, hasVideo: true)
        let apart = try offer.accept(drop("a=group", from: recorded))
        #expect(apart.audio != nil && apart.videos.isEmpty && apart.answer.media[1].isRejected)
        let second = try offer.accept(replace("BUNDLE 0 1", with: "BUNDLE 1", in: recorded))
        #expect(second.audio != nil && second.videos.isEmpty)
    }

    /// An m-line's direction is what both want, seen from us.
    @Test(arguments: [
        ("sendrecv", MediaDirection.sendrecv), ("recvonly", .sendonly), ("sendonly", .recvonly),
        ("inactive", .inactive),
    ])
    func directionsAreTheBrowsers(said: String, direction: MediaDirection) throws {
        let answer = replace("a=sendrecv", with: "a=\(said)", in: try recorded("chromium-156-answer-to-lite-offer"))
        let negotiation = try Offer(from: local, hasVideo: true).accept(answer)
        #expect(negotiation.audio?.direction == direction && negotiation.videos.first?.direction == direction)
        #expect(negotiation.videos.first?.announced.isEmpty == !direction.receives)
    }

    /// Old clients answer without mids and without a bundle.
    @Test func anAnswerWithoutNamesIsReadByItsOrder() throws {
        let answer = drop("a=mid", from: drop("a=group", from: try recorded("chromium-156-answer-to-lite-offer")))
        #expect(try Offer(from: local, hasVideo: true).accept(answer).audio?.mid == "0")
    }

    @Test func survivesHostileAnswers() throws {
        let offer = Offer(from: local, hasVideo: true)
        let original = Array(try recorded("firefox-153esr-answer-to-lite-offer").utf8)
        var random = SeededGenerator(seed: 11)
        for _ in 0..<3000 {
            let text = String(decoding: random.damaged(original), as: UTF8.self)
            _ = try? offer.accept(text)
        }
    }

    private let local = VideoNegotiationTests.local
}
