import SIP
import Testing
import Wire

struct SIPPathTests {
    @Test func `only UDP repeats messages by itself`() {
        #expect(SIPTransport.allCases.filter { !$0.isReliable } == [.udp])
    }
}
