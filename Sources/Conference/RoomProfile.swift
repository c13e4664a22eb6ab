/// A room's settings: one `<profile>` of the conference configuration (conference.md §9.1).
///
/// In parameter names `_` equals `-`; of repeated parameters the last wins; empty, unknown and senseless values leave
/// the default.
package struct RoomProfile: Sendable {
    package var name: String
    /// The room's mixing rate in Hz, as `list` and `get` report it.
    package var rate = 48_000
    /// Milliseconds of one mixer tick.
    package var interval = 20
    package var domain: String?
    /// The score above which a member's gate opens, 0…32767.
    package var energyLevel = 0
    /// The highest level that a member's gate tunes itself to; 0 leaves every gate where it is.
    package var autoEnergyLevel = 0
    /// Seconds of silence after which a gate that tunes itself comes down a step.
    package var autoEnergySeconds = 5
    package var memberFlags: MemberFlags = []
    package var roomFlags: RoomFlags = []
    package var pin: String?
    package var moderatorPIN: String?
    /// 0 means no limit. Ghosts do not count.
    package var maxMembers = 0
    /// How long the room outlives its last `mandatory_member_endconf`.
    package var endconfGrace: Duration = .zero
    /// Our own `mix-loudest`: how many talkers are mixed at once.
    package var loudest = 12
    /// Our own `floor-hold-ms`: how long a holder keeps the audio floor at least.
    package var floorHold: Duration = .seconds(1)
    /// Our own `opus-bitrate`, in bits per second.
    package var opusBitrate = 32_000
    /// Our own `opus-complexity`, 0…10.
    package var opusComplexity = 5
    /// `video-auto-floor-msec`: how long a member speaks, holding the audio floor, before its picture is shown.
    package var videoAutoFloor: Duration = .zero
    /// Our own `video-floor-hold-ms`: how long a picture is shown at least before another's talk takes its place.
    package var videoFloorHold: Duration = .milliseconds(1500)
    /// Our own `video-uplink-policy`.
    package var videoUplinkPolicy = VideoUplinkPolicy.average
    /// Our own `max-bw-in`: what a member's camera may send, kb/s.
    package var videoBandwidthIn: Int?
    /// 0 off; else the divisor of the noise, a higher value being quieter (conference.md §6.8).
    package var comfortNoise = 0
    package var soundPrefix = ""
    package var callerIDName = "conference"
    package var callerIDNumber = "0000000000"
    /// `moh-sound`, `enter-sound` …: every parameter whose name ends in `-sound`; see ``sound(_:)``.
    package var sounds: [String: String] = [:]
    /// 1, or 2 for a room in which members are heard from where they stand.
    package var channels = 1
    package var description = "Parley Conference"
    package var pinRetries = 3
    /// From how many callers on a caller is told their number; 0 never.
    package var announceCount = 0
    /// How long all may be silent before the room ends; zero for ever.
    package var terminateOnSilence: Duration = .zero
    /// How often ``RoomAction/conferenceHeartbeat`` comes; zero never.
    package var heartbeat: Duration = .zero
    /// The words of ``RoomAction/suppressWord``.
    package var suppressEvents: Set<String> = []
    /// `auto-gain-level`: what members' speech is brought to, 0 to leave it.
    package var autoGainLevel = 0
    package var autoGainLowLevel = 0
    package var autoGainChangeFactor = 2
    /// Our own `denoise`: noise is taken out of every member's sound.
    package var denoises = false
    /// `auto-record`: the name of a recording that begins by itself. `${conference_name}`, `${conference_uuid}`,
    /// `${domain}` and `${start}`, Unix seconds, are filled in.
    package var autoRecord: String?
    /// How many people make it begin.
    package var recordingMinimum = 1
    /// Groups of keys by name; see ``controls(named:)``.
    package var controls: [String: [CallerControl]] = [:]
    /// The group of participants.
    package var callerControls = "default"
    /// The group of moderators; that of participants when it is not set.
    package var moderatorControls: String?
    /// `ivr-dtmf-timeout`: how long a key waits for another that makes more of it.
    package var digitTimeout: Duration = .milliseconds(500)
    /// The room's variables at its beginning.
    package var variables: [String: String] = [:]
    /// What of the command table the configuration changes.
    package var policy = CommandPolicy()

    package init(name: String, parameters: [(String, String)] = []) {
        self.name = name
        var levelIsSet = false
        for (written, value) in parameters where !value.isEmpty {
            let parameter = String(written.map { $0 == "_" ? "-" : $0 }).lowercased()
            levelIsSet = levelIsSet || parameter == "energy-level"
            if parameter.hasSuffix("-sound") { sounds[parameter] = value }
            Self.settings[parameter]?(&self, value)
        }
        // A room that tunes itself starts half way up (conference.md §6.6).
        if !levelIsSet, autoEnergyLevel > 0 { energyLevel = autoEnergyLevel / 2 }
    }

    /// What a member's ``TalkDetector`` tunes itself by, or `nil`.
    package var autoEnergy: AutoEnergy? {
        autoEnergyLevel > 0 ? AutoEnergy(ceiling: autoEnergyLevel, seconds: autoEnergySeconds) : nil
    }

    /// What brings a member's speech to `level`; `nil` for 0.
    func autoGain(level: Int) -> AutoGain? {
        guard level > 0 else { return nil }
        return AutoGain(level: level, lowLevel: autoGainLowLevel, changeFactor: autoGainChangeFactor)
    }

    /// The profile of a room that `argument` opens, by a call with these variables: what they say comes on top.
    package func opened(by argument: ConferenceArgument, variables: [String: String] = [:]) -> RoomProfile {
        var profile = self
        profile.roomFlags.formUnion(argument.roomFlags(variables: variables))
        profile.read(variables: variables)
        return profile
    }

    /// One row a parameter: a further one is a line here and a property above.
    private static let settings: [String: @Sendable (inout RoomProfile, String) -> Void] = [
        "rate": { $0.rate = number($1, in: [8000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000]) ?? $0.rate },
        "interval": { $0.interval = number($1, in: stride(from: 10, through: 120, by: 10)) ?? $0.interval },
        "domain": { $0.domain = $1 },
        "energy-level": { $0.energyLevel = number($1, in: 0...32_767) ?? $0.energyLevel },
        "auto-energy-level": { $0.autoEnergyLevel = number($1, in: 0...32_767) ?? 0 },
        "auto-energy-seconds": { $0.autoEnergySeconds = number($1, in: 1...3600) ?? 5 },
        "member-flags": { $0.memberFlags = MemberFlags(parsing: $1) },
        "conference-flags": { $0.roomFlags = RoomFlags(parsing: $1) },
        "pin": { $0.pin = $1 },
        "moderator-pin": { $0.moderatorPIN = $1 },
        "max-members": { $0.maxMembers = number($1, in: 2...1_000_000) ?? 0 },
        "endconf-grace-time": { $0.endconfGrace = .seconds(number($1, in: 0...86_400) ?? 0) },
        "mix-loudest": { $0.loudest = number($1, in: 1...1000) ?? $0.loudest },
        "floor-hold-ms": { $0.floorHold = milliseconds($1) ?? $0.floorHold },
        "opus-bitrate": { $0.opusBitrate = number($1, in: 6000...510_000) ?? $0.opusBitrate },
        "opus-complexity": { $0.opusComplexity = number($1, in: 0...10) ?? $0.opusComplexity },
        "video-auto-floor-msec": { $0.videoAutoFloor = milliseconds($1) ?? $0.videoAutoFloor },
        "video-floor-hold-ms": { $0.videoFloorHold = milliseconds($1) ?? $0.videoFloorHold },
        "video-uplink-policy": {
            $0.videoUplinkPolicy = VideoUplinkPolicy(rawValue: $1.lowercased()) ?? $0.videoUplinkPolicy
        },
        "max-bw-in": { $0.videoBandwidthIn = VideoBandwidth.kilobits($1) },
        "comfort-noise": { $0.comfortNoise = number($1, in: 2...9999) ?? (FlagWords.isTrue($1) ? 1400 : 0) },
        "sound-prefix": { $0.soundPrefix = $1 },
        "caller-id-name": { $0.callerIDName = $1 },
        "caller-id-number": { $0.callerIDNumber = $1 },
        "channels": { $0.channels = number($1, in: 1...2) ?? $0.channels },
        "description": { $0.description = $1 },
        "pin-retries": { $0.pinRetries = number($1, in: 1...100) ?? $0.pinRetries },
        "announce-count": { $0.announceCount = number($1, in: 0...1_000_000) ?? 0 },
        "terminate-on-silence": { $0.terminateOnSilence = .seconds(number($1, in: 0...86_400) ?? 0) },
        "heartbeat-period-sec": { $0.heartbeat = .seconds(number($1, in: 20...86_400) ?? 0) },
        "suppress-events": { $0.suppressEvents = Set($1.split(separator: ",").map { $0.filter { $0 != " " } }) },
        "auto-gain-level": { $0.autoGainLevel = number($1, in: AutoGain.levels) ?? 0 },
        "auto-gain-low-energy-level": { $0.autoGainLowLevel = number($1, in: AutoGain.levels) ?? 0 },
        "auto-gain-change-factor": { $0.autoGainChangeFactor = number($1, in: 1...100) ?? 2 },
        "denoise": { $0.denoises = FlagWords.isTrue($1) },
        "auto-record": { $0.autoRecord = $1 },
        "min-required-recording-participants": { $0.recordingMinimum = number($1, in: 1...2) ?? 1 },
        "caller-controls": { $0.callerControls = $1 },
        "moderator-controls": { $0.moderatorControls = $1 },
        "ivr-dtmf-timeout": { $0.digitTimeout = max(milliseconds($1) ?? .zero, .milliseconds(500)) },
    ]

    private static func milliseconds(_ text: String) -> Duration? {
        number(text, in: 0...60_000).map { .milliseconds($0) }
    }

    private static func number(_ text: String, in values: some Sequence<Int>) -> Int? {
        Int(text).flatMap { values.contains($0) ? $0 : nil }
    }
}
