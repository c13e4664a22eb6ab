import Calls
import Conference

/// The parameters of a conference profile: which we act on, with which values, and which only FreeSWITCH does.
enum ConferenceParameter {
    private enum Kind: Sendable {
        case number(ClosedRange<Int>)
        case oneOf([Int])
        /// 0 or from 2 on.
        case memberLimit
        case boolean
        /// A word for yes or no, or a number.
        case booleanOrNumber
        case text
        case word([String])
        /// kb/s, with `kb` or `mb` behind it or not; 0 for no limit.
        case bandwidth
        /// `passthrough`; what mixes pictures is named by FreeSWITCH's configurations, and forwarded here.
        case videoMode
        case memberFlags
        case roomFlags
        /// A name ending in `-sound`: tones, or a file below the folders of sounds.
        case sound
        /// 0, or at least 20.
        case heartbeat
    }

    static func check(_ parameter: Parameter, _ report: inout ConfigurationReport) {
        let kind = kinds[parameter.name] ?? (parameter.name.hasSuffix("-sound") ? .sound : nil)
        switch kind {
        case .number(let range): _ = report.integer(parameter, in: range)
        case .oneOf(let values):
            guard Int(parameter.value).map({ !values.contains($0) }) ?? true else { return }
            let list = values.map(String.init).joined(separator: ", ")
            report.fail("\(parameter.name): '\(parameter.value)' is not one of \(list)", at: parameter.origin)
        case .memberLimit:
            if parameter.value != "0" { _ = report.integer(parameter, in: 2...1_000_000) }
        case .heartbeat:
            if parameter.value != "0" { _ = report.integer(parameter, in: 20...86_400) }
        case .boolean: _ = report.boolean(parameter)
        case .booleanOrNumber:
            if Int(parameter.value) == nil { _ = report.boolean(parameter) }
        case .memberFlags: checkFlags(parameter, known: memberFlags.union(roomFlags), "member", &report)
        case .roomFlags: checkFlags(parameter, known: roomFlags, "conference", &report)
        case .sound: checkSound(parameter, &report)
        case .word(let words): checkWord(parameter, words, &report)
        case .bandwidth:
            guard parameter.value != "0", VideoBandwidth.kilobits(parameter.value) == nil else { return }
            report.fail("\(parameter.name): '\(parameter.value)' is not a bandwidth in kb/s", at: parameter.origin)
        case .videoMode: checkVideoMode(parameter, &report)
        case .text: break
        case nil where withoutEffect.contains(parameter.name):
            report.noEffect("conference parameter '\(parameter.name)'", at: parameter.origin)
        case nil:
            report.warn("unknown conference parameter '\(parameter.name)'", at: parameter.origin)
        }
    }

    private static func checkFlags(
        _ parameter: Parameter,
        known: Set<String>,
        _ what: String,
        _ report: inout ConfigurationReport
    ) {
        for flag in parameter.value.split(whereSeparator: { $0 == "|" || $0 == "," }) {
            let name = flag.filter { $0 != " " }.lowercased()
            guard !known.contains(name) else { continue }
            report.noEffect("\(what) flag '\(name)'", at: parameter.origin)
        }
    }

    private static func checkWord(_ parameter: Parameter, _ words: [String], _ report: inout ConfigurationReport) {
        guard !words.contains(parameter.value.lowercased()) else { return }
        let list = words.joined(separator: ", ")
        report.fail("\(parameter.name): '\(parameter.value)' is not one of \(list)", at: parameter.origin)
    }

    private static func checkVideoMode(_ parameter: Parameter, _ report: inout ConfigurationReport) {
        switch parameter.value.lowercased() {
        case "passthrough": break
        case "mux", "transcode":
            report.warn(
                "video-mode: pictures are forwarded, not mixed: passthrough is used instead of '\(parameter.value)'",
                at: parameter.origin
            )
        default: checkWord(parameter, ["passthrough", "mux", "transcode"], &report)
        }
    }

    private static func checkSound(_ parameter: Parameter, _ report: inout ConfigurationReport) {
        guard RoomSound(rawValue: parameter.name) != nil else {
            report.noEffect("conference parameter '\(parameter.name)'", at: parameter.origin)
            return
        }
        do {
            if case .file(let name) = try Playback(parsing: parameter.value) {
                SoundFile.check(name, &report, at: parameter.origin)
            }
        } catch {
            report.fail("\(parameter.name): cannot read the tones '\(parameter.value)'", at: parameter.origin)
        }
    }

    /// What `RoomProfile` reads, and the units it reads them in.
    private static let kinds: [String: Kind] = [
        "rate": .oneOf([8_000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000]),
        "interval": .oneOf([10, 20, 30, 40, 50, 60, 80, 100, 120]),
        "domain": .text,
        "energy-level": .number(0...32_767),
        "auto-energy-level": .number(0...32_767),
        "auto-energy-seconds": .number(1...3_600),
        "member-flags": .memberFlags,
        "conference-flags": .roomFlags,
        "pin": .text,
        "moderator-pin": .text,
        "max-members": .memberLimit,
        "endconf-grace-time": .number(0...86_400),
        "comfort-noise": .booleanOrNumber,
        "sound-prefix": .text,
        "caller-id-name": .text,
        "caller-id-number": .text,
        "video-mode": .videoMode,
        "video-auto-floor-msec": .number(0...60_000),
        "caller-controls": .text,
        "moderator-controls": .text,
        "ivr-dtmf-timeout": .number(0...60_000),
        "channels": .number(1...2),
        "description": .text,
        "pin-retries": .number(1...100),
        "announce-count": .number(0...1_000_000),
        "terminate-on-silence": .number(0...86_400),
        "heartbeat-period-sec": .heartbeat,
        "suppress-events": .text,
        "auto-gain-level": .number(0...32_767),
        "auto-gain-low-energy-level": .number(0...32_767),
        "auto-gain-change-factor": .number(1...100),
        "auto-record": .text,
        "cdr-log-dir": .text,
        "min-required-recording-participants": .number(1...2),
        // Our own.
        "denoise": .boolean,
        "mix-loudest": .number(1...1_000),
        "floor-hold-ms": .number(0...60_000),
        "opus-bitrate": .number(6_000...510_000),
        "opus-complexity": .number(0...10),
        "video-floor-hold-ms": .number(0...60_000),
        "video-uplink-policy": .word(VideoUplinkPolicy.allCases.map(\.rawValue)),
        "max-bw-in": .bandwidth,
    ]

    private static let memberFlags: Set<String> = [
        "mute", "deaf", "moderator", "ghost", "join-only", "endconf", "mandatory_member_endconf", "mintwo", "nomoh",
        "second-screen", "mute-detect", "dist-dtmf", "skip-dtmf", "vmute", "blind", "join-vid-floor",
        "video-bridge",
        // There are neither encoders nor mute images to be saved from.
        "no-minimize-encoding", "no-video-blanks",
    ]

    private static let roomFlags: Set<String> = [
        "livearray-sync", "livearray-json-status", "json-events", "wait-mod", "audio-always", "rfc-4579",
        "restart-auto-record", "video-floor-only",
        // Without a canvas these are so anyway: nothing is encoded, senders are told what receivers can take, and who
        // has no picture, or hides it, has no tile.
        "minimize-video-encoding", "manage-inbound-video-bitrate", "video-required-for-canvas",
        "video-mute-exit-canvas",
    ]

    private static let withoutEffect: Set<String> = [
        "auto-gain-margin", "auto-gain-period-len", "broadcast-chat-messages", "cdr-event-mode",
        "ivr-input-timeout", "max-energy-hit-trigger", "max-energy-level", "max-energy-level-mute-ms", "outcall-templ",
        "recording-metadata", "scale-h264-canvas-bandwidth", "scale-h264-canvas-fps-divisor", "scale-h264-canvas-size",
        "timer-name", "tts-engine", "tts-voice", "verbose-events",
        "video-border-color", "video-border-size", "video-canvas-bgcolor", "video-canvas-count", "video-canvas-size",
        "video-codec-bandwidth", "video-codec-config-profile-name", "video-fps", "video-kps-debounce",
        "video-layout-bgcolor", "video-layout-conf", "video-layout-name", "video-letterbox-bgcolor",
        "video-mute-banner", "video-no-video-avatar", "video-quality", "video-super-canvas-bgcolor",
        "video-super-canvas-label-layers", "video-super-canvas-show-all-layers",
    ]
}
