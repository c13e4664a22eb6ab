import Calls
import Conference
import SIP
import Verto

/// Text messages from door to door.
extension Bridge {
    /// A text inside a call goes to the other end of its bridge.
    func pass(_ text: TextMessage, from id: LegID) {
        guard let other = switchboard.leg(id)?.bridgedTo else { return }
        send(text, to: other)
    }

    /// A phone's text, inside a call or outside.
    func pass(_ text: SIPText, _ token: SIPRequestToken) {
        phones.messageDone(token, status: deliver(text), at: now, into: &phoneQueue)
    }

    /// - Returns: The SIP status for its sender.
    private func deliver(_ text: SIPText) -> Int {
        let message = TextMessage(
            from: text.from, fromName: text.fromName.isEmpty ? nil : text.fromName, to: text.to, body: text.text)
        if let leg = text.leg { return deliver(message, from: leg) }
        let parts = text.to.split(separator: "@", maxSplits: 1).map(String.init)
        let domain = parts.count > 1 ? parts[1] : text.domain
        if let user = parts.first.flatMap({ settings.directory.user($0, in: domain) }) {
            let isRead = endpoint.text(message, toUser: user.address, at: now, into: &queue)
            let isRung = phones.text(
                text.text, from: text.from, toUser: user.address, at: now, into: &phoneQueue)
            return isRead || isRung ? 200 : 480
        }
        guard let room = room(of: text), rooms[room]?.isOpen == true else { return 404 }
        guard isMember(text.user, of: room) else { return 403 }
        endpoint.text(message, toRoom: room, at: now, into: &queue)
        return 200
    }

    private func deliver(_ text: TextMessage, from id: LegID) -> Int {
        if let other = switchboard.leg(id)?.bridgedTo {
            send(text, to: other)
            return 200
        }
        guard let room = calls[id]?.room else { return 480 }
        endpoint.text(text, toRoom: room, at: now, into: &queue)
        return 200
    }

    /// To whichever door the call came through; the other one does not know it.
    private func send(_ text: TextMessage, to id: LegID) {
        endpoint.text(text, to: id, at: now, into: &queue)
        phones.text(text.body, to: id, at: now, into: &phoneQueue)
    }

    /// The room that a call to this number would come to.
    private func room(of text: SIPText) -> RoomKey? {
        foreseenRoom(
            of: Leg(
                id: LegID(""), kind: .sip(.caller(profile: text.profile, id: text.from)), destination: text.to,
                context: text.context, user: text.user, domain: text.domain))
    }

    /// Who is in a room may write to everybody in it, and nobody else.
    private func isMember(_ user: String?, of room: RoomKey) -> Bool {
        guard let user else { return false }
        return calls.contains { id, call in call.room == room && switchboard.leg(id)?.user == user }
    }
}
