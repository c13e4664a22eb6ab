import NIOCore
import SIP
import Wire

/// Takes the datagrams of one UDP socket of a profile.
final class SIPDatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let profile: String
    private let inbox: SIPInbox

    init(profile: String, inbox: SIPInbox) { (self.profile, self.inbox) = (profile, inbox) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        // What is shorter keeps a NAT binding alive (RFC 5626 §4.4.1) and says nothing.
        guard envelope.data.readableBytes > Self.longestKeepAlive,
            let source = TransportAddress(envelope.remoteAddress), source.port != 0
        else { return }
        inbox.put(
            datagram: Array(envelope.data.readableBytesView),
            from: SIPPath(profile: profile, transport: .udp, remote: source))
    }

    /// ICMP may tell of any earlier datagram; the socket is as good as before.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    private static let longestKeepAlive = 4
}
