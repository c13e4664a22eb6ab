import Engine
import RTC
import TestKit
import Testing
import Wire

/// Keys of telephones: each is one digit, whatever is lost of it (RFC 4733).
struct TelephoneKeyTests {
    private func digits(_ rig: RoomRig) -> String {
        String(rig.facts.compactMap { if case .digit(let digit) = $0 { digit } else { nil } })
    }

    /// Eight packets a key: five while it is pressed, three at its end.
    private func press(_ key: UInt8, on phone: Phone, of rig: RoomRig, losing lost: Set<Int> = []) throws {
        let began = phone.clock
        for index in 0..<8 {
            let isEnd = index >= 5
            let packet = phone.key(
                key, duration: UInt16(min(index + 1, 6) * 160), isEnd: isEnd, isFirst: index == 0, began: began)
            if !lost.contains(index) { rig.send(packet, of: phone) }
            try rig.run(milliseconds: isEnd ? 1 : 20)
        }
        try rig.run(milliseconds: 60)
    }

    @Test func aKeyIsOneDigitForEveryLossOfItsPackets() throws {
        let rig = try RoomRig()
        let phone = try rig.addPhone(.init(.pcmu))
        phone.tone = nil
        var expected = ""
        for pattern in 0..<255 {
            let lost = Set((0..<8).filter { pattern & 1 << $0 != 0 })
            try press(UInt8(pattern % 12), on: phone, of: rig, losing: lost)
            expected.append(Array("0123456789*#")[pattern % 12])
        }
        #expect(digits(rig) == expected)
    }

    @Test func theSameKeyTwiceIsTwoDigits() throws {
        let rig = try RoomRig()
        let phone = try rig.addPhone(.init(.g722))
        try press(5, on: phone, of: rig)
        try press(5, on: phone, of: rig, losing: [5, 6, 7])
        try press(5, on: phone, of: rig, losing: [0])
        #expect(digits(rig) == "555")
    }

    @Test func anEndThatComesAfterTheNextKeyBeganIsNoThirdKey() throws {
        let rig = try RoomRig()
        let phone = try rig.addPhone(.init(.pcmu))
        let first = phone.clock
        rig.send(phone.key(1, duration: 160, isEnd: false, isFirst: true, began: first), of: phone)
        let late = phone.key(1, duration: 800, isEnd: true, isFirst: false, began: first)
        try rig.run(milliseconds: 200)
        rig.send(phone.key(2, duration: 160, isEnd: false, isFirst: true, began: phone.clock), of: phone)
        try rig.run(milliseconds: 20)
        rig.send(late, of: phone)
        try rig.run(milliseconds: 100)
        #expect(digits(rig) == "12")
    }

    @Test func aKeyHeldForLongIsOneDigit() throws {
        let rig = try RoomRig()
        let phone = try rig.addPhone(.init(.pcmu))
        let began = phone.clock
        rig.send(phone.key(9, duration: 160, isEnd: false, isFirst: true, began: began), of: phone)
        rig.send(phone.key(9, duration: 0xFFFF, isEnd: false, isFirst: false, began: began), of: phone)
        rig.send(phone.key(9, duration: 160, isEnd: false, isFirst: false, began: began &+ 0xFFFF), of: phone)
        rig.send(phone.key(9, duration: 320, isEnd: true, isFirst: false, began: began &+ 0xFFFF), of: phone)
        try rig.run(milliseconds: 100)
        #expect(digits(rig) == "9")
    }

    @Test func ourKeysTakeThePlaceOfSound() throws {
        let rig = try RoomRig()
        let speaker = try rig.addPhone(.init(.pcma))
        let phone = try rig.addPhone(.init(.pcmu))
        speaker.tone = (440, 6_000)
        try rig.run(seconds: 1)
        phone.forget()
        #expect(phone.leg.press("12"))
        try rig.run(seconds: 1)
        #expect(phone.keys.filter { $0.payload[1] & 0x80 != 0 }.map { $0.payload[0] } == [1, 1, 1, 2, 2, 2])
        #expect(phone.keys.last?.payload == [2, 0x8A, 0x03, 0x20], "100 ms by a clock of 8 kHz")
        for began in Set(phone.keys.map(\.timestamp)) {
            let during = phone.packets.filter { $0.timestamp &- began > 160 && $0.timestamp &- began < 640 }
            #expect(during.isEmpty)
        }
        let all = (phone.packets + phone.keys).sorted { Int16(bitPattern: $0.sequence &- $1.sequence) < 0 }
        #expect(zip(all, all.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
    }
}
