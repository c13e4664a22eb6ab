import Testing
import Wire

struct SimulcastTests {
    typealias Row = (value: String, sent: [[String]], received: [[String]])

    /// From RFC 8853 §5.1 and §6, and the browsers.
    static let rows: [Row] = [
        ("send q;h;f", [["q"], ["h"], ["f"]], []),
        ("send 1,2,3;~4,~5 recv 6;~7,~8", [["1", "2", "3"], ["~4", "~5"]], [["6"], ["~7", "~8"]]),
        ("recv 1;4,5 send 6;7", [["6"], ["7"]], [["1"], ["4", "5"]]),
        ("recv a-b_C0", [], [["a-b_C0"]]),
    ]

    @Test(arguments: rows)
    func readsStreamsAndAlternatives(row: Row) throws {
        let simulcast = try #require(try media("a=simulcast:\(row.value)").simulcast)
        func names(_ streams: [Simulcast.Stream]) -> [[String]] {
            streams.map { $0.alternatives.map { ($0.isPaused ? "~" : "") + $0.rid } }
        }
        #expect(names(simulcast.sent) == row.sent && names(simulcast.received) == row.received)
        let written = try #require(simulcast.attribute.value)
        #expect(try media("a=simulcast:\(written)").simulcast == simulcast)
        if row.sent.isEmpty || row.received.isEmpty || row.value.hasPrefix("send") { #expect(written == row.value) }
        #expect(simulcast.mirrored.mirrored == simulcast && simulcast.mirrored.sent == simulcast.received)
    }

    @Test(
        arguments: [
            "", "send", "send ", "q;h", "send q;", "send ;q", "send q,", "send q;~", "send ~~q", "send q h", "both q",
            "send q send h", "send q recv", "send q recv h more", "send rid=q", "send é", "recv q recv h",
        ]
    )
    func leavesOutWhatItCannotRead(value: String) throws {
        #expect(try media("a=simulcast:\(value)").simulcast == nil)
    }

    @Test(arguments: ["chromium-156", "firefox-153esr"])
    func readsWhatBrowsersOffer(browser: String) throws {
        let session = try Recorded.session("\(browser)-audio-video-simulcast-offer")
        let video = try #require(session.media.first { $0.kind == "video" })
        let simulcast = try #require(video.simulcast)
        #expect(simulcast.sent.map { $0.alternatives.map(\.rid) } == [["q"], ["h"], ["f"]])
        #expect(simulcast.received.isEmpty)
        #expect(simulcast.mirrored.attribute == SDPAttribute("simulcast", "recv q;h;f"))
        #expect(video.rids.map(\.id) == ["q", "h", "f"] && video.rids.allSatisfy { $0.isSent })
        #expect(video.headerExtension(HeaderExtension.streamID) != nil)
        #expect(video.headerExtension(HeaderExtension.repairedStreamID) != nil)
        #expect(session.media.first { $0.kind == "audio" }?.simulcast == nil)
    }

    @Test func readsRestrictions() throws {
        let line = "a=rid:hi send pt=96,97;max-width=1280;max-height=720;max-fps=30"
        let rid = try #require(try media(line).rids.first)
        #expect(rid.id == "hi" && rid.isSent && rid.payloadTypes == [96, 97])
        #expect(rid["max-width"] == "1280" && rid["max-fps"] == "30" && rid["max-br"] == nil)
        #expect(rid.attribute == SDPAttribute("rid", String(line.dropFirst(6))))
        #expect(try media("a=rid:lo recv").rids.first?.payloadTypes == [])
        #expect(try media("a=rid:lo recv pt=x,300,5").rids.first?.payloadTypes == [5])
    }

    @Test(arguments: ["a=rid:q,h send", "a=rid: send", "a=rid:é send", "a=rid:q;h recv", "a=rid:~q send"])
    func ridsHaveNames(line: String) throws {
        #expect(try media(line).rids == [])
    }

    private func media(_ line: String) throws -> MediaDescription {
        let text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 RTP/AVP 96\r\n\(line)\r\n"
        return try #require(try SessionDescription(parsing: text).media.first)
    }

    @Test func survivesNoise() throws {
        for input in hostileInputs(seed: 41, like: Array("send 1,2,3;~4,~5 recv 6;~7,~8".utf8), count: 4000) {
            let text = String(decoding: input.filter { $0 >= 0x20 }, as: UTF8.self)
            guard let media = try? media("a=simulcast:\(text)"), let simulcast = media.simulcast else { continue }
            let written = simulcast.attribute.value ?? ""
            #expect(try self.media("a=simulcast:\(written)").simulcast == simulcast)
        }
    }
}
