/// Why bytes are no SIP message, and what to answer.
package struct SIPParseError: Error, Equatable {
    /// For a log: one line of ours, without bytes of theirs.
    package let reason: String
    /// 400, 413, 414, 416, 505 …; `nil` when it is to be dropped: a response, an ACK, or nothing to answer to.
    package let status: Int?
    /// Via, From, To, Call-ID and CSeq of the broken request, as far as it has them; `nil` without a Via that can be
    /// read. The top Via is the first.
    package let answerable: SIPHeaders?

    package init(_ reason: String, status: Int? = nil, answerable: SIPHeaders? = nil) {
        (self.reason, self.status, self.answerable) = (reason, status, answerable)
    }

    /// What to send back, `nil` when it is to be dropped. The phrase is ``reason``; the To has no tag of ours yet.
    package var response: SIPResponse? {
        guard let status, let answerable else { return nil }
        return SIPResponse(status, reason, headers: answerable)
    }
}
