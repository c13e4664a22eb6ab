import Conference
import Native
import RTC
import Wire

/// Mixes one room, 20 ms at a time: decodes who may be heard, measures, sums the loudest, encodes each distinct mix
/// once, and sends.
///
/// Everybody outside the mix hears the same and shares one encoded frame, so a listener costs a header, an SRTP pass and
/// a send. Who is in the mix hears it without themselves, from an encoder that starts as a copy of the shared one; two
/// seconds after they were last mixed they are back on the shared frame.
final class AudioMixer {
    private(set) var members: [AudioMember] = []
    /// The members' media, in the same order.
    private(set) var legs: [MediaLeg] = []
    /// Ticks so far.
    private(set) var ticks = 0
    /// Frames encoded so far, however many heard them.
    private(set) var encodedFrames = 0

    private let settings: AudioSettings
    private let bus = MixBus(count: AudioInput.frame)
    private let mix = PCMBuffer(count: AudioInput.frame)
    private let shared: MixStream
    /// Ticks in a row in which the shared mix had listeners; at 0 its encoder has missed what was said.
    private var sharedTicks = 0
    /// Encoders nobody uses now. There are as many as can be needed at once, so that a tick never makes one.
    private var spare: [MixStream] = []
    private var made = 0
    private var expectedLoss = 0

    init(_ settings: AudioSettings) throws(OpusError) {
        self.settings = settings
        shared = try MixStream(settings)
    }

    func add(_ member: AudioMember) {
        members.append(member)
        legs.append(member.leg)
        reserve()
    }

    func remove(_ id: MemberID) -> AudioMember? {
        guard let index = members.firstIndex(where: { $0.id == id }) else { return nil }
        let member = members.remove(at: index)
        legs.remove(at: index)
        release(member)
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
        shared.setExpectedLoss(percent: percent)
        for stream in spare { stream.setExpectedLoss(percent: percent) }
        for member in members { member.personal?.setExpectedLoss(percent: percent) }
    }

    /// Makes the encoders that the members may need.
    private func reserve() {
        let adjusted = members.count { $0.gainOut != PCM.unityGain }
        let needed = min(members.count, settings.loudest + Self.lingering + adjusted)
        while made < needed, let stream = try? MixStream(settings) {
            stream.setExpectedLoss(percent: expectedLoss)
            spare.append(stream)
            made += 1
        }
        spare.reserveCapacity(made)
    }

    // MARK: One tick

    /// Takes every member's frame of this tick and measures it.
    func listen(at now: Instant, changed: (AudioMember, TalkDetector.Change) -> Void) {
        ticks &+= 1
        for member in members {
            let isWanted = !member.isMuted && !member.isWaiting
            let isHeard = member.leg.input.take(at: now, isWanted: isWanted)
            guard isWanted else {
                member.isCandidate = false
                continue
            }
            if let change = isHeard ? measure(member) : member.detector.silentFrame() { changed(member, change) }
            member.isCandidate = isHeard && isAudible(member)
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

    /// Chooses the loudest, sums, encodes and sends.
    func speak() {
        choose()
        bus.clear()
        var mixed = 0
        for member in members where member.isMixed {
            bus.add(member.leg.input.pcm)
            mixed += 1
        }
        for member in members { assign(member, isRoomSilent: mixed == 0) }
        speakToPersonal(mixed: mixed)
        speakToShared(mixed: mixed)
        for member in members { member.leg.output.pass(UInt32(AudioInput.frame)) }
    }

    /// Marks the members to mix: all candidates, or the loudest of them, those already in the mix first among equals.
    private func choose() {
        var candidates = 0
        for member in members where member.isCandidate { candidates += 1 }
        guard candidates > settings.loudest else {
            for member in members { member.isMixed = member.isCandidate }
            return
        }
        for member in members where member.isCandidate {
            let score = member.detector.smoothedScore
            member.loudness = member.isMixed ? score + score / 2 + 1 : score
        }
        let threshold = loudnessToBeat()
        var places = settings.loudest
        for member in members {
            member.isMixed = member.isCandidate && member.loudness > threshold
            if member.isMixed { places -= 1 }
        }
        for member in members where places > 0 && member.isCandidate && member.loudness == threshold {
            member.isMixed = true
            places -= 1
        }
    }

    /// The loudness that fewer than ``AudioSettings/loudest`` exceed, found by halving: no list is made.
    private func loudnessToBeat() -> Int {
        var low = 0
        var high = 1 << 17
        while low < high {
            let middle = (low + high) / 2
            var above = 0
            for member in members where member.isCandidate && member.loudness > middle { above += 1 }
            if above > settings.loudest { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func speakToPersonal(mixed: Int) {
        for member in members {
            guard let stream = member.personal else { continue }
            guard member.hears else {
                member.leg.output.pause()
                continue
            }
            if member.isMixed { bus.write(without: member.leg.input.pcm, to: mix) } else { bus.write(to: mix) }
            if member.gainOut != PCM.unityGain { mix.withMutableSpan { PCM.scale(&$0, gain: member.gainOut) } }
            guard encode(with: stream, isSilent: mixed == (member.isMixed ? 1 : 0)) else {
                member.leg.output.pause()
                continue
            }
            stream.withPacket { member.leg.output.send($0, through: member.leg.peer) }
        }
    }

    private func speakToShared(mixed: Int) {
        var listeners = 0
        for member in members where isListener(member) { listeners += 1 }
        sharedTicks = listeners > 0 ? sharedTicks + 1 : 0
        var isSent = false
        if listeners > 0 {
            bus.write(to: mix)
            isSent = encode(with: shared, isSilent: mixed == 0)
        }
        guard isSent else {
            for member in members where member.personal == nil { member.leg.output.pause() }
            return
        }
        shared.withPacket { packet in
            for member in members where member.personal == nil {
                if isListener(member) {
                    member.leg.output.send(packet, through: member.leg.peer)
                } else {
                    member.leg.output.pause()
                }
            }
        }
    }

    /// Hears what everybody hears. Who is mixed and found no encoder hears nothing rather than its own voice.
    private func isListener(_ member: AudioMember) -> Bool { member.personal == nil && member.hears && !member.isMixed }

    private func encode(with stream: MixStream, isSilent: Bool) -> Bool {
        let before = stream.encodedFrames
        let hasPacket = stream.encode(mix, isSilent: isSilent)
        encodedFrames &+= stream.encodedFrames &- before
        return hasPacket
    }

    // MARK: Encoders

    /// Gives an encoder to who must not hear what all hear, and takes it back from who long could have.
    private func assign(_ member: AudioMember, isRoomSilent: Bool) {
        guard !member.isMixed, member.gainOut == PCM.unityGain else {
            member.ticksUnmixed = 0
            if member.hears { personalise(member) }
            return
        }
        guard member.personal != nil else { return }
        member.ticksUnmixed += 1
        // Both encoders must long have had the same input, and better nobody speaks; or the shared one begins here.
        let patience = isRoomSilent ? Self.shortLinger : Self.longLinger
        guard member.ticksUnmixed >= patience, sharedTicks == 0 || sharedTicks >= Self.shortLinger else { return }
        release(member)
    }

    private func personalise(_ member: AudioMember) {
        guard member.personal == nil else { return }
        if spare.isEmpty { releaseLongestUnmixed() }
        guard let stream = spare.popLast() else { return }
        stream.continue(from: shared)
        member.personal = stream
    }

    private func release(_ member: AudioMember) {
        guard let stream = member.personal else { return }
        if sharedTicks == 0 {
            // Nobody listened to the shared mix meanwhile: it goes on from here instead.
            shared.continue(from: stream)
            sharedTicks = 1
        }
        member.personal = nil
        member.ticksUnmixed = 0
        spare.append(stream)
    }

    private func releaseLongestUnmixed() {
        var found: AudioMember?
        for member in members where member.personal != nil && !member.isMixed && member.gainOut == PCM.unityGain {
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
