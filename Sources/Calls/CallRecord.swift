/// The record of one leg's life, for bills and statistics (CDR). Times are the switchboard's clock.
package struct CallRecord: Sendable, Equatable {
    package let uuid: String
    package let direction: Leg.Direction
    /// `id@domain`; `nil` on a profile without logins.
    package let user: String?
    package let callerIDName: String
    package let callerIDNumber: String
    package let calleeIDName: String
    package let calleeIDNumber: String
    package let destination: String
    package let context: String
    package let networkAddress: String
    package let startedAt: Duration
    /// `nil` when it was never answered.
    package let answeredAt: Duration?
    package let endedAt: Duration
    package let cause: HangupCause
    /// The last leg it was bridged to.
    package let bridgedTo: String?
    /// Name and data.
    package let lastApplication: String?
    /// The last room it was in, by name.
    package let conference: String?
    /// Why it ended in the words of its own protocol: `sip:486`.
    package let protocolCause: String?
    /// Why the last leg that it called or talked to did, unless the dialplan wants that ignored.
    package let farProtocolCause: String?

    init(of run: LegRun, cause: HangupCause, at now: Duration) {
        uuid = run.leg.id.rawValue
        direction = run.leg.direction
        user = run.leg.user
        callerIDName = run.leg.callerIDName
        callerIDNumber = run.leg.callerIDNumber
        calleeIDName = run.leg.calleeIDName
        calleeIDNumber = run.leg.calleeIDNumber
        destination = run.leg.destination
        context = run.leg.context
        networkAddress = run.leg.networkAddress
        startedAt = run.startedAt
        answeredAt = run.answeredAt
        endedAt = now
        self.cause = cause
        bridgedTo = (run.leg.bridgedTo ?? run.lastBridge)?.rawValue
        lastApplication = run.lastApplication
        conference = run.conference
        protocolCause = run.leg.protocolCause
        let ignoresFar = run.leg.variables["sip_ignore_remote_cause"]?.isAffirmative ?? false
        farProtocolCause = ignoresFar ? nil : run.leg.variables["last_bridge_proto_specific_hangup_cause"]
    }

    package init(
        uuid: String, direction: Leg.Direction, user: String? = nil, callerIDName: String = "",
        callerIDNumber: String = "", calleeIDName: String = "", calleeIDNumber: String = "", destination: String = "",
        context: String = "", networkAddress: String = "", startedAt: Duration, answeredAt: Duration? = nil,
        endedAt: Duration, cause: HangupCause, bridgedTo: String? = nil, lastApplication: String? = nil,
        conference: String? = nil, protocolCause: String? = nil, farProtocolCause: String? = nil
    ) {
        self.uuid = uuid
        self.direction = direction
        self.user = user
        self.callerIDName = callerIDName
        self.callerIDNumber = callerIDNumber
        self.calleeIDName = calleeIDName
        self.calleeIDNumber = calleeIDNumber
        self.destination = destination
        self.context = context
        self.networkAddress = networkAddress
        self.startedAt = startedAt
        self.answeredAt = answeredAt
        self.endedAt = endedAt
        self.cause = cause
        self.bridgedTo = bridgedTo
        self.lastApplication = lastApplication
        self.conference = conference
        self.protocolCause = protocolCause
        self.farProtocolCause = farProtocolCause
    }
}
