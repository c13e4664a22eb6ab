import Calls

/// Who is subscribed to which event channel. Names are compared exactly; the only structure is the first dot.
struct EventChannels {
    /// Subscribers of one channel in the order in which they came.
    private struct Channel {
        var order: [ConnectionID] = []
        /// The next `eventSerno` of each.
        var serials: [ConnectionID: Int] = [:]
    }

    private var channels: [String: Channel] = [:]
    private var subscriptions: [ConnectionID: Set<String>] = [:]

    /// - Returns: False when it was subscribed already.
    mutating func subscribe(_ connection: ConnectionID, to channel: String) -> Bool {
        guard subscriptions[connection, default: []].insert(channel).inserted else { return false }
        channels[channel, default: Channel()].order.append(connection)
        channels[channel]?.serials[connection] = 0
        return true
    }

    /// - Returns: False when there was no such subscription.
    @discardableResult
    mutating func unsubscribe(_ connection: ConnectionID, from channel: String) -> Bool {
        guard subscriptions[connection]?.remove(channel) != nil else { return false }
        channels[channel]?.serials[connection] = nil
        channels[channel]?.order.removeAll { $0 == connection }
        if channels[channel]?.order.isEmpty == true { channels[channel] = nil }
        return true
    }

    mutating func remove(_ connection: ConnectionID) {
        for channel in subscriptions[connection] ?? [] { unsubscribe(connection, from: channel) }
        subscriptions[connection] = nil
    }

    func subscriptions(of connection: ConnectionID) -> Set<String> { subscriptions[connection] ?? [] }

    func isSubscribed(_ connection: ConnectionID, to channel: String) -> Bool {
        subscriptions[connection]?.contains(channel) ?? false
    }

    /// The subscription of `connection` that brings it the events of `channel`: the exact one or its parent's.
    func subscription(_ connection: ConnectionID, covering channel: String) -> String? {
        if isSubscribed(connection, to: channel) { return channel }
        return Self.parent(of: channel).flatMap { isSubscribed(connection, to: $0) ? $0 : nil }
    }

    /// Subscribers of exactly `channel`, in the order in which they came.
    func exact(_ channel: String) -> [ConnectionID] { channels[channel]?.order ?? [] }

    /// Subscribers of the parent who have not subscribed to `channel` itself. Somebody with both subscriptions gets
    /// one copy: the client hands both to the same handler, and a live array would see every serial twice.
    func inherited(_ channel: String) -> (parent: String, connections: [ConnectionID])? {
        guard let parent = Self.parent(of: channel), let subscribers = channels[parent] else { return nil }
        let exact = channels[channel]?.serials
        return (parent, exact == nil ? subscribers.order : subscribers.order.filter { exact?[$0] == nil })
    }

    /// The `eventSerno` of the next event on this subscription; counts from 0.
    mutating func nextSerial(_ connection: ConnectionID, on subscription: String) -> Int {
        guard let serial = channels[subscription]?.serials[connection] else { return 0 }
        channels[subscription]?.serials[connection] = serial + 1
        return serial
    }

    /// The part before the first dot; `nil` without one.
    static func parent(of channel: String) -> String? {
        channel.firstIndex(of: ".").map { String(channel[..<$0]) }
    }
}
