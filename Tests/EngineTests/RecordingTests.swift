import Conference
import Engine
import Native
import TestKit
import Testing
import Wire

/// What a room writes down: its mix, and each member by itself, by one clock.
struct RecordingTests {
    private static let name = RecordingName("meeting.opus")
    private static let id = RecordingID(1)

    /// A track as a writer would see it: the holes are silence.
    private final class Track {
        let ring = RecordingRing(capacity: 64)
        private(set) var samples: [Int16] = []
        /// Frames that came.
        private(set) var frames = 0
        private let frame = PCMBuffer(count: RecordingRing.frame)

        func read() {
            let length = ring.length
            while let place = frame.withMutableSpan({ ring.pop(into: &$0) }) {
                fill(to: place)
                samples += frame.samples
                frames += 1
            }
            fill(to: length)
        }

        private func fill(to place: Int) {
            let missing = place * RecordingRing.frame - samples.count
            if missing > 0 { samples += [Int16](repeating: 0, count: missing) }
        }

        /// The loudness of a tone from one second to another.
        func amplitude(of frequency: Double, from start: Double, to end: Double) -> Double {
            let range = Int(start * 48_000)..<min(samples.count, Int(end * 48_000))
            return range.isEmpty ? 0 : Sound.amplitude(of: frequency, in: samples[range])
        }
    }

    private final class Tracks {
        let mix = Track()
        var members: [MemberID: Track] = [:]
        private var seen = 0

        /// Does what the server would: gives rings to what is asked for, and reads.
        func run(_ rig: RoomRig, seconds: Double) throws {
            for _ in 0..<Int(seconds * 5) {
                for (_, output) in rig.outputs[seen...] {
                    switch output {
                    case .startRecording(let id, _): rig.room.record(id, into: mix.ring)
                    case .recordTrack(let id, let member, _):
                        let track = Track()
                        members[member] = track
                        rig.room.record(id, member: member, into: track.ring)
                    default: break
                    }
                }
                seen = rig.outputs.count
                try rig.run(milliseconds: 200)
                mix.read()
                for track in members.values { track.read() }
            }
        }
    }

    private func rig(_ count: Int) throws -> RoomRig {
        let rig = try RoomRig()
        for _ in 0..<count { try rig.add() }
        try rig.connect()
        try rig.run(seconds: 1)
        return rig
    }

    @Test func theTonesOfTheSpeakersAreInTheMixAndEachInItsOwnTrack() throws {
        let rig = try rig(3)
        let tracks = Tracks()
        rig.carryOut(.startRecording(Self.id, try #require(Self.name), tracks: true))
        try tracks.run(rig, seconds: 1)
        rig.callers[0].hum()
        try tracks.run(rig, seconds: 2)
        rig.callers[0].hush()
        rig.callers[1].hum()
        try tracks.run(rig, seconds: 2)
        rig.callers[1].hush()
        try tracks.run(rig, seconds: 3)
        let (one, two) = (rig.callers[0].frequency, rig.callers[1].frequency)
        let first = try #require(tracks.members[rig.callers[0].id])
        let second = try #require(tracks.members[rig.callers[1].id])
        let silent = try #require(tracks.members[rig.callers[2].id])
        for track in [tracks.mix, first] {
            #expect(track.amplitude(of: one, from: 1.3, to: 2.8) > 4_000)
            #expect(track.amplitude(of: one, from: 4.2, to: 4.8) < 30)
        }
        for track in [tracks.mix, second] {
            #expect(track.amplitude(of: two, from: 3.3, to: 4.8) > 4_000)
            #expect(track.amplitude(of: two, from: 1.3, to: 2.8) < 30)
        }
        #expect(first.amplitude(of: two, from: 3.3, to: 4.8) < 30)
        #expect(silent.frames == 0, "who is silent costs nothing")
        #expect(tracks.mix.frames < 250, "nor does a quiet room")
        for track in [tracks.mix, first, second, silent] {
            #expect(abs(track.samples.count - 8 * 48_000) <= 960, "one clock: \(track.samples.count)")
            #expect(track.ring.dropped == 0)
        }
        // The mix is what the track is, at the same place.
        let range = 48_000 * 3 / 2..<48_000 * 5 / 2
        #expect(tracks.mix.samples[range] == first.samples[range])
    }

    @Test func aPauseIsLeftOutOfAllTracks() throws {
        let rig = try rig(2)
        let tracks = Tracks()
        rig.callers[0].hum()
        rig.carryOut(.startRecording(Self.id, try #require(Self.name), tracks: true))
        try tracks.run(rig, seconds: 1)
        rig.carryOut(.pauseRecording(Self.id, true))
        try tracks.run(rig, seconds: 2)
        rig.callers[0].hush()
        rig.callers[1].hum()
        try tracks.run(rig, seconds: 1)
        rig.carryOut(.pauseRecording(Self.id, false))
        try tracks.run(rig, seconds: 1)
        let first = try #require(tracks.members[rig.callers[0].id])
        let second = try #require(tracks.members[rig.callers[1].id])
        for track in [tracks.mix, first, second] { #expect(abs(track.samples.count - 2 * 48_000) <= 1_920) }
        #expect(tracks.mix.amplitude(of: rig.callers[0].frequency, from: 0.1, to: 0.9) > 4_000)
        #expect(tracks.mix.amplitude(of: rig.callers[1].frequency, from: 1.1, to: 1.9) > 4_000)
        #expect(second.amplitude(of: rig.callers[1].frequency, from: 1.1, to: 1.9) > 4_000)
    }

    @Test func whoComesLaterGetsATrackOnTheSameClockAndWhoLeavesEndsIt() throws {
        let rig = try rig(2)
        let tracks = Tracks()
        rig.carryOut(.startRecording(Self.id, try #require(Self.name), tracks: true))
        try tracks.run(rig, seconds: 2)
        let late = try rig.add()
        try rig.connect()
        late.hum()
        try tracks.run(rig, seconds: 2)
        let track = try #require(tracks.members[late.id])
        let start = try #require(track.samples.firstIndex { $0 != 0 })
        let mixed = try #require(tracks.mix.samples.firstIndex { $0 != 0 })
        #expect(start == mixed && start > 2 * 48_000)
        rig.leave(late)
        #expect(track.ring.isClosed)
        #expect(!tracks.mix.ring.isClosed)
        rig.carryOut(.stopRecording(Self.id))
        #expect(tracks.mix.ring.isClosed)
        #expect(tracks.members.values.allSatisfy { $0.ring.isClosed })
        #expect(rig.outputs.contains { if case .stopRecording(Self.id) = $0.output { true } else { false } })
    }

    @Test func aWriterThatIsTooSlowCostsFramesAndNothingElse() throws {
        let rig = try rig(2)
        let ring = RecordingRing(capacity: 20)
        rig.carryOut(.startRecording(Self.id, try #require(Self.name), tracks: false))
        rig.room.record(Self.id, into: ring)
        rig.callers[0].hum()
        try rig.run(seconds: 2)
        #expect(ring.dropped > 70)
        #expect(rig.callers[1].hears(rig.callers[0]) > 4_000)
        ring.abandon()
        let dropped = ring.dropped
        try rig.run(seconds: 1)
        #expect(ring.dropped == dropped)
        rig.room.recordingEnded(Self.id, failure: "No space left on device", at: rig.now)
        #expect(ring.isClosed)
    }

    @Test func ringsForWhatIsOverAreClosedAtOnce() throws {
        let rig = try rig(1)
        let (one, two) = (RecordingRing(capacity: 8), RecordingRing(capacity: 8))
        rig.room.record(Self.id, into: one)
        rig.room.record(Self.id, member: MemberID(77), into: two)
        #expect(one.isClosed && two.isClosed)
    }
}
