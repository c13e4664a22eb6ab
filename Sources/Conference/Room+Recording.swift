/// A recording that runs.
struct Recording: Sendable {
    let id: RecordingID
    let name: RecordingName
    let isAutomatic: Bool
    let hasTracks: Bool
    let startedAt: Duration
    var isPaused = false
}

/// Recordings: what each command does, and those that begin by themselves (conference.md §5.6, §6.12).
extension Room {
    /// A recording ended without being told to: it could not be written. It does not begin again by itself.
    package mutating func recordingEnded(_ id: RecordingID, failure: String?, at now: Duration) -> [Effect] {
        guard !isClosed, let recording = recordings.first(where: { $0.id == id }) else { return [] }
        var effects: [Effect] = []
        if recording.isAutomatic { mayRecord = false }
        conclude(recording, failure: failure, at: now, into: &effects)
        return effects
    }

    /// - Throws: ``Refusal/recordingInUse(_:)``, ``Refusal/tooMany(limit:)``.
    mutating func startRecording(
        _ name: RecordingName?, tracks: Bool, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        if let name, recordings.contains(where: { $0.name == name }) { throw .recordingInUse(name) }
        guard recordings.count < Self.mostRecordings else { throw .tooMany(limit: Self.mostRecordings) }
        let base = "\(safeShortName)-\(unixTime(now))"
        guard let name = name ?? RecordingName(base) else { throw .badArgument(command: "record") }
        return .recording(
            summary(of: begin(unused(name), tracks: tracks, isAutomatic: false, at: now, into: &effects)))
    }

    /// - Parameter name: `nil` for all.
    /// - Throws: ``Refusal/noSuchRecording(_:)``.
    mutating func stopRecording(
        _ name: RecordingName?, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        let meant = recordings.filter { name == nil || $0.name == name }
        if let name, meant.isEmpty { throw .noSuchRecording(name) }
        for recording in meant {
            if recording.isAutomatic { mayRecord = profile.roomFlags.contains(.restartAutoRecord) }
            effects.append(.stopRecording(recording.id))
            conclude(recording, failure: nil, at: now, into: &effects)
        }
        return .recordingsStopped(meant.map { summary(of: $0) })
    }

    mutating func pauseRecording(
        _ name: RecordingName, _ isPaused: Bool, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        guard let index = recordings.firstIndex(where: { $0.name == name }) else { throw .noSuchRecording(name) }
        if recordings[index].isPaused != isPaused {
            recordings[index].isPaused = isPaused
            effects.append(.pauseRecording(recordings[index].id, isPaused))
            tell(isPaused ? .pauseRecording : .resumeRecording, ["Path": name.text], at: now, into: &effects)
        }
        return .recordingPaused(summary(of: recordings[index]))
    }

    var recordingSummaries: [RecordingSummary] { recordings.map { summary(of: $0) } }

    /// Begins the profile's recording when enough people are here, and somebody is to be heard.
    mutating func recordByItself(at now: Duration, into effects: inout [Effect]) {
        guard mayRecord, !isWaiting, count >= profile.recordingMinimum, let name = automaticName(at: now) else {
            return
        }
        guard !recordings.contains(where: \.isAutomatic), recordings.count < Self.mostRecordings else { return }
        _ = begin(unused(name), tracks: false, isAutomatic: true, at: now, into: &effects)
    }

    /// The room ends, and its recordings with it.
    mutating func endRecordings(at now: Duration, into effects: inout [Effect]) {
        for recording in recordings {
            effects.append(.stopRecording(recording.id))
            conclude(recording, failure: nil, at: now, into: &effects)
        }
    }

    private mutating func begin(
        _ name: RecordingName, tracks: Bool, isAutomatic: Bool, at now: Duration, into effects: inout [Effect]
    ) -> Recording {
        lastRecording += 1
        let recording = Recording(
            id: RecordingID(lastRecording), name: name, isAutomatic: isAutomatic, hasTracks: tracks, startedAt: now
        )
        recordings.append(recording)
        effects.append(.startRecording(recording.id, name, tracks: tracks))
        tell(.startRecording, ["Path": name.text], at: now, into: &effects)
        return recording
    }

    private mutating func conclude(
        _ recording: Recording, failure: String?, at now: Duration, into effects: inout [Effect]
    ) {
        recordings.removeAll { $0.id == recording.id }
        book.note(
            ConferenceRecord.RecordedFile(
                name: recording.name, started: unixTime(recording.startedAt), stopped: unixTime(now), failure: failure
            ))
        var headers = [
            "Path": recording.name.text, "Other-Recordings": recordings.isEmpty ? "false" : "true",
            "Samplerate": String(profile.rate),
            "Milliseconds-Elapsed": String(milliseconds(now - recording.startedAt)),
        ]
        if let failure { headers["Error"] = failure }
        tell(.stopRecording, headers, at: now, into: &effects)
    }

    private func summary(of recording: Recording) -> RecordingSummary {
        RecordingSummary(
            id: recording.id, name: recording.name, isAutomatic: recording.isAutomatic, isPaused: recording.isPaused,
            hasTracks: recording.hasTracks, startedAt: recording.startedAt,
            startedAtUnix: unixTime(recording.startedAt)
        )
    }

    /// The name, or with a number when this room has made such a file already.
    private func unused(_ name: RecordingName) -> RecordingName {
        let used = Set(recordings.map(\.name) + book.recordings.map(\.name))
        return used.contains(name) ? (2...).lazy.map(name.numbered).first { !used.contains($0) } ?? name : name
    }

    private func automaticName(at now: Duration) -> RecordingName? {
        profile.autoRecord.flatMap { template in
            let values = [
                "${conference_name}": safeShortName, "${conference_uuid}": uuid, "${domain}": key.domain,
                "${start}": String(unixTime(now)),
            ]
            return RecordingName(configured: filled(template, values))
        }
    }

    private func filled(_ template: String, _ values: [String: String]) -> String {
        var (result, rest) = ("", template[...])
        while let first = rest.first {
            if first == "$", let value = values.first(where: { rest.hasPrefix($0.key) }) {
                result += value.value
                rest = rest.dropFirst(value.key.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// The room's name as part of a file's.
    private var safeShortName: String {
        let name = String(key.shortName.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" }.prefix(64))
        return name.isEmpty ? "conference" : name
    }

    private static let mostRecordings = 16
}
