import Native

/// One direction of SRTP under one key, for the time the call may come back to it.
final class SRTPLane {
    let profile: SRTPProfile
    /// Master key and master salt.
    let key: [UInt8]
    var session: SRTPSession

    init(profile: SRTPProfile, key: [UInt8], direction: SRTPSession.Direction) throws(SRTPError) {
        self.profile = profile
        self.key = key
        session = try SRTPSession(profile: profile, key: key, direction: direction)
    }
}
