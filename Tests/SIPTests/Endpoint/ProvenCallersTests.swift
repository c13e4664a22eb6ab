import Calls
import SIP
import Testing
import Wire

/// Whose media may be sent to where the SDP says.
struct ProvenCallersTests {
    private func proven(_ out: [SIPOutput]) -> [LegID] {
        out.compactMap { if case .proven(let leg) = $0 { leg } else { nil } }
    }

    @Test func aStrangerIsProvenByItsACK() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try door.incoming(&far, acknowledge: false)
        #expect(!door.endpoint.isProven(leg) && proven(door.take()).isEmpty)
        var forged = far
        forged.ourTag = "guessed"
        door.receive(forged.request(.ack, sequence: 1))
        #expect(proven(door.take()).isEmpty)
        door.receive(far.request(.ack, sequence: 1))
        #expect(proven(door.take()) == [leg])
    }

    @Test func gatewaysAndConnectionsNeedNoProof() throws {
        let door = Door()
        var far = FarEnd()
        let invite = far.request(.invite, body: Door.sdp)
        door.receive(invite, from: Door.trunk)
        let trunk = try #require(door.take().compactMap(\.invite).first?.leg)
        #expect(door.endpoint.isProven(trunk))
        var other = FarEnd(callID: "call-2")
        let bytes = other.request(.invite, body: Door.sdp).bytes
        door.receive(bytes, over: .tcp)
        let leg = try #require(door.take().compactMap(\.invite).first?.leg)
        #expect(door.endpoint.isProven(leg))
    }
}
