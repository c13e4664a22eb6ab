import RTC
import Wire

/// What our side says: 20 ms for each tick, in the codec and the packets that the peer agreed to.
extension MediaLeg {
    /// Sends this tick's frame.
    ///
    /// - Parameter saysNothing: It is silence that the peer knows; comfort noise may take its place.
    func send(_ frame: Span<UInt8>, saysNothing: Bool) {
        guard codec != .opus else { return output.send(frame, through: peer) }
        if saysNothing, let payloadType = comfortNoise { return sendNoise(payloadType) }
        noiseTicks = 0
        // A key and sound at once are too much for many a gateway (RFC 4733 §2.5.1.4).
        guard !keys.isDown else {
            packer?.drop()
            return
        }
        guard packer != nil else { return output.send(frame, through: peer) }
        packer?.add(frame) { output.send($0, after: $1, through: peer) }
    }

    /// There is nothing for the peer to hear in this tick. A telephone gets silence, because it takes the lack of
    /// packets for a broken line.
    func sendNothing() {
        guard codec != .opus, sendsAudio, peer.isConnected else {
            packer?.drop()
            return output.pause()
        }
        SilentFrame.withBytes(codec) { send($0, saysNothing: true) }
    }

    /// Lets the time of one frame pass.
    func passFrame() { output.pass(frameTicks) }

    /// One packet of comfort noise for some time of silence (RFC 3389 §4).
    private func sendNoise(_ payloadType: UInt8) {
        defer { noiseTicks += 1 }
        packer?.drop()
        output.pause()
        guard noiseTicks % Self.noiseInterval == 0, !keys.isDown else { return }
        let number = output.sequence
        let wasSent = peer.sendRTP(
            marker: false, payloadType: payloadType, sequence: number, timestamp: output.timestamp, ssrc: output.ssrc,
            mid: nil, payloadCount: 1
        ) { $0[0] = Self.noiseLevel }
        guard wasSent else { return }
        output.sent(1, as: number)
        output.pause()
    }

    /// Ticks: 400 ms.
    private static let noiseInterval = 20
    /// Nobody speaks, and we add nothing: −127 dBov.
    private static let noiseLevel: UInt8 = 127
}
