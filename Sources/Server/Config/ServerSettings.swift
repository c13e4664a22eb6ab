import Calls
package import Conference
import Wire

/// `parley.conf`: what only Parley has. Every setting has a default, so the file may be missing.
package struct ServerSettings: Sendable, Equatable {
    package enum LogFormat: String, Sendable, CaseIterable {
        /// For people.
        case text
        /// One object a line.
        case json
    }

    package enum LogThreshold: String, Sendable, CaseIterable {
        case debug, info, notice, warning, error, critical
    }

    /// `http-ip`: IP address of the pages, health and metrics. Default 0.0.0.0.
    package var httpIP = "0.0.0.0"
    /// `http-port`: TCP port without TLS, for a proxy on this machine; 0 is off. Default 0.
    package var httpPort = 0
    /// `https-port`: TCP port with TLS; 0 is off. Default 8443.
    package var httpsPort = 8_443
    /// `media-port-base`, `media-port-count`: UDP ports for media, one for each media loop and the rest for phones, two
    /// for each call. Default 16384 and 4096; `rtp-start-port` and `rtp-end-port` of `switch.conf` when those are not set.
    package var mediaPorts: ClosedRange<Int> = 16_384...20_479
    /// `media-loops`: threads for media; 0 is one for each core but one. Default 0.
    package var mediaLoops = 0
    /// `data-dir`: folder for certificates and generated passwords. Default `var`.
    package var dataDirectory = "var"
    /// `log-format`: `text` or `json`. Default `text`.
    package var logFormat = LogFormat.text
    /// `log-level`: the least urgent level that is written. Default `info`.
    package var logThreshold = LogThreshold.info
    /// `audit-file`: who did what to whom, one JSON object a line; relative to the data folder;
    /// empty is off. Default `audit.jsonl`.
    package var auditFile: String? = "audit.jsonl"
    /// `mix-loudest`: members mixed at once in a room. Default 12.
    package var mixLoudest = 12
    /// `opus-complexity`: 0 to 10, the encoder's work. Default 5.
    package var opusComplexity = 5
    /// `opus-bitrate`: bits per second to each listener. Default 32000.
    package var opusBitrate = 32_000
    /// `max-legs`: calls at once; `max-sessions` of `switch.conf` when not set. Default 4000.
    package var maximumLegs = 4_000
    /// `max-legs-per-user`: calls of one user at once; guests may share a login. Default 1000.
    package var maximumLegsPerUser = 1_000
    /// `max-connections-per-address`: WebSockets of one IP address at once; many people may be behind it. Default 1000.
    package var maximumConnectionsPerAddress = 1_000
    /// `<cdr>`: what is kept on disk, and where.
    package var storage = StorageSettings()
    /// `<command-roles>`: who may give which command in a room, where it is not as usual.
    package var policy = CommandPolicy()

    package init() {}

    /// The ports for phones: those behind the first ones, of which each media loop has one.
    ///
    /// - Parameter loops: How many there are.
    package func plainPorts(besides loops: Int = 0) -> ClosedRange<UInt16> {
        let first = min(mediaPorts.lowerBound + loops, mediaPorts.upperBound)
        return UInt16(first)...UInt16(mediaPorts.upperBound)
    }

    /// What a conference profile has when it says nothing else.
    package var conferenceDefaults: [(String, String)] {
        [
            ("mix-loudest", "\(mixLoudest)"), ("opus-complexity", "\(opusComplexity)"),
            ("opus-bitrate", "\(opusBitrate)"),
        ]
    }
}

extension ServerSettings {
    /// - Parameter core: FreeSWITCH's `switch.conf`, from which ports and limits are taken.
    init(reading element: XMLElement?, core: XMLElement?, _ report: inout ConfigurationReport) {
        if let core { takeCore(core, &report) }
        guard let element else { return }
        var base: Int?
        var count: Int?
        for settings in element.children {
            switch settings.name {
            case "settings": break
            case "cdr":
                storage.read(settings, &report)
                continue
            case "command-roles":
                policy.read(settings, &report)
                continue
            default:
                report.fail("<\(settings.name)> in parley.conf", at: settings.origin)
                continue
            }
            for parameter in report.parameters(of: settings) {
                switch parameter.name {
                case "media-port-base": base = report.integer(parameter, in: 1_024...65_535)
                case "media-port-count": count = report.integer(parameter, in: 1...49_152)
                default: set(parameter, &report)
                }
            }
        }
        if base != nil || count != nil {
            setPorts(
                from: base ?? mediaPorts.lowerBound, count: count ?? min(4_096, 65_536 - (base ?? 0)),
                at: element.origin, &report)
        }
    }

    private mutating func set(_ parameter: Parameter, _ report: inout ConfigurationReport) {
        switch parameter.name {
        case "http-ip":
            guard TransportAddress(ip: parameter.value, port: 0) != nil else {
                report.fail("http-ip: '\(parameter.value)' is not an IP address", at: parameter.origin)
                return
            }
            httpIP = parameter.value
        case "http-port": httpPort = report.integer(parameter, in: 0...65_535) ?? httpPort
        case "https-port": httpsPort = report.integer(parameter, in: 0...65_535) ?? httpsPort
        case "media-loops": mediaLoops = report.integer(parameter, in: 0...256) ?? mediaLoops
        case "data-dir": dataDirectory = report.text(parameter) ?? dataDirectory
        case "log-format": logFormat = report.word(parameter) ?? logFormat
        case "log-level": logThreshold = report.word(parameter) ?? logThreshold
        case "audit-file": auditFile = report.text(parameter)
        case "mix-loudest": mixLoudest = report.integer(parameter, in: 1...1_000) ?? mixLoudest
        case "opus-complexity": opusComplexity = report.integer(parameter, in: 0...10) ?? opusComplexity
        case "opus-bitrate": opusBitrate = report.integer(parameter, in: 6_000...510_000) ?? opusBitrate
        case "max-legs": maximumLegs = report.integer(parameter, in: 1...1_000_000) ?? maximumLegs
        case "max-legs-per-user":
            maximumLegsPerUser = report.integer(parameter, in: 1...100_000) ?? maximumLegsPerUser
        case "max-connections-per-address":
            maximumConnectionsPerAddress = report.integer(parameter, in: 1...1_000_000) ?? maximumConnectionsPerAddress
        // Our own file: a name we do not know is a misspelling.
        default: report.fail("unknown setting '\(parameter.name)'", at: parameter.origin)
        }
    }

    private mutating func takeCore(_ element: XMLElement, _ report: inout ConfigurationReport) {
        var (first, last): (Int?, Int?)
        var unused: [String] = []
        for parameter in element.children(named: "settings").flatMap({ report.parameters(of: $0) }) {
            switch parameter.name {
            case "rtp-start-port": first = report.integer(parameter, in: 1_024...65_535)
            case "rtp-end-port": last = report.integer(parameter, in: 1_024...65_535)
            case "max-sessions": maximumLegs = report.integer(parameter, in: 1...1_000_000) ?? maximumLegs
            default: unused.append(parameter.name)
            }
        }
        if first != nil || last != nil {
            let start = first ?? 16_384
            setPorts(from: start, count: (last ?? 32_768) - start + 1, at: element.origin, &report)
        }
        guard !unused.isEmpty else { return }
        report.noEffect("switch.conf: \(unused.joined(separator: ", "))", at: element.origin)
    }

    private mutating func setPorts(from base: Int, count: Int, at origin: Origin, _ report: inout ConfigurationReport) {
        guard count > 0, base + count - 1 <= 65_535 else {
            report.fail("the media ports end before they start, or above 65535", at: origin)
            return
        }
        mediaPorts = base...(base + count - 1)
    }
}
