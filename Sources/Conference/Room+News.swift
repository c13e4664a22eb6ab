/// What the media and the server tell the room of what they were asked to do.
extension Room {
    /// A key of a member's telephone.
    package mutating func digit(_ id: MemberID, _ key: Character, at now: Duration) -> [Effect] { [] }

    /// What ``Effect/play(_:)`` began is over, or could not be played. Nothing happens for what was stopped.
    package mutating func playbackEnded(_ id: PlaybackID, at now: Duration) -> [Effect] { [] }

    /// A recording ended without being told to: it could not be written.
    package mutating func recordingEnded(_ id: RecordingID, failure: String?, at now: Duration) -> [Effect] { [] }

    /// What ``Effect/dial(_:)`` asked for came to this: `SUCCESS` or the cause of its failure.
    package mutating func dialEnded(_ job: JobID, cause: String, peer: String?, at now: Duration) -> [Effect] { [] }

    /// A member's client is back after its connection was lost: it is told again where it is.
    package mutating func rejoined(_ id: MemberID, at now: Duration) -> [Effect] { [] }

    /// A caller was refused for good, for the books: after the last wrong PIN, not after each.
    package mutating func rejected(_ request: JoinRequest, _ refusal: Refusal, at now: Duration) -> [Effect] { [] }
}
