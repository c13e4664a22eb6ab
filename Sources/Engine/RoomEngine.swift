package import Conference
import Native
package import RTC
package import Wire

/// One running room: its rules, its members' media, its mixer, who sees whom.
///
/// Belongs to one media loop. Orders change the ``Room``, whose effects are carried out on the mixer and the pictures
/// here or passed on as ``Output``; every 20 ms ``advance(to:)`` mixes. It reads no clock.
package final class RoomEngine {
    /// What the signalling side has to know, in order.
    package enum Output: Sendable {
        /// A call has been let in; comes first of all that follows from it.
        case admitted(leg: String)
        case joined(MemberID, leg: String, JoinNotice)
        case parted(MemberID, leg: String, PartNotice)
        case publish(Delta)
        case summary(RoomSummary)
        /// The call is no longer in the room; it is still open.
        case removed(leg: String, RemovalReason)
        /// The same: it is to go to another room.
        case transferToRoom(leg: String, room: String, profile: String)
        /// The same: it is to go to an extension of its context.
        case transferCall(leg: String, extension: String)
        /// Keys for the far end of a call whose media takes none.
        case digits(leg: String, String)
        case dial(DialOrder)
        /// A sound that was to be played is not among ``sounds``.
        case soundMissing(SoundName)
        /// Write this: ``record(_:into:)`` takes the ring for the mix, ``record(_:member:into:)`` those of tracks.
        case startRecording(RecordingID, RecordingName)
        /// A member that is to have a track of its own in a recording.
        case recordTrack(RecordingID, MemberID, leg: String)
        /// The rings are closed behind what was said until now.
        case stopRecording(RecordingID)
        case event(RoomEvent)
        case record(ConferenceRecord)
        case closed
    }

    package enum Outcome: Sendable {
        case done(Reply)
        case refused(Refusal)
    }

    package let key: RoomKey
    package internal(set) var room: Room
    /// Of all members, in no order.
    package private(set) var legs: [MediaLeg] = []
    /// Frames encoded so far, for the tests that prove who shares them.
    package var encodedFrames: Int { mixer.encodedFrames }
    package var hasOutputs: Bool { !outputs.isEmpty }
    /// What may be played here.
    package let sounds: SoundSet

    let mixer: AudioMixer
    private let profile: RoomProfile
    private let epoch: Instant
    var outputs: [Output] = []
    private(set) var calls: [MemberID: MediaLeg] = [:]
    /// Members whose camera or screen has sent nothing yet.
    private var expectedPictures: [MemberID] = []
    /// Members by what they report lost, in 1/256; kept so that a tick allocates nothing.
    private var lossCounts = [Int](repeating: 0, count: 256)

    /// - Parameters:
    ///   - startedAt: Unix seconds, for the room's row on dashboards.
    ///   - sounds: With those that the profile names; whoever gives a command that plays one adds it first.
    package init(
        key: RoomKey, profile: RoomProfile, startedAt: Int, sounds: SoundSet = SoundSet(), at now: Instant
    ) throws(CoderError) {
        self.key = key
        self.profile = profile
        self.sounds = sounds
        epoch = now
        room = Room(key: key, profile: profile, startedAt: startedAt)
        mixer = try AudioMixer(
            AudioSettings(
                bitrate: profile.opusBitrate, complexity: profile.opusComplexity, loudest: profile.loudest,
                channels: profile.channels))
    }

    // MARK: Orders

    package func join(_ leg: MediaLeg, _ request: JoinRequest, at now: Instant) throws(Refusal) {
        var request = request
        request.video = leg.video?.flow ?? .none
        let effects = try room.join(request, at: time(now))
        legs.append(leg)
        calls[request.id] = leg
        if leg.audio != nil {
            let detector = TalkDetector(energyLevel: profile.energyLevel, auto: profile.autoEnergy)
            mixer.add(request.id, leg, detector).isWaiting = room.isWaiting
        }
        prepareSource(of: leg, request.id)  // before the effects, which may limit or mute it
        outputs.append(.admitted(leg: leg.id))
        for recording in mixer.recordings { announceTrack(of: request.id, in: recording) }
        run(effects, at: now)
    }

    /// The call left by itself, or was lost.
    package func leave(_ leg: MediaLeg, at now: Instant) {
        guard let id = member(of: leg) else { return }
        run(room.leave(id, at: time(now)), at: now)
        _ = release(id, at: now)
    }

    /// The call's offer was answered anew: its pictures may have come or gone, its sound may not.
    package func renegotiated(
        _ leg: MediaLeg, _ audio: AudioParameters?, _ videos: [VideoParameters], at now: Instant
    ) {
        let source = leg.video?.source
        leg.negotiated(audio, videos, at: now)
        guard let id = member(of: leg) else { return }
        mixer.codecChanged(of: id)
        if leg.video?.source !== source { prepareSource(of: leg, id) }
        run(room.setVideo(id, leg.video?.flow ?? .none, at: time(now)), at: now)
        run(room.videoState(renewedBy: id), at: now)
    }

    /// The call's client is back over a transport of its own (``MediaLeg/replaceTransport(_:_:_:at:)``): the member goes
    /// on, and pictures are shown anew. Returns the peer before.
    package func reattached(
        _ leg: MediaLeg, over peer: Peer, _ audio: AudioParameters?, _ videos: [VideoParameters], at now: Instant
    ) -> Peer {
        let old = leg.replaceTransport(peer, audio, videos, at: now)
        guard let id = member(of: leg) else { return old }
        mixer.codecChanged(of: id)
        prepareSource(of: leg, id)
        run(room.setVideo(id, leg.video?.flow ?? .none, at: time(now)), at: now)
        run(room.videoState(renewedBy: id), at: now)
        run(room.rejoined(id, at: time(now)), at: now)
        return old
    }

    /// The call's media are gone; its client may come back with others (``reattached(_:over:_:_:at:)``).
    package func mediaLost(_ leg: MediaLeg, at now: Instant) {
        guard let id = member(of: leg) else { return }
        expectedPictures.removeAll { $0 == id }
        run(room.videoLost(id, at: time(now)), at: now)
    }

    /// The call pressed a key.
    package func digit(_ key: Character, from leg: MediaLeg, at now: Instant) {
        if let id = member(of: leg) { run(room.digit(id, key, at: time(now)), at: now) }
    }

    /// The call was put on hold by its own side, or taken back.
    package func hold(_ leg: MediaLeg, _ isHeld: Bool, at now: Instant) {
        if let id = member(of: leg) { run(room.setOnHold(id, isHeld, at: time(now)), at: now) }
    }

    /// A party that the room asked for was called, with this result.
    package func dialEnded(_ job: JobID, cause: String, peer: String?, at now: Instant) {
        run(room.dialEnded(job, cause: cause, peer: peer, at: time(now)), at: now)
    }

    /// A caller was refused for good.
    package func rejected(_ request: JoinRequest, _ refusal: Refusal, at now: Instant) {
        run(room.rejected(request, refusal, at: time(now)), at: now)
    }

    /// A recording cannot be written any more.
    package func recordingEnded(_ id: RecordingID, failure: String?, at now: Instant) {
        mixer.removeRecording(id)
        run(room.recordingEnded(id, failure: failure, at: time(now)), at: now)
    }

    /// A client of ours wishes for pictures beside the switched one; members are named by their calls.
    package func view(_ leg: MediaLeg, _ wishes: [(slot: Int, call: String?)], at now: Instant) {
        guard let id = member(of: leg) else { return }
        let pictures = wishes.map { (slot: $0.slot, picture: $0.call.flatMap { room.member(ofCall: $0) }) }
        if let effects = try? room.view(id, changing: pictures) { run(effects, at: now) }
    }

    private func member(of leg: MediaLeg) -> MemberID? { calls.first { $0.value === leg }?.key }

    package func perform(_ command: Command, by issuer: Issuer, at now: Instant) -> Outcome {
        do throws(Refusal) {
            let (reply, effects) = try room.perform(command, by: issuer, at: time(now))
            run(effects, at: now)
            return .done(reply)
        } catch {
            return .refused(error)
        }
    }

    /// Moves what was said since to the end of `list`.
    package func takeOutputs(into list: inout [Output]) {
        list.append(contentsOf: outputs)
        outputs.removeAll(keepingCapacity: true)
    }

    // MARK: Time

    /// One tick of 20 ms, at its deadline.
    package func advance(to now: Instant) {
        let time = time(now)
        mixer.listen(at: now) { member, change in
            run(room.talking(member.id, change == .started, score: member.detector.smoothedScore, at: time), at: now)
        }
        followFloor(at: now)
        mixer.speak(at: now)
        if !mixer.ended.isEmpty { tellEnded(at: now) }
        if !expectedPictures.isEmpty { expectPictures(at: now) }
        if let deadline = room.deadline, time >= deadline { run(room.advance(to: time), at: now) }
        if mixer.ticks % Self.lossInterval == 0 { followLoss() }
    }

    private func followFloor(at now: Instant) {
        let time = time(now)
        room.beginTick()
        for member in mixer.members {
            let detector = member.detector
            // Who is silent neither takes the floor nor, by being left out, keeps it.
            if detector.smoothedScore > 0 || room.floorHolder == nil {
                room.consider(member.id, smoothedScore: detector.smoothedScore)
            }
            if detector.isTalking { run(room.energy(member.id, score: detector.score, at: time), at: now) }
        }
        run(room.endTick(at: time), at: now)
    }

    /// In-band FEC for the worst tenth of those who can use it, none while they lose nothing worth it.
    private func followLoss() {
        for loss in lossCounts.indices { lossCounts[loss] = 0 }
        var receivers = 0
        for leg in mixer.legs where leg.codec == .opus {
            lossCounts[Int(leg.fractionLost)] += 1
            receivers += 1
        }
        var worse = 0
        let tenth = receivers / 10
        let worst = lossCounts.lastIndex { count in
            worse += count
            return worse > tenth
        }
        let percent = (worst ?? 0) * 100 / 256
        mixer.setExpectedLoss(percent: percent >= 2 ? min(percent, 30) : 0)
    }

    // MARK: Effects

    /// Carries out what the room says, in order.
    package func run(_ effects: [Effect], at now: Instant) { for effect in effects { run(effect, at: now) } }

    private func run(_ effect: Effect, at now: Instant) {
        switch effect {
        case .setMuted(let id, let isMuted): mixer[id]?.isMuted = isMuted
        case .setDeaf(let id, let isDeaf): mixer[id]?.isDeaf = isDeaf
        case .setHeld(let id, let isHeld): mixer[id]?.isHeld = isHeld
        case .setHears(let listener, let talker, let hears): mixer.setHears(listener, talker, hears)
        case .setGainIn(let id, let step): mixer[id]?.gainIn = AudioMember.gain(step: step)
        case .setGainOut(let id, let step): mixer.setGainOut(AudioMember.gain(step: step), of: id)
        case .setEnergyLevel(let id, let level): setEnergyLevel(level, of: id)
        case .setAutoEnergy(let id, let auto): mixer[id]?.detector.autoEnergy = auto
        case .setMuteDetect(let id, let detects): mixer[id]?.detectsMuted = detects
        case .setAutoGain(let id, let gain): mixer[id]?.setAutoGain(gain?.level)
        case .setDenoise(let id, let denoises): mixer[id]?.setDenoise(denoises)
        case .setPosition(let id, let position): mixer[id]?.pan = AudioMember.pan(at: position)
        case .setWaiting(let isWaiting): for member in mixer.members { member.isWaiting = isWaiting }
        case .resetTalkDetector(let id): mixer[id]?.detector.reset()
        case .setVideoMuted(let id, let isMuted): calls[id]?.video?.source?.setMuted(isMuted, at: now)
        case .setVideoBandwidth(let id, let kilobits):
            if let source = calls[id]?.video?.source { limit(source, to: kilobits) }
        case .showVideo(let shown, let id, let slot): show(shown, to: id, slot, at: now)
        case .play(let order): play(order)
        case .stopPlayback(let id): mixer.change(id) { $0.stop() }
        case .pausePlayback(let id, let isPaused): mixer.change(id) { $0.player.isPaused = isPaused }
        case .seekPlayback(let id, let milliseconds): seek(id, to: milliseconds)
        case .setPlaybackGain(let id, let decibels):
            mixer.change(id) { $0.player.gain = AudioMember.gain(decibels: decibels) }
        case .music(let name): play(music: name)
        case .startRecording(let id, let name, let hasTracks): startRecording(id, name, hasTracks, at: now)
        case .pauseRecording(let id, let isPaused): mixer.recording(id)?.setPaused(isPaused)
        case .stopRecording(let id): stopRecording(id)
        case .sendDigits(let id, let digits): press(digits, to: id)
        case .remove(let id, let reason):
            if let leg = release(id, at: now) { outputs.append(.removed(leg: leg.id, reason)) }
        case .transferToRoom(let id, let room, let profile):
            if let leg = release(id, at: now) {
                outputs.append(.transferToRoom(leg: leg.id, room: room, profile: profile))
            }
        case .transferCall(let id, let destination):
            if let leg = release(id, at: now) { outputs.append(.transferCall(leg: leg.id, extension: destination)) }
        case .joined(let id, let notice): calls[id].map { outputs.append(.joined(id, leg: $0.id, notice)) }
        case .parted(let id, let notice): calls[id].map { outputs.append(.parted(id, leg: $0.id, notice)) }
        case .dial(let order): outputs.append(.dial(order))
        case .publish(let delta): outputs.append(.publish(delta))
        case .summary(let summary): outputs.append(.summary(summary))
        case .event(let event): outputs.append(.event(event))
        case .record(let record): outputs.append(.record(record))
        case .closed: close()
        }
    }

    private func close() {
        mixer.removeRecordings()
        outputs.append(.closed)
    }

    private func setEnergyLevel(_ level: Int, of id: MemberID) {
        guard let member = mixer[id] else { return }
        member.detector.energyLevel = level
        member.leg.input.setEnergyLevel(level)
    }

    /// Lets go of a member's media; the call may go on elsewhere.
    private func release(_ id: MemberID, at now: Instant) -> MediaLeg? {
        _ = mixer.remove(id)
        expectedPictures.removeAll { $0 == id }
        guard let leg = calls.removeValue(forKey: id) else { return nil }
        legs.removeAll { $0 === leg }
        leg.video?.leave(at: now)
        return leg
    }

    func time(_ now: Instant) -> Duration { now.duration(since: epoch) }

    // MARK: Pictures

    /// A camera or screen that is new here has yet to send its first picture, under the room's limits.
    private func prepareSource(of leg: MediaLeg, _ id: MemberID) {
        guard let source = leg.video?.source else { return }
        limit(source, to: nil)
        if !expectedPictures.contains(id) { expectedPictures.append(id) }
    }

    /// - Parameter kilobits: What it may send, kb/s; `nil` for the usual.
    private func limit(_ source: VideoSource, to kilobits: Int?) {
        let ceiling = kilobits.map { UInt64(max($0, 1)) * 1000 } ?? UplinkBudget.usualCeiling
        let policy: UplinkBudget.Policy =
            switch profile.videoUplinkPolicy {
            case .lowest: .lowest
            case .average: .average
            case .highest: .highest
            }
        source.limit(to: ceiling, policy: policy)
    }

    private func expectPictures(at now: Instant) {
        let waiting = expectedPictures
        for id in waiting {
            let source = calls[id]?.video?.source
            guard source?.layers.contains(where: { $0.isActive(at: now) }) != false else { continue }
            expectedPictures.removeAll { $0 == id }
            run(room.videoReady(id, at: time(now)), at: now)
        }
    }

    private func show(_ shown: MemberID?, to id: MemberID, _ slot: Int, at now: Instant) {
        calls[id]?.video?.show(shown.flatMap { calls[$0]?.video?.source }, in: slot, at: now)
    }

    /// 5 s: as often as receivers report.
    private static let lossInterval = 250
}
