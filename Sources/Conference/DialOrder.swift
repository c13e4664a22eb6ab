/// One call that the room asks for, by a name that nobody else's has.
package struct JobID: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }
}

/// What `dial` and `bgdial` ask for: `<dial string> [<caller number> [<caller name>]]`.
package struct DialRequest: Hashable, Sendable {
    package var dialString: String
    package var callerNumber: String?
    package var callerName: String?

    package init(_ dialString: String, callerNumber: String? = nil, callerName: String? = nil) {
        (self.dialString, self.callerNumber, self.callerName) = (dialString, callerNumber, callerName)
    }
}

/// A party to be called and let in. What becomes of it is told by ``Room/dialEnded(_:cause:peer:at:)``.
package struct DialOrder: Hashable, Sendable {
    package var job: JobID
    package var dialString: String
    package var callerName: String
    package var callerNumber: String
    /// Nobody waits for the answer.
    package var isInBackground: Bool

    package init(job: JobID, dialString: String, callerName: String, callerNumber: String, isInBackground: Bool) {
        (self.job, self.dialString, self.isInBackground) = (job, dialString, isInBackground)
        (self.callerName, self.callerNumber) = (callerName, callerNumber)
    }
}
