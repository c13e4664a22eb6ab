import Calls
import Conference
package import Wire

/// Who asks something in the text API, and where the answer goes.
struct Asker {
    enum Place {
        /// The request of this connection that waits for it.
        case connection(ConnectionID)
        /// The control socket.
        case control(ControlID)
    }

    let place: Place
    /// `id@domain`, or who the control socket says.
    let name: String
    let address: String
    /// For names that come without one.
    let domain: String
    let door: AuditEntry.Door

    func audit(_ line: String, in room: RoomKey? = nil, _ result: AuditEntry.Result) -> AuditEntry {
        AuditEntry(
            who: name, address: address, member: nil, room: room?.address ?? "", command: Secrets.masked(line),
            door: door, result: result)
    }
}

/// What a text command comes to.
enum TextAnswer {
    case text(String)
    /// To be answered when the room, or the calls, have answered.
    case waiting(RequestToken)
}

extension VertoEndpoint {
    /// One line of the control socket, `conference 3500 mute 2`, on behalf of `name`; answered by
    /// ``VertoOutput/controlled(_:_:)``. Whoever may connect there may do everything: the socket is the permission.
    package mutating func control(
        _ id: ControlID,
        line: String,
        by name: String,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        let asker = Asker(
            place: .control(id), name: name, address: "", domain: directory.defaultDomain, door: .ctl)
        let line = line.trimmingSpaces
        let command = line.prefix { $0 != " " }
        guard controlsUnderWay < settings.pendingControls else {
            out += [.count(.overflow), .audit(asker.audit(line, .refused("too many commands")))]
            return out.append(.controlled(id, "-ERR Too many commands\n"))
        }
        let argument = String(line.dropFirst(command.count)).trimmingSpaces
        switch runCommand(String(command), argument, for: asker, at: now, into: &out) {
        case .text(let text): out.append(.controlled(id, text))
        case .waiting: controlsUnderWay += 1
        case nil: out.append(.controlled(id, "-ERR \(command.prefix(64)) Command not found!\n"))
        }
    }

    /// Gives an answer that was waited for to whoever asked.
    mutating func give(
        _ place: Asker.Place,
        _ token: RequestToken,
        _ text: String,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        switch place {
        case .connection(let c):
            resume(c, waitingFor: token, with: .result(["message": .string(text)]), at: now, into: &out)
        case .control(let id):
            controlsUnderWay -= 1
            out.append(.controlled(id, text))
        }
    }
}

extension String {
    /// Without spaces and line ends at either side.
    var trimmingSpaces: String {
        var text = self[...].drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
