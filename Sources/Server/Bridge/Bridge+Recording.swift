import Calls
import Conference
import Logging
import Native

/// A recording as a room knows it.
struct RecordingKey: Hashable {
    let room: RoomKey
    let id: RecordingID
}

/// What rooms record: rings from the mixers to the thread that writes.
extension Bridge {
    func startRecording(_ id: RecordingID, _ name: RecordingName, of key: RoomKey) {
        guard let room = rooms[key] else { return }
        guard let writer = helpers.recordings else {
            return loops[room.loop].send(.recordingEnded(key, id, failure: "there is no folder for recordings"))
        }
        let (ticket, ring) = writer.begin(
            name.text, room: key.name, startedAtUnix: Int(MonotonicClock.unixNanoseconds / 1_000_000_000))
        recordings[RecordingKey(room: key, id: id)] = ticket
        loops[room.loop].send(.record(key, id, ring))
    }

    func startTrack(_ id: RecordingID, _ member: MemberID, leg: LegID, of key: RoomKey) {
        guard let room = rooms[key], let writer = helpers.recordings,
            let ticket = recordings[RecordingKey(room: key, id: id)], let caller = switchboard.leg(leg)
        else { return }
        let recorded = RecordedMember(
            number: member.rawValue, user: caller.user ?? "", name: caller.callerIDName, call: leg.rawValue)
        loops[room.loop].send(.recordTrack(key, id, member, writer.add(recorded, to: ticket)))
    }

    /// The room has closed the rings; the writer ends behind what is in them.
    func stopRecording(_ id: RecordingID, of key: RoomKey) { recordings[RecordingKey(room: key, id: id)] = nil }

    /// What the writing thread says.
    func handle(_ news: RecordingWriter.News) {
        switch news {
        case .began(_, let file): log.info("recording", metadata: ["file": "\(file)"])
        case .ended(let ticket, let report):
            log.info(
                "recording ended",
                metadata: [
                    "file": "\(report.file)", "seconds": "\(report.duration.components.seconds)",
                    "dropped": "\(report.droppedFrames)", "failure": "\(report.failure ?? "")",
                ])
            guard let failure = report.failure, let key = recordings.first(where: { $0.value == ticket })?.key else {
                return
            }
            recordings[key] = nil
            guard let room = rooms[key.room] else { return }
            loops[room.loop].send(.recordingEnded(key.room, key.id, failure: failure))
        }
        carryOut()
    }
}
