/// The name of one call placed for the API.
package struct OriginationID: Hashable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// What became of a call placed for the API.
package enum OriginationResult: Sendable, Equatable {
    case answered(LegID)
    case failed(HangupCause)
}

/// What a call placed for the API looks like, and where it goes once it is answered.
package struct Origination: Sendable, Equatable {
    package enum Target: Sendable, Equatable {
        /// An extension of a dialplan context.
        case destination(String, context: String)
        case application(name: String, data: String)

        /// FreeSWITCH's form: `&name(data)`, else an extension of `context`.
        package init?(parsing text: String, context: String = "default") {
            let text = text.trimmed
            guard !text.isEmpty else { return nil }
            guard text.first == "&" else {
                self = .destination(String(text), context: context)
                return
            }
            let inner = text.dropFirst()
            guard let open = inner.firstIndex(of: "(") else {
                self = .application(name: String(inner), data: "")
                return
            }
            guard inner.last == ")", open > inner.startIndex else { return nil }
            let data = inner[inner.index(after: open)...].dropLast()
            self = .application(name: String(inner[..<open]), data: String(data))
        }
    }

    package var target: Target
    package var callerIDName: String
    package var callerIDNumber: String
    /// How long it may ring; the dial string's own time comes first.
    package var timeout: Duration?
    /// For users without a domain in the dial string; `nil` is the directory's.
    package var domain: String?
    /// Set on every leg, unless the dial string says otherwise.
    package var variables: [String: String]

    package init(
        target: Target,
        callerIDName: String = "",
        callerIDNumber: String = "",
        timeout: Duration? = nil,
        domain: String? = nil,
        variables: [String: String] = [:]
    ) {
        self.target = target
        self.callerIDName = callerIDName
        self.callerIDNumber = callerIDNumber
        self.timeout = timeout
        self.domain = domain
        self.variables = variables
    }
}
