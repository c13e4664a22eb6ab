/// A request of somebody else, until it is answered and a while longer. Never used twice.
package struct ServerTransactionID: Hashable, Sendable {
    package let rawValue: UInt64
    init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// A request of ours, until it is answered and a while longer. Never used twice.
package struct ClientTransactionID: Hashable, Sendable {
    package let rawValue: UInt64
    init(_ rawValue: UInt64) { self.rawValue = rawValue }
}
