import RTC
import TestKit
import Testing
import Wire

/// Which layers of an offered simulcast are taken (RFC 8853, `media.md` §1.3, §6).
struct SimulcastNegotiationTests {
    typealias Row = (what: String, edit: @Sendable (String) -> String, layers: [String])

    static let rows: [Row] = [
        ("as recorded", { $0 }, ["q", "h", "f"]),
        ("the other order", { replace("send q;h;f", with: "send f;h;q", in: $0) }, ["f", "h", "q"]),
        ("two", { replace("send q;h;f", with: "send q;f", in: $0) }, ["q", "f"]),
        ("one is none", { replace("send q;h;f", with: "send q", in: $0) }, []),
        ("alternatives", { replace("send q;h;f", with: "send x,q;h,q;f", in: $0) }, ["q", "h", "f"]),
        ("a paused one", { replace("send q;h;f", with: "send q;~h;f", in: $0) }, ["q", "h", "f"]),
        ("one twice", { replace("send q;h;f", with: "send q;q;f", in: $0) }, ["q", "f"]),
        ("both directions", { replace("send q;h;f", with: "recv a;b send q;h;f", in: $0) }, ["q", "h", "f"]),
        ("receiving only", { replace("send q;h;f", with: "recv q;h;f", in: $0) }, []),
        ("nothing behind send", { replace("send q;h;f", with: "send", in: $0) }, []),
        ("separators alone", { replace("send q;h;f", with: "send ;;,;~", in: $0) }, []),
        ("no rid extension", { drop("a=extmap:10 ", from: $0) }, []),
        ("a rid extension we would send", { replace("extmap:10 ", with: "extmap:10/recvonly ", in: $0) }, []),
        ("an id for the two-byte form", { replace("extmap:10 ", with: "extmap:20 ", in: $0) }, []),
        ("rids to be received", { replace("a=rid:h send", with: "a=rid:h recv", in: $0) }, ["q", "f"]),
        ("rids for other codecs", { replace("a=rid:h send", with: "a=rid:h send pt=97", in: $0) }, ["q", "f"]),
        (
            "a rid for our codec", { replace("a=rid:h send", with: "a=rid:h send max-width=9;pt=97,96", in: $0) },
            ["q", "h", "f"]
        ),
        ("no rid lines", { drop("a=rid", from: $0) }, []),
        ("no simulcast line", { drop("a=simulcast", from: $0) }, []),
        ("a browser that only receives", { replace("a=sendrecv", with: "a=recvonly", in: $0) }, []),
        ("a name with a separator", { replace("a=rid:h send", with: "a=rid:h; send", in: $0) }, ["q", "f"]),
        (
            "a name that is too long for the extension",
            {
                let long = String(repeating: "h", count: 17)
                return replace(
                    "a=rid:h send", with: "a=rid:\(long) send", in: replace("q;h;f", with: "q;\(long);f", in: $0))
            }, ["q", "f"]
        ),
        (
            "four",
            {
                replace(
                    "a=rid:h send", with: "a=rid:h send\r\na=rid:z send", in: replace("q;h;f", with: "z;q;h;f", in: $0))
            },
            ["z", "q", "h"]
        ),
    ]

    @Test(arguments: rows.indices)
    func takes(index: Int) throws {
        let row = Self.rows[index]
        let text = row.edit(try recorded("chromium-156-audio-video-simulcast-offer"))
        let offer = try SessionDescription(parsing: text)
        let negotiation = try Negotiation(answering: offer, from: VideoNegotiationTests.local)
        let line = negotiation.answer.media[1]
        #expect(negotiation.videos.first?.layers == row.layers, "\(row.what)")
        #expect(line.rids.map(\.id) == row.layers)
        #expect((line.headerExtension(HeaderExtension.streamID) != nil) == !row.layers.isEmpty)
        let read = try BrowserAnswer(parsing: negotiation.answer.text, to: offer, isIPv6: false)
        #expect(read.videos.first?.layers == row.layers)
    }

    /// Firefox offers `/sendonly`; copied back, it would send layers without names.
    @Test func mirrorsTheDirectionOfTheExtension() throws {
        let offer = try recorded("firefox-153esr-audio-video-simulcast-offer")
        let answer = try Negotiation(answering: offer, from: VideoNegotiationTests.local).answer
        for uri in [HeaderExtension.streamID, HeaderExtension.repairedStreamID] {
            #expect(answer.media[1].headerExtension(uri)?.direction == .recvonly)
        }
    }

    @Test func firefoxAnnouncesEachLayer() throws {
        let offer = try recorded("firefox-153esr-audio-video-simulcast-offer")
        let video = try #require(try Negotiation(answering: offer, from: VideoNegotiationTests.local).videos.first)
        #expect(video.announced.map(\.media.rawValue) == [786_696_524, 4_152_008_796, 45_556_872])
        #expect(video.announced.map { $0.rtx?.rawValue } == [2_403_779_614, 934_501_366, 3_582_404_235])
    }
}
