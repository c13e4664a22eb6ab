import RTC
import TestKit
import Testing
import Wire

/// Further offers on a call that is up (RFC 3264 §8): sources, ICE and DTLS stay.
struct ReofferTests {
    @Test func theSameOfferAgainChangesTheVersionAlone() throws {
        let offer = try recorded("chromium-156-audio-video-offer")
        let first = try Negotiation(answering: offer, from: local)
        let second = try Negotiation(answering: offer, from: local, previous: first)
        #expect(second.version == 2 && second.answer.origin.sessionVersion == "2")
        #expect(second.answer.origin.sessionID == first.answer.origin.sessionID)
        #expect(second.answer.media == first.answer.media)
        #expect(second.remote == first.remote && second.audio == first.audio && second.videos == first.videos)
    }

    @Test func videoMayBeAddedAndGoAgain() throws {
        let (browser, first) = try call([])
        #expect(first.videos.isEmpty)
        let second = try negotiate(browser, after: first) { $0.videos = [.init()] }
        #expect(second.camera?.local == local.videoSSRCs[0] && second.answer.bundleGroup == ["0", "1"])
        let third = try negotiate(browser, after: second) { $0.videos[0].direction = .inactive }
        #expect(third.camera == nil && third.videos.first?.local == local.videoSSRCs[0])
        let fourth = try negotiate(browser, after: third) { $0.videos[0].isRefused = true }
        #expect(fourth.videos.isEmpty && fourth.answer.media[1].isRejected && fourth.version == 4)
        let fifth = try negotiate(browser, after: fourth) { $0.videos[0] = .init() }
        #expect(fifth.camera?.local == local.videoSSRCs[0])
    }

    @Test func morePicturesKeepTheSourcesOfTheOthers() throws {
        let (browser, first) = try call([.init()])
        let second = try negotiate(browser, after: first) { $0.videos += [.init(.recvonly), .init(.recvonly)] }
        #expect(second.videos.map(\.local) == Array(local.videoSSRCs[..<3]))
        #expect(second.answer.media[1].msid == first.answer.media[1].msid)
        let third = try negotiate(browser, after: second) { settings in
            settings.videos[1].isRefused = true
            settings.videos.append(.init(.recvonly))
        }
        // A source with a past does not appear on another m-line.
        #expect(third.videos.map(\.index) == [1, 3, 4])
        #expect(third.videos.map(\.local) == [local.videoSSRCs[0], local.videoSSRCs[2], local.videoSSRCs[3]])
    }

    /// The stream of a picture keeps its name while it is shown; only then may another one be the main one.
    @Test func theMainPictureStaysTheMainOne() throws {
        let (browser, first) = try call([.init(.sendonly), .init(.recvonly)])
        #expect(first.answer.media.map(\.msid) == ["room rooma0", nil, "room roomv2"])
        let second = try negotiate(browser, after: first) { $0.videos[0].direction = .sendrecv }
        #expect(second.answer.media.map(\.msid) == ["room rooma0", "roomp1 roomp1v1", "room roomv2"])
        let third = try negotiate(browser, after: second) { $0.videos[1].direction = .inactive }
        #expect(third.answer.media.map(\.msid) == ["room rooma0", "room roomv1", nil])
    }

    typealias Row = (what: String, edit: @Sendable (String) -> String, failure: Negotiation.Failure)

    static let refusals: [Row] = [
        ("ICE restart", { replace("a=ice-ufrag:", with: "a=ice-ufrag:x", in: $0) }, .changedTransport),
        ("another password", { replace("a=ice-pwd:", with: "a=ice-pwd:x", in: $0) }, .changedTransport),
        (
            "another certificate",
            { replace("a=fingerprint:sha-256 ", with: "a=fingerprint:sha-256 00:", in: drop32($0)) }, .changedTransport
        ),
        ("the other DTLS role", { replace("a=setup:actpass", with: "a=setup:passive", in: $0) }, .changedTransport),
        ("an m-line less", { String($0[..<($0.firstRange(of: "m=video")?.lowerBound ?? $0.endIndex)]) }, .changedMedia),
        ("another kind", { replace("m=video", with: "m=text", in: $0) }, .changedMedia),
        ("not a description", { _ in "v=1" }, .malformed(.notSDP)),
    ]

    @Test(arguments: refusals.indices)
    func refuses(index: Int) throws {
        let row = Self.refusals[index]
        let offer = try recorded("chromium-156-audio-video-offer")
        let first = try Negotiation(answering: offer, from: local)
        let edited = row.edit(offer)
        #expect(edited != offer)
        #expect(throws: row.failure, "\(row.what)") {
            try Negotiation(answering: edited, from: local, previous: first)
        }
    }

    /// `actpass` leaves the roles as they are, whichever they are; saying the old role again is fine, too.
    @Test(arguments: [
        (SetupRole.actpass, SetupRole.actpass, SetupRole.passive), (.actpass, .active, .passive),
        (.passive, .actpass, .active), (.passive, .passive, .active), (.active, .actpass, .passive),
    ])
    func rolesStay(first: SetupRole, second: SetupRole, answered: SetupRole) throws {
        let offer = try recorded("firefox-153esr-audio-video-offer")
        let before = try Negotiation(
            answering: replace("a=setup:actpass", with: "a=setup:\(first.rawValue)", in: offer), from: local)
        let after = try Negotiation(
            answering: replace("a=setup:actpass", with: "a=setup:\(second.rawValue)", in: offer), from: local,
            previous: before)
        #expect(after.answer.media.map(\.setup) == [answered, answered])
        #expect(after.remote == before.remote)
    }

    /// The place of a refused m-line may be used for another kind (RFC 3264 §8.2).
    @Test func aRefusedPlaceIsFree() throws {
        let offer = try recorded("chromium-156-audio-video-offer")
        let without = replace("m=video 46662", with: "m=video 0", in: offer)
        let first = try Negotiation(answering: replace("m=video 0", with: "m=text 0", in: without), from: local)
        let second = try Negotiation(answering: offer, from: local, previous: first)
        #expect(second.camera?.index == 1)
    }

    private let local = VideoNegotiationTests.local

    private func call(_ videos: [FakeBrowser.Settings.Video]) throws -> (FakeBrowser, Negotiation) {
        let browser = try Call.browser { $0.videos = videos }
        return (browser, try Negotiation(answering: browser.offer, from: local))
    }

    private func negotiate(
        _ browser: FakeBrowser, after previous: Negotiation, _ change: (inout FakeBrowser.Settings) -> Void
    ) throws -> Negotiation {
        let negotiation = try Negotiation(
            answering: browser.renegotiate(change), from: local, previous: previous)
        _ = try BrowserAnswer(parsing: negotiation.answer.text, to: browser.offer, isIPv6: false)
        return negotiation
    }
}

/// The fingerprints a byte shorter at the end, so that one more fits in front.
private func drop32(_ offer: String) -> String {
    offer.split(separator: "\r\n", omittingEmptySubsequences: false)
        .map { $0.hasPrefix("a=fingerprint") ? $0.dropLast(3) : $0 }.joined(separator: "\r\n")
}
