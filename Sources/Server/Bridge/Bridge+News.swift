import Calls
import Conference
import Engine
import Logging
import RTC
import Verto

/// What the media loops tell.
extension Bridge {
    func handle(_ news: LoopNews) {
        switch news {
        case .connected(let id): follow(step(.answeredMedia(id)))
        case .failed(let id, let failure):
            log.info("media ended", metadata: ["leg": "\(id)", "reason": "\(failure)"])
            // A page that is loaded again closes its media and its socket, in no order.
            follow(step(failure == .closedByPeer ? .mediaLost(id) : .mediaFailed(id, failure.cause)))
        case .closed(let id, let counters):
            closing.remove(id)
            peerCounters.add(counters)
        case .released(let id, let travelling): released(id, travelling)
        case .digit(let id, let digit): pressed(digit, on: id)
        case .applicationDone(let id, let number):
            guard calls[id]?.play == number else { return }
            calls[id]?.play = nil
            played(id)
        case .refused(let id, let key, let refusal): refused(id, by: key, refusal)
        case .opened(let key, let hasLiveArray):
            rooms[key]?.isOpen = true
            if settings.profile(rooms[key]?.profile ?? "").roomFlags.contains(.jsonEvents) {
                describedRooms.insert(key)
            }
            if hasLiveArray { tell(.opened(key)) }
        case .room(let key, let output): handle(output, of: key)
        case .snapshot(let key, let entries, let serial):
            tell(.snapshot(key, rows: entries.map { (key: $0.key, row: $0.row) }, serial: serial))
        case .completed(let order, let outcome):
            guard let token = orders.removeValue(forKey: order) else { return }
            endpoint.completed(token, outcome.forVerto, at: now, into: &queue)
            if case .done(.dialing(let job, inBackground: false)) = outcome { dialled(job, token) }
        }
    }

    private func handle(_ output: RoomEngine.Output, of key: RoomKey) {
        switch output {
        case .admitted(let leg):
            joined(key)
            settlePIN(of: LegID(leg), in: key, isWrong: false)
            if calls[LegID(leg)]?.question != nil {
                calls[LegID(leg)]?.terminatorUntil = time + Self.terminatorPatience
            }
            endQuestion(of: LegID(leg))
        case .joined(_, let leg, let notice): tell(.joined(key, leg: LegID(leg), notice))
        case .parted(_, let leg, let notice): tell(.parted(key, leg: LegID(leg), notice))
        case .publish(let delta): tell(.delta(key, delta))
        case .summary(let summary): tell(.summary(summary))
        case .removed(let leg, _), .transferToRoom(let leg, _, _), .transferCall(let leg, _):
            // It may have left for another room meanwhile.
            if calls[LegID(leg)]?.room == key { letGo(output) }
        case .digits(let leg, let digits):
            if calls[LegID(leg)]?.phone?.sendsKeysByINFO == true { return sendKeys(digits, to: LegID(leg)) }
            log.debug("keys for a call that takes none", metadata: ["leg": "\(leg)", "digits": "\(digits.count)"])
        case .dial(let order): dial(order, from: key)
        case .soundMissing(let name): loadMissing(name, for: key)
        case .startRecording(let id, let name): startRecording(id, name, of: key)
        case .recordTrack(let id, let member, let leg): startTrack(id, member, leg: LegID(leg), of: key)
        case .stopRecording(let id): stopRecording(id, of: key)
        case .event(let event): note(event, of: key)
        case .record(let record): helpers.records.submit(record) { _ in }
        case .closed:
            tell(.closed(key))
            tell(.summaryRemoved(key))
            rooms[key]?.isOpen = false
            describedRooms.remove(key)
            if rooms[key]?.pendingJoins == 0 { rooms[key] = nil }
        }
    }

    /// A room let go of a call.
    private func letGo(_ output: RoomEngine.Output) {
        switch output {
        case .removed(let leg, let reason): removed(LegID(leg), reason)
        case .transferToRoom(let leg, let room, let profile):
            calls[LegID(leg)]?.room = nil
            let variables = switchboard.leg(LegID(leg))?.variables ?? [:]
            enter(LegID(leg), "\(room)@\(profile)", variables)
        case .transferCall(let leg, let destination):
            calls[LegID(leg)]?.room = nil
            follow(switchboard.redirect(LegID(leg), to: destination, at: time))
        default: break
        }
    }

    private func note(_ event: RoomEvent, of key: RoomKey) {
        log.trace("room", metadata: ["room": "\(key.address)", "event": "\(event.action.rawValue)"])
        let isAboutMembers = event.action == .addMember || event.action == .delMember
        if isAboutMembers, describedRooms.contains(key) { tell(.membersChanged(key)) }
    }

    private func removed(_ id: LegID, _ reason: RemovalReason) {
        calls[id]?.room = nil
        if case .kicked(let sound) = reason { return sayFarewell(sound, to: id, then: .ended) }
        follow(step(.conferenceEnded(id)))
    }

    func joined(_ key: RoomKey) {
        guard var room = rooms[key] else { return }
        room.pendingJoins -= 1
        rooms[key] = room.pendingJoins == 0 && !room.isOpen ? nil : room
    }

    func settlePIN(of id: LegID, in key: RoomKey, isWrong: Bool) {
        guard let address = pinsUnderWay.removeValue(forKey: PINTry(leg: id, room: key)) else { return }
        pins.settled(address, key, isWrong: isWrong, at: time)
    }

    private func tell(_ news: RoomNews) { endpoint.room(news, at: now, into: &queue) }
}
