import Glibc
import Native
import Wire

/// One running recording: the mix, the tracks of members, and the list that says which is whose.
///
/// Belongs to the thread that writes. A file that cannot be written ends the whole recording.
final class Recording {
    enum Progress: Equatable {
        case running
        /// Complete, or as far as the disk took it.
        case ended(failure: String?)
    }

    let plan: RecordingPlan

    private let mix: RecordingTrack
    private var tracks: [(about: RecordedMember, track: RecordingTrack)] = []
    private var ended: [JSON] = []
    /// Of tracks that have ended.
    private var droppedBefore = 0
    /// The list on the disk says something else.
    private var isListStale = true
    private var nextCommit: Instant
    private let bitrate: Int

    /// Makes the file of the mix.
    init(_ plan: RecordingPlan, _ ring: RecordingRing, bitrate: Int, at now: Instant) throws(FileError) {
        self.plan = plan
        self.bitrate = bitrate
        nextCommit = now.advanced(by: Self.commitInterval)
        try Self.makeFolders(above: plan.file)
        mix = RecordingTrack(
            ring, to: try RecordingFile(plan.file, comments: plan.comments, bitrate: bitrate), startsAtOnce: true)
    }

    /// Begins another file beside the mix, unless there are too many.
    func add(_ member: RecordedMember, _ ring: RecordingRing) throws(FileError) {
        guard tracks.count < Self.mostTracks else { return ring.abandon() }
        try Self.makeFolders(above: plan.list)
        let number = tracks.count + ended.count + 1
        let path = plan.track(number, of: member)
        let file = try RecordingFile(path, comments: plan.comments + ["ARTIST=\(member.name)"], bitrate: bitrate)
        tracks.append((member, RecordingTrack(ring, to: file, startsAtOnce: false)))
        isListStale = true
    }

    /// Takes what has come; once a second everything is put on the disk.
    func advance(to now: Instant) -> Progress {
        do throws(FileError) {
            if try mix.drain() == .ended {
                try finish()
                return .ended(failure: nil)
            }
            try drainTracks()
            guard now >= nextCommit else { return .running }
            nextCommit = now.advanced(by: Self.commitInterval)
            try mix.file.commit()
            for (_, track) in tracks { try track.file.commit() }
            if isListStale { try writeList() }
            return .running
        } catch {
            return fail(error)
        }
    }

    /// Ends the files now, as when the server stops; what the rings hold is still taken.
    func end() -> Progress {
        do throws(FileError) {
            _ = try mix.drain()
            try finish()
            return .ended(failure: nil)
        } catch {
            return fail(error)
        }
    }

    /// No more is taken; files stay as they were last good.
    func fail(_ error: FileError) -> Progress {
        mix.ring.abandon()
        for (_, track) in tracks { track.ring.abandon() }
        return .ended(failure: error.description)
    }

    /// Frames of the mix.
    var length: Int { mix.length }

    /// Frames that came too fast for the disk, of all files.
    var dropped: Int { tracks.reduce(mix.ring.dropped + droppedBefore) { $0 + $1.track.ring.dropped } }

    private func drainTracks() throws(FileError) {
        for (about, track) in tracks {
            let hadStart = track.start != nil
            let progress = try track.drain()
            if !hadStart, track.start != nil { isListStale = true }
            guard progress == .ended else { continue }
            try close(track, of: about)
            tracks.removeAll { $0.track === track }
        }
    }

    private func close(_ track: RecordingTrack, of member: RecordedMember) throws(FileError) {
        try track.file.finish()
        ended.append(entry(member, track))
        droppedBefore += track.ring.dropped
        isListStale = true
    }

    private func finish() throws(FileError) {
        mix.ring.abandon()
        for (about, track) in tracks {
            track.ring.abandon()
            _ = try track.drain()
            try close(track, of: about)
        }
        tracks = []
        try mix.file.finish()
        try writeList()
    }

    private static func makeFolders(above file: String) throws(FileError) {
        var path = ""
        for part in file.split(separator: "/").dropLast() {
            path += "/" + part
            guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError("mkdir") }
        }
    }

    /// At a time; each is an open file.
    private static let mostTracks = 300
    /// A crash loses a second at most.
    private static let commitInterval: Duration = .seconds(1)
}

// MARK: - The list

extension Recording {
    private func entry(_ member: RecordedMember, _ track: RecordingTrack) -> JSON {
        .object([
            "file": .string(RecordingPlan.name(of: track.file.path)),
            "member": .number(Double(member.number)),
            "user": .string(member.user),
            "name": .string(member.name),
            "call": .string(member.call),
            "start": .number(Self.seconds(track.start ?? 0)),
            "length": .number(Self.seconds(track.length)),
            "dropped": .number(Double(track.ring.dropped)),
        ])
    }

    /// Says which file is whose, and where it begins; only recordings with tracks have it.
    private func writeList() throws(FileError) {
        isListStale = false
        guard !tracks.isEmpty || !ended.isEmpty else { return }
        let list = JSON.object([
            "version": .number(1),
            "room": .string(plan.room),
            "started": .number(Double(plan.startedAtUnix)),
            "rate": .number(Double(Sound.rate)),
            "mix": .string("../" + RecordingPlan.name(of: plan.file)),
            "length": .number(Self.seconds(mix.length)),
            "tracks": .array(ended + tracks.map { entry($0.about, $0.track) }),
        ])
        let new = plan.list + ".new"
        _ = unsafe unlink(new)
        let file = try GrowingFile(new)
        try file.append(Array((list.text + "\n").utf8))
        try file.sync()
        guard unsafe rename(new, plan.list) == 0 else { throw FileError("rename") }
    }

    /// Of frames of 20 ms.
    private static func seconds(_ frames: Int) -> Double { Double(frames * 2) / 100 }
}
