extension Via {
    /// Reads one hop, `SIP/2.0/UDP host:port;branch=…` with white space where RFC 3261 §25.1 has it; `nil` when it is
    /// none. The version is not looked at: that of the start line decides.
    package init?(parsing text: String) {
        var cursor = SIPCursor(text)
        self.init(upToParameters: &cursor)
        guard let parameters = cursor.parametersToEnd() else { return nil }
        self.parameters = parameters
    }

    /// The same without any parameters, whatever they are: enough to answer somebody who wrote them wrong.
    init?(salvaging text: String) {
        var cursor = SIPCursor(text)
        self.init(upToParameters: &cursor)
    }

    private init?(upToParameters cursor: inout SIPCursor) {
        cursor.skipSpaces()
        guard let name = cursor.token(), name.equalsIgnoringASCIICase("SIP"), cursor.takeSeparator(UInt8(ascii: "/")),
            cursor.token() != nil, cursor.takeSeparator(UInt8(ascii: "/")), let transport = cursor.token(),
            let space = cursor.next, SIPScanner.isSpace(space)
        else { return nil }
        cursor.skipSpaces()
        guard let (host, port) = cursor.hostPort(allowingSpaces: true) else { return nil }
        (self.transport, self.host, self.port, self.parameters) = (transport, host, port, [])
    }
}
