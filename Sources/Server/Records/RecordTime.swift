import Glibc

/// Times of records as people write and read them.
package enum RecordTime {
    /// `30s`, `30m`, `12h` or `7d` ago; `2026-11-21`, `2026-11-21T09:30` or `2026-11-21T09:30:15`, in this machine's time
    /// zone; or Unix seconds.
    package static func unixSeconds(_ text: String) -> Double? {
        unixSeconds(text, now: Double(MonotonicClock.unixNanoseconds / 1_000_000_000))
    }

    package static func unixSeconds(_ text: String, now: Double) -> Double? {
        if let unit = text.last.flatMap({ units[$0] }), let count = Double(text.dropLast()), count >= 0 {
            return now - count * unit
        }
        if text.allSatisfy(\.isWholeNumber) { return Double(text) }
        let parts = text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "T" || $0 == " " })
        guard let day = parts.first.flatMap({ numbers($0, separator: "-") }), day.count == 3, parts.count <= 2 else {
            return nil
        }
        let clock = parts.count == 2 ? numbers(parts[1], separator: ":") : [0, 0]
        guard let clock, (2...3).contains(clock.count) else { return nil }
        return seconds(day, clock + [0])
    }

    /// `2026-11-21 09:30:15`, in this machine's time zone.
    static func text(_ unixSeconds: Double) -> String {
        guard var time = time_t(exactly: unixSeconds.rounded(.down)) else { return "" }
        var parts = unsafe tm()
        guard unsafe localtime_r(&time, &parts) != nil else { return "" }
        let (day, clock) = unsafe (
            [parts.tm_year + 1_900, parts.tm_mon + 1, parts.tm_mday], [parts.tm_hour, parts.tm_min, parts.tm_sec]
        )
        return day.map(padded).joined(separator: "-") + " " + clock.map(padded).joined(separator: ":")
    }

    private static func seconds(_ day: [CInt], _ clock: [CInt]) -> Double? {
        var parts = unsafe tm()
        unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (day[0] - 1_900, day[1] - 1, day[2])
        unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
        unsafe parts.tm_isdst = -1
        let isReal =
            (1970...9_999).contains(day[0]) && (1...12).contains(day[1]) && (1...31).contains(day[2])
            && (0...23).contains(clock[0]) && (0...59).contains(clock[1]) && (0...60).contains(clock[2])
        return isReal ? Double(unsafe mktime(&parts)) : nil
    }

    private static func numbers(_ text: Substring, separator: Character) -> [CInt]? {
        let fields = text.split(separator: separator, omittingEmptySubsequences: false)
        let numbers = fields.compactMap { CInt($0) }
        return numbers.count == fields.count ? numbers : nil
    }

    private static func padded(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
}
