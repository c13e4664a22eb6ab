package import Wire

/// How often one receiver may cause a key frame for everybody who watches the same sender.
///
/// The first time at once. Who goes on asking, as a browser does every 190 ms when it gets nothing it can decode, is
/// heard after half a second, then after a second, two and four; it starts again when it has been content for a while.
package struct KeyFramePatience {
    private var last: Instant?
    private var pause = KeyFramePatience.shortest

    package init() {}

    package mutating func allows(at now: Instant) -> Bool {
        guard let last else {
            self.last = now
            return true
        }
        let time = now.nanoseconds(since: last)
        guard time >= pause else { return false }
        pause = time >= Self.contentment ? Self.shortest : min(pause * 2, Self.longest)
        self.last = now
        return true
    }

    private static let shortest: Int64 = 500_000_000
    private static let longest: Int64 = 4_000_000_000
    private static let contentment: Int64 = 10_000_000_000
}
