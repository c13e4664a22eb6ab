/// What the signalling side measured.
struct SignallingReport: Sendable {
    /// Milliseconds each.
    var logins: [Double] = []
    var answers: [Double] = []
    var firstAudio: [Double] = []
    var joins: [Double] = []
    /// From the invitation, and from when media could flow.
    var firstPictures: [Double] = []
    var firstPicturesConnected: [Double] = []
    var floor = FloorMeter()
    /// By reason.
    var failures: [String: Int] = [:]
    var joined = 0
    var dashboards = 0
    var talk = TalkMeter()
    var deltas = 0
    var gaps = 0
    var rowsIgnored = 0
    /// SIP messages that went out or came more than once.
    var repeats = 0

    mutating func fails(_ reason: String) { failures[reason, default: 0] += 1 }
}
