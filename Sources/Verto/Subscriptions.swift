import Wire

/// `verto.subscribe` and `verto.unsubscribe` (verto.md §4.12).
extension VertoEndpoint {
    /// A channel that was subscribed before is listed as subscribed again: a handler for it is made ready by nothing
    /// else. When no channel may be used the same lists come as an error, without a code.
    mutating func subscribe(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        var subscribed: [JSON] = []
        var unauthorized: [JSON] = []
        for name in channelNames(request) {
            if isFull(c, for: name) {
                out.append(.count(.subscriptionLimited))
                unauthorized.append(.string(name))
            } else if mayUse(name, on: c) {
                if channels.subscribe(c, to: name) { replay(name, to: c, at: now, into: &out) }
                subscribed.append(.string(name))
            } else {
                out.append(.count(.forbidden))
                unauthorized.append(.string(name))
            }
        }
        var lists: JSONObject = [:]
        if !subscribed.isEmpty { lists["subscribedChannels"] = .array(subscribed) }
        if !unauthorized.isEmpty { lists["unauthorizedChannels"] = .array(unauthorized) }
        return subscribed.isEmpty ? .failure(lists) : .result(lists)
    }

    mutating func unsubscribe(_ request: Request, on c: ConnectionID) -> Answer {
        var gone: [JSON] = []
        var unknown: [JSON] = []
        for name in channelNames(request) {
            if channels.unsubscribe(c, from: name) {
                if channels.subscription(c, covering: name) == nil { connections[c]?.stale.remove(name) }
                gone.append(.string(name))
            } else {
                unknown.append(.string(name))
            }
        }
        var lists: JSONObject = [:]
        if !gone.isEmpty { lists["unsubscribedChannels"] = .array(gone) }
        if !unknown.isEmpty { lists["notSubscribedChannels"] = .array(unknown) }
        return gone.isEmpty && !unknown.isEmpty ? .failure(lists) : .result(lists)
    }

    private func isFull(_ c: ConnectionID, for name: String) -> Bool {
        !channels.isSubscribed(c, to: name) && channels.subscriptions(of: c).count >= settings.subscriptions
    }

    /// `eventChannel`: one name, or an array of which the texts count.
    private func channelNames(_ request: Request) -> [String] {
        switch request.params?["eventChannel"] {
        case .string(let name) where !name.isEmpty: [name]
        case .array(let names): names.prefix(settings.subscriptions).compactMap(\.string)
        default: []
        }
    }
}
