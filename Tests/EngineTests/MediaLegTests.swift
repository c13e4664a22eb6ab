import Conference
import Engine
import RTC
import TestKit
import Testing
import Wire

/// One call's media, with a browser at the other end.
struct MediaLegTests {
    @Test func reportsEachKeyOnceAndTakesItForNoLoss() throws {
        let rig = try RoomRig()
        let caller = try rig.add()
        try rig.add()
        try rig.connect()
        caller.hum()
        try rig.run(seconds: 1)
        for key: UInt8 in [5, 11, 5] {
            for step: UInt16 in 1...5 {
                caller.browser.sendKey(key, duration: 960 * step, isEnd: false, marker: step == 1, at: rig.now)
                rig.flush(caller)
                try rig.run(milliseconds: 20)
            }
            for _ in 0..<3 { caller.browser.sendKey(key, duration: 5760, isEnd: true, at: rig.now) }
            rig.flush(caller)
            try rig.run(milliseconds: 200)
        }
        try rig.run(seconds: 6)
        let digits = rig.facts.compactMap { if case .digit(let digit) = $0 { digit } else { nil } }
        #expect(String(digits) == "5#5")
        #expect(caller.leg.input.counters.lost == 0)
        #expect(caller.leg.input.counters.concealed == 0)
        #expect(caller.browser.lastReport?.cumulativeLost == 0)
    }

    @Test func tellsBothSidesWhatIsLost() throws {
        let rig = try RoomRig()
        let caller = try rig.add()
        try rig.add()
        try rig.connect()
        rig.network.conditions = .init(loss: 0.2)
        for caller in rig.callers { caller.hum() }
        try rig.run(seconds: 16)
        let report = try #require(caller.browser.lastReport)
        #expect((30...75).contains(report.fractionLost))
        #expect(caller.leg.fractionLost > 25)
    }

    @Test func playsPaddingAsNothing() throws {
        let rig = try RoomRig()
        let caller = try rig.add()
        let listener = try rig.add()
        try rig.connect()
        caller.hum()
        for _ in 0..<100 {
            try rig.run(milliseconds: 20)
            caller.browser.sendPadding(200, at: rig.now)
            rig.flush(caller)
        }
        #expect(listener.hears(caller) > 4000)
        #expect(caller.leg.input.counters.concealed == 0)
    }

    @Test func echoesACallInNoRoom() throws {
        let rig = try RoomRig()
        let caller = try rig.add(joins: false)
        rig.solos.append(try SoloCall(leg: caller.leg, program: .echo))
        try rig.connect()
        caller.hum()
        try rig.run(seconds: 2)
        #expect(caller.hears(caller) > 4000)
        #expect(rig.endedSolos == 0)
    }
}
