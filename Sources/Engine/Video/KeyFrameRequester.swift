package import Wire

/// Merges what receivers want into key-frame requests that one sender can bear: the first at once, then at most one per
/// ``interval``, repeated until the key frame is there (a request can be lost as well).
///
/// Layers of a simulcast are counted apart because receivers wait for one of them, but browsers answer a request for any
/// layer with key frames on all of them.
package struct KeyFrameRequester {
    package struct Request: Equatable {
        /// Index of the layer that is waited for.
        package var layer: Int
        /// Not the repetition of an earlier one: FIR counts them (RFC 5104 §4.3.1.1).
        package var isNew: Bool

        package init(layer: Int, isNew: Bool) { (self.layer, self.isNew) = (layer, isNew) }
    }

    /// Requests sent.
    package private(set) var requests = 0
    /// A bit for each layer whose key frame is waited for.
    private var wanted: UInt8 = 0
    /// A bit for each layer that is waited for since a request was sent.
    private var asked: UInt8 = 0
    private var next: Instant?

    package init() {}

    package var isWaiting: Bool { wanted != 0 }

    /// Somebody cannot go on without a key frame of `layer`.
    package mutating func request(layer: Int) { wanted |= Self.bit(layer) }

    /// A complete key frame of `layer` is there.
    package mutating func arrived(layer: Int) {
        wanted &= ~Self.bit(layer)
        asked &= wanted
    }

    /// Nobody waits any more.
    package mutating func cancel() { (wanted, asked) = (0, 0) }

    /// The request to send now; counts as sent.
    package mutating func take(at now: Instant) -> Request? {
        guard wanted != 0 else { return nil }
        if let next, now < next { return nil }
        let isNew = wanted & ~asked != 0
        let layer = (isNew ? wanted & ~asked : wanted).trailingZeroBitCount
        asked = wanted
        next = now.advanced(by: Self.interval)
        requests &+= 1
        return Request(layer: layer, isNew: isNew)
    }

    private static func bit(_ layer: Int) -> UInt8 { 1 << UInt8(truncatingIfNeeded: layer & 7) }

    /// Browsers make at most one key frame per 300 ms, however often they are asked.
    package static let interval: Duration = .milliseconds(300)
}
