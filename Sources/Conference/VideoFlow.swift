/// Which way pictures flow between a call and us, as our side of the SDP says: ``sendOnly`` is a member that watches
/// and shows nothing.
package enum VideoFlow: Hashable, Sendable, CaseIterable {
    /// The call has no video.
    case none
    /// We send, and get nothing.
    case sendOnly
    /// We get its picture, and send nothing: a shared screen.
    case receiveOnly
    case both

    package init(comesIn: Bool, goesOut: Bool) {
        self = comesIn ? (goesOut ? .both : .receiveOnly) : (goesOut ? .sendOnly : .none)
    }

    /// The member sends a picture.
    package var comesIn: Bool { self == .both || self == .receiveOnly }

    /// The member is sent pictures.
    package var goesOut: Bool { self == .both || self == .sendOnly }
}

/// Whom a sender's bitrate follows when its receivers can take different ones; `video-uplink-policy`.
package enum VideoUplinkPolicy: String, Sendable, CaseIterable {
    case lowest, average, highest
}
