package import Calls
import Wire

/// Whether a caller is where its packets say: anybody may put anybody's address on a datagram, and into its SDP.
extension SIPEndpoint {
    /// Whether a digest, a list, a gateway or a connection says so from the beginning; the callers of all other calls
    /// prove it later (``SIPOutput/proven(_:)``). Placed calls go to where we want.
    package func isProven(_ leg: LegID) -> Bool {
        guard let call = calls[leg], let incoming = call.incoming else { return true }
        return call.share.source == nil || incoming.asked.path.transport.isReliable
    }

    /// An ACK or a PRACK of this dialog: its To tag, which nobody guesses, stood in a response of ours.
    func notice(_ request: SIPRequest, into out: inout [SIPOutput]) {
        guard request.method == .ack || request.method == .prack, let leg = leg(of: request), let call = calls[leg],
            call.isLive, !isProven(leg)
        else { return }
        // Once is enough: what acknowledges later answers says nothing new.
        let first = call.incoming?.asked.request.cseq.number
        if request.method == .prack || request.cseq.number == first { out.append(.proven(leg)) }
    }
}
