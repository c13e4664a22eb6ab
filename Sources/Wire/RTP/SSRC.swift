/// A synchronization source (RFC 3550 §3). A type of its own so it cannot be mixed up with a timestamp.
package struct SSRC: Hashable, Sendable {
    package let rawValue: UInt32

    package init(_ rawValue: UInt32) { self.rawValue = rawValue }
}
