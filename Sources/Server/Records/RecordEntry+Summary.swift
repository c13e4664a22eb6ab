import Wire

extension RecordEntry {
    /// The record in a line for people.
    package var summary: String {
        func text(_ name: String) -> String { values[name]?.string ?? "" }
        func number(_ name: String) -> Double { values[name]?.double ?? 0 }
        let begin = "\(RecordTime.text(number("start")))  \(Self.length(number("duration")))"
        switch table {
        case .calls:
            let who = "\(text("caller_id_name")) <\(text("caller_id_number"))>"
            let room = text("conference").isEmpty ? "" : "  room \(text("conference"))"
            return "\(begin)  \(text("direction"))  \(who) -> \(text("destination"))  \(text("cause"))\(room)"
        case .conferences:
            let members = values["members"]?.array?.count ?? 0
            return
                "\(begin)  \(text("name"))@\(text("domain"))  \(members) members, at most \(Int(number("most_members")))"
        }
    }

    /// `1:02:03`
    private static func length(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e9)))
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(whole / 3_600):\(padded(whole / 60 % 60)):\(padded(whole % 60))"
    }
}
