import Conference
import Glibc
import Native
import RTC
import Wire

/// One member's place in the mixer. Owned by its room's ``AudioMixer``.
final class AudioMember {
    let id: MemberID
    let leg: MediaLeg
    var detector: TalkDetector
    /// Joined or commanded; a muted member is not decoded, unless it is to be told that it speaks.
    var isMuted = false
    var detectsMuted = false
    var isDeaf = false
    /// Waits for a moderator: neither heard nor hearing others (`wait-mod`).
    var isWaiting = false
    /// Neither heard nor hearing the room, only what is played to it alone.
    var isHeld = false
    /// Q12, see `PCM.unityGain`.
    var gainIn = PCM.unityGain
    var gainOut = PCM.unityGain
    /// Where it is heard from in a room of two channels.
    var pan = Pan.middle
    /// Whom it shares its mix with while it has no ``personal`` one.
    var group: MixGroup
    /// Of the ``group``, in its call's codec; `nil` where there was no memory for one.
    var outlet: MixOutlet?
    /// What is played to it alone.
    var players: [Playing] = []
    /// Takes noise out, or levels its voice, when asked to.
    private(set) var voice: VoiceCare?
    private var autoGain: Int?
    private var denoises = false

    /// This tick's frame in ``AudioInput/pcm`` holds sound that may be mixed.
    var isCandidate = false
    /// This tick's mix holds the frame.
    var isMixed = false
    /// Smoothed score of this tick, with an advantage for who is in the mix already.
    var loudness = 0
    /// What the member hears when it is not what everybody hears.
    var personal: MixStream?
    /// Ticks since it was last mixed, while ``personal`` lasts.
    var ticksUnmixed = 0

    init(id: MemberID, leg: MediaLeg, detector: TalkDetector, group: MixGroup) {
        self.id = id
        self.leg = leg
        self.detector = detector
        self.group = group
        leg.input.setEnergyLevel(detector.energyLevel)
    }

    /// It may be sent something, which who is deaf or held is only of what is played to it alone.
    var isReachable: Bool { leg.sendsAudio && leg.peer.isConnected }

    /// It hears the room.
    var hears: Bool { !isDeaf && !isHeld && isReachable }

    /// It is heard by the room, if it says something.
    var speaks: Bool { !isMuted && !isWaiting && !isHeld }

    /// Nobody else can hear what it hears, whatever is said.
    var needsOwnMix: Bool { gainOut != PCM.unityGain || !players.isEmpty }

    /// - Parameter score: The mean absolute sample of speech to aim at; `nil` for the voice as it comes.
    func setAutoGain(_ score: Int?) {
        autoGain = score
        care()
    }

    func setDenoise(_ denoises: Bool) {
        self.denoises = denoises
        care()
    }

    private func care() {
        guard autoGain != nil || denoises else {
            voice = nil
            return
        }
        if voice == nil { voice = try? VoiceCare() }
        voice?.set(autoGain: autoGain, denoises: denoises)
    }

    /// dB as Q12, −50 and below being silence, +24 the most.
    static func gain(decibels: Int) -> Int {
        guard decibels > -50 else { return 0 }
        return Int(min(65_535, 4096 * pow(10, Double(min(decibels, 24)) / 20)))
    }

    /// The louder side stays as it is; far to one side the other has a tenth.
    static func pan(at position: Position?) -> Pan {
        guard let position else { return .middle }
        let distance = (position.x * position.x + position.y * position.y + position.z * position.z).squareRoot()
        let side = position.x / max(1, distance)
        let far = Int(4096 * (1 - 0.9 * min(1, abs(side))))
        return side < 0 ? Pan(left: PCM.unityGain, right: far) : Pan(left: far, right: PCM.unityGain)
    }

    /// Volume steps −4…4 (conference.md §6.6), in Q12.
    static func gain(step: Int) -> Int {
        let gains = [819, 1_638, 2_458, 3_277, 4_096, 5_325, 9_421, 13_517, 17_613]
        return gains[max(-4, min(4, step)) + 4]
    }
}
