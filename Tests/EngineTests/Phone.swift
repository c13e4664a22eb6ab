import Engine
import Glibc
import Native
import RTC
import TestKit
import Wire

/// A telephone of a ``RoomRig``, over plain RTP: says a tone, and keeps what it gets.
final class Phone {
    struct Settings {
        /// What it sends.
        var codec = AudioCodec.pcmu
        /// Milliseconds in a packet of its own.
        var sentPtime = 20
        /// What we agreed to send it.
        var audio: AudioParameters

        /// - Parameter receives: What it may send.
        init(
            _ codec: AudioCodec, receives: [AudioCodec]? = nil, ptime: Int = 20, comfortNoise: Bool = false,
            direction: MediaDirection = .sendrecv
        ) {
            self.codec = codec
            let types = (receives ?? [codec]).map { (Phone.payloadType(of: $0), $0) }
            audio = AudioParameters(
                mid: "0", payloadType: Phone.payloadType(of: codec), codec: codec,
                receives: Dictionary(uniqueKeysWithValues: types), audioLevelID: nil, telephoneEvents: [101],
                keyClockRates: [101: codec.clockRate], comfortNoise: comfortNoise ? 13 : nil, ptime: ptime,
                direction: direction)
        }
    }

    let number: Int
    let address: TransportAddress
    /// Our side's, for this phone alone.
    let server: TransportAddress
    let leg: MediaLeg
    var settings: Settings
    /// What it says; `nil` sends nothing.
    var tone: (frequency: Double, amplitude: Double)? = (440, 0)
    /// Numbers of packets that get lost.
    var loses: (Int) -> Bool = { _ in false }

    private(set) var packets: [Caller.Packet] = []
    private(set) var keys: [Caller.Packet] = []
    private(set) var noises: [Caller.Packet] = []
    private(set) var ssrcs: Set<SSRC> = []
    /// When each of ``packets`` came, in milliseconds.
    private(set) var arrivals: [Int] = []

    private var sequence: UInt16 = 65_000
    private var timestamp: UInt32 = 0xFFFF_F000
    private var sent = 0
    private var position = 0
    private var isMarked = true
    private var encoder: G722Encoder
    private var voice: Voice

    init(number: Int, settings: Settings, address: TransportAddress, server: TransportAddress, leg: MediaLeg) throws {
        (self.number, self.settings, self.address, self.server, self.leg) = (number, settings, address, server, leg)
        encoder = try G722Encoder()
        voice = try Voice()
    }

    static func payloadType(of codec: AudioCodec) -> UInt8 { codec.staticPayloadType ?? 107 }

    func forget() { (packets, keys, noises, arrivals) = ([], [], [], []) }

    // MARK: Saying

    /// The next packet, if it says something.
    func speak() throws -> [UInt8]? {
        let codec = settings.codec
        let count = settings.sentPtime * codec.sampleRate / 1_000
        let ticks = UInt32(settings.sentPtime * codec.clockRate / 1_000)
        defer { timestamp &+= ticks }
        guard let tone else {
            isMarked = true
            return nil
        }
        let pcm = (0..<count).map { index in
            Int16(tone.amplitude * sin(2 * .pi * tone.frequency * Double(position + index) / Double(codec.sampleRate)))
        }
        position += count
        return packet(try encode(pcm, codec), payloadType: Self.payloadType(of: codec))
    }

    /// A packet with the next number, unless it gets lost.
    func packet(_ payload: [UInt8], payloadType: UInt8, at time: UInt32? = nil, marker: Bool = false) -> [UInt8]? {
        defer {
            sequence &+= 1
            sent += 1
            isMarked = false
        }
        guard !loses(sent) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 12 + payload.count)
        var span = bytes.mutableSpan
        RTPHeader.write(
            marker: marker || isMarked, payloadType: payloadType, sequence: sequence, timestamp: time ?? timestamp,
            ssrc: SSRC(UInt32(77_000 + number)), to: &span)
        bytes.replaceSubrange(12..., with: payload)
        return bytes
    }

    /// Of the moment, by its clock.
    var clock: UInt32 { timestamp }

    /// Goes over to another codec, keeping source and numbers.
    func change(to settings: Settings) { self.settings = settings }

    private func encode(_ pcm: [Int16], _ codec: AudioCodec) throws -> [UInt8] {
        if codec == .opus { return try voice.encode(pcm) }
        var bytes = [UInt8](repeating: 0, count: pcm.count)
        var out = bytes.mutableSpan
        let count =
            switch codec {
            case .pcmu: G711.muLaw.encode(pcm.span, into: &out)
            case .pcma: G711.aLaw.encode(pcm.span, into: &out)
            default: encoder.encode(pcm.span, into: &out)
            }
        return Array(bytes[..<count])
    }

    // MARK: Hearing

    func receive(_ datagram: [UInt8], milliseconds: Int) {
        guard DatagramKind(of: datagram.span) == .rtp, let header = try? RTPHeader(parsing: datagram.span) else {
            return
        }
        ssrcs.insert(header.ssrc)
        let packet = Caller.Packet(
            payload: Array(datagram[header.payloadOffset..<header.payloadEnd]), payloadType: header.payloadType,
            sequence: header.sequence, timestamp: header.timestamp, marker: header.marker)
        switch header.payloadType {
        case 101: keys.append(packet)
        case 13: noises.append(packet)
        default:
            packets.append(packet)
            arrivals.append(milliseconds)
        }
    }

    /// All it heard, at the rate of `codec`, every packet in the place its timestamp names; silence where none came.
    func heard(_ codec: AudioCodec? = nil) throws -> [Int16] {
        let codec = codec ?? settings.codec
        let own = packets.filter { $0.payloadType == Self.payloadType(of: codec) }
        guard let first = own.first else { return [] }
        var decoder = try G722Decoder()
        var samples: [Int16] = []
        for packet in own {
            let offset =
                Int(Int32(bitPattern: packet.timestamp &- first.timestamp)) * codec.sampleRate / codec.clockRate
            var pcm = [Int16](repeating: 0, count: packet.payload.count * codec.sampleRate / 8_000)
            var out = pcm.mutableSpan
            switch codec {
            case .pcmu: _ = G711.muLaw.decode(packet.payload.span, into: &out)
            case .pcma: _ = G711.aLaw.decode(packet.payload.span, into: &out)
            default: _ = decoder.decode(packet.payload.span, into: &out)
            }
            if samples.count < offset { samples += [Int16](repeating: 0, count: offset - samples.count) }
            samples += pcm
        }
        return samples
    }

    /// The amplitude of a tone in the last second.
    func hears(_ frequency: Double) throws -> Double {
        let rate = settings.codec.sampleRate
        return Sound.amplitude(of: frequency * 48_000 / Double(rate), in: try heard().suffix(rate))
    }

    /// The number of a key's packet is the next, its time that of its beginning.
    func key(_ event: UInt8, duration: UInt16, isEnd: Bool, isFirst: Bool, began: UInt32) -> [UInt8]? {
        packet(
            [event, (isEnd ? 0x80 : 0) | 10, UInt8(duration >> 8), UInt8(duration & 0xFF)], payloadType: 101, at: began,
            marker: isFirst)
    }
}
