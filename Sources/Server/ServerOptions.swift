/// What the command line says; everything else is in the configuration.
package struct ServerOptions: Sendable {
    /// A FreeSWITCH-style configuration folder; `nil` is the shipped `conf`, or the built-in one.
    package var configuration: String?
    /// Certificates, generated passwords, the audit log.
    package var data: String?
    /// The static pages; `nil` is the shipped `demo`.
    package var pages: String?
    /// `address:port` of the https listener, instead of the configuration's; port 0 lets the kernel choose.
    package var https: String?
    /// Serve Verto on the https port alone, and no plain http.
    package var isOnlyHTTPS = false
    /// No SIP, whatever the configuration says.
    package var isWithoutSIP = false
    /// Local addresses for media, instead of the configuration's.
    package var mediaAddresses: [String] = []
    /// First UDP port for media; 0 lets the kernel choose.
    package var mediaPort: UInt16?
    /// Media threads, instead of the configuration's.
    package var mediaLoops: Int?
    package var logFormat: String?
    package var logLevel: String?
    /// Has the last word on what the configuration says; tests make limits small.
    package var adjust: (@Sendable (inout BridgeSettings) -> Void)?

    package init() {}
}

/// A start that cannot go on; the text says what to do.
package struct StartFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
