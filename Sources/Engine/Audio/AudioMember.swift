import Conference
import Native
import RTC
import Wire

/// One member's place in the mixer. Owned by its room's ``AudioMixer``.
final class AudioMember {
    let id: MemberID
    let leg: MediaLeg
    var detector: TalkDetector
    /// Joined or commanded; a muted member is not decoded.
    var isMuted = false
    var isDeaf = false
    /// Waits for a moderator: neither heard nor hearing others (`wait-mod`).
    var isWaiting = false
    /// Q12, see `PCM.unityGain`.
    var gainIn = PCM.unityGain
    var gainOut = PCM.unityGain

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

    init(id: MemberID, leg: MediaLeg, detector: TalkDetector) {
        self.id = id
        self.leg = leg
        self.detector = detector
        leg.input.setEnergyLevel(detector.energyLevel)
    }

    var hears: Bool { !isDeaf && leg.sendsAudio && leg.peer.isConnected }

    /// Volume steps −4…4 (conference.md §6.6), in Q12.
    static func gain(step: Int) -> Int {
        let gains = [819, 1_638, 2_458, 3_277, 4_096, 5_325, 9_421, 13_517, 17_613]
        return gains[max(-4, min(4, step)) + 4]
    }
}
