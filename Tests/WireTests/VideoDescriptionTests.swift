import Testing
import Wire

/// What an m-line says about video: RTX, feedback, sources, bandwidth, header extensions.
struct VideoDescriptionTests {
    static let offers = [
        "audio-video-offer", "audio-vp8-only-offer", "audio-video-simulcast-offer", "screen-share-offer",
        "recvonly-offer", "legacy-offerToReceive-offer",
    ].flatMap { ["chromium-156-\($0)", "firefox-153esr-\($0)"] }

    @Test(arguments: offers)
    func findsTheRetransmissionOfVP8(name: String) throws {
        let video = try #require(try Recorded.session(name).media.first { $0.kind == "video" })
        let codecs = video.codecs
        let vp8 = try #require(codecs.first { $0.isNamed("VP8") })
        let rtx = try #require(codecs.retransmission(of: vp8))
        let isChromium = name.hasPrefix("chromium")
        #expect(vp8.payloadType == (isChromium ? 96 : 120) && rtx.payloadType == (isChromium ? 97 : 124))
        #expect(rtx.associatedPayloadType == vp8.payloadType && vp8.associatedPayloadType == nil)
        #expect(FeedbackKind.allCases.allSatisfy { vp8.accepts($0) })
        #expect(!FeedbackKind.allCases.contains { rtx.accepts($0) })
        #expect(codecs.retransmission(of: rtx) == nil)
    }

    @Test func buildsARetransmission() {
        let vp8 = Codec(
            payloadType: 96, name: "VP8", clockRate: 90_000,
            feedback: [FeedbackKind.nack, .pictureLoss, .fullIntra, .receiverBitrate].map(\.rawValue))
        let rtx = vp8.retransmission(payloadType: 97)
        #expect(
            (vp8.attributes + rtx.attributes).map { "\($0.name):\($0.value ?? "")" } == [
                "rtpmap:96 VP8/90000", "rtcp-fb:96 nack", "rtcp-fb:96 nack pli", "rtcp-fb:96 ccm fir",
                "rtcp-fb:96 goog-remb", "rtpmap:97 rtx/90000", "fmtp:97 apt=96",
            ]
        )
        #expect([vp8, rtx].retransmission(of: vp8) == rtx)
        #expect(!vp8.accepts(.transportCC))
    }

    @Test(arguments: ["apt=x", "", "apt=128", "apt=-1", "apt=300"])
    func retransmitsNothingUnknown(parameters: String) {
        let rtx = Codec(payloadType: 97, name: "rtx", clockRate: 90_000, parameters: FormatParameters(parameters))
        #expect(rtx.associatedPayloadType == nil)
        let other = Codec(payloadType: 97, name: "rtx", clockRate: 8000, parameters: "apt=96")
        #expect([other].retransmission(of: Codec(payloadType: 96, name: "VP8", clockRate: 90_000)) == nil)
    }

    @Test func pairsSourcesWithTheirRepairs() throws {
        let chromium = try Recorded.session("chromium-156-audio-vp8-only-offer")
        #expect(chromium.media[0].announcedSources == [AnnouncedSource(media: SSRC(2_993_435_417))])
        #expect(
            chromium.media[1].announcedSources
                == [AnnouncedSource(media: SSRC(3_355_350_467), retransmission: SSRC(206_353_869))])
        let simulcast = try Recorded.session("chromium-156-audio-video-simulcast-offer")
        #expect(simulcast.media.first { $0.kind == "video" }?.announcedSources == [])
        let firefox = try Recorded.session("firefox-153esr-audio-video-simulcast-offer")
        let layers = try #require(firefox.media.first { $0.kind == "video" }).announcedSources
        #expect(layers.count == 3 && layers.allSatisfy { $0.retransmission != nil })
        #expect(Set(layers.map(\.media) + layers.compactMap(\.retransmission)).count == 6)
    }

    @Test func announcesSources() throws {
        let source = AnnouncedSource(media: SSRC(1), retransmission: SSRC(2))
        var video = MediaDescription(kind: "video", port: 9, transport: "UDP/TLS/RTP/SAVPF", formats: ["96"])
        video.attributes = source.attributes(cname: "room", msid: "stream track")
        #expect(
            video.attributes == [
                SDPAttribute("ssrc-group", "FID 1 2"), SDPAttribute("ssrc", "1 cname:room"),
                SDPAttribute("ssrc", "1 msid:stream track"), SDPAttribute("ssrc", "2 cname:room"),
                SDPAttribute("ssrc", "2 msid:stream track"),
            ]
        )
        #expect(video.announcedSources == [source])
        video.attributes = AnnouncedSource(media: SSRC(3)).attributes(cname: "room", msid: nil)
        #expect(video.attributes == [SDPAttribute("ssrc", "3 cname:room")])
        #expect(video.announcedSources == [AnnouncedSource(media: SSRC(3))])
    }

    @Test func oddGroupsPairNothing() {
        var video = MediaDescription(kind: "video", port: 9, transport: "UDP/TLS/RTP/SAVPF", formats: ["96"])
        for source in 1...3 { video.attributes.append("ssrc", "\(source) cname:x") }
        for group in ["FID 1", "FID 1 1", "FID 1 2 3", "SIM 1 2", "FID x 2", "FID"] {
            video.attributes.append("ssrc-group", group)
        }
        #expect(video.announcedSources.map(\.media) == [SSRC(1), SSRC(2), SSRC(3)])
        #expect(video.announcedSources.allSatisfy { $0.retransmission == nil })
    }

    typealias Row = (lines: [String], bitsPerSecond: Int?)

    static let bandwidths: [Row] = [
        ([], nil), (["AS:1500"], 1_500_000), (["TIAS:64000"], 64_000), (["AS:1500", "TIAS:1200000"], 1_200_000),
        (["CT:1", "AS:0"], 0), (["AS:x"], nil), (["AS:-1"], nil), (["AS:99999999999999999999"], nil),
        (["TIAS:x", "AS:30"], 30_000), (["X-AS:1"], nil), (["AS:4294967295"], 4_294_967_295_000),
    ]

    @Test(arguments: bandwidths)
    func readsBandwidth(row: Row) {
        var video = MediaDescription(kind: "video", port: 9, transport: "UDP/TLS/RTP/SAVPF", formats: ["96"])
        video.bandwidth = row.lines
        #expect(video.maximumBitrate == row.bitsPerSecond)
    }

    @Test func writesBandwidth() {
        var video = MediaDescription(kind: "video", port: 9, transport: "UDP/TLS/RTP/SAVPF", formats: ["96"])
        video.bandwidth = ["CT:7", "AS:1"]
        video.setMaximumBitrate(1_500_001)
        #expect(video.bandwidth == ["CT:7", "AS:1501", "TIAS:1500001"])
        #expect(video.maximumBitrate == 1_500_001)
        video.setMaximumBitrate(-1)
        #expect(video.bandwidth == ["CT:7", "AS:0", "TIAS:0"])
        video.setMaximumBitrate(nil)
        #expect(video.bandwidth == ["CT:7"])
    }

    /// Every extension that a browser offered has its name here, but for none.
    @Test(arguments: Recorded.names)
    func knowsTheExtensionsOfBrowsers(name: String) throws {
        let known: Set = [
            HeaderExtension.audioLevel, HeaderExtension.contributorLevels, HeaderExtension.mid,
            HeaderExtension.streamID, HeaderExtension.repairedStreamID, HeaderExtension.orientation,
            HeaderExtension.transmissionOffset, HeaderExtension.absoluteSendTime, HeaderExtension.transportSequence,
            HeaderExtension.playoutDelay, HeaderExtension.contentType, HeaderExtension.videoTiming,
            HeaderExtension.colorSpace, HeaderExtension.layersAllocation, HeaderExtension.dependencyDescriptor,
        ]
        for media in try Recorded.session(name).media {
            #expect(media.headerExtensions.allSatisfy { known.contains($0.uri) })
        }
    }

    @Test func readsTheOrientationExtension() throws {
        let session = try Recorded.session("chromium-156-audio-video-offer")
        let video = try #require(session.media.first { $0.kind == "video" })
        #expect(video.headerExtension(HeaderExtension.orientation)?.id == 13)
        #expect(video.headerExtension(HeaderExtension.streamID)?.id == 10)
    }
}
