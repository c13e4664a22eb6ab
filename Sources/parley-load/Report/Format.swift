import Glibc
import Wire

/// Numbers as text.
enum Format {
    /// `12 %`, of `whole`.
    static func share(_ part: Int, of whole: Int) -> String {
        whole > 0 ? decimal(Double(part) / Double(whole) * 100, 3) + " %" : "-"
    }

    static func decimal(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return "-" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let rounded = Int64((abs(value) * scale).rounded())
        let (whole, rest) = rounded.quotientAndRemainder(dividingBy: Int64(scale))
        let sign = value < 0 && rounded > 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let fraction = String(rest)
        return "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}

/// Order statistics of a few thousand values.
struct Percentiles: Sendable {
    private let sorted: [Double]

    init(_ values: [Double]) { sorted = values.sorted() }

    var count: Int { sorted.count }
    var maximum: Double? { sorted.last }
    var minimum: Double? { sorted.first }

    /// The nearest rank; `nil` without values.
    subscript(_ share: Double) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let rank = Int((Double(sorted.count) * share).rounded(.up)) - 1
        return sorted[max(0, min(rank, sorted.count - 1))]
    }

    /// Three decimals of a millisecond.
    var json: JSON {
        func value(_ number: Double?) -> JSON { number.map { .number(($0 * 1000).rounded() / 1000) } ?? .null }
        return [
            "samples": .integer(Int64(count)), "min": value(minimum), "p50": value(self[0.5]), "p95": value(self[0.95]),
            "p99": value(self[0.99]), "max": value(maximum),
        ]
    }

    /// `p50 12.0  p95 31.5  p99 40.2  max 41.0 ms  (312)`.
    var text: String { text(in: "ms") }

    func text(in unit: String) -> String {
        guard let p50 = self[0.5], let p95 = self[0.95], let p99 = self[0.99], let maximum else { return "no samples" }
        let parts = [("p50", p50), ("p95", p95), ("p99", p99), ("max", maximum)].map {
            "\($0.0) \(Format.decimal($0.1, 1))"
        }
        return parts.joined(separator: "  ") + " \(unit)  (\(count) samples)"
    }
}

extension JSON {
    /// A number with four decimals.
    static func figure(_ value: Double) -> JSON { .number((value * 10_000).rounded() / 10_000) }

    static func count(_ value: Int) -> JSON { .integer(Int64(value)) }
}

/// Lines for the operator; standard output is for the report.
enum StandardError {
    static func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
