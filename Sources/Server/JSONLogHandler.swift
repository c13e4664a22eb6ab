import Logging
import Wire

/// Log lines as JSON, one object each, on standard error.
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var object = JSONObject()
        object["time"] = .number(Double(MonotonicClock.unixNanoseconds / 1_000_000) / 1_000)
        object["level"] = .string(event.level.rawValue)
        object["message"] = .string("\(event.message)")
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
            object[key] = .string("\(value)")
        }
        var line = JSON.object(object).bytes
        line.append(UInt8(ascii: "\n"))
        StandardError.write(line)
    }
}
