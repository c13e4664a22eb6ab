import Testing
import Wire

struct SIPHeadersTests {
    @Test func findsNamesInAnyForm() {
        let headers = SIPHeaders([("v", "1"), ("VIA", "2"), ("x", "90"), ("X-Foo", "bar")])
        #expect(headers.all("via") == ["1", "2"] && headers["V"] == "1" && headers["Session-Expires"] == "90")
        #expect(headers["x-foo"] == "bar" && headers.has("X-FOO") && !headers.has("Foo"))
        #expect(headers.fields.map(\.name) == ["Via", "VIA", "Session-Expires", "X-Foo"])
    }

    @Test(arguments: Array("vftimclksueoxrbadjyn".utf8))
    func knowsEachCompactForm(letter: UInt8) {
        let name = String(decoding: [letter], as: UTF8.self)
        #expect(SIPHeaders([(name, "")]).fields[0].name.utf8.count > 1)
        #expect(SIPHeaders([(name.uppercased(), "")]) == SIPHeaders([(name, "")]))
    }

    @Test func takesListsApart() {
        let headers = SIPHeaders([
            ("Contact", "\"a, b\" <sip:a,b@c> , <sip:d@e>;x=\"1,2\\\",3\""), ("Contact", "*"),
            ("Subject", "one, two"), ("Allow", " INVITE ,, ACK,"),
            ("WWW-Authenticate", "Digest realm=\"a\", nonce=\"b\""),
        ])
        #expect(headers.values("m") == ["\"a, b\" <sip:a,b@c>", "<sip:d@e>;x=\"1,2\\\",3\"", "*"])
        #expect(headers.values("s") == ["one, two"])
        #expect(headers.values("Allow") == ["INVITE", "ACK"])
        #expect(headers.values("WWW-Authenticate").count == 1)
    }

    @Test func keepsPlacesWhenChanged() {
        var headers = SIPHeaders([("A", "1"), ("B", "2"), ("a", "3"), ("C", "4")])
        headers.set("a", all: ["5", "6"])
        #expect(headers.fields.map(\.value) == ["5", "6", "2", "4"])
        headers.prepend("B", "0")
        headers.prepend("Via", "first")
        #expect(headers.fields.map(\.value) == ["first", "5", "6", "0", "2", "4"])
        headers["A"] = nil
        headers["B"] = "7"
        headers["D"] = "8"
        #expect(headers.fields.map(\.value) == ["first", "7", "4", "8"])
        headers.set("B", all: [])
        #expect(!headers.has("B"))
    }

    @Test func refusesWhatWouldBreakALine() {
        var headers = SIPHeaders([("A", "1"), ("B\r\nC", "1"), ("D", "1\n"), ("", "x"), ("E F", "x")])
        #expect(headers.fields.count == 1)
        #expect(!headers.set("A", "\0") && headers["A"] == "1")
        #expect(!headers.set("A", all: ["2", "\r"]) && headers.all("A") == ["1"])
        // A NUL behind a backslash is one of a quoted string, which RFC 3261 §25.1 allows.
        #expect(headers.set("A", "\"\\\0\"") && headers["A"] == "\"\\\0\"")
    }

    @Test func readsFieldsOfOneValue() {
        var request = SIPRequest(.invite, SIPURI(host: "h"))
        let h = [
            ("Content-Type", "Application/SDP ; charset = utf-8"), ("Expires", "12x"), ("Min-Expires", "60"),
            ("Replaces", "425928@bobster.example.org;to-tag=7743;from-tag=6472;early-only"),
            ("Session-Expires", "1800;refresher=UAS"), ("Min-SE", "90;x=y"), ("RAck", "776656 1 INVITE"),
            ("RSeq", "988789"),
            ("Retry-After", "18000;duration=3600"),
            ("Reason", "SIP ;cause=200 ;text=\"Call completed, elsewhere\", Q.850;cause=16"),
            ("Event", "refer;id=93809823"), ("Subscription-State", "Terminated;reason=noresource;expires=0"),
            ("Refer-To", "<sip:b@h?Replaces=12345%40h%3Bto-tag%3D1%3Bfrom-tag%3D2>"), ("Referred-By", "<sip:r@h>"),
            ("P-Asserted-Identity", "\"Cullen\" <sip:fluffy@cisco.com>, <tel:+14085264000>"),
            ("Accept", "text/*, application/sdp;q=0.5"),
        ]
        for (name, value) in h { request.headers.add(name, value) }
        #expect(request.contentType?.matches(.sdp) == true && request.contentType?.parameters["charset"] == "utf-8")
        #expect(request.expires == 3600 && request.minExpires == 60)
        #expect(
            request.replaces
                == SIPReplaces(callID: "425928@bobster.example.org", toTag: "7743", fromTag: "6472", earlyOnly: true))
        #expect(request.sessionExpires == SIPSessionExpires(1800, refresher: .uas) && request.minSE == 90)
        #expect(
            request.rack == RAck(776_656, CSeq(1, .invite)) && request.rseq == 988_789 && request.retryAfter == 18_000)
        #expect(
            request.reasons.map(\.cause) == [200, 16] && request.reasons.first?.phrase == "Call completed, elsewhere")
        #expect(request.reasons.last?.isNamed("q.850") == true)
        #expect(request.event == SIPEvent("refer", id: "93809823"))
        #expect(request.subscriptionState?.state == "terminated" && request.subscriptionState?.expires == 0)
        #expect(request.subscriptionState?.reason == "noresource" && request.referredBy?.uri.user == "r")
        #expect(request.referTo?.uri.headers.first?.value == "12345%40h%3Bto-tag%3D1%3Bfrom-tag%3D2")
        #expect(request.assertedIdentities.map(\.uri.user) == ["fluffy", "+14085264000"])
        #expect(request.accept.contains { $0.accepts(.plainText) } && request.accept.contains { $0.accepts(.sdp) })
        #expect(!request.accept.contains { $0.accepts(.dtmf) })
    }

    @Test func writesFieldsOfOneValue() {
        var request = SIPRequest(.invite, SIPURI(host: "h"))
        request.contentType = .sdp
        request.sessionExpires = SIPSessionExpires(1800, refresher: .uac)
        request.rack = RAck(1, CSeq(2, .invite))
        request.reasons = [SIPReason("Q.850", cause: 16, phrase: "a \"b\""), SIPReason("SIP", cause: nil)]
        request.subscriptionState = SIPSubscriptionState("active", expires: 60)
        request.replaces = SIPReplaces(callID: "a", toTag: "b", fromTag: "c")
        request.supported = ["timer", "replaces"]
        request.allow = []
        #expect(
            request.headers.fields.map { "\($0.name): \($0.value)" } == [
                "Content-Type: application/sdp", "Session-Expires: 1800;refresher=uac", "RAck: 1 2 INVITE",
                #"Reason: Q.850;cause=16;text="a \"b\"", SIP"#, "Subscription-State: active;expires=60",
                "Replaces: a;to-tag=b;from-tag=c", "Supported: timer, replaces",
            ])
    }

    static let bad: [(name: String, value: String)] = [
        ("Content-Type", "application"), ("Content-Type", "/sdp"), ("Replaces", "a;to-tag=b"),
        ("Replaces", ";to-tag=b;from-tag=c"),
        ("Session-Expires", "-1"), ("Session-Expires", "99999999999"), ("Min-SE", "x"), ("RAck", "1 2"),
        ("RAck", "4294967296 1 INVITE"),
        ("RSeq", "4294967296"), ("Retry-After", "soon"), ("Retry-After", "949302838503028349304023988"),
        ("Reason", "a b;cause=1"),
        ("Event", ""), ("Subscription-State", ";x"), ("Refer-To", "<sip:"), ("CSeq", "1"), ("Max-Forwards", "256"),
    ]

    @Test(arguments: bad)
    func answersNothingForWhatCannotBeRead(row: (name: String, value: String)) {
        let request = SIPRequest(.invite, SIPURI(host: "h"), headers: SIPHeaders([(row.name, row.value)]))
        #expect(request.contentType == nil && request.replaces == nil && request.sessionExpires == nil)
        #expect(request.minSE == nil && request.rack == nil && request.rseq == nil && request.retryAfter == nil)
        #expect(request.reasons.isEmpty && request.event == nil && request.subscriptionState == nil)
        #expect(request.referTo == nil && request.cseq.number == 0 && request.maxForwards == nil)
    }
}
