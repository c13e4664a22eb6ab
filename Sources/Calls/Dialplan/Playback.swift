/// Something to play to a caller.
package enum Playback: Sendable, Hashable {
    case tones(ToneScript)
    /// Silence; `nil` lasts without end. `noise` is the divisor of comfort noise, 0 for true silence: larger is
    /// quieter.
    case silence(Duration?, noise: Int)
    /// A sound file below the configured folders, or a stream; the server finds it.
    case file(String)

    /// Reads the data of `playback`: an address with `{name=value,…}` in front of it, or the name of a file.
    package init(parsing text: String) throws(ToneError) {
        var address = text.trimmed
        var loops: Int? = 1
        if address.hasPrefix("{"), let end = address.firstIndex(of: "}") {
            for option in address[..<end].dropFirst().split(separator: ",") where option.hasPrefix("loops=") {
                let count = Int(option.dropFirst(6)) ?? 1
                loops = count < 0 ? nil : max(1, min(count, 10_000))
            }
            address = address[address.index(after: end)...].trimmed
        }
        if address.hasPrefix("tone_stream://") {
            let script = address.dropFirst("tone_stream://".count)
            self =
                script.hasPrefix("path=")
                ? .file(String(address)) : .tones(try ToneScript(parsing: String(script), loops: loops))
        } else if address.hasPrefix("silence_stream://") {
            self = try Self.silence(address.dropFirst("silence_stream://".count))
        } else {
            self = .file(String(address))
        }
    }

    /// `ms[,noise]`; a negative time has no end.
    private static func silence(_ text: Substring) throws(ToneError) -> Playback {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
        guard let time = fields.first.flatMap({ Int($0) }), fields.count <= 2 else { throw .malformed(String(text)) }
        guard time <= 86_400_000 else { throw .outOfRange(String(text)) }
        guard let noise = fields.count == 2 ? Int(fields[1]) : 0 else { throw .malformed(String(text)) }
        return .silence(time < 0 ? nil : .milliseconds(time), noise: max(0, min(noise, 100_000)))
    }

    /// What a variable such as `hold_music` or `ringback` asks for, to be played until something else happens; `nil`
    /// for nothing at all. Tones may stand there without `tone_stream://`.
    package static func background(_ text: String?) -> Playback? {
        guard let text = text.map({ String($0.trimmed) }), !text.isEmpty else { return nil }
        guard !["silence", "none", "indicate_hold", "indicate-hold"].contains(text.asciiLowercased) else { return nil }
        let isTone = text.hasPrefix("%(") || text.hasPrefix("v=") || text.hasPrefix("L=")
        guard let playback = try? Playback(parsing: isTone ? "tone_stream://" + text : text) else { return nil }
        guard case .tones(let script) = playback else { return playback }
        return .tones(script.endless)
    }
}
