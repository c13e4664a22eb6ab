package import Conference
package import Native
import RTC
package import Wire

/// One running room: its rules, its members' media, its mixer.
///
/// Belongs to one media loop. Orders change the ``Room``, whose effects are carried out on the mixer here or passed on
/// as ``Output``; every 20 ms ``advance(to:)`` mixes. It reads no clock.
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
        case closed
    }

    package enum Outcome: Sendable {
        case done(Reply)
        case refused(Refusal)
    }

    package let key: RoomKey
    package private(set) var room: Room
    package var legs: [MediaLeg] { mixer.legs }
    /// Frames encoded so far, for the tests that prove who shares them.
    package var encodedFrames: Int { mixer.encodedFrames }
    package var hasOutputs: Bool { !outputs.isEmpty }

    private let mixer: AudioMixer
    private let profile: RoomProfile
    private let epoch: Instant
    private var outputs: [Output] = []
    private var calls: [MemberID: String] = [:]
    /// Members by what they report lost, in 1/256; kept so that a tick allocates nothing.
    private var lossCounts = [Int](repeating: 0, count: 256)

    /// - Parameter startedAt: Unix seconds, for the room's row on dashboards.
    package init(
        key: RoomKey, profile: RoomProfile, startedAt: Int, at now: Instant
    ) throws(OpusError) {
        self.key = key
        self.profile = profile
        epoch = now
        room = Room(key: key, profile: profile, startedAt: startedAt)
        mixer = try AudioMixer(
            AudioSettings(
                bitrate: profile.opusBitrate, complexity: profile.opusComplexity, loudest: profile.loudest))
    }

    // MARK: Orders

    package func join(_ leg: MediaLeg, _ request: JoinRequest, at now: Instant) throws(Refusal) {
        let effects = try room.join(request, at: time(now))
        let detector = TalkDetector(energyLevel: profile.energyLevel, auto: profile.autoEnergy)
        let member = AudioMember(id: request.id, leg: leg, detector: detector)
        member.isWaiting = room.isWaiting
        mixer.add(member)
        calls[request.id] = leg.id
        outputs.append(.admitted(leg: leg.id))
        run(effects)
    }

    /// The call left by itself, or was lost.
    package func leave(_ leg: MediaLeg, at now: Instant) {
        guard let member = mixer.members.first(where: { $0.leg === leg }) else { return }
        run(room.leave(member.id, at: time(now)))
        _ = mixer.remove(member.id)
        calls[member.id] = nil
    }

    package func perform(_ command: Command, by issuer: Issuer, at now: Instant) -> Outcome {
        do throws(Refusal) {
            let (reply, effects) = try room.perform(command, by: issuer, at: time(now))
            run(effects)
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
            run(room.talking(member.id, change == .started, score: member.detector.smoothedScore, at: time))
        }
        followFloor(at: time)
        mixer.speak()
        if let deadline = room.deadline, time >= deadline { run(room.advance(to: time)) }
        if mixer.ticks % Self.lossInterval == 0 { followLoss() }
    }

    private func followFloor(at time: Duration) {
        room.beginTick()
        for member in mixer.members {
            let detector = member.detector
            // Who is silent neither takes the floor nor, by being left out, keeps it.
            if detector.smoothedScore > 0 || room.floorHolder == nil {
                room.consider(member.id, smoothedScore: detector.smoothedScore)
            }
            if detector.isTalking { run(room.energy(member.id, score: detector.score, at: time)) }
        }
        run(room.endTick(at: time))
    }

    /// In-band FEC for the worst tenth of receivers, none while they lose nothing worth it.
    private func followLoss() {
        for loss in lossCounts.indices { lossCounts[loss] = 0 }
        for leg in mixer.legs { lossCounts[Int(leg.fractionLost)] += 1 }
        var worse = 0
        let tenth = mixer.legs.count / 10
        let worst = lossCounts.lastIndex { count in
            worse += count
            return worse > tenth
        }
        let percent = (worst ?? 0) * 100 / 256
        mixer.setExpectedLoss(percent: percent >= 2 ? min(percent, 30) : 0)
    }

    // MARK: Effects

    private func run(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .setMuted(let id, let isMuted): mixer[id]?.isMuted = isMuted
            case .setDeaf(let id, let isDeaf): mixer[id]?.isDeaf = isDeaf
            case .setGainIn(let id, let step): mixer[id]?.gainIn = AudioMember.gain(step: step)
            case .setGainOut(let id, let step): mixer.setGainOut(AudioMember.gain(step: step), of: id)
            case .setEnergyLevel(let id, let level): setEnergyLevel(level, of: id)
            case .setVideoMuted, .showVideo, .setVideoBandwidth: break
            case .setWaiting(let isWaiting): for member in mixer.members { member.isWaiting = isWaiting }
            case .resetTalkDetector(let id): mixer[id]?.detector.reset()
            case .remove(let id, let reason): remove(id, reason)
            case .joined(let id, let notice): calls[id].map { outputs.append(.joined(id, leg: $0, notice)) }
            case .parted(let id, let notice): calls[id].map { outputs.append(.parted(id, leg: $0, notice)) }
            case .publish(let delta): outputs.append(.publish(delta))
            case .summary(let summary): outputs.append(.summary(summary))
            case .closed: outputs.append(.closed)
            }
        }
    }

    private func setEnergyLevel(_ level: Int, of id: MemberID) {
        guard let member = mixer[id] else { return }
        member.detector.energyLevel = level
        member.leg.input.setEnergyLevel(level)
    }

    private func remove(_ id: MemberID, _ reason: RemovalReason) {
        guard let member = mixer.remove(id) else { return }
        calls[id] = nil
        outputs.append(.removed(leg: member.leg.id, reason))
    }

    private func time(_ now: Instant) -> Duration { now.duration(since: epoch) }

    /// 5 s: as often as receivers report.
    private static let lossInterval = 250
}
