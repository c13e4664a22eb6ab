import Calls
import Conference
import Wire

/// A call that is a member of a room, and what that gives its session. Grants are counted by being kept per call:
/// the end of one call takes nothing that another call of the session still gives.
struct Membership {
    let session: SessionID
    let room: RoomKey
    let member: MemberID
    let role: Role
    let isSecondScreen: Bool
    /// Who was told of the join, and so is told of the part: not whoever takes the session over meanwhile, until it has
    /// taken up the call as well.
    var connection: ConnectionID?
    /// Event channels the session may use while the call is there; the moderator channel for moderators only.
    let channels: [String]
}

extension VertoEndpoint {
    mutating func joined(_ room: RoomKey, _ leg: LegID, _ notice: JoinNotice, into out: inout [VertoOutput]) {
        guard let call = calls[leg], !call.isScreenShare else { return }
        let connection = sessions[call.session]?.connection
        if let known = memberships[leg], known.room == room, known.member == notice.memberID,
            known.role == notice.role, known.connection == connection
        {
            return  // a client that came back was told when it took up the call
        }
        var channels = [
            ConferenceChannel.liveArray(room), ConferenceChannel.chat(room), ConferenceChannel.info(room),
        ]
        if mayModerate(notice.role, call.session) { channels.append(ConferenceChannel.moderator(room)) }
        memberships[leg] = Membership(
            session: call.session,
            room: room,
            member: notice.memberID,
            role: notice.role,
            isSecondScreen: notice.isSecondScreen,
            connection: connection,
            channels: channels
        )
        sessions[call.session]?.memberships.insert(leg)
        tellMember(of: call.session, "join", room, leg, notice.memberID, notice.role, notice.isSecondScreen, into: &out)
    }

    /// Sends the join message again, to a client that has taken up its call: only after it does it subscribe. What the
    /// call gives the session was kept all the time, and so were row and member.
    mutating func rejoin(_ leg: LegID, into out: inout [VertoOutput]) {
        guard let membership = memberships[leg], let c = sessions[membership.session]?.connection,
            membership.connection != c
        else { return }
        memberships[leg]?.connection = c
        tellMember(
            of: membership.session, "join", membership.room, leg, membership.member, membership.role,
            membership.isSecondScreen, into: &out)
    }

    /// Takes the call's grants, and subscriptions that nothing else allows. Works for calls that are over already.
    mutating func parted(_ room: RoomKey, _ leg: LegID, _ notice: PartNotice, into out: inout [VertoOutput]) {
        guard let membership = memberships[leg], membership.room == room else { return }
        revoke(leg)
        guard membership.connection == sessions[membership.session]?.connection else { return }
        tellMember(
            of: membership.session, "part", room, leg, notice.memberID, notice.role, notice.isSecondScreen, into: &out
        )
    }

    mutating func revoke(_ leg: LegID) {
        guard let membership = memberships.removeValue(forKey: leg) else { return }
        sessions[membership.session]?.memberships.remove(leg)
        guard let c = sessions[membership.session]?.connection else { return }
        for channel in membership.channels where !mayUse(channel, on: c) {
            channels.unsubscribe(c, from: channel)
            connections[c]?.stale.remove(channel)
        }
    }

    /// Whether the moderator channel is for this member: it is a moderator, or may use some commands by name. What it
    /// asks there is judged command by command.
    private func mayModerate(_ role: Role, _ session: SessionID) -> Bool {
        if role >= .moderator { return true }
        return sessions[session]?.connection.flatMap { connections[$0]?.identity?.capabilities.isEmpty } == false
    }

    /// The private event of a member (conference.md §1.9): to the session, without `eventSerno`.
    private mutating func tellMember(
        of session: SessionID,
        _ what: String,
        _ room: RoomKey,
        _ leg: LegID,
        _ member: MemberID,
        _ role: Role,
        _ isSecondScreen: Bool,
        into out: inout [VertoOutput]
    ) {
        guard let c = sessions[session]?.connection else { return }
        var data: JSONObject = [
            "callID": .string(leg.rawValue),
            "action": .string("conference-liveArray-\(what)"),
            "laChannel": .string(ConferenceChannel.liveArray(room)),
            "laName": .string(room.shortName),
            "role": role >= .moderator ? "moderator" : "participant",
            "chatID": .string("conf+\(room.address)"),
            "conferenceMemberID": .string(member.text),
            "canvasCount": 0,
        ]
        if isSecondScreen { data["secondScreen"] = true }
        if mayModerate(role, session) { data["modChannel"] = .string(ConferenceChannel.moderator(room)) }
        data["chatChannel"] = .string(ConferenceChannel.chat(room))
        data["infoChannel"] = .string(ConferenceChannel.info(room))
        for (name, value) in settings.privateEventMembers { data[name] = .string(value) }
        let event: JSONObject = [
            "pvtData": .object(data), "eventChannel": .string(session.rawValue), "eventType": "channelPvtData",
        ]
        tell(c, "verto.event", event, into: &out)
    }

    /// The membership that lets a session act in `room`; a moderator's before a participant's.
    func membership(of c: ConnectionID, in room: RoomKey) -> Membership? {
        guard let session = connections[c]?.session else { return nil }
        return (sessions[session]?.memberships ?? [])
            .compactMap { memberships[$0] }
            .filter { $0.room == room }
            .max { ($0.role, $1.member) < ($1.role, $0.member) }
    }

    // MARK: Permissions

    /// Whether a connection may subscribe to `channel`, and speak there where clients may (verto.md §6.3): by a call
    /// in the room, by being its own call, or by the user's list. Without any of these, no.
    func mayUse(_ channel: String, on c: ConnectionID) -> Bool {
        guard let connection = connections[c], let identity = connection.identity, let session = connection.session,
            !channel.isEmpty, channel.utf8.count <= settings.channelNameBytes
        else { return false }
        let held = sessions[session]?.memberships ?? []
        if held.contains(where: { memberships[$0]?.channels.contains(channel) == true }) { return true }
        if Self.isUUID(channel), owns(LegID(channel), c) { return true }
        // Raw server events are never for clients, whatever a list says.
        if (EventChannels.parent(of: channel) ?? channel).lowercased() == "fsevent" { return false }
        if let kind = PersonalChannel(channel), !kind.isOpen(to: identity.user.domain) { return false }
        return identity.eventChannels.allows(channel)
    }

    /// Clients choose call ids: one that reads like a channel's name must not open that channel.
    private static func isUUID(_ text: String) -> Bool {
        text.utf8.count == 36
            && text.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "-") || Character(UnicodeScalar(byte)).isHexDigit
            }
    }
}
