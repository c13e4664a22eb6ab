import Calls
import Wire

/// `verto.broadcast` (verto.md §4.11): bootstraps, moderator commands, chat, and events between clients.
extension VertoEndpoint {
    /// The answer is `{}` whatever comes of it later. Failures are results too, for the clients' sake.
    mutating func broadcast(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard let params = request.params, let channel = params.text("eventChannel") else {
            return Self.broadcastFailure("eventChannel not specified.")
        }
        let kind = ConferenceChannel(channel)
        guard mayUse(channel, on: c) else {
            if case .moderator(let room) = kind { auditGuest(params["data"], room, c, into: &out) }
            out.append(.count(.forbidden))
            return Self.broadcastFailure("Permission Denied.")
        }
        if kind != nil || PersonalChannel(channel) != nil, params["localBroadcast"] == true {
            out.append(.count(.forbidden))
            return Self.broadcastFailure("Permission Denied.")
        }
        let data = params["data"]
        switch kind {
        case .liveArray: return bootstrap(data, of: channel, on: c, into: &out)
        case .moderator(let room): moderate(data, room, channel, on: c, at: now, into: &out)
        case .chat: return chat(data, channel, on: c, at: now, into: &out)
        case .description(let room): return bootstrapDescription(data, of: room, on: c, at: now, into: &out)
        case .info, .other: break
        case nil where params["localBroadcast"] == true: return relay(params, channel, on: c, at: now, into: &out)
        case nil: break
        }
        return .result([:])
    }

    /// Sends all rows to whoever asks. The request names the array twice more; both have to be the one that the
    /// permission was for.
    private mutating func bootstrap(
        _ data: JSON?,
        of channel: String,
        on c: ConnectionID,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard let command = data?["liveArray"]?.object, command.text("command") == "bootstrap" else {
            return .result([:])
        }
        guard command.text("context") ?? channel == channel,
            command.text("name") ?? Self.arrayName(of: channel) == Self.arrayName(of: channel)
        else {
            out.append(.count(.forbidden))
            return Self.broadcastFailure("Permission Denied.")
        }
        sendAll(of: channel, to: c, into: &out)
        return .result([:])
    }

    /// `conference-chat.…`: to everybody in the channel, the sender included, under the sender's real name.
    private mutating func chat(
        _ data: JSON?,
        _ channel: String,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard let data = data?.object, data.text("action") == "send" else { return .result([:]) }
        let message = data.text("message")
        let size = message?.utf8.count ?? 0
        if let refusal = refuses(size, limit: settings.chatBytes, on: c, at: now, into: &out) {
            return Self.broadcastFailure(refusal)
        }
        var event: JSONObject = ["direction": "outbound"]
        if let message { event["message"] = .string(message) }
        if let name = connections[c]?.displayName { event["fromDisplay"] = .string(name) }
        event["from"] = .string(connections[c]?.identity?.uid ?? "")
        event["type"] = .string(String((data.text("type") ?? "message").prefix(32)))
        publish(["data": .object(event)], on: channel, into: &out)
        return .result([:])
    }

    /// `localBroadcast`: what a client says, to all subscribers of exactly this channel, with its true sender.
    private mutating func relay(
        _ params: JSONObject,
        _ channel: String,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        var event = params.without([
            "sessid", "userid", "fromDisplay", "localBroadcast", "echoParams", "eventChannel", "eventSerno",
            "subscribedChannel", "callID", "pvtData", "eventType", "passwd", "loginParams",
        ])
        let size = JSON.object(event).bytes.count
        if let refusal = refuses(size, limit: settings.relayBytes, on: c, at: now, into: &out) {
            return Self.broadcastFailure(refusal)
        }
        event["userid"] = .string(connections[c]?.identity?.uid ?? "")
        if let name = connections[c]?.displayName { event["fromDisplay"] = .string(name) }
        publish(event, on: channel, exactOnly: true, into: &out)
        return .result([:])
    }

    /// Why `size` bytes may not be passed on to others: too many, or too soon after the last. `nil` when they may.
    mutating func refuses(
        _ size: Int,
        limit: Int,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> String? {
        if size <= limit, connections[c]?.chat.take(at: now) == true { return nil }
        out.append(.count(.chatLimited))
        return size > limit ? "Message too long." : "Too many messages."
    }

    /// Sends an event to the subscribers of `channel` and, unless `exactOnly`, of its parent, with each receiver's
    /// serial and subscription; where there is a `domain`, to its users alone.
    mutating func publish(
        _ members: JSONObject,
        on channel: String,
        exactOnly: Bool = false,
        inDomain domain: String? = nil,
        into out: inout [VertoOutput]
    ) {
        var event = members
        event["eventChannel"] = .string(channel)
        let inherited = exactOnly ? nil : channels.inherited(channel)
        var receivers =
            channels.exact(channel).map { ($0, channel) }
            + (inherited?.connections ?? []).map { ($0, inherited?.parent ?? channel) }
        if let domain { receivers.removeAll { connections[$0.0]?.identity?.user.domain.lowercased() != domain } }
        guard !receivers.isEmpty else { return }
        // One text for all, up to what differs: it ends in `}}`, in place of which every receiver's tail goes.
        let common = Message.request(nextRequestID(), "verto.event", event).dropLast(2)
        for (c, subscription) in receivers { post(common, on: subscription, to: c, into: &out) }
    }

    /// Sends one subscriber the text of an event without its last two brackets.
    mutating func post(
        _ common: some Sequence<UInt8>,
        on subscription: String,
        to c: ConnectionID,
        into out: inout [VertoOutput]
    ) {
        let serial = channels.nextSerial(c, on: subscription)
        post(Array(common) + Array("\(Message.tail(subscription, serial: serial))}}".utf8), to: c, into: &out)
    }

    static func broadcastFailure(_ message: String) -> Answer {
        .result(["message": .string(message), "code": -32002])
    }
}
