import RTC
import TestKit
import Testing
import Wire

/// M-lines with video in every order, number and state; what one of them lacks never costs the audio.
struct VideoLineTests {
    typealias Edit = (what: String, edit: @Sendable (String) -> String, accepted: [String])

    static let edits: [Edit] = [
        ("as recorded", { $0 }, ["0", "1"]),
        ("video refused by the browser", { replace("m=video 46662", with: "m=video 0", in: $0) }, ["0"]),
        ("no VP8", { replace("VP8/90000", with: "H265/90000", in: $0) }, ["0"]),
        ("VP8 with another clock", { replace("VP8/90000", with: "VP8/48000", in: $0) }, ["0"]),
        ("video outside the bundle", { replace("BUNDLE 0 1", with: "BUNDLE 0", in: $0) }, ["0"]),
        ("video in a bundle of its own", { replace("BUNDLE 0 1", with: "BUNDLE 1", in: $0) }, []),
        ("no bundle at all", { drop("a=group", from: $0) }, []),
        ("the same name twice", { replace("a=mid:1", with: "a=mid:0", in: $0) }, ["0"]),
        ("a name with a space", { replace("a=mid:1", with: "a=mid:1 x", in: $0) }, ["0"]),
        ("no name", { drop("a=mid:1", from: $0) }, ["0"]),
        ("no rtcp-mux anywhere but in the audio", Self.withoutLastMux, ["0"]),
        ("video first in the bundle", { replace("BUNDLE 0 1", with: "BUNDLE 1 0", in: $0) }, ["1", "0"]),
        ("a name twice in the bundle", { replace("BUNDLE 0 1", with: "BUNDLE 0 1 1 0", in: $0) }, ["0", "1"]),
        (
            "bundle-only video",
            {
                replace(
                    "m=video 46662", with: "m=video 0", in: replace("a=mid:1", with: "a=mid:1\r\na=bundle-only", in: $0)
                )
            },
            ["0", "1"]
        ),
    ]

    @Test(arguments: edits.indices)
    func audioWorksWhateverTheVideo(index: Int) throws {
        let row = Self.edits[index]
        let offer = row.edit(try recorded("chromium-156-audio-video-offer"))
        let negotiation = try Negotiation(answering: offer, from: local)
        #expect(negotiation.audio?.payloadType == 111, "\(row.what)")
        #expect(negotiation.answer.bundleGroup == row.accepted, "\(row.what)")
        let hasVideo = row.accepted.contains("1")
        #expect(negotiation.videos.isEmpty != hasVideo)
        #expect(negotiation.answer.media[1].isRejected != hasVideo)
        #expect(!negotiation.answer.media[0].isRejected)
    }

    /// The transport is that of the first m-line of the bundle that we accept, in whichever order.
    @Test(arguments: [
        ("BUNDLE 0 1", "m=video 46662", 0), ("BUNDLE 1 0", "m=video 46662", 1), ("BUNDLE 1 0", "m=video 0", 0),
    ])
    func theFirstOfTheBundleCarriesAll(group: String, video: String, carrier: Int) throws {
        let text = replace("BUNDLE 0 1", with: group, in: try recorded("chromium-156-audio-video-offer"))
        var offer = try SessionDescription(parsing: replace("m=video 46662", with: video, in: text))
        offer.media[1].attributes = offer.media[1].attributes.map {
            $0.name == "ice-ufrag" ? SDPAttribute("ice-ufrag", "other") : $0
        }
        let negotiation = try Negotiation(answering: offer, from: local)
        #expect(negotiation.remote.ufrag == offer.media[carrier].iceUfrag)
    }

    @Test func videoMayComeFirst() throws {
        var offer = try SessionDescription(parsing: try recorded("firefox-153esr-audio-video-offer"))
        offer.media.swapAt(0, 1)
        offer.attributes = offer.attributes.map { $0.name == "group" ? SDPAttribute("group", "BUNDLE 1 0") : $0 }
        let negotiation = try Negotiation(answering: offer, from: local)
        #expect(negotiation.answer.media.map(\.kind) == ["video", "audio"])
        #expect(negotiation.answer.media.map(\.mid) == ["1", "0"])
        #expect(negotiation.videos.map(\.index) == [0] && negotiation.audio?.mid == "0")
        #expect(negotiation.remote.ufrag == offer.media[0].iceUfrag)
    }

    @Test(arguments: [
        (MediaDirection.sendrecv, MediaDirection.sendrecv), (.sendonly, .recvonly), (.recvonly, .sendonly),
        (.inactive, .inactive),
    ])
    func mirrorsTheDirection(offered: MediaDirection, answered: MediaDirection) throws {
        let negotiation = try negotiate([.init(offered)])
        let video = try #require(negotiation.videos.first)
        let line = negotiation.answer.media[1]
        #expect(video.direction == answered && line.direction == answered)
        #expect(line.ssrcs.isEmpty == !answered.sends && (line.msid == nil) == !answered.sends)
        #expect(video.announced.isEmpty == !answered.receives)
    }

    @Test func furtherPicturesHaveStreamsOfTheirOwn() throws {
        let negotiation = try negotiate([.init(), .init(.recvonly), .init(.recvonly)])
        let lines = negotiation.answer.media.dropFirst()
        #expect(negotiation.camera?.index == 1 && negotiation.pictures.map(\.index) == [1, 2, 3])
        #expect(lines.map(\.msid) == ["room roomv1", "roomp2 roomp2v2", "roomp3 roomp3v3"])
        #expect(lines.map { $0.ssrcs.map(\.rawValue) } == [[8192, 8193], [8194, 8195], [8196, 8197]])
        #expect(negotiation.answer.bundleGroup == ["0", "1", "2", "3"])
    }

    @Test func aCallHasOneCamera() throws {
        let negotiation = try negotiate([.init(.recvonly), .init(.sendonly), .init(), .init(.sendonly)])
        #expect(negotiation.videos.map(\.direction) == [.sendonly, .recvonly, .sendonly, .inactive])
        #expect(negotiation.camera?.index == 2 && negotiation.pictures.map(\.index) == [1, 3])
    }

    @Test func sixteenPicturesAreEnough() throws {
        let videos = [FakeBrowser.Settings.Video](repeating: .init(.recvonly), count: 20)
        let negotiation = try negotiate(videos, pairs: 40)
        #expect(negotiation.videos.count == 16)
        #expect(
            negotiation.answer.media.map(\.isRejected) == Array(repeating: false, count: 17) + [true, true, true, true])
        #expect(Set(negotiation.videos.map(\.local)).count == 16)
        #expect(try negotiate(videos, pairs: 3).videos.count == 3)
    }

    @Test(arguments: ["chromium-156-screen-share-offer", "firefox-153esr-screen-share-offer"])
    func aSharedScreenIsACallWithoutAudio(file: String) throws {
        let negotiation = try Negotiation(answering: try recorded(file), from: local)
        #expect(negotiation.audio == nil && negotiation.camera?.index == 0)
        #expect(negotiation.answer.media.count == 1 && negotiation.answer.bundleGroup == ["0"])
    }

    @Test func audioWithoutOpusIsNoCall() throws {
        let offer = replace("opus/48000/2", with: "speex/16000", in: try recorded("chromium-156-audio-video-offer"))
        #expect(throws: Negotiation.Failure.noOpus) { try Negotiation(answering: offer, from: local) }
    }

    @Test func withoutRTXOnOfferRepeatsArePlain() throws {
        var video = FakeBrowser.Settings.Video()
        video.offersRTX = false
        let negotiation = try negotiate([video])
        #expect(negotiation.videos.first?.rtxPayloadType == nil)
        #expect(negotiation.answer.media[1].ssrcs.map(\.rawValue) == [8192])
        #expect(negotiation.answer.media[1].sourceGroups("FID").isEmpty)
        #expect(negotiation.answer.media[1].formats == ["96"])
    }

    typealias FeedbackRow = (removed: [String], feedback: VideoFeedback, rtx: UInt8?)

    static let feedbackRows: [FeedbackRow] = [
        (["goog-remb"], [.nack, .pli, .fir], 97),
        (["nack pli", "ccm fir"], [.nack, .remb], 97),
        (["nack"], [.pli, .fir, .remb], nil),
        (["nack", "nack pli", "ccm fir", "goog-remb"], [], nil),
    ]

    @Test(arguments: feedbackRows)
    func agreesOnNoMoreFeedbackThanOffered(row: FeedbackRow) throws {
        let offer = try recorded("chromium-156-audio-vp8-only-offer")
        let edited = row.removed.reduce(offer) { replace("a=rtcp-fb:96 \($1)\r\n", with: "", in: $0) }
        let negotiation = try Negotiation(answering: edited, from: local)
        let video = try #require(negotiation.videos.first)
        #expect(video.feedback == row.feedback && video.rtxPayloadType == row.rtx)
        #expect(negotiation.answer.media[1].codecs.first?.feedback == row.feedback.texts)
    }

    typealias BandwidthRow = (lines: String, bitsPerSecond: Int?)

    static let bandwidthRows: [BandwidthRow] = [
        ("", nil), ("b=AS:512\r\n", 512_000), ("b=TIAS:300000\r\n", 300_000),
        ("b=AS:512\r\nb=TIAS:400000\r\n", 400_000), ("b=AS:0\r\n", nil), ("b=AS:-1\r\n", nil), ("b=AS:x\r\n", nil),
        ("b=AS:99999999999999999999\r\n", nil), ("b=AS:4294967295\r\n", 4_294_967_295_000), ("b=CT:1\r\n", nil),
    ]

    @Test(arguments: bandwidthRows)
    func readsTheBandwidth(row: BandwidthRow) throws {
        let offer = try recorded("firefox-153esr-audio-vp8-only-offer")
        let marker = "m=video 52671 UDP/TLS/RTP/SAVPF 120 124\r\n"
        let edited = replace(marker, with: marker + row.lines, in: offer)
        #expect(try Negotiation(answering: edited, from: local).videos.first?.maximumBitrate == row.bitsPerSecond)
    }

    /// Extensions that only one side may send are no help for both, and ids from 15 up need the two-byte form.
    @Test(arguments: [
        ("4", UInt8(4) as UInt8?), ("4/sendrecv", 4), ("4/sendonly", nil), ("4/recvonly", nil), ("15", nil), ("0", nil),
    ])
    func mIDIsForBothOrNobody(id: String, agreed: UInt8?) throws {
        let offer = replace(
            "a=extmap:4 \(HeaderExtension.mid)", with: "a=extmap:\(id) \(HeaderExtension.mid)",
            in: try recorded("chromium-156-audio-vp8-only-offer"))
        let negotiation = try Negotiation(answering: offer, from: local)
        #expect(negotiation.videos.first?.midExtensionID == agreed)
        #expect(negotiation.answer.media[1].headerExtension(HeaderExtension.mid)?.id == agreed)
    }

    private func negotiate(_ videos: [FakeBrowser.Settings.Video], pairs: Int = 16) throws -> Negotiation {
        try Negotiation(
            answering: try Call.offer { $0.videos = videos }, from: VideoNegotiationTests.local(pairs: pairs))
    }

    private let local = VideoNegotiationTests.local

    private static func withoutLastMux(_ offer: String) -> String {
        let parts = offer.split(separator: "a=rtcp-mux\r\n", omittingEmptySubsequences: false)
        return parts.dropLast().joined(separator: "a=rtcp-mux\r\n") + parts.suffix(1).joined()
    }
}
