import RTC
import TestKit
import Testing
import Wire

/// Calls that the server begins, or begins again, with a browser that answers.
struct OfferedCallTests {
    @Test(arguments: [SetupRole.actpass, .passive], [false, true])
    func bothSidesHearEachOther(setup: SetupRole, isFirefox: Bool) throws {
        let call = try Call { settings in
            settings.setup = setup
            settings.nominatesAtOnce = isFirefox
        } offer: {
            Offer(from: $0)
        }
        #expect(call.negotiation.remote.isDTLSServer == (setup == .passive))
        call.connect()
        #expect(call.peer.isConnected && call.browser.isConnected)
        var stream = call.stream
        call.run(for: .milliseconds(400)) { $0.talk(through: &stream) }
        #expect(call.heardByPeer.count >= 18 && call.heardByBrowser.count >= 18)
        #expect(call.heardByPeer.allSatisfy { $0.header.payloadType == 111 && $0.header.ssrc == call.browser.ssrc })
        #expect(call.peer.counters == Peer.Counters() && call.browser.counters == FakeBrowser.Counters())
        #expect(call.negotiation.audio?.telephoneEvents == [110, 126])
    }

    typealias Camera = (what: String, videos: [FakeBrowser.Settings.Video], ours: MediaDirection?)

    static let cameras: [Camera] = [
        ("a camera", [.init()], .sendrecv),
        ("only watching", [.init(.recvonly)], .sendonly),
        ("no wish for pictures", [], nil),
    ]

    @Test(arguments: cameras.indices)
    func theBrowserDecidesOnVideo(index: Int) throws {
        let row = Self.cameras[index]
        let call = try Call(videoSSRCs: Self.pairs) {
            $0.videos = row.videos
        } offer: {
            Offer(from: $0, hasVideo: true)
        }
        #expect(call.negotiation.videos.first?.direction == row.ours, "\(row.what)")
        #expect(call.negotiation.answer.media[1].isRejected == (row.ours == nil))
        let announced = call.negotiation.camera?.announced ?? []
        #expect(announced == (row.ours == .sendrecv ? call.browser.cameraSSRCs : []))
        call.connect()
        var (stream, pictures) = (call.stream, 0)
        call.run(for: .milliseconds(200)) { call in
            call.talk(through: &stream)
            let payload: [UInt8] = [0x10, 0, 0, 0]
            if call.browser.sendVideo(payload.span, marker: true, timestamp: 90, at: call.now) { pictures += 1 }
            call.collect()
        }
        #expect((pictures > 0) == (row.ours == .sendrecv))
        #expect(call.heardByPeer.count { $0.header.payloadType == 96 } == pictures)
    }

    /// What the browser offers later is answered on what our offer came to.
    @Test func theBrowserMayOfferAgain() throws {
        let call = try Call(videoSSRCs: Self.pairs) {
            $0.videos = []
        } offer: {
            Offer(from: $0)
        }
        let offer = call.browser.renegotiate { $0.videos = [.init()] }
        let next = try Negotiation(answering: offer, from: call.local, previous: call.negotiation)
        #expect(next.version == 2 && next.answer.media.map(\.setup) == [.passive, .passive])
        #expect(next.camera?.local == Self.pairs[0] && next.remote == call.negotiation.remote)
        try call.browser.accept(next.answer.text, at: call.now)
        #expect(call.browser.layerCount == 1)
    }

    // MARK: Coming back

    @Test func aClientThatComesBackGoesOnWithItsCall() throws {
        let first = try Call(videoSSRCs: Self.pairs) { $0.videos = [.init()] }
        first.connect()
        var stream = first.stream
        first.run(for: .milliseconds(200)) { $0.talk(through: &stream) }
        let last = try #require(first.heardByBrowser.last)

        let second = try Call(seed: 2, videoSSRCs: Self.pairs) {
            $0.videos = [.init()]
        } offer: {
            Offer(renewing: first.negotiation, from: $0)
        }
        #expect(second.negotiation.audio == first.negotiation.audio)
        #expect(second.negotiation.videos.map(\.local) == first.negotiation.videos.map(\.local))
        #expect(second.negotiation.remote.ufrag != first.negotiation.remote.ufrag)
        #expect(second.peer.local.ufrag != first.peer.local.ufrag)
        second.connect()
        // The stream of before, through the new peer: the browser's session is a new one, our numbers are not.
        second.run(for: .milliseconds(200)) { $0.talk(through: &stream) }
        let next = try #require(second.heardByBrowser.first)
        #expect(next.header.ssrc == last.header.ssrc && next.header.sequence == last.header.sequence &+ 1)
        #expect(second.browser.pictures.map(\.ssrcs) == [Self.pairs[0]])
    }

    /// Numbers and names are those of the call, whatever browser made them.
    @Test(arguments: [
        ("chromium-156-audio-video-offer", UInt8(111), UInt8(96), UInt8(97)),
        ("firefox-153esr-audio-video-offer", 109, 120, 124),
        ("firefox-153esr-audio-video-simulcast-offer", 109, 120, 124),
    ])
    func keepsWhatWasAgreedOn(file: String, opus: UInt8, vp8: UInt8, rtx: UInt8) throws {
        let local = VideoNegotiationTests.local
        let negotiation = try Negotiation(answering: try recorded(file), from: local)
        let offer = Offer(renewing: negotiation, from: renewed(local))
        #expect(offer.description.media.map(\.kind) == ["audio", "video"])
        #expect(offer.description.media.map(\.mid) == negotiation.answer.media.map(\.mid))
        #expect(offer.description.media.map { $0.formats[0] } == ["\(opus)", "\(vp8)"])
        let types = try #require(negotiation.audio).telephoneEvents
        #expect(offer.description.media[0].formats == ([opus] + types).map(String.init))
        let rates = offer.description.media[0].codecs.map(\.clockRate)
        #expect(rates == negotiation.answer.media[0].codecs.map(\.clockRate))
        #expect(offer.description.media[1].formats == ["\(vp8)", "\(rtx)"])
        for (new, old) in zip(offer.description.media, negotiation.answer.media) {
            #expect(new.ssrcs == old.ssrcs && new.msid == old.msid && new.setup == .actpass)
            #expect(new.headerExtension(HeaderExtension.mid)?.id == old.headerExtension(HeaderExtension.mid)?.id)
            #expect(new.iceUfrag == "again" && new.rids.isEmpty && new.simulcast == nil)
        }
        #expect(try SessionDescription(parsing: offer.text) == offer.description)
    }

    /// The stock client opens the camera when it reads `m=video`.
    @Test func refusedLinesAreNotOfferedAgain() throws {
        let local = VideoNegotiationTests.local
        let browser = try Call.browser { $0.videos = [.init(), .init(.recvonly), .init(.recvonly)] }
        let first = try Negotiation(answering: browser.offer, from: local)
        let second = try Negotiation(
            answering: browser.renegotiate { $0.videos[1].isRefused = true }, from: local, previous: first)
        let offer = Offer(renewing: second, from: renewed(local))
        #expect(offer.description.media.map(\.mid) == ["0", "1", "3"])
        #expect(offer.description.media.map(\.direction) == [.sendrecv, .sendrecv, .sendonly])
        let answering = try Call.browser(seed: 2) { $0.videos = [.init(), .init(.recvonly)] }
        let third = try offer.accept(try answering.respond(to: offer.text, at: Instant(nanoseconds: 0)))
        #expect(third.videos.map(\.local) == [local.videoSSRCs[0], local.videoSSRCs[2]])
        #expect(third.videos.map(\.index) == [1, 2])
        // A source that nothing uses any more is free again; no other is.
        let offered = answering.renegotiate { $0.videos.append(.init(.recvonly)) }
        let renamed = replace("a=mid:2", with: "a=mid:3", in: replace("a=mid:3", with: "a=mid:4", in: offered))
        let grown = try Negotiation(
            answering: replace("BUNDLE 0 1 2 3", with: "BUNDLE 0 1 3 4", in: renamed), from: renewed(local),
            previous: third)
        #expect(grown.videos.map(\.local) == [0, 2, 1].map { local.videoSSRCs[$0] })
        #expect(grown.version == 2)

        let voice = try Negotiation(
            answering: browser.renegotiate { settings in
                for place in settings.videos.indices { settings.videos[place].isRefused = true }
            }, from: local, previous: second)
        #expect(!Offer(renewing: voice, from: renewed(local)).text.contains("m=video"))
    }

    /// A page that showed its screen has only pictures.
    @Test func aScreenComesBackWithoutAudio() throws {
        let local = VideoNegotiationTests.local
        let negotiation = try Negotiation(answering: try recorded("chromium-156-screen-share-offer"), from: local)
        let offer = Offer(renewing: negotiation, from: renewed(local))
        #expect(offer.description.media.map(\.kind) == ["video"])
        #expect(offer.description.bundleGroup == offer.description.media.compactMap(\.mid))
    }

    private func renewed(_ local: LocalTransport) -> LocalTransport {
        local.renewed(
            ufrag: "again", pwd: "anotheranotheranotherone", fingerprint: local.fingerprint,
            candidates: local.candidates)
    }

    private static let pairs = Array(VideoNegotiationTests.local.videoSSRCs[..<3])
}
