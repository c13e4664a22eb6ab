/// `a=simulcast` (RFC 8853 §5.1): which encodings of one picture are sent, or wanted, at the same time.
///
///     send q;h,h2;~f recv x
package struct Simulcast: Equatable, Sendable {
    /// An encoding by its `a=rid`.
    package struct Encoding: Equatable, Sendable {
        package var rid: String
        /// `~`: described, and not sent until something changes.
        package var isPaused: Bool

        package init(rid: String, isPaused: Bool = false) { (self.rid, self.isPaused) = (rid, isPaused) }
    }

    /// One stream: the encoding, or several of which one at a time is sent, the preferred one first.
    package struct Stream: Equatable, Sendable {
        package var alternatives: [Encoding]

        package init(_ alternatives: [Encoding]) { self.alternatives = alternatives }
    }

    /// In the order written, which says nothing about size; browsers write the smallest first.
    package var sent: [Stream]
    package var received: [Stream]

    package init(sent: [Stream] = [], received: [Stream] = []) { (self.sent, self.received) = (sent, received) }

    /// What an answer says to take all of it.
    package var mirrored: Simulcast { Simulcast(sent: received, received: sent) }

    package var attribute: SDPAttribute {
        let parts = [("send", sent), ("recv", received)].filter { !$0.1.isEmpty }
        return SDPAttribute("simulcast", parts.map { "\($0.0) \(Self.text($0.1))" }.joined(separator: " "))
    }

    /// `nil` for anything that the grammar does not allow, a direction said twice too.
    init?(parsing value: String) {
        let parts = value.split(separator: " ")
        guard parts.count == 2 || parts.count == 4 else { return nil }
        self.init()
        for index in stride(from: 0, to: parts.count, by: 2) {
            guard let streams = Self.streams(parts[index + 1]) else { return nil }
            switch parts[index] {
            case "send" where sent.isEmpty: sent = streams
            case "recv" where received.isEmpty: received = streams
            default: return nil
            }
        }
    }

    /// Streams stand between semicolons, alternatives between commas.
    private static func streams(_ text: Substring) -> [Stream]? {
        var streams: [Stream] = []
        for list in text.split(separator: ";", omittingEmptySubsequences: false) {
            var stream = Stream([])
            for item in list.split(separator: ",", omittingEmptySubsequences: false) {
                let rid = item.hasPrefix("~") ? item.dropFirst() : item
                guard RestrictionIdentifier.isName(rid) else { return nil }
                stream.alternatives.append(Encoding(rid: String(rid), isPaused: item.hasPrefix("~")))
            }
            streams.append(stream)
        }
        return streams
    }

    private static func text(_ streams: [Stream]) -> String {
        let lists = streams.map { stream in
            stream.alternatives.map { ($0.isPaused ? "~" : "") + $0.rid }.joined(separator: ",")
        }
        return lists.joined(separator: ";")
    }
}

extension MediaDescription {
    /// The first `a=simulcast`; `nil` without one or when it cannot be read.
    package var simulcast: Simulcast? { attributes.value(of: "simulcast").flatMap(Simulcast.init(parsing:)) }
}
