import RTC
import TestKit
import Testing
import Wire

/// What the fake browser takes for an answer, as real ones do (`media.md` §1.3).
struct BrowserAnswerTests {
    @Test func readsOurAnswer() throws {
        let call = try Call()
        let answer = try #require(call.browser.answer)
        #expect(answer.address == Call.serverAddress)
        #expect(answer.opusPayloadType == 111 && answer.audioLevelID == 1 && answer.midID == 4)
        #expect(answer.remote.isDTLSServer && answer.ssrcs == [SSRC(4096)])
    }

    /// No BUNDLE, no mid, no extensions, active: what FreeSWITCH writes (`verto.md` Appendix C).
    @Test func readsAnAnswerInFreeSWITCHsStyle() throws {
        let text = """
            v=0
            o=FreeSWITCH 1795178089 1795178090 IN IP4 192.0.2.10
            s=FreeSWITCH
            c=IN IP4 192.0.2.10
            t=0 0
            a=msid-semantic: WMS abc
            m=audio 41154 UDP/TLS/RTP/SAVPF 111 126
            a=rtpmap:111 opus/48000/2
            a=fmtp:111 useinbandfec=1; cbr=1; minptime=10
            a=rtpmap:126 telephone-event/8000
            a=ptime:20
            a=sendrecv
            a=fingerprint:sha-256 \(Array(repeating: "0A", count: 32).joined(separator: ":"))
            a=setup:active
            a=rtcp-mux
            a=rtcp:41154 IN IP4 192.0.2.10
            a=ice-ufrag:abcdefghijklmnop
            a=ice-pwd:abcdefghijklmnopqrstuvwx
            a=candidate:123 1 udp 2130706431 192.0.2.10 41154 typ host generation 0
            a=end-of-candidates
            a=ssrc:77 cname:abc

            """
        let call = try Call()
        let answer = try BrowserAnswer(parsing: text, to: call.browser.offer, isIPv6: false)
        #expect(answer.address == Call.address("192.0.2.10", 41_154))
        #expect(!answer.remote.isDTLSServer && answer.audioLevelID == nil && answer.midID == nil)
        #expect(answer.telephoneEventPayloadType == 126)
    }

    typealias Row = (what: String, old: String, new: String, refusal: BrowserAnswer.Refusal)

    static let rows: [Row] = [
        ("actpass in an answer", "a=setup:passive", "a=setup:actpass", .wrongSetup(.actpass)),
        ("no setup", "a=setup:passive\r\n", "", .wrongSetup(nil)),
        ("no rtcp-mux", "a=rtcp-mux\r\n", "", .noRTCPMux),
        ("another mid in the bundle", "a=mid:0", "a=mid:7", .wrongMedia),
        ("audio refused", "m=audio 5000", "m=audio 0", .wrongMedia),
        ("a renumbered extension", "a=extmap:1 ", "a=extmap:2 ", .renumberedExtension(HeaderExtension.audioLevel)),
        ("a short password", "passwordpasswordpassword", "short", .noTransport(missing: "ice-ufrag")),
        ("no candidate", "a=candidate:", "a=x-candidate:", .noTransport(missing: "candidate")),
        ("TCP alone", " udp ", " tcp ", .noTransport(missing: "candidate")),
        ("no fingerprint", "a=fingerprint:", "a=x-fingerprint:", .noTransport(missing: "fingerprint")),
        ("no Opus", "opus/48000/2", "speex/16000", .noOpus),
    ]

    @Test(arguments: rows)
    func refuses(row: Row) throws {
        let call = try Call()
        let answer = replace(row.old, with: row.new, in: call.negotiation.answer.text)
        #expect(answer != call.negotiation.answer.text)
        #expect(throws: row.refusal, "\(row.what)") {
            try BrowserAnswer(parsing: answer, to: call.browser.offer, isIPv6: false)
        }
    }

    /// Headers are in clear: counting without decrypting gives the same figures.
    @Test func countsWithoutDecrypting() throws {
        let call = try Call()
        call.connect()
        var stream = call.stream
        var captured: [[UInt8]] = []
        call.tamper = { toPeer, bytes in
            if !toPeer, (128...191).contains(bytes[0]) { captured.append(bytes) }
            return [bytes]
        }
        call.run(for: .milliseconds(200)) { $0.talk(through: &stream) }
        call.run(for: .milliseconds(40))
        #expect(captured.count == 10 && call.browser.reception.packets == 10)
        for packet in captured { call.browser.count(packet.span, at: call.now) }
        #expect(call.browser.reception.packets == 20)
        #expect(call.browser.remoteSSRC == SSRC(4096))
    }
}
