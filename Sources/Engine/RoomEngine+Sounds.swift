import Calls
package import Conference
package import Native
import Wire

/// Playing, recording, pressing keys.
extension RoomEngine {
    func play(_ order: PlaybackOrder) {
        guard
            let player = player(
                of: order.sound, loops: order.loops, startAt: order.startAt,
                gain: AudioMember.gain(decibels: order.gain))
        else { return mixer.ended.append(order.id) }
        let playing = Playing(id: order.id, player: player, isExclusive: order.isExclusive)
        switch order.to {
        case .everybody: mixer.play(playing)
        case .member(let id): mixer.play(playing, to: id)
        }
    }

    func play(music name: SoundName?) {
        mixer.setMusic(name.flatMap { player(of: $0, loops: nil) })
    }

    /// - Parameter startAt: Milliseconds.
    private func player(
        of name: SoundName, loops: Int?, startAt: Int = 0, gain: Int = PCM.unityGain
    ) -> SoundPlayer? {
        if name.isStream {
            return (try? Playback(parsing: name.text)).flatMap { SoundPlayer($0, gain: gain) }
        }
        guard let sound = sounds[name] else {
            outputs.append(.soundMissing(name))
            return nil
        }
        return SoundPlayer(sound, loops: loops, from: Self.samples(milliseconds: startAt), gain: gain)
    }

    func seek(_ id: PlaybackID, to milliseconds: Int) {
        mixer.change(id) { $0.player.seek(to: Self.samples(milliseconds: milliseconds)) }
    }

    private static func samples(milliseconds: Int) -> Int {
        max(0, min(milliseconds, 86_400_000)) * (Native.Sound.rate / 1000)
    }

    /// Tells the room what has ended by itself.
    func tellEnded(at now: Instant) {
        let ended = mixer.ended
        mixer.ended.removeAll(keepingCapacity: true)
        for id in ended { run(room.playbackEnded(id, at: time(now)), at: now) }
    }

    func press(_ digits: String, to id: MemberID) {
        guard let leg = calls[id], !leg.press(digits) else { return }
        outputs.append(.digits(leg: leg.id, digits))
    }
}

// MARK: - Recordings

extension RoomEngine {
    /// Gives a recording the ring that takes the mix.
    package func record(_ id: RecordingID, into ring: RecordingRing) {
        guard let recording = mixer.recording(id) else { return ring.close() }
        recording.setMix(ring)
    }

    /// Gives a recording the ring that takes a member's own voice, heard by others or not.
    package func record(_ id: RecordingID, member: MemberID, into ring: RecordingRing) {
        guard let recording = mixer.recording(id), let member = mixer[member] else { return ring.close() }
        recording.addTrack(of: member, ring)
    }

    func startRecording(_ id: RecordingID, _ name: RecordingName, _ hasTracks: Bool, at now: Instant) {
        let recording = RecordingTap(id: id, hasTracks: hasTracks, at: now)
        mixer.add(recording)
        outputs.append(.startRecording(id, name))
        for member in mixer.members { announceTrack(of: member.id, in: recording) }
    }

    func announceTrack(of id: MemberID, in recording: RecordingTap) {
        guard recording.hasTracks, let member = mixer[id] else { return }
        outputs.append(.recordTrack(recording.id, id, leg: member.leg.id))
    }

    func stopRecording(_ id: RecordingID) {
        mixer.removeRecording(id)
        outputs.append(.stopRecording(id))
    }
}
