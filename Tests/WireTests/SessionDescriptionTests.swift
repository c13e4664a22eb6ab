import Testing
import Wire

/// The recordings; `Vectors/sdp/README.md` says where they come from.
enum Recorded {
    static let names: [String] = {
        let both = [
            "answer-to-lite-offer", "audio-after-gum-mdns-default-offer", "audio-offer", "audio-video-offer",
            "audio-video-recommended-answer", "audio-video-simulcast-offer", "audio-vp8-only-offer",
            "legacy-offerToReceive-offer", "recvonly-mdns-offer", "recvonly-offer", "screen-share-offer",
        ]
        return both.flatMap { ["chromium-156-\($0)", "firefox-153esr-\($0)"] } + ["server-lite-offer-accepted-by-both"]
    }()

    static func text(_ name: String) -> String { String(decoding: vector("sdp/\(name).sdp"), as: UTF8.self) }

    static func session(_ name: String) throws -> SessionDescription { try SessionDescription(parsing: text(name)) }
}

struct SessionDescriptionTests {
    @Test(arguments: Recorded.names)
    func writesARecordingAsItWas(name: String) throws {
        let text = Recorded.text(name)
        #expect(text.utf8.count > 1000)
        #expect(try SessionDescription(parsing: text).text == text)
    }

    /// What every recording says, wherever it says it.
    @Test(arguments: Recorded.names)
    func findsTheTransportOfARecording(name: String) throws {
        let session = try Recorded.session(name)
        #expect(!session.media.isEmpty)
        #expect(session.bundleGroup == session.media.compactMap(\.mid))
        for media in session.media {
            #expect(media.iceUfrag != nil && media.icePwd != nil && media.setup != nil && media.rtcpMux)
            #expect(media.fingerprints.map(\.hash) == ["sha-256"])
            #expect(media.fingerprints.first?.bytes?.count == 32)
            #expect(media.transport == "UDP/TLS/RTP/SAVPF")
            #expect(media.codecs.map { "\($0.payloadType)" } == media.formats)
            #expect(media.headerExtensions.count == media.attributes.values(of: "extmap").count)
            #expect(media.candidates.count == media.attributes.values(of: "candidate").count)
            #expect(media.ssrcs.count == Set(media.ssrcs).count)
        }
    }

    @Test func readsChromium() throws {
        let session = try Recorded.session("chromium-156-audio-vp8-only-offer")
        #expect(session.origin.username == "-")
        #expect(session.origin.sessionID == "3160168701067801937")
        #expect(session.origin.sessionVersion == "2")
        #expect(session.origin.connection.address == "127.0.0.1")
        #expect(!session.iceLite)
        let audio = session.media[0]
        #expect(audio.kind == "audio" && audio.port == 36359 && audio.mid == "0" && !audio.isRejected)
        #expect(audio.connection == SDPConnection(address: "10.200.0.2"))
        #expect(audio.iceUfrag == "WN+x" && audio.icePwd == "TqC6sJUMe6TW3+JB23AqxEh4")
        #expect(audio.setup == .actpass && audio.direction == .sendrecv && audio.iceOptions == ["trickle"])
        let opus = audio.codecs[0]
        #expect(
            opus
                == Codec(
                    payloadType: 111, name: "opus", clockRate: 48_000, channels: 2,
                    parameters: "minptime=10;useinbandfec=1", feedback: ["transport-cc"])
        )
        #expect(audio.codecs.filter { $0.isNamed("TELEPHONE-event") }.map(\.clockRate) == [48_000, 8000])
        #expect(audio.headerExtension(HeaderExtension.audioLevel)?.id == 1)
        #expect(audio.headerExtension(HeaderExtension.mid)?.id == 4)
        #expect(audio.ssrcs == [SSRC(2_993_435_417)])
        #expect(audio.sourceAttribute("cname", of: SSRC(2_993_435_417)) == "m5AV7j7nv42Q88ng")
        #expect(audio.sourceAttribute("cname", of: SSRC(1)) == nil)
        let vp8 = session.media[1].codecs[0]
        #expect(vp8.name == "VP8" && vp8.clockRate == 90_000)
        #expect(vp8.feedback == ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"])
        #expect(session.media[1].codecs[1].parameters["apt"] == "96")
        #expect(session.media[1].sourceGroups("FID") == [[SSRC(3_355_350_467), SSRC(206_353_869)]])
        let tcp = audio.candidates[2]
        #expect(tcp.transport == "tcp" && tcp.tcpType == "active" && tcp["generation"] == "0")
        #expect(audio.candidates[1].transportAddress == TransportAddress(ip: "fd01::2", port: 34465))
    }

    @Test func readsFirefox() throws {
        let session = try Recorded.session("firefox-153esr-audio-video-simulcast-offer")
        let (audio, video) = (session.media[0], session.media[1])
        // At session level only.
        #expect(!audio.attributes.has("fingerprint"))
        #expect(audio.fingerprints == session.fingerprints)
        #expect(audio.fingerprints.first?.hex.hasPrefix("0A:54:E5:96") == true)
        #expect(audio.iceOptions == ["trickle"])
        // fmtp before rtpmap.
        #expect(audio.codecs[0].parameters["stereo"] == "1")
        #expect(audio.codecs[0].parameters["STEREO"] == "1")
        #expect(audio.codecs.first { $0.isNamed("telephone-event") }?.parameters.raw == "0-15")
        #expect(audio.codecs.first { $0.isNamed("G722") }?.channels == 1)
        // Feedback for 121, 99, 123 and 122, which are not in the m-line.
        #expect(video.codecs.map(\.payloadType) == [120, 124])
        #expect(video.codecs[0].feedback == ["nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"])
        #expect(video.codecs[1].feedback == [])
        #expect(
            video.headerExtension(HeaderExtension.streamID)
                == HeaderExtension(id: 9, direction: .sendonly, uri: HeaderExtension.streamID))
        #expect(
            video.headerExtension(HeaderExtension.repairedStreamID)?.attribute.value?.hasPrefix("10/sendonly ") == true)
        #expect(video.rids.map(\.id) == ["q", "h", "f"])
        #expect(video.rids.map(\.isSent) == [true, true, true])
        #expect(video.ssrcs.count == 6)
        #expect(video.sourceGroups("FID").count == 3)
        // Upper case, and a component for RTCP.
        #expect(audio.candidates.map(\.transport).prefix(4) == ["udp", "udp", "tcp", "tcp"])
        #expect(audio.candidates.map(\.component) == [1, 1, 1, 1, 2, 2, 2, 2])
        #expect(audio.attributes.has("end-of-candidates"))
    }

    @Test func keepsNamesThatHideAddresses() throws {
        let session = try Recorded.session("chromium-156-recvonly-mdns-offer")
        let candidates = session.media.flatMap(\.candidates)
        #expect(!candidates.isEmpty)
        #expect(candidates.allSatisfy { $0.address.hasSuffix(".local") && $0.transportAddress == nil })
        #expect(session.media.allSatisfy { $0.direction == .recvonly })
    }

    @Test func readsALiteOffer() throws {
        let session = try Recorded.session("server-lite-offer-accepted-by-both")
        #expect(session.iceLite)
    }
}

struct SessionDescriptionBuildingTests {
    @Test func buildsAnAnswer() throws {
        let fingerprint = Fingerprint(hash: "SHA-256", hex: "ab:cd")
        let opus = Codec(
            payloadType: 109, name: "opus", clockRate: 48_000, channels: 2, parameters: "useinbandfec=1",
            feedback: ["transport-cc"])
        let address = TransportAddress(ipv4: 0xC000_0201, port: 10_000)
        var media = MediaDescription(
            kind: "audio", port: 10_000, transport: "UDP/TLS/RTP/SAVPF", formats: ["109"],
            connection: SDPConnection(address))
        media.attributes.append("mid", "0")
        media.attributes += [fingerprint.attribute, SetupRole.passive.attribute, MediaDirection.sendrecv.attribute]
        media.attributes.append("rtcp-mux")
        media.attributes += opus.attributes
        media.attributes.append(HeaderExtension(id: 1, uri: HeaderExtension.audioLevel).attribute)
        media.attributes.append(HeaderExtension(id: 9, direction: .recvonly, uri: HeaderExtension.streamID).attribute)
        media.attributes.append(RestrictionIdentifier(id: "q", isSent: false).attribute)
        media.attributes.append(
            Candidate(priority: 2_130_706_431, address: address.ip, port: address.port).attribute)
        media.attributes.append(
            Candidate(
                foundation: "2", transport: "tcp", priority: 1, address: "2001:db8::1", port: 443,
                rest: "tcptype passive"
            ).attribute)
        var session = SessionDescription(
            origin: .init(sessionID: 42, sessionVersion: 1, connection: SDPConnection(address)),
            attributes: [SDPAttribute("group", "BUNDLE 0"), SDPAttribute("ice-lite")],
            media: [media]
        )
        session.bandwidth = ["AS:64"]
        let lines = [
            "v=0", "o=- 42 1 IN IP4 192.0.2.1", "s=-", "b=AS:64", "t=0 0", "a=group:BUNDLE 0", "a=ice-lite",
            "m=audio 10000 UDP/TLS/RTP/SAVPF 109", "c=IN IP4 192.0.2.1", "a=mid:0", "a=fingerprint:sha-256 AB:CD",
            "a=setup:passive", "a=sendrecv", "a=rtcp-mux", "a=rtpmap:109 opus/48000/2", "a=fmtp:109 useinbandfec=1",
            "a=rtcp-fb:109 transport-cc", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            "a=extmap:9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", "a=rid:q recv",
            "a=candidate:1 1 udp 2130706431 192.0.2.1 10000 typ host",
            "a=candidate:2 1 tcp 1 2001:db8::1 443 typ host tcptype passive", "",
        ]
        #expect(session.text == lines.joined(separator: "\r\n"))
        let read = try SessionDescription(parsing: session.text)
        #expect(read == session)
        #expect(read.media[0].codecs == [opus])
        #expect(read.media[0].candidates[1].tcpType == "passive")
        #expect(read.media[0].rids == [RestrictionIdentifier(id: "q", isSent: false)])
    }

    @Test func noValueCanAddALine() throws {
        var session = try Recorded.session("chromium-156-audio-offer")
        session.name = "a\r\na=sendonly\0"
        session.media[0].attributes.append("ssrc", "1 cname:x\nm=video 9 RTP/AVP 96\r\n")
        let read = try SessionDescription(parsing: session.text)
        #expect(read.media.count == 1)
        #expect(read.name == "aa=sendonly")
        #expect(read.media[0].attributes.last?.value == "1 cname:xm=video 9 RTP/AVP 96")
    }

    @Test func mediaFollowsItsSession() throws {
        var session = try Recorded.session("firefox-153esr-audio-offer")
        session.attributes = [SDPAttribute("inactive"), SDPAttribute("setup", "active")]
        session.media[0].attributes = []
        #expect(session.media[0].direction == .inactive)
        #expect(session.media[0].setup == .active)
        #expect(session.media[0].fingerprints.isEmpty)
        session.media.append(session.media[0])
        session.attributes = []
        #expect(session.media.map(\.direction) == [.sendrecv, .sendrecv])
    }

    @Test func directionsMirror() {
        #expect(MediaDirection.sendonly.mirrored == .recvonly)
        #expect(MediaDirection.recvonly.mirrored == .sendonly)
        #expect(MediaDirection.sendrecv.mirrored == .sendrecv)
        #expect(MediaDirection.inactive.mirrored == .inactive)
        #expect(MediaDirection.sendonly.sends && !MediaDirection.sendonly.receives)
        #expect(!MediaDirection.recvonly.sends && MediaDirection.recvonly.receives)
    }
}

struct SessionDescriptionParsingTests {
    static let head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"

    private func media(_ lines: String...) throws -> MediaDescription {
        let text = Self.head + lines.joined(separator: "\r\n")
        return try #require(try SessionDescription(parsing: text).media.first)
    }

    @Test func takesAnyLineEnd() throws {
        let text = Recorded.text("firefox-153esr-audio-offer")
        let session = try SessionDescription(parsing: text)
        #expect(try SessionDescription(parsing: text.replacingCRLF(with: "\n")) == session)
        #expect(try SessionDescription(parsing: String(text.dropLast())) == session)
        #expect(try SessionDescription(parsing: text + "\r\n\r\n") == session)
    }

    @Test func keepsEveryKindOfLine() throws {
        let text = """
            v=0
            o=j 1 2 IN IP6 ::1
            s=A seminar
            i=About
            u=http://example.org
            e=j@example.org
            p=+1 617 555
            c=IN IP4 198.51.100.1/127
            b=AS:128
            b=X-YZ:1
            t=2873397496 2873404696
            r=7d 1h 0 25h
            z=2882844526 -1h
            a=recvonly
            m=audio 49170/2 RTP/AVP 0
            i=Sound
            c=IN IP6 2001:db8::1
            b=TIAS:64000
            a=unknown:some:thing
            a=alone
            m=application 9 UDP/DTLS/SCTP webrtc-datachannel

            """.replacing("\n", with: "\r\n")
        let session = try SessionDescription(parsing: text)
        #expect(session.text == text)
        #expect(session.media[0].portCount == 2)
        #expect(session.media[0].direction == .recvonly)
        #expect(session.media[0].attributes[0] == SDPAttribute("unknown", "some:thing"))
        #expect(session.media[0].connection == SDPConnection(isIPv6: true, address: "2001:db8::1"))
        #expect(session.media[1].formats == ["webrtc-datachannel"])
        #expect(session.media[1].codecs == [])
        #expect(session.iceUfrag == nil && session.media[0].icePwd == nil && session.bundleGroup == [])
    }

    @Test func knowsPayloadTypesThatNeedNoMap() throws {
        let audio = try media("m=audio 9 RTP/AVP 0 8 9 13 18 96 0 300 x", "a=rtpmap:8 pcma/8000", "a=rtcp-fb:* nack")
        #expect(audio.codecs.map(\.name) == ["PCMU", "pcma", "G722", "CN", "G729"])
        #expect(audio.codecs.allSatisfy { $0.clockRate == 8000 && $0.channels == 1 && $0.feedback == ["nack"] })
    }

    @Test(
        arguments: [
            "a=rtpmap:96", "a=rtpmap:96 ", "a=rtpmap:96 VP8", "a=rtpmap:96 VP8/", "a=rtpmap:96 VP8/0",
            "a=rtpmap:96 /90000", "a=rtpmap:96 VP8/-1", "a=rtpmap:96 VP8/99999999999", "a=rtpmap:96 VP8/1/0",
            "a=rtpmap:96 VP8/1/2/3", "a=rtpmap:x VP8/90000", "a=rtpmap:128 VP8/90000", "a=rtpmap",
        ]
    )
    func leavesOutMapsItCannotRead(line: String) throws {
        #expect(try media("m=video 9 RTP/AVP 96 128", line).codecs == [])
    }

    @Test(
        arguments: [
            "a=candidate:1 1 udp 1 192.0.2.1 9 typ", "a=candidate:1 1 udp 1 192.0.2.1 9 host",
            "a=candidate:1 1 udp 1 192.0.2.1 65536 typ host", "a=candidate:1 -1 udp 1 192.0.2.1 9 typ host",
            "a=candidate:1 1 udp 4294967296 192.0.2.1 9 typ host", "a=candidate", "a=candidate:",
            "a=extmap:0 u", "a=extmap:256 u", "a=extmap:1/both u", "a=extmap:1", "a=extmap:/sendonly u",
            "a=rid:1", "a=rid:1 both", "a=ssrc:x cname:y", "a=ssrc:4294967296 cname:y", "a=fingerprint:sha-256",
            "a=fingerprint:sha-256 0", "a=fingerprint:sha-256 0G", "a=fingerprint:sha-256 00:", "a=setup:both",
            "a=ice-ufrag:abc", "a=ice-pwd:tooshorttooshorttoosh", "a=ptime:x", "a=maxptime",
        ]
    )
    func leavesOutAttributesItCannotRead(line: String) throws {
        let media = try media("m=audio 9 RTP/AVP 96", line)
        #expect(media.candidates == [] && media.headerExtensions == [] && media.rids == [] && media.ssrcs == [])
        #expect(media.fingerprints == [] && media.setup == nil && media.iceUfrag == nil && media.icePwd == nil)
        #expect(media.ptime == nil && media.maxptime == nil)
        #expect(media.attributes.count == 1)
    }

    @Test func boundsCredentials() throws {
        let long = String(repeating: "x", count: 257)
        let media = try media("m=audio 9 RTP/AVP 0", "a=ice-ufrag:\(long)", "a=ice-pwd:\(long)")
        #expect(media.iceUfrag == nil && media.icePwd == nil)
    }

    @Test func readsPacketTimesAndRejection() throws {
        let audio = try media("m=audio 0 RTP/AVP 0", "a=ptime:20", "a=maxptime:120", "a=rtcp-rsize", "a=msid:s t")
        #expect(audio.ptime == 20 && audio.maxptime == 120 && audio.isRejected && audio.rtcpReducedSize)
        #expect(audio.msid == "s t" && !audio.rtcpMux && audio.mid == nil)
        #expect(try !media("m=audio 0 RTP/AVP 0", "a=bundle-only").isRejected)
    }

    @Test func givesValuesOfParameters() {
        let parameters = FormatParameters(" a=1 ; B = two=2;c;; d=")
        #expect(parameters["a"] == "1")
        #expect(parameters["b"] == "two=2")
        #expect(parameters["c"] == "")
        #expect(parameters["d"] == "")
        #expect(parameters["e"] == nil)
    }

    typealias Row = (what: String, text: String, error: SDPError)

    static let refusals: [Row] = [
        ("nothing", "", .notSDP),
        ("no version first", "o=- 1 1 IN IP4 0.0.0.0\r\nv=0\r\n", .notSDP),
        ("version 1", "v=1\r\no=- 1 1 IN IP4 0.0.0.0\r\n", .notSDP),
        ("no origin", "v=0\r\ns=-\r\n", .notSDP),
        ("short origin", "v=0\r\no=- 1 1 IN IP4\r\n", .badLine(2)),
        ("origin of no network", "v=0\r\no=- 1 1 ATM NSAP x\r\n", .badLine(2)),
        ("no equals sign", head + "hello\r\n", .badLine(5)),
        ("one letter", head + "a\r\n", .badLine(5)),
        ("unknown letter", head + "x=1\r\n", .badLine(5)),
        ("session line in a media description", head + "m=audio 9 RTP/AVP 0\r\nt=0 0\r\n", .badLine(6)),
        ("m-line without format", head + "m=audio 9 RTP/AVP\r\n", .badLine(5)),
        ("port too large", head + "m=audio 65536 RTP/AVP 0\r\n", .badLine(5)),
        ("port count of no number", head + "m=audio 9/ RTP/AVP 0\r\n", .badLine(5)),
        ("connection cut", head + "c=IN IP4\r\n", .badLine(5)),
        ("carriage return inside", head + "a=mid:0\ra=x\r\n", .badLine(5)),
        ("NUL inside", head + "a=mid:0\0\r\n", .badLine(5)),
    ]

    @Test(arguments: refusals)
    func refuses(row: Row) {
        #expect(throws: row.error, "\(row.what)") { try SessionDescription(parsing: row.text) }
    }

    /// Not as rows of the table above, which the test log would print in full.
    @Test func boundsItsSize() throws {
        func refusal(_ line: String, times: Int) -> SDPError? {
            do throws(SDPError) {
                _ = try SessionDescription(parsing: Self.head + String(repeating: line, count: times))
                return nil
            } catch { return error }
        }
        #expect(refusal("a=0123456789\r\n", times: 4700) == .tooLarge)
        #expect(refusal("a=x\r\n", times: 1995) == nil)
        #expect(refusal("a=x\r\n", times: 1996) == .tooManyLines)
        #expect(refusal("\n", times: 2000) == .tooManyLines)
        #expect(refusal("m=audio 9 RTP/AVP 0\r\n", times: 32) == nil)
        #expect(refusal("m=audio 9 RTP/AVP 0\r\n", times: 33) == .tooManyMedia)
    }

    @Test(arguments: ["chromium-156-audio-video-offer", "firefox-153esr-audio-video-simulcast-offer"])
    func survivesNoise(name: String) {
        for input in hostileInputs(seed: 6, like: vector("sdp/\(name).sdp"), count: 2000) {
            touchEverything(String(decoding: input, as: UTF8.self))
        }
        let short = Array(
            (Self.head + "m=audio 9 RTP/AVP 0 96\r\na=rtpmap:96 opus/48000/2\r\na=extmap:1/sendonly u\r\n").utf8)
        for input in hostileInputs(seed: 7, like: short, count: 18_000) {
            touchEverything(String(decoding: input, as: UTF8.self))
        }
    }

    private func touchEverything(_ text: String) {
        guard let session = try? SessionDescription(parsing: text) else { return }
        #expect((try? SessionDescription(parsing: session.text)) == session)
        _ = (session.bundleGroup, session.iceLite, session.fingerprints, session.iceOptions)
        for media in session.media {
            _ = (
                media.codecs.map(\.attributes), media.codecs.map { $0.parameters["a"] }, media.candidates.map(\.tcpType)
            )
            _ = (media.headerExtensions, media.rids, media.ssrcs, media.sourceGroups("FID"), media.fingerprints)
            _ = (media.iceUfrag, media.icePwd, media.setup, media.direction, media.iceOptions, media.ptime)
        }
    }
}

extension String {
    fileprivate func replacingCRLF(with end: String) -> String {
        String(decoding: utf8.filter { $0 != 0x0D }, as: UTF8.self).replacing("\n", with: end)
    }
}
