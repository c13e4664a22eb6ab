import CAllocations
import Glibc
import Native

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
        let room = try BenchRoom(members: 50, pattern: .noise, sounds: sounds, context: context)
        _ = room.run(ticks: 600)
        if let count = value(of: "--trace", in: arguments).flatMap({ Int32($0) }) { callocations_trace(count) }
        let cost = room.run(ticks: 500, counting: true)
        let measured: [(String, Int, Int)] = [
            ("allocations per tick", cost.ticking.own, cost.ticks),
            ("allocations per received RTP packet", cost.receiving.own, cost.received),
            ("allocations per sent packet", cost.ticking.own, cost.sent),
            ("allocations per idle look at a leg", cost.looking.own, cost.ticks * 50),
            ("allocations per row told", cost.telling.own, cost.told),
            ("allocations of C libraries per received RTP packet", cost.receiving.foreign, cost.received),
            ("allocations of C libraries per sent packet", cost.ticking.foreign, cost.sent),
        ]
        print("50 members, 3 talk: \(cost.ticks) ticks, \(cost.received) packets in, \(cost.sent) out")
        var isWithin = true
        for (name, count, times) in measured {
            let budget = budgets[name]
            // Rounded up: one in a thousand is not none.
            let share = times > 0 ? Double(count) / Double(times) : 0
            let isKept = budget.map { share <= $0 } ?? false
            print("  \(name): \(share)\(isKept ? "" : "  OVER the budget of \(budget.map { "\($0)" } ?? "nothing")")")
            isWithin = isWithin && isKept
        }
        return isWithin && cost.sent > 0
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

    subscript(name: String) -> Double? { numbers[name] }
}

/// The processor time of this thread, in nanoseconds: what others do on the machine does not count.
func threadTime() -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
