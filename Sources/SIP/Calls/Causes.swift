package import Calls

/// SIP's reasons and the bridge's: the tables of FreeSWITCH (mod_sofia), which clients and dialplans are written for.
/// They are not each other's inverse.
extension HangupCause {
    /// Why a call ended that the far end refused with `status`, where no `Reason` says it better.
    package init(sipStatus status: Int) {
        self = Self.byStatus[status] ?? .normalUnspecified
    }

    /// What an unanswered caller is told when its call ends with this cause.
    package var sipStatus: Int { Self.statuses[self] ?? 480 }

    private static let byStatus: [Int: HangupCause] = [
        200: .normalClearing,
        300: .redirectionToNewDestination, 301: .redirectionToNewDestination, 302: .redirectionToNewDestination,
        305: .redirectionToNewDestination,
        400: .normalTemporaryFailure, 401: .callRejected, 402: .callRejected, 403: .callRejected,
        404: .unallocatedNumber, 405: .serviceUnavailable, 406: .serviceNotImplemented, 407: .callRejected,
        408: .recoveryOnTimerExpire, 410: .numberChanged,
        413: .interworking, 414: .interworking, 415: .serviceNotImplemented, 416: .interworking, 420: .interworking,
        421: .interworking, 423: .interworking,
        428: .noIdentity, 429: .badIdentityInfo, 437: .unsupportedCertificate, 438: .invalidIdentity,
        480: .noUserResponse, 481: .normalTemporaryFailure, 482: .exchangeRoutingError, 483: .exchangeRoutingError,
        484: .invalidNumberFormat, 485: .noRouteDestination, 486: .userBusy, 487: .originatorCancel,
        488: .incompatibleDestination,
        500: .normalTemporaryFailure, 501: .serviceNotImplemented, 502: .networkOutOfOrder,
        503: .normalTemporaryFailure, 504: .recoveryOnTimerExpire, 505: .interworking, 513: .interworking,
        600: .userBusy, 603: .callRejected, 604: .noRouteDestination, 606: .incompatibleDestination, 607: .unwanted,
        608: .callRejected,
    ]

    private static let statuses: [HangupCause: Int] = [
        .unallocatedNumber: 404, .noRouteTransitNet: 404, .noRouteDestination: 404,
        .userBusy: 486, .noUserResponse: 408,
        .noAnswer: 480, .subscriberAbsent: 480, .normalUnspecified: 480,
        .callRejected: 603, .decline: 603, .rejectAll: 603,
        .numberChanged: 410, .redirectionToNewDestination: 410, .exchangeRoutingError: 483,
        .destinationOutOfOrder: 502, .invalidProfile: 502,
        .invalidNumberFormat: 484, .invalidURL: 484, .invalidGateway: 484,
        .facilityRejected: 501, .facilityNotImplemented: 501, .serviceNotImplemented: 501,
        .normalCircuitCongestion: 503, .networkOutOfOrder: 503, .normalTemporaryFailure: 503, .switchCongestion: 503,
        .requestedChanUnavail: 503, .bearercapabilityNotavail: 503, .gatewayDown: 503,
        .outgoingCallBarred: 403, .incomingCallBarred: 403, .bearercapabilityNotauth: 403, .staleDate: 403,
        .bearercapabilityNotimpl: 488, .incompatibleDestination: 488,
        .recoveryOnTimerExpire: 504, .originatorCancel: 487,
        .busyEverywhere: 600, .doesNotExistAnywhere: 604, .notAcceptable: 606, .unwanted: 607,
        .noIdentity: 428, .badIdentityInfo: 429, .unsupportedCertificate: 437, .invalidIdentity: 438,
    ]
}

extension HangupCause {
    /// The value of a `Reason` header (RFC 3326) for this cause: `Q.850;cause=16;text="NORMAL_CLEARING"`, or, for causes
    /// that Q.850 does not have, `SIP;cause=487;text="ORIGINATOR_CANCEL"`.
    var reasonValue: String {
        code < 128 ? "Q.850;cause=\(code);text=\"\(name)\"" : "SIP;cause=\(sipStatus);text=\"\(name)\""
    }

    /// What the text of our own `Reason` names: FreeSWITCH's causes above 127 have no number in Q.850.
    init?(reasonText text: String) {
        guard let cause = Self.all.first(where: { $0.name == text }) else { return nil }
        self = cause
    }
}
