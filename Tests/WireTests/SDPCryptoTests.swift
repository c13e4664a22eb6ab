import Testing
import Wire

struct SDPCryptoTests {
    /// The lines of RFC 4568 §6.1 and §9.2.
    static let key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"

    @Test func readsTheLinesOfRFC4568() throws {
        let line = "1 AES_CM_128_HMAC_SHA1_80 inline:\(Self.key)|2^20|1:4"
        let crypto = try #require(SDPCrypto(parsing: line))
        #expect(crypto.tag == 1 && crypto.suite == "AES_CM_128_HMAC_SHA1_80" && crypto.keyAndSalt.count == 30)
        #expect(crypto.keyAndSalt == Array(#"wDfvg&T+)xG7@fb5jU,RaA}\|p0%*#"#.utf8))
        #expect(crypto.lifetime == "2^20" && crypto.masterKeyIdentifier == "1:4" && crypto.sessionParameters.isEmpty)
        #expect(crypto.attribute.value == line)
        let parameters = "2 F8_128_HMAC_SHA1_80 inline:\(Self.key)|1:4 KDR=1 UNENCRYPTED_SRTCP"
        #expect(SDPCrypto(parsing: parameters)?.sessionParameters == ["KDR=1", "UNENCRYPTED_SRTCP"])
        #expect(SDPCrypto(parsing: parameters)?.lifetime == nil)
        #expect(SDPCrypto(parsing: parameters)?.attribute.value == parameters)
    }

    @Test(arguments: [
        "", "1", "1 AES_CM_128_HMAC_SHA1_80", "x AES_CM_128_HMAC_SHA1_80 inline:\(key)",
        "1234567890 AES_CM_128_HMAC_SHA1_80 inline:\(key)", "1 AES_CM_128_HMAC_SHA1_80 inline:",
        "1 AES_CM_128_HMAC_SHA1_80 inline:d0R", "1 AES_CM_128_HMAC_SHA1_80 outline:\(key)",
        "1 AES_CM_128_HMAC_SHA1_80 inline:\(key);inline:\(key)", "1 AES_CM_128_HMAC_SHA1_80 inline:\(key)|1:4|2^20",
        "1 AES_CM_128_HMAC_SHA1_80 inline:\(key)|2^20|1:4|x", "1 AES_CM_128_HMAC_SHA1_80 inline:\(key)|",
        "1 AES/CM inline:\(key)",
    ])
    func refusesOtherLines(line: String) { #expect(SDPCrypto(parsing: line) == nil) }

    @Test func findsKeysAndPortsInADescription() throws {
        var session = SessionDescription(
            origin: SessionDescription.Origin(
                sessionID: 1, sessionVersion: 1, connection: SDPConnection(address: "192.0.2.1")))
        var audio = MediaDescription(
            kind: "audio", port: 49_170, transport: "RTP/SAVP", formats: ["0", "8", "9", "13", "101"])
        audio.attributes.append(
            SDPCrypto(tag: 7, suite: "AES_CM_128_HMAC_SHA1_32", keyAndSalt: [UInt8](0..<30)).attribute)
        audio.attributes.append("crypto", "broken")
        audio.attributes.append(
            RTCPAttribute(port: 53_020, connection: SDPConnection(isIPv6: true, address: "2001:db8::1")).attribute)
        (audio.ptime, audio.maxptime) = (30, 40)
        audio.ptime = 20
        audio.maxptime = nil
        session.media = [audio]
        let read = try SessionDescription(parsing: session.text).media[0]
        #expect(read.crypto.map(\.tag) == [7] && read.crypto[0].keyAndSalt == [UInt8](0..<30))
        #expect(read.rtcp?.port == 53_020 && read.rtcp?.connection?.address == "2001:db8::1" && read.ptime == 20)
        #expect(read.attributes.values(of: "ptime") == ["20"] && read.maxptime == nil)
        #expect(read.codecs.map(\.name) == ["PCMU", "PCMA", "G722", "CN"])
    }

    @Test func readsPortsOfRTCP() {
        #expect(RTCPAttribute(parsing: "53020") == RTCPAttribute(port: 53_020))
        #expect(RTCPAttribute(parsing: "53020 IN IP4 192.0.2.1")?.attribute.value == "53020 IN IP4 192.0.2.1")
        for text in ["", "x", "65536", "-1", "1 IN", "1 IN IP5 x", " "] { #expect(RTCPAttribute(parsing: text) == nil) }
    }

    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func writesAndReadsBase64(plain: String, text: String) {
        #expect(Base64.text(Array(plain.utf8)) == text)
        #expect(Base64.bytes(text.utf8) == Array(plain.utf8))
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v\n", "Zm-_", "Z=8=", "=m8=", "Zm8=Zm8="])
    func refusesOtherBase64(text: String) { #expect(Base64.bytes(text.utf8) == nil) }

    @Test func survivesDamage() {
        let line = Array("1 AES_CM_128_HMAC_SHA1_80 inline:\(Self.key)|2^20|1:4 KDR=1".utf8)
        for input in hostileInputs(seed: 4568, like: line, count: 5000) {
            guard let crypto = SDPCrypto(parsing: String(decoding: input, as: UTF8.self)) else { continue }
            #expect(crypto.attribute.value.flatMap(SDPCrypto.init(parsing:)) == crypto)
        }
    }
}
