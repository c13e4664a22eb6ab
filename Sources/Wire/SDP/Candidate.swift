/// One `a=candidate` (RFC 8839 §5.1): an address where the writer may be reached.
package struct Candidate: Equatable, Sendable {
    package var foundation: String
    /// 1 is RTP; 2, which Firefox writes, RTCP without rtcp-mux.
    package var component: Int
    /// `udp` or `tcp`, in lower case whatever was written.
    package var transport: String
    package var priority: UInt32
    /// A literal, or a name: browsers write `….local` to hide the address (mDNS). Names are not looked up.
    package var address: String
    package var port: UInt16
    /// `host`, `srflx`, `prflx` or `relay`.
    package var type: String
    /// What follows: `raddr`, `tcptype`, `generation` … with their values, as written.
    package var rest: String

    package init(
        foundation: String = "1",
        component: Int = 1,
        transport: String = "udp",
        priority: UInt32,
        address: String,
        port: UInt16,
        type: String = "host",
        rest: String = ""
    ) {
        (self.foundation, self.component, self.transport) = (foundation, component, transport)
        (self.priority, self.address, self.port) = (priority, address, port)
        (self.type, self.rest) = (type, rest)
    }

    /// Where to send; `nil` when the address is a name.
    package var transportAddress: TransportAddress? { TransportAddress(ip: address, port: port) }

    /// `active`, `passive` or `so` (RFC 6544 §4.5); `nil` for UDP.
    package var tcpType: String? { self["tcptype"] }

    /// The value of one of the pairs that follow the type.
    package subscript(_ name: String) -> String? {
        let words = rest.split(separator: " ")
        for index in stride(from: 0, to: words.count - 1, by: 2) where words[index] == name[...] {
            return String(words[index + 1])
        }
        return nil
    }

    /// What stands behind `candidate:`.
    package var text: String {
        "\(foundation) \(component) \(transport) \(priority) \(address) \(port) typ \(type)"
            + (rest.isEmpty ? "" : " \(rest)")
    }

    package var attribute: SDPAttribute { SDPAttribute("candidate", text) }

    init?(parsing value: String) {
        let parts = value.split(separator: " ", maxSplits: 8)
        guard parts.count >= 8, parts[6] == "typ", let component = UInt16(parts[1]), let priority = UInt32(parts[3]),
            let port = UInt16(parts[5])
        else { return nil }
        self.init(
            foundation: String(parts[0]),
            component: Int(component),
            transport: parts[2].lowercased(),
            priority: priority,
            address: String(parts[4]),
            port: port,
            type: String(parts[7]),
            rest: parts.count == 9 ? String(parts[8]) : ""
        )
    }
}

extension MediaDescription {
    /// Candidates that can be read; others are left out.
    package var candidates: [Candidate] { attributes.values(of: "candidate").compactMap(Candidate.init(parsing:)) }
}
