/// What a client wants of its hold (`verto.modify`, reference §4.9).
package enum HoldChange: Sendable, Hashable {
    case on, off, toggle
}

/// Why a transfer cannot be; nothing has changed.
package enum TransferRefusal: Error, Sendable, Hashable {
    case noSuchCall
    /// A blind transfer needs somebody at the other end of a bridge.
    case notBridged
    /// Empty, too long, or with control characters in it.
    case badDestination
    /// The second call of an attended transfer does not exist, or is the first.
    case invalidLeg
    /// Neither call of an attended transfer has somebody at its other end, or both have each other.
    case failed
}
