/// A URI with a name for people and parameters of its header field: From, To, Contact, Route … (RFC 3261 §20.10).
package struct NameAddress: Hashable, Sendable {
    /// Without quotes and escapes; `nil` when there is none.
    package var displayName: String?
    package var uri: SIPURI
    /// Those of the header field, behind `>`. Without `<>` every parameter is one of these (RFC 3261 §20).
    package var parameters: SIPParameters

    package init(displayName: String? = nil, _ uri: SIPURI, parameters: SIPParameters = []) {
        (self.displayName, self.uri, self.parameters) = (displayName, uri, parameters)
    }

    /// Compared with case (RFC 3261 §19.3); `nil` for peers of RFC 2543 that have none.
    package var tag: String? {
        get { parameters["tag"].flatMap { $0.isEmpty ? nil : $0 } }
        set { parameters["tag"] = newValue }
    }

    /// `"Name" <sip:user@host>;tag=x`: always with `<>`, the name always quoted, without what could end a line.
    package var text: String {
        var text = ""
        if let displayName, !displayName.isEmpty { text += SIPScanner.quoted(displayName) + " " }
        return text + "<" + uri.text + ">" + parameters.text
    }
}
