/// Why a call ended: an ITU-T Q.850 cause, or one of FreeSWITCH's own above 127.
///
/// Verto carries both the number (`causeCode`) and the name (`cause`) in `verto.bye`.
package struct HangupCause: Hashable, Sendable, CustomStringConvertible {
    package let code: Int
    /// Upper case with underscores, as on the wire: `NORMAL_CLEARING`.
    package let name: String

    /// The cause called `name`, whatever its case; a number in digits is looked up as a code.
    package init?(name: String) {
        if let code = Int(name) {
            self.init(code: code)
        } else if let cause = Self.byName[name.asciiUppercased] {
            self = cause
        } else {
            return nil
        }
    }

    /// The cause numbered `code`. An unlisted code keeps its number and is named `UNKNOWN`.
    package init(code: Int) {
        self = Self.byCode[code] ?? Self(code, "UNKNOWN")
    }

    package var description: String { "\(name) (\(code))" }

    /// Every listed cause, in the order of its number.
    package static let all: [HangupCause] = [
        .noCause, .unallocatedNumber, .noRouteTransitNet, .noRouteDestination, .channelUnacceptable,
        .callAwardedDelivered, .normalClearing, .userBusy, .noUserResponse, .noAnswer, .subscriberAbsent,
        .callRejected, .numberChanged, .redirectionToNewDestination, .exchangeRoutingError, .destinationOutOfOrder,
        .invalidNumberFormat, .facilityRejected, .responseToStatusEnquiry, .normalUnspecified,
        .normalCircuitCongestion, .networkOutOfOrder, .normalTemporaryFailure, .switchCongestion,
        .accessInfoDiscarded, .requestedChanUnavail, .preEmpted, .facilityNotSubscribed, .outgoingCallBarred,
        .incomingCallBarred, .bearercapabilityNotauth, .bearercapabilityNotavail, .serviceUnavailable,
        .bearercapabilityNotimpl, .chanNotImplemented, .facilityNotImplemented, .serviceNotImplemented,
        .invalidCallReference, .incompatibleDestination, .invalidMsgUnspecified, .mandatoryIEMissing,
        .messageTypeNonexist, .wrongMessage, .ieNonexist, .invalidIEContents, .wrongCallState,
        .recoveryOnTimerExpire, .mandatoryIELengthError, .protocolError, .interworking, .success,
        .originatorCancel, .crash, .systemShutdown, .loseRace, .managerRequest, .blindTransfer, .attendedTransfer,
        .allottedTimeout, .userChallenge, .mediaTimeout, .pickedOff, .userNotRegistered, .progressTimeout,
        .invalidGateway, .gatewayDown, .invalidURL, .invalidProfile, .noPickup, .srtpReadError, .bowout,
        .busyEverywhere, .decline, .doesNotExistAnywhere, .notAcceptable, .unwanted, .noIdentity, .badIdentityInfo,
        .unsupportedCertificate, .invalidIdentity, .staleDate, .rejectAll,
    ]

    private init(_ code: Int, _ name: String) {
        self.code = code
        self.name = name
    }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    private static let byCode = Dictionary(uniqueKeysWithValues: all.map { ($0.code, $0) })
}

extension HangupCause {
    package static let noCause = Self(0, "NONE")
    package static let unallocatedNumber = Self(1, "UNALLOCATED_NUMBER")
    package static let noRouteTransitNet = Self(2, "NO_ROUTE_TRANSIT_NET")
    package static let noRouteDestination = Self(3, "NO_ROUTE_DESTINATION")
    package static let channelUnacceptable = Self(6, "CHANNEL_UNACCEPTABLE")
    package static let callAwardedDelivered = Self(7, "CALL_AWARDED_DELIVERED")
    package static let normalClearing = Self(16, "NORMAL_CLEARING")
    package static let userBusy = Self(17, "USER_BUSY")
    package static let noUserResponse = Self(18, "NO_USER_RESPONSE")
    package static let noAnswer = Self(19, "NO_ANSWER")
    package static let subscriberAbsent = Self(20, "SUBSCRIBER_ABSENT")
    package static let callRejected = Self(21, "CALL_REJECTED")
    package static let numberChanged = Self(22, "NUMBER_CHANGED")
    package static let redirectionToNewDestination = Self(23, "REDIRECTION_TO_NEW_DESTINATION")
    package static let exchangeRoutingError = Self(25, "EXCHANGE_ROUTING_ERROR")
    package static let destinationOutOfOrder = Self(27, "DESTINATION_OUT_OF_ORDER")
    package static let invalidNumberFormat = Self(28, "INVALID_NUMBER_FORMAT")
    package static let facilityRejected = Self(29, "FACILITY_REJECTED")
    package static let responseToStatusEnquiry = Self(30, "RESPONSE_TO_STATUS_ENQUIRY")
    package static let normalUnspecified = Self(31, "NORMAL_UNSPECIFIED")
    package static let normalCircuitCongestion = Self(34, "NORMAL_CIRCUIT_CONGESTION")
    package static let networkOutOfOrder = Self(38, "NETWORK_OUT_OF_ORDER")
    package static let normalTemporaryFailure = Self(41, "NORMAL_TEMPORARY_FAILURE")
    package static let switchCongestion = Self(42, "SWITCH_CONGESTION")
    package static let accessInfoDiscarded = Self(43, "ACCESS_INFO_DISCARDED")
    package static let requestedChanUnavail = Self(44, "REQUESTED_CHAN_UNAVAIL")
    package static let preEmpted = Self(45, "PRE_EMPTED")
    package static let facilityNotSubscribed = Self(50, "FACILITY_NOT_SUBSCRIBED")
    package static let outgoingCallBarred = Self(52, "OUTGOING_CALL_BARRED")
    package static let incomingCallBarred = Self(54, "INCOMING_CALL_BARRED")
    package static let bearercapabilityNotauth = Self(57, "BEARERCAPABILITY_NOTAUTH")
    package static let bearercapabilityNotavail = Self(58, "BEARERCAPABILITY_NOTAVAIL")
    package static let serviceUnavailable = Self(63, "SERVICE_UNAVAILABLE")
    package static let bearercapabilityNotimpl = Self(65, "BEARERCAPABILITY_NOTIMPL")
    package static let chanNotImplemented = Self(66, "CHAN_NOT_IMPLEMENTED")
    package static let facilityNotImplemented = Self(69, "FACILITY_NOT_IMPLEMENTED")
    package static let serviceNotImplemented = Self(79, "SERVICE_NOT_IMPLEMENTED")
    package static let invalidCallReference = Self(81, "INVALID_CALL_REFERENCE")
    package static let incompatibleDestination = Self(88, "INCOMPATIBLE_DESTINATION")
    package static let invalidMsgUnspecified = Self(95, "INVALID_MSG_UNSPECIFIED")
    package static let mandatoryIEMissing = Self(96, "MANDATORY_IE_MISSING")
    package static let messageTypeNonexist = Self(97, "MESSAGE_TYPE_NONEXIST")
    package static let wrongMessage = Self(98, "WRONG_MESSAGE")
    package static let ieNonexist = Self(99, "IE_NONEXIST")
    package static let invalidIEContents = Self(100, "INVALID_IE_CONTENTS")
    package static let wrongCallState = Self(101, "WRONG_CALL_STATE")
    package static let recoveryOnTimerExpire = Self(102, "RECOVERY_ON_TIMER_EXPIRE")
    package static let mandatoryIELengthError = Self(103, "MANDATORY_IE_LENGTH_ERROR")
    package static let protocolError = Self(111, "PROTOCOL_ERROR")
    package static let interworking = Self(127, "INTERWORKING")
    package static let success = Self(142, "SUCCESS")
    package static let originatorCancel = Self(487, "ORIGINATOR_CANCEL")
    package static let crash = Self(700, "CRASH")
    package static let systemShutdown = Self(701, "SYSTEM_SHUTDOWN")
    package static let loseRace = Self(702, "LOSE_RACE")
    package static let managerRequest = Self(703, "MANAGER_REQUEST")
    package static let blindTransfer = Self(800, "BLIND_TRANSFER")
    package static let attendedTransfer = Self(801, "ATTENDED_TRANSFER")
    package static let allottedTimeout = Self(802, "ALLOTTED_TIMEOUT")
    package static let userChallenge = Self(803, "USER_CHALLENGE")
    package static let mediaTimeout = Self(804, "MEDIA_TIMEOUT")
    package static let pickedOff = Self(805, "PICKED_OFF")
    package static let userNotRegistered = Self(806, "USER_NOT_REGISTERED")
    package static let progressTimeout = Self(807, "PROGRESS_TIMEOUT")
    package static let invalidGateway = Self(808, "INVALID_GATEWAY")
    package static let gatewayDown = Self(809, "GATEWAY_DOWN")
    package static let invalidURL = Self(810, "INVALID_URL")
    package static let invalidProfile = Self(811, "INVALID_PROFILE")
    package static let noPickup = Self(812, "NO_PICKUP")
    package static let srtpReadError = Self(813, "SRTP_READ_ERROR")
    package static let bowout = Self(814, "BOWOUT")
    package static let busyEverywhere = Self(815, "BUSY_EVERYWHERE")
    package static let decline = Self(816, "DECLINE")
    package static let doesNotExistAnywhere = Self(817, "DOES_NOT_EXIST_ANYWHERE")
    package static let notAcceptable = Self(818, "NOT_ACCEPTABLE")
    package static let unwanted = Self(819, "UNWANTED")
    package static let noIdentity = Self(820, "NO_IDENTITY")
    package static let badIdentityInfo = Self(821, "BAD_IDENTITY_INFO")
    package static let unsupportedCertificate = Self(822, "UNSUPPORTED_CERTIFICATE")
    package static let invalidIdentity = Self(823, "INVALID_IDENTITY")
    package static let staleDate = Self(824, "STALE_DATE")
    package static let rejectAll = Self(825, "REJECT_ALL")
}
