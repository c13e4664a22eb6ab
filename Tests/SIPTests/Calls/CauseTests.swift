import Calls
import SIP
import Testing

/// The tables of sip.md §3.
struct CauseTests {
    /// 3.1, column FS.
    static let fromStatus: [(Int, HangupCause)] = [
        (200, .normalClearing), (300, .redirectionToNewDestination), (301, .redirectionToNewDestination),
        (302, .redirectionToNewDestination), (305, .redirectionToNewDestination), (380, .normalUnspecified),
        (400, .normalTemporaryFailure), (401, .callRejected), (402, .callRejected), (403, .callRejected),
        (404, .unallocatedNumber), (405, .serviceUnavailable), (406, .serviceNotImplemented), (407, .callRejected),
        (408, .recoveryOnTimerExpire), (409, .normalUnspecified), (410, .numberChanged), (413, .interworking),
        (414, .interworking), (415, .serviceNotImplemented), (416, .interworking), (420, .interworking),
        (421, .interworking), (423, .interworking), (428, .noIdentity), (429, .badIdentityInfo),
        (437, .unsupportedCertificate), (438, .invalidIdentity), (480, .noUserResponse),
        (481, .normalTemporaryFailure), (482, .exchangeRoutingError), (483, .exchangeRoutingError),
        (484, .invalidNumberFormat), (485, .noRouteDestination), (486, .userBusy), (487, .originatorCancel),
        (488, .incompatibleDestination), (500, .normalTemporaryFailure), (501, .serviceNotImplemented),
        (502, .networkOutOfOrder), (503, .normalTemporaryFailure), (504, .recoveryOnTimerExpire),
        (505, .interworking), (513, .interworking), (600, .userBusy), (603, .callRejected),
        (604, .noRouteDestination), (606, .incompatibleDestination), (607, .unwanted), (608, .callRejected),
        (699, .normalUnspecified),
    ]

    @Test(arguments: fromStatus)
    func aStatusHasOneCause(status: Int, cause: HangupCause) { #expect(HangupCause(sipStatus: status) == cause) }

    /// 3.2, by the numbers of the causes.
    static let toStatus: [(codes: [Int], status: Int)] = [
        ([1, 2, 3], 404), ([17], 486), ([18], 408), ([19, 20, 31], 480), ([21, 816, 825], 603), ([22, 23], 410),
        ([25], 483), ([27, 811], 502), ([28, 810, 808], 484), ([29, 69, 79], 501),
        ([34, 38, 41, 42, 44, 58, 809], 503),
        ([52, 54, 57, 824], 403), ([65, 88], 488), ([102], 504), ([487], 487), ([815], 600), ([817], 604), ([818], 606),
        ([819], 607), ([820], 428), ([821], 429), ([822], 437), ([823], 438),
    ]

    @Test func everyCauseHasAStatus() {
        for cause in HangupCause.all {
            let listed = Self.toStatus.first { $0.codes.contains(cause.code) }?.status
            #expect(cause.sipStatus == listed ?? 480, "\(cause)")
        }
    }
}
