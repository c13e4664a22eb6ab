import Calls
import Conference
import Wire

/// `verto.info`: keys and text messages (verto.md §4.10).
extension VertoEndpoint {
    mutating func info(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard let params = request.params else { return .sessionError("Params data missing") }
        let leg = DialogParams(params)?.leg
        let own = leg.flatMap { owns($0, c) ? $0 : nil }
        if let leg, own == nil, calls[leg] != nil { out.append(.count(.foreignCall)) }
        var isSent = false
        if let text = params.text("dtmf"), let own {
            let digits = Self.digits(in: text)
            if !digits.isEmpty { out.append(.digits(own, digits)) }
            isSent = true
        }
        if let message = params["msg"] {
            if let failure = sendText(message, in: own, from: c, at: now, into: &out) { return failure }
            isSent = true
        }
        return .result(isSent ? ["message": "SENT"] : [:])
    }

    /// The digits of `digits[@ms][+digits…]`; durations and whatever is no key are left out.
    static func digits(in text: String) -> String {
        let keys = text.prefix(256).split(separator: "+").flatMap { $0.prefix { $0 != "@" } }
        let valid = keys.filter {
            ("0"..."9").contains($0) || $0 == "*" || $0 == "#" || ("A"..."D").contains($0.uppercased())
        }
        return String(valid.prefix(64)).uppercased()
    }

    // MARK: Text

    /// - Returns: A failure, or `nil` when the message is on its way, which says nothing about anybody being there.
    private mutating func sendText(
        _ message: JSON,
        in leg: LegID?,
        from c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer? {
        guard let message = message.object, let to = message.text("to"), let body = message.text("body") else {
            return .failure(["message": "INVALID MESSAGE to and body params required"])
        }
        if let refusal = refuses(body.utf8.count, limit: settings.chatBytes, on: c, at: now, into: &out) {
            return .sessionError(refusal)
        }
        let receivers: [ConnectionID]
        if to.lowercased().hasPrefix("conf+") {
            receivers = roomMates(of: c, inRoomAt: String(to.dropFirst("conf+".count)))
        } else if message["inDialog"] == true {
            receivers = leg.flatMap { memberships[$0] }.map { members(of: $0.room) } ?? []
        } else {
            let uid = to.lowercased().hasPrefix("verto+") ? String(to.dropFirst("verto+".count)) : to
            receivers = (sessionsOf[uid] ?? []).sorted { $0.rawValue < $1.rawValue }
                .compactMap { sessions[$0]?.connection }
        }
        // `from_…` members of the client's would pass for the server's word about the sender; none are taken over.
        var text: JSONObject = ["from": .string(connections[c]?.identity?.uid ?? "")]
        text["to"] = .string(String(to.prefix(256)))
        text["body"] = .string(body)
        if let name = connections[c]?.displayName { text["from_msg_name"] = .string(name) }
        for receiver in receivers { tell(receiver, "verto.info", ["msg": .object(text)], into: &out) }
        return nil
    }

    /// Everybody in a room whose chat the sender may use.
    private func roomMates(of c: ConnectionID, inRoomAt address: String) -> [ConnectionID] {
        let room = RoomKey(name: address, profileDomain: nil, callerDomain: nil, fallback: "")
        return mayUse(ConferenceChannel.chat(room), on: c) ? members(of: room) : []
    }

    /// The connections of a room's members, each once, in an order that is the same every time.
    private func members(of room: RoomKey) -> [ConnectionID] {
        let present = memberships.values.filter { $0.room == room }.sorted { $0.member < $1.member }
        var seen: Set<ConnectionID> = []
        return present.compactMap { sessions[$0.session]?.connection }.filter { seen.insert($0).inserted }
    }
}
