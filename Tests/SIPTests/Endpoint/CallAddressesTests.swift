import Calls
import SIP
import Testing
import Wire

/// Where calls go, as far as media have to know.
struct CallAddressesTests {
    @Test func aPlacedCallsAddressIsKnownBeforeItsINVITE() throws {
        let door = Door()
        let target = SIPTarget.gateway(name: "itsp", destination: "4711")
        #expect(door.endpoint.address(of: target, [:], at: door.now) == Door.trunk)
        let phone = SIPTarget.address(profile: "external", uri: "sip:1000@[2001:db8::7]:5070")
        #expect(door.endpoint.address(of: phone, [:], at: door.now)?.description == "[2001:db8::7]:5070")
        let named = SIPTarget.address(profile: "external", uri: "sip:1000@phone.example")
        #expect(door.endpoint.address(of: named, [:], at: door.now) == nil)
    }

    @Test func aCallIsWhereItSpeaksFrom() throws {
        let door = Door()
        door.place("leg")
        #expect(door.endpoint.address(of: LegID("leg")) == Door.trunk)
        #expect(door.endpoint.address(of: LegID("other")) == nil)
        var far = FarEnd()
        let leg = try door.incoming(&far)
        #expect(door.endpoint.address(of: leg) == Door.phone)
    }
}
