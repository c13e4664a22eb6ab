/// How a member's picture is: `video` of column 4 (conference.md §3.3). A room that forwards has neither canvas nor
/// layers, and nobody has an avatar there.
package struct VideoStatus: Equatable, Sendable {
    /// The negotiated direction as rows say it; one that is neither of these says ``sendRecv``.
    package enum MediaFlow: String, Sendable {
        /// The member watches only.
        case sendOnly
        case sendRecv
    }

    /// Its picture is here and may be shown.
    package var visible: Bool
    /// Its call ends with its connection (`recoverCall: false`).
    package var noRecover: Bool
    /// It shows its screen in a second call, which has no row.
    package var screenShare: Bool
    package var mediaFlow: MediaFlow
    /// Cannot be seen: muted by a moderator or by itself, or it sends nothing.
    package var muted: Bool
    /// Holds the video floor.
    package var floor: Bool
    /// Holds it until a moderator unlocks it.
    package var floorLocked: Bool

    package init(
        visible: Bool = true, noRecover: Bool = false, screenShare: Bool = false, mediaFlow: MediaFlow = .sendRecv,
        muted: Bool = false, floor: Bool = false, floorLocked: Bool = false
    ) {
        (self.visible, self.noRecover, self.screenShare) = (visible, noRecover, screenShare)
        (self.mediaFlow, self.muted, self.floor, self.floorLocked) = (mediaFlow, muted, floor, floorLocked)
    }

    /// What ``Status/oldStatus`` ends in.
    var suffix: String { muted ? " VIDEO (BLIND)" : floor ? " VIDEO (FLOOR)" : " VIDEO" }
}
