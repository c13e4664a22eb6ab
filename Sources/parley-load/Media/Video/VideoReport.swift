/// What one member with video counted in the window.
struct VideoReport: Sendable {
    /// Sums since the call began.
    struct Counts: Sendable {
        var camera = Camera.Counts()
        var screen = Screen.Counts()
        /// PLI and FIR for the camera.
        var keyFrameRequests = 0
        /// Packets of the camera sent again.
        var repeats = 0
        /// Packets of the picture asked for again, repeats counted …
        var nacked = 0
        /// … and those that came on RTX.
        var repaired = 0
    }

    let viewing: Viewing
    /// In which it was owed pictures.
    let seconds: Double
    let counts: Counts
    /// `nil` for those who do not decode.
    let decoded: PictureChecker.Counts?
    /// The last REMB for the camera, in bits per second.
    let allowedBitrate: Int?
}

extension VideoReport.Counts {
    static func + (left: Self, right: Self) -> Self { left - (Self() - right) }

    static func - (left: Self, right: Self) -> Self {
        Self(
            camera: left.camera - right.camera, screen: left.screen - right.screen,
            keyFrameRequests: left.keyFrameRequests - right.keyFrameRequests, repeats: left.repeats - right.repeats,
            nacked: left.nacked - right.nacked, repaired: left.repaired - right.repaired)
    }
}

extension Screen.Counts {
    static func - (left: Self, right: Self) -> Self {
        Self(packets: left.packets - right.packets, requests: left.requests - right.requests)
    }
}
