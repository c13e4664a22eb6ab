import Glibc
import Wire

/// CPU time and memory of one process, from /proc.
struct ProcessProbe {
    struct Reading: Sendable {
        /// User and system time of all threads; the kernel counts in ticks of 10 ms.
        let cpuSeconds: Double
        let residentKilobytes: Int
        let peakKilobytes: Int
        let threads: Int
    }

    private let folder: String
    private var last: (cpuSeconds: Double, at: Instant)?

    /// `nil` when there is no such process.
    init?(_ pid: Int) {
        folder = "/proc/\(pid)"
        guard read() != nil else { return nil }
    }

    static var own: ProcessProbe? { ProcessProbe(Int(getpid())) }

    func read() -> Reading? {
        guard let stat = Self.text("\(folder)/stat"), let status = Self.text("\(folder)/status"),
            let close = stat.lastIndex(of: ")")
        else { return nil }
        // The name in parentheses may hold anything; what follows it is numbers (proc(5)).
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        let ticks = Double(sysconf(CInt(_SC_CLK_TCK)))
        return Reading(
            cpuSeconds: (user + system) / ticks, residentKilobytes: Self.number("VmRSS:", in: status),
            peakKilobytes: Self.number("VmHWM:", in: status), threads: Self.number("Threads:", in: status))
    }

    /// Percent of one core since the last call, and memory now.
    mutating func rate(at now: Instant) -> (percent: Double, residentKilobytes: Int)? {
        guard let reading = read() else { return nil }
        defer { last = (reading.cpuSeconds, now) }
        guard let last else { return nil }
        let seconds = now.milliseconds(since: last.at) / 1000
        return ((reading.cpuSeconds - last.cpuSeconds) / max(seconds, 0.001) * 100, reading.residentKilobytes)
    }

    private static func number(_ name: String, in status: String) -> Int {
        for line in status.split(separator: "\n") where line.hasPrefix(name) {
            return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) } ?? 0
        }
        return 0
    }

    private static func text(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, file) }
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}

/// The probes at the borders of the window.
struct Readings: Sendable {
    var seconds = 0.0
    var serverBefore: ProcessProbe.Reading?
    var serverStart: ProcessProbe.Reading?
    var serverEnd: ProcessProbe.Reading?
    var toolStart: ProcessProbe.Reading?
    var toolEnd: ProcessProbe.Reading?
}
