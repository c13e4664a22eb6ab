import Conference
import Native
import RTC
import Wire

/// Mixes one room, 20 ms at a time: decodes who may be heard, measures, sums the loudest, encodes each distinct mix
/// once for each codec in the room, and sends.
///
/// Everybody outside the mix hears the same and shares one encoded frame with those of the same codec, so a listener costs a header, an SRTP pass and
/// a send. Who is in the mix hears it without themselves, from an encoder that starts as a copy of the shared one; two
/// seconds after they were last mixed they are back on the shared frame. Those who are not to hear somebody share a
/// frame with whoever is not to hear the same (``MixGroup``).
final class AudioMixer {
    private(set) var members: [AudioMember] = []
    /// The members' media, in the same order.
    private(set) var legs: [MediaLeg] = []
    /// Ticks so far.
    private(set) var ticks = 0
    /// Frames encoded so far, however many heard them.
    private(set) var encodedFrames = 0
    /// What has ended by itself since the owner last looked.
    var ended: [PlaybackID] = []

    let settings: AudioSettings
    private let bus: MixBus
    /// For who does not hear the room.
    private let aside: MixBus
    private let mix: PCMBuffer
    /// Recordings have one channel, wherever voices come from.
    private let record: (bus: MixBus, mix: PCMBuffer)?
    /// Who share their mixes; the first leaves nobody out.
    private var groups: [MixGroup]
    /// What all hear besides each other.
    private var speaker = RoomSpeaker()
    /// What the mix of this tick holds: voices, and sounds played to all.
    private var voices = 0
    private var sounds = 0
    private(set) var recordings: [RecordingTap] = []
    private var pool = StreamPool()
    private var expectedLoss = 0

    init(_ settings: AudioSettings) throws(CoderError) {
        self.settings = settings
        let count = AudioInput.frame * settings.channels
        bus = MixBus(count: count, channels: settings.channels)
        aside = MixBus(count: count, channels: settings.channels)
        mix = PCMBuffer(count: count)
        record =
            settings.channels == 1
            ? nil : (MixBus(count: AudioInput.frame), PCMBuffer(count: AudioInput.frame))
        groups = [MixGroup()]
        ended.reserveCapacity(16)
        _ = groups[0].add(try MixStream(settings))
    }

    func add(_ id: MemberID, _ leg: MediaLeg, _ detector: TalkDetector) -> AudioMember {
        let member = AudioMember(id: id, leg: leg, detector: detector, group: groups[0])
        groups[0].size += 1
        member.outlet = outlet(for: leg.codec, in: groups[0])
        members.append(member)
        legs.append(leg)
        reserve()
        return member
    }

    /// The member's call goes on in another codec.
    func codecChanged(of id: MemberID) {
        guard let member = self[id], member.outlet?.stream.codec != member.leg.codec else { return }
        release(member)
        member.outlet = outlet(for: member.leg.codec, in: member.group)
        reserve()
    }

    /// A group's mix in `codec`, made for the first who needs it.
    private func outlet(for codec: AudioCodec, in group: MixGroup) -> MixOutlet? {
        group.outlet(for: codec) ?? makeStream(codec).map { group.add($0) }
    }

    private func makeStream(_ codec: AudioCodec) -> MixStream? {
        let stream = try? MixStream(settings, codec: codec)
        stream?.setExpectedLoss(percent: expectedLoss)
        return stream
    }

    func remove(_ id: MemberID) -> AudioMember? {
        guard let index = members.firstIndex(where: { $0.id == id }) else { return nil }
        let member = members.remove(at: index)
        legs.remove(at: index)
        release(member)
        for playing in member.players where !playing.isStopped { ended.append(playing.id) }
        for recording in recordings { recording.removeTrack(of: id) }
        for other in members where other.group.excluded.contains(id) { setHears(other.id, id, true) }
        leave(member.group)
        return member
    }

    subscript(id: MemberID) -> AudioMember? { members.first { $0.id == id } }

    func setGainOut(_ gain: Int, of id: MemberID) {
        self[id]?.gainOut = gain
        reserve()
    }

    /// Prepares the mixes for receivers who lose packets; 0 when they do not.
    func setExpectedLoss(percent: Int) {
        guard percent != expectedLoss else { return }
        expectedLoss = percent
        for group in groups { for outlet in group.outlets { outlet.stream.setExpectedLoss(percent: percent) } }
        pool.setExpectedLoss(percent: percent)
        for member in members { member.personal?.setExpectedLoss(percent: percent) }
    }

    /// Makes the encoders that the members may need.
    private func reserve() {
        for codec in AudioCodec.allCases {
            let speakers = members.count { $0.leg.codec == codec }
            guard speakers > 0 else { continue }
            let adjusted = members.count { $0.leg.codec == codec && $0.needsOwnMix }
            let needed = min(speakers, settings.loudest + Self.lingering + adjusted)
            while pool.made(codec) < needed, let stream = makeStream(codec) { pool.add(stream) }
        }
    }

    // MARK: One tick

    /// Takes every member's frame of this tick and measures it.
    func listen(at now: Instant, changed: (AudioMember, TalkDetector.Change) -> Void) {
        ticks &+= 1
        for member in members {
            let isWanted = member.speaks || member.detectsMuted && member.isMuted
            var isHeard = member.leg.input.take(at: now, isWanted: isWanted)
            guard isWanted else {
                member.isCandidate = false
                continue
            }
            if let voice = member.voice { isHeard = voice.process(member.leg.input.pcm, isHeard: isHeard) }
            if let change = isHeard ? measure(member) : member.detector.silentFrame() { changed(member, change) }
            member.isCandidate = isHeard && member.speaks && isAudible(member)
        }
    }

    private func measure(_ member: AudioMember) -> TalkDetector.Change? {
        let input = member.leg.input
        if member.gainIn != PCM.unityGain { input.pcm.withMutableSpan { PCM.scale(&$0, gain: member.gainIn) } }
        let score = input.pcm.withSpan { PCM.meanAbsolute($0) }
        let change = member.detector.frame(score: score)
        input.noteQuiet(!member.detector.isGateOpen)
        return change
    }

    /// Who is below the threshold is not mixed; a frame above it is at once, before the detector is sure, so that no
    /// first syllable is lost.
    private func isAudible(_ member: AudioMember) -> Bool {
        member.detector.isTalking || member.detector.isGateOpen || member.detector.energyLevel == 0
    }

    /// Chooses the loudest, sums, records, encodes and sends.
    func speak(at now: Instant) {
        choose()
        bus.clear()
        voices = 0
        for member in members where member.isMixed {
            bus.add(member.leg.input.pcm, at: member.pan)
            voices += 1
        }
        for member in members where !member.players.isEmpty { play(to: member) }
        sounds = speaker.play(into: bus, ended: &ended)
        if !recordings.isEmpty { record(at: now) }
        for member in members { assign(member) }
        for member in members { if let stream = member.personal { speak(to: member, with: stream) } }
        for group in groups { speak(to: group) }
        for member in members { member.leg.passFrame() }
    }

    /// Nothing is in the mix.
    private var isSilent: Bool { voices == 0 && sounds == 0 }

    private func speak(to member: AudioMember, with stream: MixStream) {
        guard member.isReachable, member.hears || !member.players.isEmpty else { return member.leg.sendNothing() }
        let heard = mixOwn(of: member)
        if member.gainOut != PCM.unityGain { mix.withMutableSpan { PCM.scale(&$0, gain: member.gainOut) } }
        guard encode(with: stream, isSilent: heard == 0) else { return member.leg.sendNothing() }
        stream.withPacket { member.leg.send($0, saysNothing: stream.isSettled) }
    }

    /// Writes what only this member hears: the room without itself and whom it does not hear, and what is played to it
    /// alone. Returns how many voices and sounds there are in it.
    private func mixOwn(of member: AudioMember) -> Int {
        let hearsRoom = member.hears && !member.players.contains { $0.isExclusive }
        let source = hearsRoom ? bus : aside
        var heard = 0
        if hearsRoom {
            heard = voices + sounds - exclude(member.group, from: bus) - (member.isMixed ? 1 : 0)
        } else {
            aside.clear()
        }
        for playing in member.players where playing.player.hasFrame {
            source.add(playing.player.frame)
            heard += 1
        }
        if hearsRoom, member.isMixed {
            bus.write(without: member.leg.input.pcm, at: member.pan, to: mix)
        } else {
            source.write(to: mix)
        }
        guard hearsRoom else { return heard }
        for playing in member.players where playing.player.hasFrame { bus.subtract(playing.player.frame) }
        include(member.group, in: bus)
        return heard
    }

    private func speak(to group: MixGroup) {
        /// Voices and sounds in the group's mix, once it is written.
        var heard: Int?
        for outlet in group.outlets {
            var listeners = 0
            for member in members where member.outlet === outlet && isListener(member) { listeners += 1 }
            outlet.ticks = listeners > 0 ? outlet.ticks + 1 : 0
            guard listeners > 0 else {
                silence(outlet)
                continue
            }
            let count = heard ?? mixAll(for: group)
            heard = count
            speak(through: outlet, isSilent: count == 0)
        }
    }

    private func speak(through outlet: MixOutlet, isSilent: Bool) {
        guard encode(with: outlet.stream, isSilent: isSilent) else { return silence(outlet) }
        let saysNothing = outlet.stream.isSettled
        outlet.stream.withPacket { packet in
            for member in members where member.outlet === outlet && member.personal == nil {
                if isListener(member) {
                    member.leg.send(packet, saysNothing: saysNothing)
                } else {
                    member.leg.sendNothing()
                }
            }
        }
    }

    private func silence(_ outlet: MixOutlet) {
        for member in members where member.outlet === outlet && member.personal == nil { member.leg.sendNothing() }
    }

    /// Writes what the group hears. Returns how many voices and sounds there are in it.
    private func mixAll(for group: MixGroup) -> Int {
        let excluded = exclude(group, from: bus)
        bus.write(to: mix)
        include(group, in: bus)
        return voices + sounds - excluded
    }

    /// Takes out whom the group does not hear; returns how many there were to take.
    private func exclude(_ group: MixGroup, from bus: MixBus) -> Int {
        var count = 0
        for member in group.blocked where member.isMixed {
            bus.subtract(member.leg.input.pcm, at: member.pan)
            count += 1
        }
        return count
    }

    private func include(_ group: MixGroup, in bus: MixBus) {
        for member in group.blocked where member.isMixed { bus.add(member.leg.input.pcm, at: member.pan) }
    }

    /// Hears what its group hears. Who is mixed and found no encoder hears nothing rather than its own voice.
    private func isListener(_ member: AudioMember) -> Bool { member.personal == nil && member.hears && !member.isMixed }

    private func encode(with stream: MixStream, isSilent: Bool) -> Bool {
        let before = stream.encodedFrames
        let hasPacket = stream.encode(mix, isSilent: isSilent)
        encodedFrames &+= stream.encodedFrames &- before
        return hasPacket
    }

    // MARK: Encoders

    /// Gives an encoder to who must not hear what all hear, and takes it back from who long could have.
    private func assign(_ member: AudioMember) {
        guard !member.isMixed, !member.needsOwnMix else {
            member.ticksUnmixed = 0
            if member.isReachable, member.hears || !member.players.isEmpty { personalise(member) }
            return
        }
        guard member.personal != nil else { return }
        member.ticksUnmixed += 1
        // Both encoders must long have had the same input, and better nobody speaks; or the shared one begins here.
        let patience = isSilent ? Self.shortLinger : Self.longLinger
        let ticks = member.outlet?.ticks ?? 0
        guard member.ticksUnmixed >= patience, ticks == 0 || ticks >= Self.shortLinger else { return }
        release(member)
    }

    private func personalise(_ member: AudioMember) {
        guard member.personal == nil, let shared = member.outlet?.stream else { return }
        if pool.isEmpty(of: shared.codec) { releaseLongestUnmixed(of: shared.codec) }
        guard let stream = pool.take(shared.codec) else { return }
        stream.continue(from: shared)
        member.personal = stream
    }

    private func release(_ member: AudioMember) {
        guard let stream = member.personal else { return }
        if let outlet = member.outlet, outlet.ticks == 0 {
            // Nobody listened to the shared mix meanwhile: it goes on from here instead.
            outlet.stream.continue(from: stream)
            outlet.ticks = 1
        }
        member.personal = nil
        member.ticksUnmixed = 0
        pool.giveBack(stream)
    }

    private func releaseLongestUnmixed(of codec: AudioCodec) {
        var found: AudioMember?
        for member in members where !member.isMixed && !member.needsOwnMix {
            guard let stream = member.personal, stream.codec == codec else { continue }
            if member.ticksUnmixed >= found?.ticksUnmixed ?? 0 { found = member }
        }
        if let found { release(found) }
    }

    /// Encoders beyond those of the loudest, for who has just been.
    private static let lingering = 6
    /// 2 s, and 5 s while somebody speaks.
    private static let shortLinger = 100
    private static let longLinger = 250
}

// MARK: - Sounds

extension AudioMixer {
    /// Plays to all from the next tick on.
    func play(_ playing: Playing) { speaker.add(playing) }

    /// Plays to one member, over what it hears or instead of it.
    func play(_ playing: Playing, to id: MemberID) {
        guard let member = self[id] else { return ended.append(playing.id) }
        member.players.append(playing)
        reserve()
    }

    func setMusic(_ player: SoundPlayer?) { speaker.setMusic(player) }

    /// Changes one playback, whoever hears it.
    func change(_ id: PlaybackID, _ change: (inout Playing) -> Void) {
        speaker.change(id, change)
        for member in members {
            for index in member.players.indices where member.players[index].id == id { change(&member.players[index]) }
        }
    }

    /// The next 20 ms of what one member alone hears.
    private func play(to member: AudioMember) {
        Playing.dropEnded(&member.players, ended: &ended)
        for playing in member.players { playing.player.advance() }
    }
}

// MARK: - Relations

extension AudioMixer {
    /// Whether the one hears the other. Nothing clicks: the listener goes on with its encoder and joins those who hear
    /// the same when theirs has caught up.
    func setHears(_ listener: MemberID, _ talker: MemberID, _ hears: Bool) {
        guard listener != talker, let member = self[listener] else { return }
        var excluded = member.group.excluded.filter { $0 != talker }
        if !hears { excluded.append(talker) }
        excluded.sort()
        guard excluded != member.group.excluded else { return }
        move(member, toThoseWithout: excluded)
    }

    private func move(_ member: AudioMember, toThoseWithout excluded: [MemberID]) {
        let (old, outlet) = (member.group, member.outlet)
        let group: MixGroup
        if let known = groups.first(where: { $0.excluded == excluded }) {
            group = known
        } else {
            group = MixGroup(excluded: excluded, blocked: members.filter { excluded.contains($0.id) })
            groups.append(group)
        }
        let isFirst = !group.outlets.contains { $0.stream.codec == member.leg.codec }
        if !isFirst, member.hears { personalise(member) }
        member.ticksUnmixed = 0
        member.group = group
        member.outlet = self.outlet(for: member.leg.codec, in: group)
        if isFirst, let outlet, let new = member.outlet {
            new.stream.continue(from: outlet.stream)
            new.ticks = outlet.ticks
        }
        member.group.size += 1
        leave(old)
    }

    private func leave(_ group: MixGroup) {
        group.size -= 1
        if group.size == 0, group !== groups[0] { groups.removeAll { $0 === group } }
    }
}

// MARK: - Recordings

extension AudioMixer {
    func add(_ recording: RecordingTap) { recordings.append(recording) }

    func recording(_ id: RecordingID) -> RecordingTap? { recordings.first { $0.id == id } }

    /// Ends a recording: its tracks are closed.
    func removeRecording(_ id: RecordingID) {
        recording(id)?.close()
        recordings.removeAll { $0.id == id }
    }

    func removeRecordings() {
        for recording in recordings { recording.close() }
        recordings = []
    }

    private func record(at now: Instant) {
        let heard = isSilent ? nil : mixForRecordings()
        for recording in recordings { recording.write(heard, at: now) }
    }

    private func mixForRecordings() -> PCMBuffer {
        guard let record else {
            bus.write(to: mix)
            return mix
        }
        record.bus.clear()
        for member in members where member.isMixed { record.bus.add(member.leg.input.pcm) }
        speaker.add(to: record.bus)
        record.bus.write(to: record.mix)
        return record.mix
    }
}
