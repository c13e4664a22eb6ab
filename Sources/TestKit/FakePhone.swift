package import Native
package import RTC
package import Wire

/// A phone's side of plain RTP: offers and answers, tones in any codec we have, keys, SDES-SRTP.
///
/// It shares no code with what it tests but the codecs, SRTP and the SDP parser. Time goes in by ``advance(to:)``;
/// datagrams come out of ``takeOutbox()`` and go in by ``receive(_:isRTCP:at:)``.
package final class FakePhone {
    package struct Settings: Sendable {
        /// Where RTP really comes from; RTCP comes from the port above.
        package var address: TransportAddress
        /// What its SDP says instead, as behind a NAT.
        package var announced: TransportAddress?
        /// In the order of its offers; what it takes of ours.
        package var codecs: [AudioCodec] = [.pcmu, .pcma]
        /// Payload types of its own for codecs; others have the usual ones, Opus 107.
        package var numbers: [AudioCodec: UInt8] = [:]
        /// Telephone events; `nil`: none.
        package var keys: UInt8? = 101
        /// Ticks a second of the keys.
        package var keysClock = 8000
        /// SDES, in the order of its offers; empty: none.
        package var suites: [SRTPProfile] = []
        /// `RTP/SAVP` rather than `RTP/AVP`.
        package var isSAVP = false
        /// Milliseconds in a packet, sent and asked for.
        package var ptime = 20

        package init(address: TransportAddress) { self.address = address }
    }

    package struct Datagram: Equatable {
        package let bytes: [UInt8]
        package let source: TransportAddress
        package let destination: TransportAddress
        package var isRTCP: Bool
    }

    package enum Failure: Error { case noAudio, noCodec, noKeys, noAddress }

    package var settings: Settings
    /// What it sends; `nil`: silence, but packets all the same.
    package var tone: Double? = 440
    /// Whether it sends at all.
    package var isTalking = true
    /// What it sends with, once negotiated.
    package internal(set) var codec: AudioCodec?
    /// What came, decoded at the codec's sample rate, the newest second of it.
    package internal(set) var heard: [Int16] = []
    package internal(set) var lastHeader: RTPHeader?
    package internal(set) var packetsHeard = 0
    package internal(set) var reportsHeard: [RTCPPacket] = []
    /// The keys that were pressed at the other side.
    package internal(set) var keysHeard = ""
    /// STUN indications, which keep a NAT open.
    package internal(set) var keepAlives = 0
    /// What did not decrypt, or was no RTP.
    package internal(set) var refused = 0
    /// Where it sends, as the other side's SDP says.
    package internal(set) var target: TransportAddress?
    package internal(set) var reportTarget: TransportAddress?
    package let ssrc: SSRC

    var outbox: [Datagram] = []
    var random: SeededGenerator
    var version = 0
    var secrets: [SRTPProfile: [UInt8]] = [:]
    var payloadType: UInt8 = 0
    var receives: [UInt8: AudioCodec] = [:]
    var keysToSend: UInt8?
    var keysReceived: Set<UInt8> = []
    var sender: SRTPLine?
    var receiver: SRTPLine?
    var sequence: UInt16
    var timestamp: UInt32
    var nextPacket: Instant?
    var phase = 0.0
    var hasSent = false
    var pressed: [UInt8] = []
    var press: KeyPress?
    var lastKey: UInt32?
    var coders: PhoneCoders

    package init(settings: Settings, seed: UInt64 = 1) throws {
        self.settings = settings
        random = SeededGenerator(seed: seed)
        ssrc = SSRC(UInt32.random(in: 1 ... .max, using: &random))
        sequence = UInt16.random(in: 0..<0x8000, using: &random)
        timestamp = UInt32.random(in: .min ... .max, using: &random)
        coders = try PhoneCoders()
        for suite in [SRTPProfile.aes128CMSHA1_80, .aes128CMSHA1_32, .aeadAES128GCM] {
            secrets[suite] = random.bytes(suite.masterLength)
        }
    }

    /// Takes what it wants to send.
    package func takeOutbox() -> [Datagram] {
        defer { outbox.removeAll() }
        return outbox
    }

    /// Presses keys, one after the other, 100 ms each.
    package func press(_ keys: String) {
        pressed += keys.utf8.compactMap { key in Self.events.firstIndex(of: key).map { UInt8($0) } }
    }

    /// How much of what it heard lately is a tone of this frequency, from 0 to 1.
    package func share(of frequency: Double) -> Double {
        guard let codec, heard.count >= codec.sampleRate / 10 else { return 0 }
        return ToneShare.of(frequency, in: heard.suffix(codec.sampleRate / 5), rate: codec.sampleRate)
    }

    static let events = Array("0123456789*#ABCD".utf8)

    /// One direction of SRTP.
    final class SRTPLine {
        var session: SRTPSession
        init(_ profile: SRTPProfile, _ key: [UInt8], _ direction: SRTPSession.Direction) throws {
            session = try SRTPSession(profile: profile, key: key, direction: direction)
        }
    }

    struct KeyPress {
        let event: UInt8
        let start: UInt32
        var duration: UInt16 = 0
        var ends = 0
    }
}
