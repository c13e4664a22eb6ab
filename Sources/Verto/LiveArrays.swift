import Conference
package import Wire

/// All live arrays: one per room that has one, and one list of rooms per domain.
struct RoomFeeds {
    /// By event channel.
    var arrays: [String: LiveArrayMirror] = [:]
    /// Rooms that are open, by themselves: a key made from a channel finds the one the room was opened with.
    var open: [RoomKey: RoomKey] = [:]
    /// Rooms of which changes were missed; theirs are ignored until a snapshot comes.
    var awaitingSnapshot: Set<RoomKey> = []
    var summaries: [RoomKey: RoomSummary] = [:]
}

extension VertoEndpoint {
    /// Something happened in a room.
    package mutating func room(_ news: RoomNews, at now: Instant, into out: inout [VertoOutput]) {
        switch news {
        case .opened(let room): begin(room, into: &out)
        case .delta(let room, let delta): apply(delta, to: room, into: &out)
        case .snapshot(let room, let rows, let serial): replace(room, rows, serial, into: &out)
        case .joined(let room, let leg, let notice): joined(room, leg, notice, into: &out)
        case .parted(let room, let leg, let notice): parted(room, leg, notice, into: &out)
        case .membersChanged(let room): describe(room, at: now, into: &out)
        case .closed(let room): close(room, into: &out)
        case .summary(let summary): list(summary, into: &out)
        case .summaryRemoved(let room): unlist(room, into: &out)
        }
    }

    // MARK: Rooms

    /// A room begins: whatever is left of an earlier one of its name is forgotten, its serials above all.
    private mutating func begin(_ room: RoomKey, into out: inout [VertoOutput]) {
        let channel = ConferenceChannel.liveArray(room)
        if let serial = rooms.arrays[channel]?.serial, serial > 0 { clear(channel, room, into: &out) }
        open(room)
    }

    private mutating func open(_ room: RoomKey) {
        rooms.open[room] = room
        rooms.awaitingSnapshot.remove(room)
        let channel = ConferenceChannel.liveArray(room)
        guard rooms.arrays[channel] == nil else { return }
        rooms.arrays[channel] = LiveArrayMirror(channel: channel, name: room.shortName)
    }

    private mutating func apply(_ delta: Delta, to room: RoomKey, into out: inout [VertoOutput]) {
        let channel = ConferenceChannel.liveArray(room)
        if rooms.arrays[channel] == nil { open(room) }
        if case .clear = delta.change { return clear(channel, room, into: &out) }
        guard let known = rooms.arrays[channel]?.serial, delta.serial > known,
            !rooms.awaitingSnapshot.contains(room)
        else { return }
        guard delta.serial == known + 1 else {
            rooms.awaitingSnapshot.insert(room)
            out += [.count(.liveArrayGap), .resync(room)]
            return
        }
        let data: [UInt8]? =
            switch delta.change {
            case .add(let key, let row, _), .modify(let key, let row):
                rooms.arrays[channel]?.set(RowJSON.bytes(row), for: key, serial: delta.serial)
            case .remove(let key, _): rooms.arrays[channel]?.remove(key, serial: delta.serial)
            case .clear: nil
            }
        if let data { publishChange(data, on: channel, into: &out) }
    }

    private mutating func replace(
        _ room: RoomKey,
        _ rows: [(key: String, row: Row)],
        _ serial: Int,
        into out: inout [VertoOutput]
    ) {
        open(room)
        let channel = ConferenceChannel.liveArray(room)
        rooms.arrays[channel]?.replace(with: rows.map { ($0.key, RowJSON.bytes($0.row)) }, serial: serial)
        for c in channels.exact(channel) + (channels.inherited(channel)?.connections ?? []) {
            connections[c]?.stale.insert(channel)
            guard let connection = connections[c], connection.exchange == nil, !connection.isCongested else { continue }
            resynchronise(c, into: &out)
        }
    }

    private mutating func clear(_ channel: String, _ room: RoomKey, into out: inout [VertoOutput]) {
        guard let mirror = rooms.arrays[channel] else { return }
        rooms.awaitingSnapshot.remove(room)
        rooms.arrays[channel] = LiveArrayMirror(channel: channel, name: mirror.name)
        publishClear(mirror, into: &out)
    }

    private mutating func close(_ room: RoomKey, into out: inout [VertoOutput]) {
        rooms.open[room] = nil
        rooms.awaitingSnapshot.remove(room)
        if let mirror = rooms.arrays.removeValue(forKey: ConferenceChannel.liveArray(room)), mirror.serial > 0 {
            publishClear(mirror, into: &out)
        }
        for (leg, membership) in memberships where membership.room == room { revoke(leg) }
        unlist(room, into: &out)
    }

    // MARK: The list of rooms

    private mutating func list(_ summary: RoomSummary, into out: inout [VertoOutput]) {
        let room = RoomKey(name: summary.name, domain: summary.domain)
        rooms.summaries[room] = summary
        let channel = ConferenceChannel.roomList(summary.domain)
        let row = RowJSON.bytes(summary)
        var mirror =
            rooms.arrays[channel] ?? LiveArrayMirror(channel: channel, name: ConferenceChannel.roomListName)
        guard mirror.row(room.address) != row else { return }
        let data = mirror.set(row, for: room.address, serial: mirror.serial + 1)
        rooms.arrays[channel] = mirror
        publishChange(data, on: channel, into: &out)
    }

    private mutating func unlist(_ room: RoomKey, into out: inout [VertoOutput]) {
        guard let summary = rooms.summaries.removeValue(forKey: room) else { return }
        let channel = ConferenceChannel.roomList(summary.domain)
        guard let serial = rooms.arrays[channel]?.serial,
            let data = rooms.arrays[channel]?.remove(room.address, serial: serial + 1)
        else { return }
        publishChange(data, on: channel, into: &out)
    }

    // MARK: To watchers

    /// Sends one change to everybody who watches. The text is made once for all who subscribed to the channel, and
    /// once for all who subscribed to its parent; it has no `eventSerno`, which nobody reads and which would make a
    /// copy for each of them.
    private mutating func publishChange(_ data: [UInt8], on channel: String, into out: inout [VertoOutput]) {
        let exact = channels.exact(channel)
        let inherited = channels.inherited(channel)
        if exact.isEmpty, inherited?.connections.isEmpty != false { return }
        let id = nextRequestID()
        if !exact.isEmpty {
            let message = Message.event(id, data: data, channel: channel, tail: Message.tail(channel))
            for c in exact { deliverChange(message, of: channel, to: c, into: &out) }
        }
        if let (parent, connections) = inherited, !connections.isEmpty {
            let message = Message.event(id, data: data, channel: channel, tail: Message.tail(parent))
            for c in connections { deliverChange(message, of: channel, to: c, into: &out) }
        }
    }

    /// Sends a change, or leaves it out and remembers that this receiver has to start anew.
    private mutating func deliverChange(
        _ message: [UInt8],
        of channel: String,
        to c: ConnectionID,
        into out: inout [VertoOutput]
    ) {
        guard let connection = connections[c], !connection.isClosing else { return }
        let isBehind = connection.isCongested || connection.stale.contains(channel)
        if !isBehind, connection.exchange == nil { return out.append(.send(c, message)) }
        if !isBehind, connections[c]?.hold(message, limits: settings) == true { return }
        if connections[c]?.stale.insert(channel).inserted == true { out.append(.count(.liveArrayShed)) }
    }

    /// Tells everybody that the rows are gone. It is small and rare, and so is sent to slow receivers too.
    private mutating func publishClear(_ mirror: LiveArrayMirror, into out: inout [VertoOutput]) {
        let data = mirror.clearData()
        let id = nextRequestID()
        let watchers =
            [(mirror.channel, channels.exact(mirror.channel))] + (channels.inherited(mirror.channel).map { [$0] } ?? [])
        for (subscription, receivers) in watchers where !receivers.isEmpty {
            let message = Message.event(id, data: data, channel: mirror.channel, tail: Message.tail(subscription))
            for c in receivers {
                connections[c]?.stale.remove(mirror.channel)
                post(message, to: c, into: &out)
            }
        }
    }

    /// Brings a receiver that missed changes up to date: `clear`, which alone makes a client forget the last serial,
    /// and everything there is.
    mutating func resynchronise(_ c: ConnectionID, into out: inout [VertoOutput]) {
        guard let connection = connections[c], !connection.stale.isEmpty else { return }
        connections[c]?.stale = []
        for channel in connection.stale.sorted() where channels.subscription(c, covering: channel) != nil {
            guard let mirror = rooms.arrays[channel] else { continue }
            out.append(.count(.liveArrayResync))
            post(directed(mirror.clearData(), channel, to: c), to: c, into: &out)
            sendAll(of: channel, to: c, into: &out)
        }
    }

    /// Sends a `bootObj`, or remembers to when the receiver cannot keep up. An array that is not there has no rows.
    mutating func sendAll(of channel: String, to c: ConnectionID, into out: inout [VertoOutput]) {
        guard connections[c]?.isCongested == false else {
            connections[c]?.stale.insert(channel)
            return
        }
        var absent = LiveArrayMirror(channel: channel, name: Self.arrayName(of: channel))
        let data = rooms.arrays[channel]?.bootData() ?? absent.bootData()
        post(directed(data, channel, to: c), to: c, into: &out)
    }

    /// An event for one receiver: with its own sessid, and outside any subscription.
    private mutating func directed(_ data: [UInt8], _ channel: String, to c: ConnectionID) -> [UInt8] {
        let session = JSON.string(connections[c]?.session?.rawValue ?? "").text
        return Message.event(nextRequestID(), data: data, channel: channel, tail: ",\"sessid\":\(session)")
    }

    /// The name clients know the live array of `channel` by.
    static func arrayName(of channel: String) -> String {
        guard let parent = EventChannels.parent(of: channel) else { return channel }
        if parent == "conference-rooms" { return ConferenceChannel.roomListName }
        return String(channel.dropFirst(parent.count + 1).prefix { $0 != "@" })
    }
}
