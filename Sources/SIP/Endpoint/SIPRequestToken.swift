/// A request of a far end that waits for the bridge's word; comes back with what became of it. Carries no meaning.
package struct SIPRequestToken: Hashable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// A host name that is being looked up; comes back in ``SIPEndpoint/resolved(_:_:at:into:)``.
package struct ResolveToken: Hashable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}
