import RTC
import TestKit
import Testing
import Wire

/// Offers nobody's browser writes: they are answered or refused, and cost no more than others.
struct HostileOfferTests {
    static let files = [
        "chromium-156-audio-video-offer", "chromium-156-audio-video-simulcast-offer",
        "firefox-153esr-audio-video-simulcast-offer", "firefox-153esr-screen-share-offer",
    ]

    @Test(arguments: files[1...2])
    func everyCutIsReadOrRefused(file: String) throws {
        let offer = Array(try recorded(file).utf8)
        for length in offer.indices {
            let cut = String(decoding: offer[..<length], as: UTF8.self)
            if cut.hasSuffix("\r\n") { try check(cut) } else { _ = try? Negotiation(answering: cut, from: local) }
        }
    }

    @Test(arguments: files, SeededGenerator.seeds(4))
    func damagedOffersAreReadOrRefused(file: String, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let offer = Array(try recorded(file).utf8)
        for _ in 0..<100 { try check(String(decoding: random.damaged(offer), as: UTF8.self)) }
    }

    /// Lines left out, doubled and put elsewhere, from two offers: what a damaged byte seldom makes.
    @Test(arguments: SeededGenerator.seeds(8))
    func shuffledOffersAreReadOrRefused(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let lines = try Self.files.flatMap { try recorded($0).split(separator: "\r\n") }
        for _ in 0..<100 {
            var offer = try recorded(Self.files[0]).split(separator: "\r\n")
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                let place = Int.random(in: 2..<offer.count, using: &random)
                let line = lines[Int.random(in: lines.indices, using: &random)]
                switch Int.random(in: 0..<3, using: &random) {
                case 0: offer.remove(at: place)
                case 1: offer.insert(line, at: place)
                default: offer[place] = line
                }
            }
            try check(offer.joined(separator: "\r\n") + "\r\n")
        }
    }

    @Test func aThousandLinesOfMediaAreTooMany() throws {
        let line = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
        let offer = try recorded("chromium-156-audio-offer") + String(repeating: line, count: 1000)
        #expect(throws: Negotiation.Failure.malformed(.tooManyMedia)) {
            try Negotiation(answering: offer, from: local)
        }
    }

    /// Thirty-two m-lines, which is all that is read: one audio, sixteen pictures, the rest refused.
    @Test func whatIsReadIsAnsweredWithinLimits() throws {
        let videos = [FakeBrowser.Settings.Video](repeating: .init(), count: 31)
        let offer = try Call.offer { $0.videos = videos }
        let negotiation = try Negotiation(answering: offer, from: VideoNegotiationTests.local(pairs: 100))
        #expect(negotiation.videos.count == 16 && negotiation.answer.media.count == 32)
        #expect(negotiation.answer.text.utf8.count < SessionDescription.maximumSize)
    }

    @Test func allOfOneNameAreOne() throws {
        let offer = try Call.offer { $0.videos = [.init(), .init(), .init()] }
        var text = offer.text
        for mid in ["1", "2", "3"] { text = replace("a=mid:\(mid)", with: "a=mid:0", in: text) }
        let negotiation = try Negotiation(answering: text, from: local)
        #expect(negotiation.videos.isEmpty && negotiation.answer.bundleGroup == ["0"])
    }

    typealias GroupRow = (what: String, lines: [String], announced: [StreamSSRCs])

    static let groups: [GroupRow] = [
        ("nothing", [], []),
        ("a pair", ["ssrc-group:FID 1 2", "ssrc:1 cname:a", "ssrc:2 cname:a"], [pair(1, 2)]),
        ("the group behind", ["ssrc:1 cname:a", "ssrc:2 cname:a", "ssrc-group:FID 1 2"], [pair(1, 2)]),
        ("a group of nobody", ["ssrc-group:FID 7 8", "ssrc:1 cname:a"], [pair(1, nil)]),
        ("a repair of nobody", ["ssrc-group:FID 7 1", "ssrc:1 cname:a"], [pair(1, nil)]),
        ("a source repaired by nobody", ["ssrc-group:FID 1 7", "ssrc:1 cname:a"], [pair(1, nil)]),
        ("a source that repairs itself", ["ssrc-group:FID 1 1", "ssrc:1 cname:a"], [pair(1, nil)]),
        ("a ring", ["ssrc-group:FID 1 2", "ssrc-group:FID 2 1", "ssrc:1 cname:a", "ssrc:2 cname:a"], []),
        (
            "two with one repair", ["ssrc-group:FID 1 3", "ssrc-group:FID 2 3"] + (1...3).map { "ssrc:\($0) cname:a" },
            [pair(1, 3), pair(2, nil)]
        ),
        (
            "three in a group", ["ssrc-group:FID 1 2 3"] + (1...3).map { "ssrc:\($0) cname:a" },
            [pair(1, nil), pair(2, nil), pair(3, nil)]
        ),
        ("an empty group", ["ssrc-group:FID", "ssrc-group:FID ", "ssrc-group:", "ssrc:1 cname:a"], [pair(1, nil)]),
        ("too many", (1...500).map { "ssrc:\($0) cname:a" }, [pair(1, nil), pair(2, nil), pair(3, nil)]),
        ("no number", ["ssrc:x cname:a", "ssrc:-1 cname:a", "ssrc:4294967296 cname:a", "ssrc:"], []),
        ("error correction", ["ssrc-group:FEC-FR 1 2", "ssrc:1 cname:a", "ssrc:2 cname:a"], [pair(1, nil)]),
    ]

    @Test(arguments: groups.indices)
    func sourceGroupsPointNowhere(index: Int) throws {
        let row = Self.groups[index]
        var offer = try recorded("chromium-156-audio-vp8-only-offer")
        let video = try #require(offer.firstRange(of: "m=video"))
        let lines = row.lines.map { "a=\($0)\r\n" }.joined()
        offer = String(offer[..<video.lowerBound]) + drop("a=ssrc", from: String(offer[video.lowerBound...])) + lines
        let negotiation = try Negotiation(answering: offer, from: local)
        #expect(negotiation.videos.first?.announced == row.announced, "\(row.what)")
    }

    @Test func hugeNamesAreNoLayers() throws {
        let huge = String(repeating: "q", count: 20_000)
        var offer = try recorded("chromium-156-audio-video-simulcast-offer")
        offer = replace(
            "a=rid:q send", with: "a=rid:\(huge) send", in: replace("send q;", with: "send \(huge);", in: offer))
        let negotiation = try Negotiation(answering: offer, from: local)
        #expect(negotiation.videos.first?.layers == ["h", "f"])
        #expect(!negotiation.answer.text.contains(huge))
    }

    @Test func hundredsOfLayersAreThree() throws {
        let names = (0..<500).map { "r\($0)" }
        var offer = try recorded("chromium-156-audio-video-simulcast-offer")
        offer = replace("send q;h;f", with: "send \(names.joined(separator: ";"))", in: offer)
        offer += names.map { "a=rid:\($0) send\r\n" }.joined()
        #expect(try Negotiation(answering: offer, from: local).videos.first?.layers == ["r0", "r1", "r2"])
    }

    /// A bundle of names that are not there, and names that break lines or lists.
    @Test(arguments: ["BUNDLE", "BUNDLE 9 8 7", "BUNDLE 0 1 9", "LS 0 1", "", "bundle 0 1"])
    func bundlesOfNobody(group: String) throws {
        let offer = replace("a=group:BUNDLE 0 1", with: "a=group:\(group)", in: try recorded(Self.files[0]))
        let negotiation = try Negotiation(answering: offer, from: local)
        #expect(negotiation.audio != nil)
        #expect(negotiation.answer.bundleGroup == (group == "BUNDLE 0 1 9" ? ["0", "1"] : []))
        try check(offer)
    }

    private let local = VideoNegotiationTests.local

    /// Whatever an offer is, an answer to it holds to the rules, also as a re-offer.
    private func check(_ text: String) throws {
        guard let negotiation = try? Negotiation(answering: text, from: local) else { return }
        let answer = try SessionDescription(parsing: negotiation.answer.text)
        let offer = try SessionDescription(parsing: text)
        #expect(answer.media.map(\.kind) == offer.media.map(\.kind))
        let accepted = answer.media.filter { !$0.isRejected }
        #expect(accepted.count == negotiation.videos.count + (negotiation.audio == nil ? 0 : 1))
        #expect(!accepted.isEmpty && negotiation.videos.count <= 16)
        #expect(
            answer.bundleGroup.isEmpty
                ? accepted.count == 1 : Set(answer.bundleGroup) == Set(accepted.compactMap(\.mid)))
        #expect(negotiation.videos.filter { $0.direction.receives }.count <= 1)
        #expect(Set(negotiation.videos.map(\.local)).count == negotiation.videos.count)
        _ = try? Negotiation(answering: text, from: local, previous: negotiation)
    }

    private static func pair(_ media: UInt32, _ rtx: UInt32?) -> StreamSSRCs {
        StreamSSRCs(media: SSRC(media), rtx: rtx.map(SSRC.init))
    }
}
