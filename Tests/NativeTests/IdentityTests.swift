import Native
import Testing

struct IdentityTests {
    @Test func isReadBackFromItsOwnText() throws {
        let made = try Identity.generate(commonName: "bridge", alternativeNames: [], days: 30)
        let read = try Identity(certificatePEM: made.certificatePEM, privateKeyPEM: made.privateKeyPEM)
        #expect(read.fingerprint == made.fingerprint)
        #expect(made.certificatePEM.hasPrefix("-----BEGIN CERTIFICATE-----\n"))
        #expect(made.privateKeyPEM.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    }

    @Test func fingerprintIsTheHashOfTheDER() throws {
        let identity = try Identity.generate(commonName: "bridge", alternativeNames: [], days: 30)
        let plain = identity.fingerprint.filter { $0 != ":" }
        #expect(identity.fingerprint.utf8.count == 32 * 3 - 1)
        #expect(plain == plain.uppercased())
        #expect(plain.lowercased() == Digest.sha256Hex(der(fromPEM: identity.certificatePEM).span))
    }

    @Test func namesTheHostsABrowserMayOpen() throws {
        let identity = try Identity.generate(
            commonName: "bridge", alternativeNames: ["conf.example.org", "192.0.2.7", "2001:db8::7"], days: 30)
        let certificate = der(fromPEM: identity.certificatePEM)
        // GeneralName: [2] is a DNS name, [7] an address; the extended key usage is 1.3.6.1.5.5.7.3.1.
        #expect(contains(certificate, [0x82, 16] + Array("conf.example.org".utf8)))
        #expect(contains(certificate, hex("8704 c0000207")))
        #expect(contains(certificate, hex("8710 20010db8000000000000000000000007")))
        #expect(contains(certificate, hex("0608 2b06010505070301")))
        // basicConstraints (2.5.29.19), critical, an empty sequence: no CA.
        #expect(contains(certificate, hex("0603551d13 0101ff 0402 3000")))
    }

    @Test(arguments: ["", "a b", "x,DNS:y", "a\nb", "\u{0}", String(repeating: "a", count: 254)])
    func refusesAlternativeNamesThatCouldEndAField(name: String) {
        #expect(throws: CryptoError.invalidName(name)) {
            try Identity.generate(commonName: "bridge", alternativeNames: [name], days: 1)
        }
    }

    @Test(arguments: ["", String(repeating: "n", count: 65)])
    func refusesCommonNamesOutOfBounds(name: String) {
        #expect(throws: CryptoError.invalidName(name)) {
            try Identity.generate(commonName: name, alternativeNames: [], days: 1)
        }
    }

    @Test func refusesTextThatIsNoPair() throws {
        let one = try Identity.generate(commonName: "one", alternativeNames: [], days: 1)
        let two = try Identity.generate(commonName: "two", alternativeNames: [], days: 1)
        #expect(throws: CryptoError.keyMismatch) {
            try Identity(certificatePEM: one.certificatePEM, privateKeyPEM: two.privateKeyPEM)
        }
        #expect(throws: CryptoError.invalidCertificate) {
            try Identity(certificatePEM: "", privateKeyPEM: one.privateKeyPEM)
        }
        #expect(throws: CryptoError.invalidPrivateKey) {
            try Identity(certificatePEM: one.certificatePEM, privateKeyPEM: one.certificatePEM)
        }
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        (0...max(0, bytes.count - part.count)).contains { bytes[$0...].starts(with: part) }
    }
}
