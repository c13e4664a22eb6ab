import RTC
import TestKit
import Testing
import Wire

/// Answers about video to offers of real browsers (`media.md` §1.3, §1.5).
struct VideoNegotiationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let file: String
        let isChromium: Bool
        /// Of the answer: all mids accepted.
        let mids: [String]
        /// Index of the m-line with video.
        let index: Int
        /// Seen from us.
        let direction: MediaDirection
        let midID: UInt8
        var layers: [String] = []
        /// Sources the browser announced, and whether each has its RTX.
        var announced = 0

        var testDescription: String { file }
        var vp8: UInt8 { isChromium ? 96 : 120 }
        var rtx: UInt8 { isChromium ? 97 : 124 }
    }

    static let offersWithVideo: [Row] = [
        chromium("audio-video", ["0", "1"], 1, .sendrecv, 4, announced: 1),
        chromium("audio-video-simulcast", ["0", "1"], 1, .sendrecv, 4, layers: ["q", "h", "f"]),
        chromium("audio-vp8-only", ["0", "1"], 1, .sendrecv, 4, announced: 1),
        chromium("legacy-offerToReceive", ["0", "1"], 1, .sendonly, 4),
        chromium("recvonly", ["0", "1"], 1, .sendonly, 4),
        chromium("screen-share", ["0"], 0, .sendrecv, 9, announced: 1),
        firefox("audio-video", ["0", "1"], 1, .sendrecv, announced: 1),
        firefox("audio-video-simulcast", ["0", "1"], 1, .sendrecv, layers: ["q", "h", "f"], announced: 3),
        firefox("audio-vp8-only", ["0", "1"], 1, .sendrecv, announced: 1),
        firefox("legacy-offerToReceive", ["0", "1"], 1, .sendonly),
        firefox("recvonly", ["0", "1"], 1, .sendonly),
        firefox("recvonly-mdns", ["0", "1"], 1, .sendonly),
        firefox("screen-share", ["0"], 0, .sendrecv, announced: 1),
    ]

    @Test(arguments: offersWithVideo)
    func readsEveryRecordedOffer(row: Row) throws {
        let offer = try SessionDescription(parsing: try recorded(row.file))
        let negotiation = try Negotiation(answering: offer, from: Self.local)
        #expect(negotiation.videos.count == 1)
        let video = try #require(negotiation.videos.first)
        #expect(video.index == row.index && video.mid == offer.media[row.index].mid)
        #expect(video.payloadType == row.vp8 && video.rtxPayloadType == row.rtx)
        #expect(video.feedback == [.nack, .pli, .fir, .remb])
        #expect(video.direction == row.direction)
        #expect(video.midExtensionID == row.midID && video.midElement?.id == row.midID)
        #expect(video.layers == row.layers)
        #expect((video.ridExtensionID != nil) == !row.layers.isEmpty)
        #expect((video.repairedRIDExtensionID != nil) == !row.layers.isEmpty)
        #expect(video.announced.count == row.announced && video.announced.allSatisfy { $0.rtx != nil })
        #expect(video.local == Self.local.videoSSRCs[0])
        #expect((negotiation.audio == nil) == (row.mids.count == 1))
        #expect((negotiation.camera != nil) == (row.direction == .sendrecv))
        #expect(negotiation.pictures == negotiation.videos)
    }

    @Test(arguments: offersWithVideo)
    func echoesWhatMustBeEchoed(row: Row) throws {
        let offer = try SessionDescription(parsing: try recorded(row.file))
        let answer = try Negotiation(answering: offer, from: Self.local).answer
        #expect(answer.bundleGroup == row.mids)
        #expect(answer.media.map(\.kind) == offer.media.map(\.kind))
        #expect(answer.media.map(\.mid) == offer.media.map(\.mid))
        let (line, offered) = (answer.media[row.index], offer.media[row.index])
        #expect(!line.isRejected && line.transport == offered.transport)
        #expect(line.formats == [String(row.vp8), String(row.rtx)])
        #expect(line.rtcpMux && line.setup == .passive && line.direction == offered.direction.mirrored)
        #expect(line.candidates.map(\.transportAddress) == [Call.serverAddress])
        for header in line.headerExtensions {
            let original = try #require(offered.headerExtension(header.uri))
            #expect(header.id == original.id && header.direction == original.direction?.mirrored)
        }
        let uris: Set = [HeaderExtension.mid, HeaderExtension.streamID, HeaderExtension.repairedStreamID]
        #expect(Set(line.headerExtensions.map(\.uri)) == (row.layers.isEmpty ? [HeaderExtension.mid] : uris))
        #expect(line.codecs.first?.feedback == ["nack", "nack pli", "ccm fir", "goog-remb"])
        #expect(line.codecs.last?.parameters["apt"] == String(row.vp8))
        #expect(!answer.text.contains("transport-cc") && !answer.text.contains("transport-wide-cc"))
        #expect(!answer.text.contains("orientation"))
    }

    @Test(arguments: offersWithVideo)
    func saysWhatIsOurs(row: Row) throws {
        let answer = try Negotiation(answering: try recorded(row.file), from: Self.local).answer
        let line = answer.media[row.index]
        let ours = [SSRC(8192), SSRC(8193)]
        #expect(line.ssrcs == ours && line.sourceGroups("FID") == [ours])
        for ssrc in ours {
            #expect(line.sourceAttribute("cname", of: ssrc) == "room")
            #expect(line.sourceAttribute("msid", of: ssrc) == line.msid)
        }
        // The main picture is in the stream of the audio: browsers synchronise them, and clients play `streams[0]`.
        #expect(line.msid == "room roomv\(row.index)")
        let simulcast = row.layers.isEmpty ? nil : "recv \(row.layers.joined(separator: ";"))"
        #expect(line.attributes.value(of: "simulcast") == simulcast)
        #expect(line.rids.map(\.id) == row.layers && line.rids.allSatisfy { !$0.isSent })
    }

    @Test(arguments: offersWithVideo)
    func theAnswerSurvivesItsOwnParserAndTheBrowsers(row: Row) throws {
        let offer = try SessionDescription(parsing: try recorded(row.file))
        let answer = try Negotiation(answering: offer, from: Self.local).answer
        #expect(try SessionDescription(parsing: answer.text) == answer)
        let read = try BrowserAnswer(parsing: answer.text, to: offer, isIPv6: false)
        #expect(read.videos.map(\.index) == [row.index])
        #expect(read.videos.first?.announced == Self.local.videoSSRCs[0])
        #expect(read.videos.first?.layers == row.layers)
    }

    /// The answers that both browsers took with media in both directions (`media.md` §1.5) say nothing ours does not,
    /// but for Firefox's own limits, which are not ours.
    @Test(arguments: ["chromium-156", "firefox-153esr"])
    func saysAllThatTheRecommendedAnswerSays(browser: String) throws {
        let recommended = try SessionDescription(parsing: try recorded("\(browser)-audio-video-recommended-answer"))
        let answer = try Negotiation(answering: try recorded("\(browser)-audio-vp8-only-offer"), from: Self.local)
            .answer
        #expect(answer.bundleGroup == recommended.bundleGroup)
        for (ours, theirs) in zip(answer.media, recommended.media) {
            #expect(Set(ours.formats).isSuperset(of: theirs.formats))
            let names = Set(theirs.attributes.map(\.name))
            #expect(Set(ours.attributes.map(\.name)).isSuperset(of: names.subtracting(["fmtp"])))
            #expect(ours.direction == theirs.direction && ours.setup == theirs.setup)
            let feedback = theirs.codecs.first?.feedback ?? []
            #expect(Set(ours.codecs.first?.feedback ?? []) == Set(feedback))
            #expect(Set(ours.headerExtensions.map(\.uri)) == Set(theirs.headerExtensions.map(\.uri)))
        }
    }

    @Test(arguments: offersWithVideo.filter { $0.mids.count == 2 })
    func withoutSourcesForItVideoIsRefused(row: Row) throws {
        let local = Call.local(fingerprint: Self.local.fingerprint)
        let negotiation = try Negotiation(answering: try recorded(row.file), from: local)
        let line = negotiation.answer.media[row.index]
        #expect(line.isRejected && line.port == 0 && line.direction == .inactive)
        #expect(negotiation.answer.bundleGroup == ["0"])
        #expect(negotiation.videos.isEmpty && negotiation.audio != nil)
    }

    static let local = local(pairs: 16)

    static func local(pairs: Int) -> LocalTransport {
        Call.local(
            fingerprint: Array(repeating: "0A", count: 32).joined(separator: ":"),
            videoSSRCs: (0..<UInt32(pairs)).map {
                StreamSSRCs(media: SSRC(8192 + 2 * $0), rtx: SSRC(8193 + 2 * $0))
            })
    }

    private static func chromium(
        _ name: String, _ mids: [String], _ index: Int, _ direction: MediaDirection, _ midID: UInt8,
        layers: [String] = [], announced: Int = 0
    ) -> Row {
        Row(
            file: "chromium-156-\(name)-offer", isChromium: true, mids: mids, index: index, direction: direction,
            midID: midID, layers: layers, announced: announced)
    }

    private static func firefox(
        _ name: String, _ mids: [String], _ index: Int, _ direction: MediaDirection, layers: [String] = [],
        announced: Int = 0
    ) -> Row {
        Row(
            file: "firefox-153esr-\(name)-offer", isChromium: false, mids: mids, index: index, direction: direction,
            midID: 3, layers: layers, announced: announced)
    }
}
