import Engine
import Testing
import Wire

private let start = Instant(nanoseconds: 1_000_000_000)

extension Instant {
    fileprivate func after(milliseconds: Int) -> Instant { advanced(byNanoseconds: Int64(milliseconds) * 1_000_000) }
}

struct LossRepairTests {
    @Test func aPacketThatWasOnlyOvertakenIsNotAskedFor() {
        var repair = LossRepair(canRequest: true)
        var lost: [UInt16] = []
        repair.note(10..<11, at: start)
        #expect(repair.isPending(10))
        #expect(!repair.advance(to: start.after(milliseconds: 10), highest: 12, roundTrip: .zero, into: &lost))
        repair.received(10)
        #expect(!repair.advance(to: start.after(milliseconds: 100), highest: 40, roundTrip: .zero, into: &lost))
        #expect(lost.isEmpty)
        #expect(repair.isIdle)
    }

    @Test func threeLaterPacketsAreEnough() {
        var repair = LossRepair(canRequest: true)
        var lost: [UInt16] = []
        repair.note(65_535..<65_538, at: start)
        _ = repair.advance(to: start.after(milliseconds: 1), highest: 65_539, roundTrip: .zero, into: &lost)
        #expect(lost == [65_535, 0])
        _ = repair.advance(to: start.after(milliseconds: 20), highest: 65_539, roundTrip: .zero, into: &lost)
        #expect(lost == [65_535, 0, 1])
    }

    @Test(arguments: [(0, 60), (100, 100), (10_000, 500)] as [(Int, Int)])
    func asksAgainAfterARoundTripAndGivesUp(roundTrip: Int, pause: Int) {
        var repair = LossRepair(canRequest: true)
        repair.note(5..<6, at: start)
        var times: [Int] = []
        var givenUp: Int?
        for time in 0...700 {
            var lost: [UInt16] = []
            let hasGivenUp = repair.advance(
                to: start.after(milliseconds: time), highest: 6, roundTrip: .milliseconds(roundTrip), into: &lost)
            if !lost.isEmpty { times.append(time) }
            if hasGivenUp, givenUp == nil { givenUp = time }
        }
        #expect(times.first == 20)
        #expect(times.count <= 8)
        for (first, second) in zip(times, times.dropFirst()) { #expect(second - first == pause) }
        #expect(givenUp.map { $0 <= 500 } ?? false)
        #expect(!repair.isPending(5))
        #expect([repair.requested, repair.abandoned] == [1, 1])
    }

    @Test func tooManyAreGivenUpAtOnce() {
        var repair = LossRepair(canRequest: true)
        var lost: [UInt16] = []
        repair.note(0..<100, at: start)
        repair.note(200..<300, at: start)
        #expect(!repair.isPending(50))
        #expect(repair.advance(to: start, highest: 300, roundTrip: .zero, into: &lost))
        #expect(lost.isEmpty)
        #expect(!repair.advance(to: start, highest: 300, roundTrip: .zero, into: &lost))
        repair.note(Int64.min..<Int64.min + 400, at: start)
        #expect(repair.abandoned == 600)
    }
}

struct KeyFrameRequesterTests {
    @Test func manyWishesAreOneRequestThreeTenthsOfASecondApart() {
        var requester = KeyFrameRequester()
        var times: [Int] = []
        for time in 0..<1_000 {
            requester.request(layer: 0)
            if requester.take(at: start.after(milliseconds: time)) != nil { times.append(time) }
        }
        #expect(times == [0, 300, 600, 900])
    }

    @Test func isRepeatedUntilTheFrameIsThereAndThenForgotten() {
        var requester = KeyFrameRequester()
        requester.request(layer: 1)
        #expect(requester.take(at: start) == .init(layer: 1, isNew: true))
        #expect(requester.take(at: start.after(milliseconds: 299)) == nil)
        #expect(requester.take(at: start.after(milliseconds: 300)) == .init(layer: 1, isNew: false))
        requester.arrived(layer: 0)
        #expect(requester.take(at: start.after(milliseconds: 1_000)) == .init(layer: 1, isNew: false))
        requester.arrived(layer: 1)
        #expect(requester.take(at: start.after(milliseconds: 2_000)) == nil)
        requester.request(layer: 1)
        #expect(requester.take(at: start.after(milliseconds: 2_000)) == .init(layer: 1, isNew: true))
        requester.cancel()
        #expect(!requester.isWaiting)
    }
}

struct SendHistoryTests {
    private func entry(_ source: Int64) -> SendHistory.Entry {
        let numbers = VP8Rewriter.Numbers(sequence: 0, timestamp: 0, pictureID: 0, tl0PictureIndex: 0, keyIndex: 0)
        return SendHistory.Entry(source: source, layer: 0, numbers: numbers, hasMID: false)
    }

    @Test func knowsTheNewest512AcrossTheWrap() {
        var history = SendHistory()
        for number in 0..<1_000 { history.append(entry(Int64(number)), sequence: 65_000 &+ UInt16(number)) }
        for number in 0..<1_000 {
            let answer = history.take(65_000 &+ UInt16(number), at: start)
            switch answer {
            case .found(let entry):
                #expect(number >= 488)
                #expect(entry.source == Int64(number))
            case .forgotten: #expect(number < 488)
            case .tooSoon, .unknown: Issue.record("\(number): \(answer)")
            }
        }
        if case .unknown = history.take(65_000 &+ 1_000, at: start) {} else { Issue.record("never sent") }
        if case .unknown = history.take(64_999, at: start) {} else { Issue.record("from before the first") }
    }

    @Test func hasNothingBeforeTheFirst() {
        var history = SendHistory()
        if case .unknown = history.take(0, at: start) {} else { Issue.record("never sent") }
    }

    @Test func repairsCostAFifth() {
        var budget = RepairBudget()
        while budget.spend(1_000) {}
        var repeated = 0
        for _ in 0..<10_000 {
            budget.sent(1_000)
            if budget.spend(1_000) { repeated += 1 }
        }
        #expect((1_999...2_001).contains(repeated))
    }
}

struct BitrateMeterTests {
    @Test func showsASteadyRate() {
        var meter = BitrateMeter()
        var now = start
        for _ in 0..<300 {
            meter.add(1_250, at: now)
            now = now.after(milliseconds: 10)
        }
        let rate = meter.rate(at: now)
        #expect((930_000...1_050_000).contains(rate))
        #expect(meter.rate(at: now.after(milliseconds: 5_000)) == 0)
    }

    @Test func showsANewRateWithinASecond() {
        var meter = BitrateMeter()
        var now = start
        for _ in 0..<50 {
            meter.add(1_250, at: now)
            now = now.after(milliseconds: 10)
        }
        #expect((700_000...1_300_000).contains(meter.rate(at: now)))
    }

    @Test func takesAnySizeAndTime() {
        var meter = BitrateMeter()
        for nanoseconds in [Int64.min, 0, .max, 5, .min] {
            meter.add(.max, at: Instant(nanoseconds: nanoseconds))
            meter.add(.min, at: Instant(nanoseconds: nanoseconds))
            _ = meter.rate(at: Instant(nanoseconds: nanoseconds))
        }
    }
}

struct PacerTests {
    @Test func spreadsABurst() {
        var pacer = Pacer()
        var sent: [Int] = []
        for time in 0..<200 {
            let now = start.after(milliseconds: time)
            while sent.count < 50, pacer.allows(at: now) {
                pacer.sent(1_200, at: now)
                sent.append(time)
            }
        }
        #expect(sent.filter { $0 == 0 }.count < 20)
        #expect((30...60).contains(sent.last ?? 0))
    }

    @Test(arguments: [0, 1, 1 << 40, .max] as [UInt64])
    func followsAnyCapacity(capacity: UInt64) {
        var pacer = Pacer()
        pacer.follow(capacity: capacity)
        var count = 0
        while pacer.allows(at: start), count < 1_000 {
            pacer.sent(1_200, at: start)
            count += 1
        }
        #expect((3...40).contains(count))
        #expect(pacer.allows(at: start.after(milliseconds: 300)))
    }
}

struct LayerChoiceTests {
    private let offers: InlineArray<3, LayerOffer> = [
        LayerOffer(rates: (60_000, 100_000, 150_000), temporalLayers: 3, isActive: true),
        LayerOffer(rates: (200_000, 350_000, 500_000), temporalLayers: 3, isActive: true),
        LayerOffer(rates: (600_000, 1_000_000, 1_500_000), temporalLayers: 3, isActive: true),
    ]

    @Test(
        arguments: [
            (2_000_000, 2, 3), (1_200_000, 2, 1), (900_000, 1, 3), (400_000, 1, 1), (300_000, 0, 3), (120_000, 0, 1),
            (70_000, 0, 0), (10, 0, 0), (0, 0, 0),
        ] as [(UInt64, Int, UInt8)])
    func fewerFramesComeBeforeALowerLayer(capacity: UInt64, layer: Int, temporal: UInt8) {
        var choice = LayerChoice()
        let pick = choice.choose(from: offers, capacity: capacity, at: start)
        #expect(pick == .init(layer: layer, temporalLimit: temporal))
    }

    @Test func goesDownAtOnceAndUpWithRoomToSpareAfterAWhile() {
        var choice = LayerChoice()
        #expect(choice.choose(from: offers, capacity: .max, at: start)?.layer == 2)
        #expect(choice.choose(from: offers, capacity: 500_000, at: start.after(milliseconds: 1))?.layer == 1)
        // Enough, but barely.
        #expect(choice.choose(from: offers, capacity: 1_000_000, at: start.after(milliseconds: 60_000))?.layer == 1)
        #expect(choice.choose(from: offers, capacity: 2_000_000, at: start.after(milliseconds: 61_000))?.layer == 2)
    }

    @Test func tryingAgainTakesLongerEachTimeItFails() {
        var choice = LayerChoice()
        _ = choice.choose(from: offers, capacity: 500_000, at: start)
        var (time, waits): (Int, [Int]) = (0, [])
        for _ in 0..<6 {
            let down = time
            while choice.choose(from: offers, capacity: .max, at: start.after(milliseconds: time))?.layer == 1 {
                time += 100
            }
            waits.append(time - down)
            time += 1_000
            _ = choice.choose(from: offers, capacity: 500_000, at: start.after(milliseconds: time))
        }
        #expect(waits == [3_000, 6_000, 12_000, 24_000, 48_000, 60_000])
    }

    @Test func nothingIsChosenWhereNothingSends() {
        var choice = LayerChoice()
        let none = InlineArray<3, LayerOffer>(
            repeating: LayerOffer(rates: (0, 0, 0), temporalLayers: 0, isActive: false))
        #expect(choice.choose(from: none, capacity: .max, at: start) == nil)
        choice.highestLayer = -5
        #expect(choice.choose(from: offers, capacity: .max, at: start) == nil)
        choice.highestLayer = 99
        #expect(choice.choose(from: offers, capacity: .max, at: start)?.layer == 2)
    }
}

struct PacketLogTests {
    private func record(_ number: Int64) -> PacketRecord {
        PacketRecord(
            sequence: number, timestamp: 0, marker: true, content: .picture, isKeyFrame: false,
            descriptor: VP8Descriptor(startsPartition: true), arrival: start, size: 10)
    }

    private func fill(_ log: inout PacketLog, _ sequences: [UInt16]) {
        for sequence in sequences {
            if case .free(let number, _) = log.place(for: sequence, isRepair: false) { _ = log.insert(record(number)) }
        }
    }

    @Test func numbersRiseAcrossTheWrapAndGapsAreNamed() {
        var log = PacketLog()
        log.open()
        fill(&log, [65_534, 65_535])
        let highest = log.highest ?? 0
        #expect(log.place(for: 2, isRepair: false) == .free(highest + 3, gap: highest + 1..<highest + 3))
        #expect(log.place(for: 65_535, isRepair: false) == .duplicate)
        #expect(log.place(for: 65_533, isRepair: false) == .outside)
    }

    @Test func aJumpNeedsTwoInARowAndRepetitionsDoNotCount() {
        var log = PacketLog()
        log.open()
        fill(&log, [100, 101])
        let highest = log.highest ?? 0
        #expect(log.place(for: 20_000, isRepair: false) == .outside)
        #expect(log.place(for: 20_001, isRepair: true) == .outside)
        #expect(log.place(for: 30_000, isRepair: false) == .outside)
        #expect(log.place(for: 20_001, isRepair: false) == .outside)
        guard case .free(let number, let gap) = log.place(for: 20_002, isRepair: false) else {
            Issue.record("not taken")
            return
        }
        #expect(number >= highest + PacketLog.capacity && gap.isEmpty)
        #expect(UInt16(truncatingIfNeeded: number) == 20_002)
    }

    @Test func nothingIsKeptWhileItIsClosed() {
        var log = PacketLog()
        #expect(log.place(for: 1, isRepair: false) == .outside)
        #expect(log.record(1) == nil)
        #expect(log.start(at: start) == nil)
        log.open()
        fill(&log, [1, 2, 3])
        let highest = log.highest ?? 0
        log.close()
        #expect(log.record(highest) == nil)
        log.open()
        #expect(log.place(for: 4, isRepair: true) == .outside)
        fill(&log, [4])
        #expect((log.highest ?? 0) > highest + PacketLog.capacity)
    }
}

struct DownlinkEstimateTests {
    /// Says one bit rate a second, in five reports, while as much is sent.
    private func tell(
        _ estimate: inout DownlinkEstimate, _ bitrates: [UInt64], sending: UInt64, from second: Int = 0
    ) {
        for (index, bitrate) in bitrates.enumerated() {
            for part in 0..<5 {
                let now = start.after(milliseconds: (second + index) * 1_000 + part * 200)
                estimate.receive(bitrate: bitrate, sending: sending, at: now)
            }
        }
    }

    typealias Row = (what: String, bitrates: [UInt64], sending: UInt64, limit: UInt64?)

    @Test(
        arguments: [
            ("well above", [2_000_000, 2_000_000, 2_000_000, 2_000_000], 1_000_000, nil),
            ("low and rising", [200_000, 216_000, 233_000, 252_000, 272_000, 294_000], 1_000_000, nil),
            ("low and steady", [200_000, 200_000, 200_000, 200_000], 1_000_000, 200_000),
            ("falls below", [1_400_000, 1_400_000, 850_000], 1_000_000, 850_000),
            ("falls and stays well above", [9_000_000, 5_000_000], 1_000_000, nil),
            ("nothing at all", [0, 0, 0, 0], 1_000_000, 30_000),
            ("falls when nothing is sent", [500_000, 100_000], 0, nil),
        ] as [Row])
    func tellsALimitFromAStart(row: Row) {
        var estimate = DownlinkEstimate()
        tell(&estimate, row.bitrates, sending: row.sending)
        #expect(estimate.limit == row.limit)
        #expect(estimate.capacity == row.limit ?? .max)
    }

    @Test func aLimitIsTriedStepByStep() {
        var estimate = DownlinkEstimate()
        tell(&estimate, [1_000_000, 400_000], sending: 900_000)
        #expect(estimate.capacity == 400_000)
        tell(&estimate, Array(repeating: 400_000, count: 4), sending: 200_000, from: 2)
        #expect(estimate.capacity == 600_000)
        tell(&estimate, Array(repeating: 400_000, count: 3), sending: 200_000, from: 6)
        #expect(estimate.capacity == 900_000)
        // Now as much is sent, and the estimate does not follow.
        tell(&estimate, Array(repeating: 400_000, count: 4), sending: 800_000, from: 9)
        #expect(estimate.capacity == 400_000)
    }

    @Test func theCeilingHoldsWhateverIsSaid() {
        var estimate = DownlinkEstimate()
        estimate.ceiling = 300_000
        #expect(estimate.capacity == 300_000)
        tell(&estimate, [.max, .max, 1 << 63], sending: .max)
        #expect(estimate.capacity <= 300_000)
    }
}
