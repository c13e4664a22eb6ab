/// One WebSocket connection, numbered by whoever accepts it. Never reused while the process runs.
package struct ConnectionID: Hashable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// One line at the control socket, numbered by whoever reads it; comes back in ``VertoOutput/controlled(_:_:)``.
package struct ControlID: Hashable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// A request on its way to a room, to a call's media or to the calls; comes back with what became of it.
package struct RequestToken: Hashable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// The name a client chose for itself (normally a UUID); private events go to it and calls belong to it.
///
/// It is a secret of its owner: whoever knows it and has the owner's account may resume its calls.
struct SessionID: Hashable, Sendable {
    let rawValue: String
    init(_ rawValue: String) { self.rawValue = rawValue }
}
