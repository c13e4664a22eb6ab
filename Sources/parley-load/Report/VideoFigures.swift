import Wire

/// The figures about video, as rows of the table and as JSON.
struct VideoFigures {
    private let plan: VideoPlan
    private let signalling: SignallingReport
    private let media: MediaReport
    /// Of the window.
    private let serverCPUSeconds: Double?

    private let lines: [VideoReport]
    /// Of the members who have seen something.
    private let viewers: [VideoReport]
    private let cameras: [VideoReport]
    private let counts: VideoReport.Counts

    init(_ plan: VideoPlan, _ signalling: SignallingReport, _ media: MediaReport, serverCPUSeconds: Double?) {
        (self.plan, self.signalling, self.media) = (plan, signalling, media)
        self.serverCPUSeconds = serverCPUSeconds
        let present = media.lines.filter { $0.isConnected && $0.video != nil }
        lines = present.compactMap(\.video)
        viewers = lines.filter { $0.viewing.firstPicture != nil }
        cameras = present.filter { $0.plan.video?.hasCamera == true }.compactMap(\.video)
        counts = lines.reduce(VideoReport.Counts()) { $0 + $1.counts }
    }

    // MARK: Figures

    private func sum(_ figure: (Viewing) -> Int) -> Int { viewers.reduce(0) { $0 + figure($1.viewing) } }

    private var shown: Int { sum(\.frames) }
    private var undecodable: Int { sum(\.undecodable) }
    private var lost: Int { sum(\.lost) }

    private var framesPerSecond: Percentiles {
        Percentiles(viewers.filter { $0.seconds > 1 }.map { Double($0.viewing.frames) / $0.seconds })
    }

    /// Of all the time in which somebody was owed a picture, in percent.
    private func frozenShare(_ frozen: (Viewing) -> Int64) -> Double {
        let seconds = viewers.reduce(0) { $0 + $1.seconds }
        return seconds > 0 ? Double(viewers.reduce(0) { $0 + frozen($1.viewing) }) / 1e9 / seconds * 100 : 0
    }

    private var longestGap: Percentiles { Percentiles(viewers.map { Double($0.viewing.longestGap) / 1e6 }) }

    /// Kilobits a second.
    private var sentRate: Percentiles {
        Percentiles(cameras.map { Double($0.counts.camera.bytes) * 8 / 1000 / max(media.seconds, 0.001) })
    }

    private var allowedRate: Percentiles { Percentiles(cameras.compactMap(\.allowedBitrate).map { Double($0) / 1000 }) }

    private var forwardedPerSecond: Double { Double(counts.screen.packets) / max(media.seconds, 0.001) }

    /// Microseconds of the whole server, sound included.
    private var cpuPerForwarded: Double? {
        guard let serverCPUSeconds, counts.screen.packets > 0 else { return nil }
        return serverCPUSeconds * 1e6 / Double(counts.screen.packets)
    }

    private var decoders: [PictureChecker.Counts] { lines.compactMap(\.decoded) }
    private var decoded: Int { decoders.reduce(0) { $0 + $1.decoded } }
    private var refused: Int { decoders.reduce(0) { $0 + $1.refused } }
    private var wrong: Int { decoders.reduce(0) { $0 + $1.wrong } }

    private static func share(_ part: Int, of whole: Int) -> Double {
        whole > 0 ? Double(part) / Double(whole) * 100 : 0
    }

    var warnings: [String] {
        var warnings: [String] = []
        let blind = lines.count - viewers.count
        if blind > 0 { warnings.append("\(blind) members never saw a picture") }
        let unknown = viewers.count { $0.viewing.member == nil }
        if unknown > 0 {
            warnings.append("\(unknown) members saw pictures without our marks: whose they are is not known")
        }
        return warnings
    }

    // MARK: Table

    var rows: [(String, String)] {
        sightRows + [
            ("invite → first picture", Percentiles(signalling.firstPictures).text),
            ("connected → first picture", Percentiles(signalling.firstPicturesConnected).text),
            ("talk start → talker's picture", Percentiles(media.switches.delays).text),
            ("talk starts / pictures that never came", "\(media.switches.switches) / \(media.switches.missed)"),
            ("row with the floor → picture", Percentiles(signalling.floor.delays).text),
            ("frame sent → frame received", delayText),
        ] + packetRows
    }

    private var sightRows: [(String, String)] {
        [
            (
                "video",
                "\(plan.size.rawValue), \(cameras.count) cameras, \(lines.count - cameras.count) who watch, "
                    + "\(viewers.count) saw pictures"
            ),
            ("frames a second (by member)", framesPerSecond.text(in: "fps")),
            (
                "frames shown / undecodable / lost",
                "\(shown) / \(undecodable) (\(Format.share(undecodable, of: shown + undecodable))) / \(lost)"
            ),
            (
                "… decoded by \(decoders.count) members",
                "\(decoded), refused \(refused), another picture than was sent \(wrong)"
            ),
            (
                "frozen over 3 frames / over 500 ms",
                "\(Format.decimal(frozenShare(\.frozen), 3)) % / \(Format.decimal(frozenShare(\.longFrozen), 3)) %"
            ),
            ("largest gap (by member)", longestGap.text),
        ]
    }

    private var packetRows: [(String, String)] {
        let camera = counts.camera
        let cost = cpuPerForwarded.map { ", server \(Format.decimal($0, 2)) µs each, sound included" } ?? ""
        return [
            (
                "key frames sent / asked for / received",
                "\(camera.keyFrames) / \(camera.answers) / \(sum(\.keyFrames))"
            ),
            ("PLI and FIR from us / to us", "\(counts.screen.requests) / \(counts.keyFrameRequests)"),
            (
                "packets asked again from us / repaired / to us",
                "\(counts.nacked) / \(counts.repaired) / \(counts.repeats)"
            ),
            ("video packets sent", "\(camera.packets), by camera \(sentRate.text(in: "kb/s"))"),
            (
                "REMB at the end",
                "\(allowedRate.text(in: "kb/s")), above it in \(Format.share(camera.secondsAbove, of: camera.seconds)) "
                    + "of the seconds"
            ),
            (
                "video packets forwarded",
                "\(counts.screen.packets), \(Format.decimal(forwardedPerSecond, 0))/s\(cost)"
            ),
        ]
    }

    private var delayText: String {
        let delay = media.pictureDelay
        return [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)].map {
            "\($0.0) \(Format.decimal(delay.percentile($0.1), 2))"
        }.joined(separator: "  ") + "  max \(Format.decimal(Double(delay.worst) / 1e6, 1)) ms  (\(delay.count) samples)"
    }

    // MARK: JSON

    var json: JSON {
        [
            "size": .string(plan.size.rawValue), "cameras": .count(cameras.count),
            "watchers": .count(lines.count - cameras.count), "withoutPicture": .count(lines.count - viewers.count),
            "framesPerSecond": framesPerSecond.json,
            "frames": [
                "shown": .count(shown), "undecodable": .count(undecodable), "lost": .count(lost),
                "undecodableShare": .figure(Self.share(undecodable, of: shown + undecodable)),
            ],
            "decoded": [
                "members": .count(decoders.count), "frames": .count(decoded), "refused": .count(refused),
                "wrong": .count(wrong),
            ],
            "freeze": [
                "share": .figure(frozenShare(\.frozen)), "longShare": .figure(frozenShare(\.longFrozen)),
                "largestGap": longestGap.json,
            ],
            "firstPicture": Percentiles(signalling.firstPictures).json,
            "firstPictureConnected": Percentiles(signalling.firstPicturesConnected).json,
            "switch": Percentiles(media.switches.delays).json,
            "switches": ["starts": .count(media.switches.switches), "missed": .count(media.switches.missed)],
            "floor": Percentiles(signalling.floor.delays).json,
            "delay": [
                "p50": .figure(media.pictureDelay.percentile(0.5)), "p95": .figure(media.pictureDelay.percentile(0.95)),
                "p99": .figure(media.pictureDelay.percentile(0.99)),
            ],
            "packets": packetsJSON,
        ]
    }

    private var packetsJSON: JSON {
        [
            "sent": .count(counts.camera.packets), "forwarded": .count(counts.screen.packets),
            "forwardedPerSecond": .figure(forwardedPerSecond),
            "cpuPerForwarded": cpuPerForwarded.map(JSON.figure) ?? .null,
            "keyFrames": [
                "sent": .count(counts.camera.keyFrames), "asked": .count(counts.camera.answers),
                "received": .count(sum(\.keyFrames)),
            ],
            "requests": ["sent": .count(counts.screen.requests), "received": .count(counts.keyFrameRequests)],
            "nacks": [
                "sent": .count(counts.nacked), "repaired": .count(counts.repaired), "answered": .count(counts.repeats),
            ],
            "sentRate": sentRate.json, "allowedRate": allowedRate.json,
            "aboveAllowedShare": .figure(Self.share(counts.camera.secondsAbove, of: counts.camera.seconds)),
        ]
    }
}
