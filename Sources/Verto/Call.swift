import Calls

/// One call of a session, as far as signalling goes.
struct Call {
    let session: SessionID
    let callerIDName: String
    let callerIDNumber: String
    let isScreenShare: Bool
    let isRecoverable: Bool
    /// The client has our answer: later `verto.media` and `verto.answer` carry none.
    var hasSDP = false
    var isAnswered = false
    /// Its client is gone and may come back.
    var isDetached = false
}
