package import Calls
package import Conference
package import Wire

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
        if let own { reapply(params, to: own, into: &out) }
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

    /// Clients send what they may set on a call with every request; only what is different goes on.
    private mutating func reapply(_ params: JSONObject, to leg: LegID, into out: inout [VertoOutput]) {
        guard let dialog = DialogParams(params), let known = calls[leg]?.variables,
            dialog.object["userVariables"]?.object != nil || dialog.object["audio"]?.object != nil
        else { return }
        let given = userVariables(dialog.object["userVariables"])
        let changed = dialog.variables(given, switches: false)
            .filter { known[$0.key] != $0.value }
        guard !changed.isEmpty, known.count + changed.count <= 2 * settings.userVariables else { return }
        calls[leg]?.variables.merge(changed) { $1 }
        out.append(.setVariables(leg, changed))
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
        let text = TextMessage(
            from: connections[c]?.identity?.uid ?? "", fromName: connections[c]?.displayName,
            to: String(to.prefix(256)), body: body)
        if to.lowercased().hasPrefix("conf+") {
            deliver(text, to: roomMates(of: c, inRoomAt: String(to.dropFirst("conf+".count))), into: &out)
        } else if message["inDialog"] == true {
            guard let leg else { return nil }
            if let room = memberships[leg]?.room {
                deliver(text, to: members(of: room), into: &out)
            } else {
                out.append(.text(text, from: leg))
            }
        } else {
            deliver(text, to: connections(at: to, from: c), into: &out)
        }
        return nil
    }

    /// A text for the client of this call, from whoever it is bridged to.
    package mutating func text(_ text: TextMessage, to leg: LegID, at now: Instant, into out: inout [VertoOutput]) {
        guard let call = calls[leg] else { return }
        tellOwner(of: call, "verto.info", ["callID": .string(leg.rawValue), "msg": message(text)], into: &out)
    }

    /// A text from another door for every client of `user` (`id@domain`). False when it has none.
    package mutating func text(
        _ text: TextMessage, toUser user: String, at now: Instant, into out: inout [VertoOutput]
    ) -> Bool {
        let receivers = (sessionsOf[user] ?? []).sorted { $0.rawValue < $1.rawValue }
            .compactMap { sessions[$0]?.connection }
        deliver(text, to: receivers, into: &out)
        return !receivers.isEmpty
    }

    /// A text from another door for every client in a room; the rooms have other members too.
    package mutating func text(
        _ text: TextMessage, toRoom room: RoomKey, at now: Instant, into out: inout [VertoOutput]
    ) {
        deliver(text, to: members(of: room), into: &out)
    }

    private mutating func deliver(
        _ text: TextMessage,
        to receivers: [ConnectionID],
        into out: inout [VertoOutput]
    ) {
        for receiver in receivers { tell(receiver, "verto.info", ["msg": message(text)], into: &out) }
    }

    /// `from_…` members of the client's would pass for the server's word about the sender; none are taken over.
    private func message(_ text: TextMessage) -> JSON {
        var message: JSONObject = ["from": .string(text.from), "to": .string(text.to), "body": .string(text.body)]
        if let name = text.fromName { message["from_msg_name"] = .string(name) }
        return .object(message)
    }

    /// Every connection of the user at `address`: `1001@example.com`, or `1001` for one of the sender's domain, with or
    /// without `verto+` in front. There is nobody behind other protocols.
    private func connections(at address: String, from c: ConnectionID) -> [ConnectionID] {
        guard address.utf8.count <= 512, let sender = connections[c]?.identity?.user else { return [] }
        var address = address[...]
        if let plus = address.firstIndex(of: "+") {
            guard address[..<plus].lowercased() == "verto" else { return [] }
            address = address[address.index(after: plus)...]
        }
        let at = address.firstIndex(of: "@")
        let domain = at.map { String(address[address.index(after: $0)...]) } ?? sender.domain
        guard let user = directory.user(String(at.map { address[..<$0] } ?? address), in: domain) else { return [] }
        return (sessionsOf[user.address] ?? []).sorted { $0.rawValue < $1.rawValue }
            .compactMap { sessions[$0]?.connection }
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
