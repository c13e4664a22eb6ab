import Glibc
import RTC
import Synchronization
package import Wire

/// Two bound UDP sockets of one call over plain RTP: an even port for RTP and the next one for RTCP (RFC 3550 §11).
///
/// The signalling side and a media loop both hold it; the sockets are closed with the last reference. Only the loop that
/// has opened the call reads and writes.
package final class RTPPortPair: Sendable {
    package let rtpPort: UInt16
    package let rtcpPort: UInt16
    let rtpDescriptor: CInt
    let rtcpDescriptor: CInt

    /// `nil` when one of the ports is taken.
    init?(on address: TransportAddress, from port: UInt16) {
        guard port.isMultiple(of: 2), let rtp = try? UDPSocket.open(address.withPort(port)) else { return nil }
        guard let rtcp = try? UDPSocket.open(address.withPort(port + 1)) else {
            close(rtp.descriptor)
            return nil
        }
        (rtpPort, rtpDescriptor) = (port, rtp.descriptor)
        (rtcpPort, rtcpDescriptor) = (port + 1, rtcp.descriptor)
    }

    deinit {
        close(rtpDescriptor)
        close(rtcpDescriptor)
    }

    /// The number that ``RTC/Path`` has for a socket of a call's own.
    static func number(of descriptor: CInt) -> UInt32 { Path.firstOwnSocket + UInt32(descriptor) }

    static func descriptor(of number: UInt32) -> CInt { CInt(number - Path.firstOwnSocket) }
}

/// Gives each call over plain RTP ports of its own, from the range that firewalls were told of.
package final class RTPPorts: Sendable {
    /// Even ports, each with the odd one behind it.
    private let first: UInt16
    private let count: Int
    /// Which pair is tried next: one that was just given back is taken last, as its old call's packets may still come.
    private let next: Mutex<Int>

    /// - Parameters:
    ///   - range: Ports that may be taken; of another's no harm is done. Less than a pair gives none.
    ///   - start: Which pair comes first; by chance unless a test says it.
    package init(_ range: ClosedRange<UInt16>, startingAt start: Int? = nil) {
        first = range.lowerBound.isMultiple(of: 2) ? range.lowerBound : range.lowerBound &+ 1
        count = first >= range.lowerBound && range.upperBound > first ? (Int(range.upperBound) - Int(first) + 1) / 2 : 0
        next = Mutex(start ?? Int.random(in: 0..<max(1, count)))
    }

    /// Two ports on a local address; `nil` when all are taken, or when the address is not this machine's.
    package func take(on address: TransportAddress) -> RTPPortPair? {
        for _ in 0..<count {
            let index = next.withLock { next in
                defer { next = (next + 1) % count }
                return next % count
            }
            if let pair = RTPPortPair(on: address, from: first + UInt16(index * 2)) { return pair }
            guard errno == EADDRINUSE || errno == EACCES else { return nil }
        }
        return nil
    }
}
