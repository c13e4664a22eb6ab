import Calls
import Conference
import Engine
import Logging
import RTC
import Verto

// One table each for what the caller is told when something fails.

extension Peer.Failure {
    /// `verto.md` Appendix A.
    var cause: HangupCause {
        switch self {
        case .wrongFingerprint, .handshake: .incompatibleDestination
        case .consentLost, .inactive: .mediaTimeout
        case .closedByPeer: .normalClearing
        }
    }
}

extension Refusal {
    /// Why a room did not take a caller, as the caller's hang-up cause.
    var cause: HangupCause {
        switch self {
        case .full: .userBusy
        case .locked, .pinRequired, .wrongPIN, .joinOnly, .forbidden: .callRejected
        case .notActive: .noRouteDestination
        default: .callRejected
        }
    }
}

extension RoomEngine.Outcome {
    var forVerto: CommandOutcome {
        switch self {
        case .done(let reply): .success(reply)
        case .refused(.notActive): .noSuchRoom
        case .refused(let refusal): .refused(refusal)
        }
    }
}

extension Calls.LogLevel {
    var swiftLog: Logger.Level {
        switch self {
        case .alert, .crit: .critical
        case .err: .error
        case .warning: .warning
        case .notice: .notice
        case .info: .info
        case .debug: .debug
        }
    }
}
