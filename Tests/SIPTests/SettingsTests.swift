import SIP
import Testing
import Wire

struct SettingsTests {
    @Test func `a gateway's missing values come from those it has`() {
        var gateway = GatewaySettings(name: "itsp")
        #expect(gateway.effectiveProxy == "itsp")
        #expect(gateway.contactUser == "gw+itsp")
        gateway.realm = "realm.example"
        #expect(gateway.effectiveProxy == "realm.example")
        gateway.proxy = "proxy.example"
        gateway.username = "4711"
        #expect(gateway.effectiveRealm == "realm.example")
        #expect(gateway.effectiveFromDomain == "proxy.example")
        #expect(gateway.effectiveFromUser == "4711" && gateway.effectiveAuthUsername == "4711")
        #expect(gateway.inboundDestination == "4711")
        gateway.extension = "3500"
        gateway.putsExtensionInContact = true
        #expect(gateway.inboundDestination == "3500" && gateway.contactUser == "3500")
    }

    @Test func `too short times are the defaults`() {
        var gateway = GatewaySettings(name: "itsp")
        (gateway.expires, gateway.retry, gateway.ping) = (.seconds(4), .seconds(4), .seconds(1))
        #expect(gateway.effectiveExpires == .seconds(3600))
        #expect(gateway.effectiveRetry == .seconds(30))
        #expect(gateway.effectivePing == .seconds(5))
    }

    @Test(arguments: [("itsp-1.example_x", true), ("", false), ("a b", false), ("a/b", false), ("ä", false)])
    func `names of gateways`(name: String, isValid: Bool) {
        #expect(GatewaySettings.isValidName(name) == isValid)
    }

    @Test func `browsers are asked for MD5 first`() {
        let profile = SIPProfile(name: "internal")
        #expect(profile.challengeAlgorithms(for: .udp) == [.sha256, .md5])
        #expect(profile.challengeAlgorithms(for: .secureWebSocket) == [.md5, .sha256])
    }

    @Test func `gateways are found with their profile`() {
        var settings = SIPSettings()
        settings.profiles = [SIPProfile(name: "internal"), SIPProfile(name: "external")]
        settings.profiles[1].gateways = [GatewaySettings(name: "itsp")]
        #expect(settings.gateway("itsp")?.profile.name == "external")
        #expect(settings.gateway("other") == nil)
        #expect(settings.profile("internal")?.name == "internal")
    }
}
