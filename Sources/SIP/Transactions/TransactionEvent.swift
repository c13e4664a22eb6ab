package import Wire

extension TransactionLayer {
    /// What a ``TransactionLayer`` asks for or tells, in this order.
    package enum Event: Sendable, Equatable {
        /// A new request, not a retransmission, with `received` and `rport` filled in. Neither ACK nor CANCEL.
        case request(SIPRequest, ServerTransactionID, SIPPath)
        /// An ACK that no transaction took: for a 2xx, or stray. Never answered.
        case ack(SIPRequest, SIPPath)
        /// The INVITE is not wanted any more. The CANCEL has its 200; answer the INVITE with 487. The request is the
        /// CANCEL, for its `Reason`.
        case cancelled(ServerTransactionID, SIPRequest)
        /// A response: each provisional one, the first final one, and every further 2xx to an INVITE
        /// (RFC 3261 §13.2.2.4, RFC 6026). The path is the one it came over.
        case response(SIPResponse, ClientTransactionID, SIPPath)
        /// A 2xx to an INVITE whose transaction is gone: ACK it, and say BYE where no dialog knows it.
        case strayResponse(SIPResponse, SIPPath)
        /// No final response: timer B or F, or an INVITE that was cancelled without effect. The last of its transaction.
        case timedOut(ClientTransactionID)
        /// It could not be sent, counts as a 503 (RFC 3261 §8.1.3.1). The last of its transaction.
        case transportFailed(ClientTransactionID)
        /// A refusal of an INVITE never got its ACK (timer H). The last of its transaction.
        case ackMissing(ServerTransactionID)
        case send([UInt8], SIPPath)
        case count(SIPCounter)
    }
}
