package import Calls
package import Wire

/// The last state of every live call that has a user, for whoever subscribes later.
struct PresenceBook {
    private var states: [String: Presence] = [:]
    private var legs: [String: Set<String>] = [:]

    /// - Returns: The state before.
    mutating func note(_ presence: Presence) -> Presence? {
        guard presence.state != .hangup else {
            legs[presence.user]?.remove(presence.uuid)
            if legs[presence.user]?.isEmpty == true { legs[presence.user] = nil }
            return states.removeValue(forKey: presence.uuid)
        }
        legs[presence.user, default: []].insert(presence.uuid)
        return states.updateValue(presence, forKey: presence.uuid)
    }

    /// The calls of one user, or of all users of a domain, in an order that is the same every time.
    func states(of uid: String?, in domain: String) -> [Presence] {
        let found: [Presence] =
            if let uid {
                (legs[uid] ?? []).compactMap { states[$0] }
            } else {
                states.values.filter { PersonalChannel.domain(of: $0.user) == domain }
            }
        return found.sorted { ($0.user, $0.uuid) < ($1.user, $1.uuid) }
    }
}

/// Events about users: the states of their calls (verto.md §6.6) and their registrations.
extension VertoEndpoint {
    /// A call of a user's has another state.
    package mutating func presence(_ presence: Presence, at now: Instant, into out: inout [VertoOutput]) {
        guard settings.tellsPresence else { return }
        let before = presences.note(presence)
        publish(
            ["data": .object(data(presence, before: before))], on: PersonalChannel.name(.presence, of: presence.user),
            inDomain: PersonalChannel.domain(of: presence.user), into: &out)
    }

    /// A user has one registration more or fewer.
    mutating func publishRegistrations(of uid: String, _ action: String, into out: inout [VertoOutput]) {
        publish(
            ["data": .object(registrations(of: uid, action))], on: PersonalChannel.name(.user, of: uid),
            inDomain: PersonalChannel.domain(of: uid), into: &out)
    }

    /// Tells a new subscriber of a channel about users how things are, within the rate of its chat.
    mutating func replay(_ channel: String, to c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) {
        guard let personal = PersonalChannel(channel), let domain = connections[c]?.identity?.user.domain.lowercased(),
            connections[c]?.chat.take(at: now) == true
        else { return }
        var events: [(uid: String, data: JSONObject)] = []
        switch personal.kind {
        case .presence:
            events = presences.states(of: personal.uid, in: domain).map { ($0.user, data($0, before: nil)) }
        case .user:
            for uid in registered(personal.uid, in: domain) {
                events.append((uid, registrations(of: uid, "registered")))
            }
        }
        if events.count > settings.replayedEvents { out.append(.count(.presenceShed)) }
        for (uid, data) in events.prefix(settings.replayedEvents) {
            let event: JSONObject = [
                "data": .object(data), "eventChannel": .string(PersonalChannel.name(personal.kind, of: uid)),
            ]
            let common = Message.request(nextRequestID(), "verto.event", event).dropLast(2)
            post(common, on: channel, to: c, into: &out)
        }
    }

    private func data(_ presence: Presence, before: Presence?) -> JSONObject {
        var data: JSONObject = ["channelCallState": .string(presence.state.rawValue)]
        if let before { data["originalChannelCallState"] = .string(before.state.rawValue) }
        let members = [
            ("callerUserName", presence.direction == .inbound ? presence.user : ""),
            ("callerIDName", presence.callerIDName), ("callerIDNumber", shown(presence.callerIDNumber)),
            ("calleeIDName", presence.calleeIDName), ("calleeIDNumber", shown(presence.calleeIDNumber)),
        ]
        for (name, value) in members where !value.isEmpty { data[name] = .string(value) }
        data["channelUUID"] = .string(presence.uuid)
        data["presenceCallDirection"] = .string(presence.direction.rawValue)
        data["channelPresenceID"] = .string(presence.user)
        return data
    }

    private func registrations(of uid: String, _ action: String) -> JSONObject {
        let count = (sessionsOf[uid] ?? []).count { sessions[$0]?.isRegistered == true }
        return ["action": .string(action), "user": .string(uid), "count": .integer(Int64(count))]
    }

    /// The user of this uid, or all of a domain, when registered.
    private func registered(_ uid: String?, in domain: String) -> [String] {
        let candidates =
            uid.map { [$0] } ?? sessionsOf.keys.filter { PersonalChannel.domain(of: $0) == domain }.sorted()
        return candidates.filter { (sessionsOf[$0] ?? []).contains { sessions[$0]?.isRegistered == true } }
    }
}
