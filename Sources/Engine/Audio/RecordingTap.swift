import Conference
import Native
import Wire

/// One running recording: where the mix goes, and each member's own voice.
///
/// Its clock counts ticks since it began, without those in which it was paused, from their time: a tick left out after
/// a stall is a hole in all tracks and not a shorter recording.
final class RecordingTap {
    let id: RecordingID
    /// Members are recorded by themselves, too.
    let hasTracks: Bool

    private let began: Instant
    private var mix: RecordingRing?
    private var tracks: [(member: AudioMember, ring: RecordingRing)] = []
    /// The next frame's place.
    private var next = 0
    /// Ticks that were not recorded.
    private var skipped = 0
    private var isPaused = false
    private var resumes = false

    init(id: RecordingID, hasTracks: Bool, at now: Instant) {
        (self.id, self.hasTracks, began) = (id, hasTracks, now)
    }

    func setPaused(_ isPaused: Bool) {
        if self.isPaused, !isPaused { resumes = true }
        self.isPaused = isPaused
    }

    /// Where the mix goes from now on.
    func setMix(_ ring: RecordingRing) {
        mix?.close()
        mix = ring
    }

    func addTrack(of member: AudioMember, _ ring: RecordingRing) { tracks.append((member, ring)) }

    /// The member left: its track ends here.
    func removeTrack(of id: MemberID) {
        for track in tracks where track.member.id == id { track.ring.close() }
        tracks.removeAll { $0.member.id == id }
    }

    func close() {
        mix?.close()
        for track in tracks { track.ring.close() }
        (mix, tracks) = (nil, [])
    }

    /// Records one tick.
    ///
    /// - Parameter heard: What is in the room's mix; `nil` when that is silent.
    func write(_ heard: PCMBuffer?, at now: Instant) {
        guard !isPaused else { return }
        let place = place(at: now)
        if let mix { Self.write(heard, to: mix, at: place) }
        for track in tracks {
            Self.write(track.member.isCandidate ? track.member.leg.input.pcm : nil, to: track.ring, at: place)
        }
    }

    private static func write(_ frame: PCMBuffer?, to ring: RecordingRing, at place: Int) {
        guard !ring.isAbandoned else { return }
        frame?.withSpan { ring.push($0, at: place) }
        ring.advance(to: place + 1)
    }

    private func place(at now: Instant) -> Int {
        let ticks = Int((now.nanoseconds(since: began) + Self.tick / 2) / Self.tick)
        if resumes {
            skipped = ticks - next
            resumes = false
        }
        let place = max(next, ticks - skipped)
        next = place + 1
        return place
    }

    private static let tick: Int64 = 20_000_000
}
