/// What the door refuses, drops or notices: each has a counter, so that nothing disappears unseen.
package enum SIPCounter: String, Sendable, CaseIterable {
    // Messages.
    case malformedRequest = "malformed_request"
    case malformedResponse = "malformed_response"
    case streamError = "stream_error"
    case halfMessage = "half_message"
    case strayResponse = "stray_response"
    case strayACK = "stray_ack"
    case strayCancel = "stray_cancel"
    case mergedRequest = "merged_request"
    case unknownDialog = "unknown_dialog"
    case badSequence = "bad_sequence"
    case unknownMethod = "unknown_method"
    case unknownExtension = "unknown_extension"
    case unsupportedBody = "unsupported_body"
    case tooManyHops = "too_many_hops"
    case loop

    // Transactions.
    case transactionLimit = "transaction_limit"
    case sourceTransactionLimit = "source_transaction_limit"
    case retransmission
    case timeout
    case transportFailure = "transport_failure"
    case ackMissing = "ack_missing"

    // Who may.
    case sourceRate = "source_rate"
    case globalRate = "global_rate"
    case bannedSource = "banned_source"
    case ban
    case scanner
    case unknownSource = "unknown_source"
    case accessDenied = "access_denied"
    case challenge
    case staleNonce = "stale_nonce"
    case failedAuthentication = "failed_authentication"
    case foreignChallenge = "foreign_challenge"
    case flowMismatch = "flow_mismatch"

    // Calls.
    case callLimit = "call_limit"
    case sourceCallLimit = "source_call_limit"
    case pairCallLimit = "pair_call_limit"
    case callRate = "call_rate"
    case draining
    case notAcceptable = "not_acceptable"
    case contactMissing = "contact_missing"
    case glare
    case forkedAnswer = "forked_answer"
    case prackMissing = "prack_missing"
    case offerUnanswered = "offer_unanswered"
    case sessionExpired = "session_expired"
    case replacesRefused = "replaces_refused"
    case infoRefused = "info_refused"
    case lookupFailed = "lookup_failed"
    case transferDenied = "transfer_denied"
    case redirectDenied = "redirect_denied"
    case invalidText = "invalid_text"
    case textRefused = "text_refused"

    // Registrations.
    case badRegistration = "bad_registration"
    case staleRegistration = "stale_registration"
    case intervalTooBrief = "interval_too_brief"
    case registrationLimit = "registration_limit"
    case registrationsDisabled = "registrations_disabled"
    case bindingLost = "binding_lost"
    case gatewayFailure = "gateway_failure"
    case gatewayTimeout = "gateway_timeout"
}
