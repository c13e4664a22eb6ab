import CAllocations
import Glibc
import Native
import RTC

/// Proves that the media path allocates nothing, and says what a tick costs.
///
///     parley-bench [--budgets FILE] [--only-budgets] [--trace N] [--rooms 50,100,500]
@main
enum ParleyBench {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let sounds = try BenchSounds()
        let context = try DTLSContext(
            identity: Identity.generate(commonName: "bench", alternativeNames: [], days: 1))
        let isWithinBudgets = try checkBudgets(arguments, sounds, context)
        if !arguments.contains("--only-budgets") { try printCosts(arguments, sounds, context) }
        guard isWithinBudgets else { exit(1) }
    }

    private static func value(of option: String, in arguments: [String]) -> String? {
        guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else { return nil }
        return arguments[index + 1]
    }

    // MARK: Budgets

    private static func checkBudgets(
        _ arguments: [String], _ sounds: BenchSounds, _ context: DTLSContext
    ) throws -> Bool {
        let path = value(of: "--budgets", in: arguments) ?? "Tests/Budgets/allocations.txt"
        guard let budgets = Budgets(path: path) else {
            print("no budgets in \(path)")
            return false
        }
        if let count = value(of: "--trace", in: arguments).flatMap({ Int32($0) }) { callocations_trace(count) }
        let isRoomWithin = try checkRoom(budgets, sounds, context)
        let isBusyWithin = try checkBusyRoom(budgets, sounds, context)
        let isPairWithin = try checkPairs(budgets, sounds, context)
        let arePhonesWithin = try checkPhones(budgets, sounds)
        return isRoomWithin && isBusyWithin && isPairWithin && arePhonesWithin
    }

    private static func checkPhones(_ budgets: Budgets, _ sounds: BenchSounds) throws -> Bool {
        let kinds: [BenchPhones.Line] = [
            .init(.pcmu), .init(.pcma), .init(.g722), .init(.opus), .init(.pcmu, ptime: 30), .init(.g722, ptime: 10),
            .init(.pcmu, comfortNoise: true),
        ]
        let room = try BenchPhones(
            (0..<42).map { kinds[$0 % kinds.count] }, talkers: 3, inPairs: false, sounds: sounds)
        _ = room.run(ticks: 600)
        let cost = room.run(ticks: 500, counting: true)
        print("42 phones of four codecs, 3 talk: \(cost.ticks) ticks, \(cost.received) packets in, \(cost.sent) out")
        let calls: [BenchPhones.Line] = [
            .init(.pcmu), .init(.opus), .init(.g722), .init(.pcma), .init(.pcmu, ptime: 40), .init(.g722),
        ]
        let pairs = try BenchPhones(calls, talkers: 5, inPairs: true, sounds: sounds)
        _ = pairs.run(ticks: 200)
        let paired = pairs.run(ticks: 500, counting: true)
        print("3 calls between codecs: \(paired.ticks) ticks, \(paired.received) packets in, \(paired.sent) out")
        let isWithin = budgets.check([
            ("allocations per tick with phones", cost.ticking.own, cost.ticks),
            ("allocations per packet received from a phone", cost.receiving.own, cost.received),
            ("allocations of C libraries per tick with phones", cost.ticking.foreign, cost.ticks),
            ("allocations per transcoded frame", paired.ticking.own, paired.ticks * 6),
            ("allocations per packet received to be transcoded", paired.receiving.own, paired.received),
            ("allocations of C libraries per transcoded frame", paired.ticking.foreign, paired.ticks * 6),
        ])
        return isWithin && cost.sent > 0 && paired.sent > 2_500
    }

    private static func checkRoom(
        _ budgets: Budgets, _ sounds: BenchSounds, _ context: DTLSContext
    ) throws -> Bool {
        let room = try BenchRoom(members: 50, pattern: .noise, sounds: sounds, context: context)
        _ = room.run(ticks: 600)
        let cost = room.run(ticks: 500, counting: true)
        print("50 members, 3 talk: \(cost.ticks) ticks, \(cost.received) packets in, \(cost.sent) out")
        let isWithin = budgets.check([
            ("allocations per tick", cost.ticking.own, cost.ticks),
            ("allocations per received RTP packet", cost.receiving.own, cost.received),
            ("allocations per sent packet", cost.ticking.own, cost.sent),
            ("allocations per idle look at a leg", cost.looking.own, cost.ticks * 50),
            ("allocations per row told", cost.telling.own, cost.told),
            ("allocations of C libraries per received RTP packet", cost.receiving.foreign, cost.received),
            ("allocations of C libraries per sent packet", cost.ticking.foreign, cost.sent),
        ])
        return isWithin && cost.sent > 0
    }

    private static func checkBusyRoom(
        _ budgets: Budgets, _ sounds: BenchSounds, _ context: DTLSContext
    ) throws -> Bool {
        let room = try BenchRoom(members: 50, pattern: .noise, sounds: sounds, context: context)
        room.doEverything()
        _ = room.run(ticks: 600)
        let cost = room.run(ticks: 500, counting: true)
        print(
            "The same with sounds, relations and recordings: \(cost.ticks) ticks, \(cost.sent) packets out,",
            "\(cost.recorded) frames recorded")
        let isWithin = budgets.check([
            ("allocations per tick with sounds, relations and recordings", cost.ticking.own, cost.ticks),
            ("allocations of C libraries per tick with these", cost.ticking.foreign, cost.ticks),
        ])
        return isWithin && cost.recorded > cost.ticks
    }

    private static func checkPairs(
        _ budgets: Budgets, _ sounds: BenchSounds, _ context: DTLSContext
    ) throws -> Bool {
        let pairs = try BenchPairs(pairs: 10, sounds: sounds, context: context)
        _ = pairs.run(ticks: 100)
        let cost = pairs.run(ticks: 500, counting: true)
        print("10 calls in pairs: \(cost.ticks) ticks, \(cost.received) packets in, \(cost.sent) out")
        let isWithin = budgets.check([
            ("allocations per relayed packet", cost.receiving.own, cost.received),
            ("allocations of C libraries per relayed packet", cost.receiving.foreign, cost.received),
            ("allocations per tick of a pair", cost.ticking.own, cost.ticks * 10),
        ])
        return isWithin && cost.sent == cost.received && cost.received > 9_000
    }

    // MARK: Costs

    private static func printCosts(_ arguments: [String], _ sounds: BenchSounds, _ context: DTLSContext) throws {
        let floor = try Floor(sounds)
        for (complexity, voices) in [(5, 1), (5, 3), (9, 1), (9, 3)] {
            let encoding = try Floor.encoding(complexity: complexity, voices: voices)
            print(
                "one encode of \(voices) voices at complexity \(complexity): \(µs(encoding.cost)),",
                "\(rounded(encoding.musicShare * 100)) % of the frames as music")
        }
        print("one encode \(µs(floor.encode)), one decode \(µs(floor.decode)), one SRTP protect \(µs(floor.protect))")
        let rooms = value(of: "--rooms", in: arguments) ?? "50,100,500"
        for members in rooms.split(separator: ",").compactMap({ Int($0) }) {
            for pattern in BenchRoom.Pattern.allCases {
                let room = try BenchRoom(members: members, pattern: pattern, sounds: sounds, context: context)
                _ = room.run(ticks: 150)
                let cost = room.run(ticks: 250)
                let tick = Double(cost.nanoseconds) / 1000 / Double(cost.ticks)
                let least = floor.tick(
                    members: members, decoded: pattern == .noise ? members : 3,
                    received: Double(cost.received) / Double(cost.ticks), sent: Double(cost.sent) / Double(cost.ticks))
                print(
                    "\(members) members, 3 talk, the others \(pattern.rawValue): \(µs(tick)) a tick",
                    "(\(cost.received / cost.ticks) in, \(cost.sent / cost.ticks) out),",
                    "\(rounded(tick / least)) × the floor, \(rounded(tick / 200)) % of a core")
            }
        }
        let busy = try BenchRoom(members: 50, pattern: .noise, sounds: sounds, context: context)
        busy.doEverything()
        _ = busy.run(ticks: 150)
        let cost = busy.run(ticks: 250)
        let tick = Double(cost.nanoseconds) / 1000 / Double(cost.ticks)
        print("50 members with sounds, relations and recordings: \(µs(tick)) a tick")
        let pairs = try BenchPairs(pairs: 10, sounds: sounds, context: context)
        _ = pairs.run(ticks: 100)
        let relayed = pairs.run(ticks: 500)
        print("one relayed packet: \(µs(Double(relayed.nanoseconds) / 1000 / Double(max(1, relayed.received))))")
        try printPhoneCosts(sounds)
    }

    /// All over plain RTP, measured in turn, so that a slow machine is slow for all of them.
    private static func printPhoneCosts(_ sounds: BenchSounds) throws {
        let rooms = try AudioCodec.allCases.map {
            try BenchPhones(Array(repeating: .init($0), count: 50), talkers: 3, inPairs: false, sounds: sounds)
        }
        let members = median(of: rooms, rounds: 9).map { $0 / 50 }
        for (codec, member) in zip(AudioCodec.allCases, members) {
            print(
                "a \(codec.name) phone among 50, 3 of whom talk: \(µs(member)) a tick,",
                "\(rounded(member / members[0])) × one with Opus")
        }
        let others = AudioCodec.allCases.filter { $0 != .opus }
        let calls = try others.map { codec in
            try BenchPhones(
                (0..<20).map { .init($0 % 2 == 0 ? codec : .opus) }, talkers: 20, inPairs: true, sounds: sounds)
        }
        let both = try BenchPhones(
            Array(repeating: .init(.opus), count: 20), talkers: 20, inPairs: true, sounds: sounds)
        let costs = median(of: calls + [both], rounds: 9).map { $0 / 10 }
        for (codec, cost) in zip(others, costs) {
            print("a call between \(codec.name) and Opus: \(µs(cost)) a tick, \(rounded(cost / 200)) % of a core")
        }
        if let relayed = costs.last { print("the same relayed, Opus on both sides: \(µs(relayed)) a tick") }
    }

    /// What a tick of each costs, in µs.
    private static func median(of benches: [BenchPhones], rounds: Int) -> [Double] {
        for bench in benches { _ = bench.run(ticks: 150) }
        var costs = [[Double]](repeating: [], count: benches.count)
        for _ in 0..<rounds {
            for (index, bench) in benches.enumerated() {
                let cost = bench.run(ticks: 100)
                costs[index].append(Double(cost.nanoseconds) / 1000 / Double(cost.ticks))
            }
        }
        return costs.map { $0.sorted()[rounds / 2] }
    }

    private static func µs(_ value: Double) -> String { "\(rounded(value)) µs" }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}

/// Named numbers, one to a line: `name: number`; `#` begins a comment.
struct Budgets {
    private var numbers: [String: Double] = [:]

    init?(path: String) {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        for line in String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            guard let colon = line.lastIndex(of: ":") else { continue }
            let number = line[line.index(after: colon)...].drop { $0 == " " }
            numbers[String(line[..<colon])] = Double(number)
        }
    }

    /// Prints what was counted, each count for so many times, and says whether all of it is allowed.
    func check(_ measured: [(name: String, count: Int, times: Int)]) -> Bool {
        var isWithin = true
        for (name, count, times) in measured {
            let budget = numbers[name]
            // Rounded up: one in a thousand is not none.
            let share = times > 0 ? Double(count) / Double(times) : 0
            let isKept = budget.map { share <= $0 } ?? false
            print("  \(name): \(share)\(isKept ? "" : "  OVER the budget of \(budget.map { "\($0)" } ?? "nothing")")")
            isWithin = isWithin && isKept
        }
        return isWithin
    }
}

/// The processor time of this thread, in nanoseconds: what others do on the machine does not count.
func threadTime() -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
