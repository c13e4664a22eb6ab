import Native
import Testing

/// Against libsrtp2, packet by packet: the same bytes out, the same packets taken and refused for the same reason.
struct SRTPReferenceTests {
    static let profiles: [SRTPProfile] = [.aeadAES128GCM, .aes128CMSHA1_80, .aes128CMSHA1_32]

    /// Both protect the same numbers, in order and not, used and not, over many wraps.
    @Test(arguments: profiles)
    func protectsAsTheReferenceDoes(profile: SRTPProfile) throws {
        var generator = SeededGenerator(seed: 11)
        let key = generator.bytes(profile.masterLength)
        var ours = try SRTPLink(profile, key: key)
        var theirs = try ReferenceSRTP(profile, key: key, direction: .outbound)
        var trace = SRTPTrace(seed: 12)
        var refused = 0
        for _ in 0..<20_000 {
            let packet = trace.next()
            let mine = outcome { () throws(SRTPError) in try ours.protect(packet) }
            let reference = outcome { () throws(SRTPError) in try theirs.protect(packet) }
            #expect(mine == reference)
            if mine == .failure(.replayed) { refused += 1 }
        }
        #expect(trace.wraps >= 3)
        #expect(refused > 1000)
    }

    /// Leaps of half the numbers reach a rollover counter of more than 16 bits, which shows where each of its bits goes.
    @Test(arguments: profiles)
    func countsRolloversAsTheReferenceDoes(profile: SRTPProfile) throws {
        var generator = SeededGenerator(seed: 15)
        let key = generator.bytes(profile.masterLength)
        var ours = try SRTPLink(profile, key: key)
        var theirs = try ReferenceSRTP(profile, key: key, direction: .outbound)
        for leap in 0..<135_000 {
            let number = leap * 0x7FFF
            let packet =
                hex("806f") + [UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)] + hex("00002710 cafebabe 0102")
            let mine = try ours.protect(packet)
            let reference = try theirs.protect(packet)
            if leap % 100 == 0 { #expect(mine == reference) }
        }
    }

    /// One network with loss, reordering, duplicates and late packets; both receivers decide on every packet.
    @Test(arguments: profiles, [true, false])
    func takesWhatTheReferenceTakes(profile: SRTPProfile, isOursSending: Bool) throws {
        var generator = SeededGenerator(seed: 21)
        let key = generator.bytes(profile.masterLength)
        var ours = try SRTPLink(profile, key: key)
        var sender = try ReferenceSRTP(profile, key: key, direction: .outbound)
        var receiver = try ReferenceSRTP(profile, key: key, direction: .inbound)
        var trace = SRTPTrace(seed: 22)
        var history: [[UInt8]] = []
        var counts = (taken: 0, replayed: 0)
        for _ in 0..<20_000 {
            let packet = trace.next()
            guard let protected = try? isOursSending ? ours.protect(packet) : sender.protect(packet) else { continue }
            history.append(protected)
            let arrival: [UInt8]
            switch Int.random(in: 0..<20, using: &generator) {
            case 0, 1, 2: continue  // lost for now
            case 3:
                arrival = history[history.count - 1 - Int.random(in: 0..<min(3000, history.count), using: &generator)]
            case 4, 5:
                arrival = history[history.count - 1 - Int.random(in: 0..<min(40, history.count), using: &generator)]
            case 6: arrival = changed(protected, &generator)
            default: arrival = protected
            }
            let mine = outcome { () throws(SRTPError) in try ours.unprotect(arrival) }
            let reference = outcome { () throws(SRTPError) in try receiver.unprotect(arrival) }
            #expect(agree(mine, reference))
            if case .success = mine { counts.taken += 1 }
            if mine == .failure(.replayed) { counts.replayed += 1 }
        }
        #expect(trace.wraps >= 3)
        #expect(counts.taken > 10_000 && counts.replayed > 500)
    }

    @Test(arguments: profiles, [true, false])
    func takesTheRTCPTheReferenceTakes(profile: SRTPProfile, isOursSending: Bool) throws {
        var generator = SeededGenerator(seed: 31)
        let key = generator.bytes(profile.masterLength)
        var ours = try SRTPLink(profile, key: key)
        var sender = try ReferenceSRTP(profile, key: key, direction: .outbound)
        var receiver = try ReferenceSRTP(profile, key: key, direction: .inbound)
        var history: [[UInt8]] = []
        var counts = (taken: 0, replayed: 0)
        for round in 0..<4000 {
            let packet = hex("81c9 0007 0000000\(round % 3)") + generator.bytes(4 * (round % 60))
            let protected = try isOursSending ? ours.protectRTCP(packet) : sender.protectRTCP(packet)
            history.append(protected)
            let arrival: [UInt8]
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: continue
            case 1, 2:
                arrival = history[history.count - 1 - Int.random(in: 0..<min(600, history.count), using: &generator)]
            case 3: arrival = changed(protected, &generator)
            default: arrival = protected
            }
            let mine = outcome { () throws(SRTPError) in try ours.unprotectRTCP(arrival) }
            let reference = outcome { () throws(SRTPError) in try receiver.unprotectRTCP(arrival) }
            #expect(agree(mine, reference))
            if case .success = mine { counts.taken += 1 }
            if mine == .failure(.replayed) { counts.replayed += 1 }
        }
        #expect(counts.taken > 2000 && counts.replayed > 300)
    }

    /// Of what is no packet at all the two may think differently; neither takes it.
    private func agree(_ ours: Result<[UInt8], SRTPError>, _ theirs: Result<[UInt8], SRTPError>) -> Bool {
        switch (ours, theirs) {
        case (.success(let left), .success(let right)): left == right
        case (.failure(.replayed), .failure(let error)), (.failure(let error), .failure(.replayed)): error == .replayed
        case (.failure, .failure): true
        default: false
        }
    }

    /// One to three flipped bits, none of them in the number, the SSRC or the index, which make it another packet.
    private func changed(_ packet: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var packet = packet
        let last = packet.count - 22
        for _ in 0..<Int.random(in: 1...3, using: &generator) where last >= 12 {
            packet[Int.random(in: 12...last, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
        if last < 12 { packet[packet.count - 1] ^= 1 }
        return packet
    }
}

/// What became of a packet, errors included.
private func outcome(_ transform: () throws(SRTPError) -> [UInt8]) -> Result<[UInt8], SRTPError> {
    do throws(SRTPError) { return .success(try transform()) } catch { return .failure(error) }
}

/// RTP packets of two streams, with every kind of header; the numbers mostly rise, at times repeat, fall back or leap.
struct SRTPTrace {
    /// How often the first stream's number went from 65,535 to 0.
    private(set) var wraps = 0
    private var generator: SeededGenerator
    private var highest = [20_000, 0]

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next() -> [UInt8] {
        let stream = Int.random(in: 0..<8, using: &generator) == 0 ? 1 : 0
        var number = highest[stream] + 1
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<10: number = max(0, number - Int.random(in: 0..<30, using: &generator))
        case 10..<12: number = max(0, number - Int.random(in: 0..<2000, using: &generator))
        case 12..<20: number += Int.random(in: 0..<40, using: &generator)
        case 20 where Int.random(in: 0..<10, using: &generator) == 0:
            number += Int.random(in: 0..<30_000, using: &generator)
        default: break
        }
        if stream == 0 { wraps = max(wraps, number >> 16) }
        highest[stream] = max(highest[stream], number)
        return packet(UInt16(truncatingIfNeeded: number), stream: UInt8(stream))
    }

    private mutating func packet(_ sequence: UInt16, stream: UInt8) -> [UInt8] {
        let contributors = Int.random(in: 0...4, using: &generator) == 0 ? Int.random(in: 1...15, using: &generator) : 0
        let hasExtension = Bool.random(using: &generator)
        let words = Int.random(in: 0...6, using: &generator)
        var bytes: [UInt8] = [0x80 | (hasExtension ? 0x10 : 0) | UInt8(contributors), 111]
        bytes += [UInt8(sequence >> 8), UInt8(sequence & 0xFF)] + generator.bytes(4) + hex("cafe00") + [stream]
        bytes += generator.bytes(4 * contributors)
        if hasExtension { bytes += hex("bede00") + [UInt8(words)] + generator.bytes(4 * words) }
        return bytes + generator.bytes(Int.random(in: 0...160, using: &generator))
    }
}
