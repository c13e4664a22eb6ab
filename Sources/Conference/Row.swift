/// One member in the live array (conference.md §3.1). Only ``status`` changes after the join.
package struct Row: Equatable, Sendable {
    /// Column 0 is its ``MemberID/paddedText``.
    package var id: MemberID
    package var number: String
    package var name: String
    /// `"opus@48000"`.
    package var codec: String
    package var status: Status
    package var variables: [String: String]

    package init(
        id: MemberID, number: String, name: String, codec: String, status: Status, variables: [String: String]
    ) {
        self.id = id
        self.number = number
        self.name = name
        self.codec = codec
        self.status = status
        self.variables = variables
    }
}

/// How a member is, column 4 (conference.md §3.3).
package struct Status: Equatable, Sendable {
    package var muted: Bool
    package var deaf: Bool
    /// The caller or a moderator put the call on hold.
    package var onHold: Bool
    /// A moderator did: it shows before ``muted``.
    package var heldByModerator: Bool
    package var talking: Bool
    /// Holds the audio floor.
    package var floor: Bool
    /// Mean absolute sample when the row was written, 0…32767.
    package var energyScore: Int
    /// Wishes to be given the word.
    package var handRaised: Bool
    /// `nil` for a call without video.
    package var video: VideoStatus?

    package init(
        muted: Bool = false, deaf: Bool = false, onHold: Bool = false, talking: Bool = false, floor: Bool = false,
        energyScore: Int = 0, video: VideoStatus? = nil, heldByModerator: Bool = false, handRaised: Bool = false
    ) {
        self.muted = muted
        self.deaf = deaf
        self.onHold = onHold
        self.heldByModerator = heldByModerator
        self.talking = talking
        self.floor = floor
        self.energyScore = energyScore
        self.video = video
        self.handRaised = handRaised
    }

    /// The status in a word, for clients that show text (conference.md §3.2).
    package var oldStatus: String { audioWord + (video?.suffix ?? "") }

    private var audioWord: String {
        if heldByModerator { return "HOLD" }
        return switch (muted, onHold, floor, talking) {
        case (true, _, _, _): "MUTE"
        case (_, true, _, _): "HOLD"
        case (_, _, true, true): "TALKING (FLOOR)"
        case (_, _, true, _): "FLOOR"
        case (_, _, _, true): "TALKING"
        default: "ACTIVE"
        }
    }
}
