import Wire

/// One member's media: its socket, what it sends and how what it hears arrives. Owned by the media thread.
protocol MediaLine: AnyObject {
    var plan: MemberPlan { get }
    var socket: LineSocket { get }
    var reception: Reception { get }
    /// Media may flow.
    var isConnected: Bool { get }
    var packetsSent: Int { get }
    /// Packets whose SRTP was not the server's.
    var unauthentic: Int { get }
    /// When the last marker burst was sent, on the marker's own line.
    var lastBurst: Instant? { get }
    /// `nil` in a call without video.
    var screen: Screen? { get }
    var connectedAt: Instant? { get }

    /// Our side's description of the call.
    var offer: String { get }

    /// Takes the server's answer. Returns what is wrong with it.
    func accept(_ answer: String, at now: Instant) -> String?

    /// Takes one datagram.
    func receive(_ datagram: inout MutableSpan<UInt8>, count: Int, at now: Instant, facts: inout [MediaFact])

    /// Sends this line's next 20 ms. Returns whether a talk spurt begins with it.
    func tick(at now: Instant, facts: inout [MediaFact]) -> Bool

    /// Sends the camera's next frame; `sent` is called after each packet.
    func sendFrame(at now: Instant, sent: () -> Void)

    func beginWindow(at now: Instant)

    /// What the window showed; `nil` in a call without video.
    func videoReport(until now: Instant) -> VideoReport?

    /// Says goodbye where the protocol has one.
    func close()
}

/// What happens on a line.
enum MediaFact {
    case connected
    case failed(String)
    case heard
    /// Another member's picture is seen than before, or the first.
    case sees(Int?)
    /// A marker's onset was found at this moment: arrival of the packet and the place in it.
    case marker(Instant)
}
