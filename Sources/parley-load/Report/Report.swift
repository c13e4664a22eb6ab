import Wire

/// The figures of the whole run, as a table and as JSON.
struct Report {
    private let plan: Plan
    private let signalling: SignallingReport
    private let media: MediaReport
    private let readings: Readings

    init(_ plan: Plan, _ outcome: Conductor.Outcome) {
        self.plan = plan
        (signalling, media, readings) = (outcome.signalling, outcome.media, outcome.readings)
    }

    var joined: Int { signalling.joined }

    // MARK: Figures

    private var receptions: [Reception] { media.lines.map(\.reception) }
    private var received: Int { receptions.reduce(0) { $0 + $1.packets } }
    private var missing: Int { receptions.reduce(0) { $0 + $1.missing } }
    private var late: Int { receptions.reduce(0) { $0 + $1.late } }
    private var reordered: Int { receptions.reduce(0) { $0 + $1.reordered } }
    private var duplicates: Int { receptions.reduce(0) { $0 + $1.duplicates } }
    private var jitter: Percentiles { Percentiles(receptions.filter { $0.packets > 0 }.map { $0.jitter / 1e6 }) }
    private var largestGap: Percentiles { Percentiles(receptions.map { Double($0.largestGap) / 1e6 }) }

    private var owedLines: [MediaReport.Line] { media.lines.filter { $0.isConnected && $0.plan.isOwedSound } }
    private var isNeverSilent: Bool { !owedLines.isEmpty }
    private var expectedEach: Int { Int((media.seconds * 50).rounded(.down)) }
    private var expected: Int { expectedEach * owedLines.count }

    /// Member by member; one packet may lie across each end of the window.
    private var owed: Int { owedLines.reduce(0) { $0 + max(0, expectedEach - 2 - $1.reception.packets) } }

    /// Of what should have arrived, in percent: by number, or by the clock when nothing was sent at all.
    private var missingShare: Double {
        let whole = max(isNeverSilent ? expected : 0, received + missing)
        return Double(max(missing, isNeverSilent ? owed : 0)) / Double(max(1, whole)) * 100
    }

    private var video: VideoFigures? {
        plan.video.map { VideoFigures($0, signalling, media, serverCPUSeconds: serverCPUSeconds) }
    }

    private var serverCPUSeconds: Double? {
        guard let start = readings.serverStart, let end = readings.serverEnd else { return nil }
        return end.cpuSeconds - start.cpuSeconds
    }

    /// Of one core.
    private var serverPercent: Double? {
        guard let start = readings.serverStart, let end = readings.serverEnd, readings.seconds > 0 else { return nil }
        return (end.cpuSeconds - start.cpuSeconds) / readings.seconds * 100
    }

    private var toolPercent: Double? {
        guard let start = readings.toolStart, let end = readings.toolEnd, readings.seconds > 0 else { return nil }
        return (end.cpuSeconds - start.cpuSeconds) / readings.seconds * 100
    }

    private var kilobytesPerMember: Double? {
        guard let before = readings.serverBefore, let end = readings.serverEnd, joined > 0 else { return nil }
        return Double(end.residentKilobytes - before.residentKilobytes) / Double(joined)
    }

    private var latenessP99: Double { media.tickLateness.percentile(0.99) }

    /// Why the figures may say more about this tool than about the server.
    private var warnings: [String] {
        var warnings: [String] = []
        if latenessP99 > 5 {
            warnings.append(
                "this tool was starved: its ticks were \(Format.decimal(latenessP99, 1)) ms late at p99; "
                    + "delays and lateness below are partly its own")
        }
        if media.skippedTicks > 0 {
            warnings.append("this tool left out packets \(media.skippedTicks) times because it came 200 ms too late")
        }
        if joined < plan.members.count { warnings.append("only \(joined) of \(plan.members.count) members joined") }
        if signalling.gaps > 0 { warnings.append("\(signalling.gaps) live-array deltas were out of sequence") }
        if media.sendFailures > 0 { warnings.append("the kernel refused \(media.sendFailures) of our packets") }
        let unauthentic = media.lines.reduce(0) { $0 + $1.unauthentic }
        if unauthentic > 0 { warnings.append("\(unauthentic) packets failed SRTP authentication") }
        return warnings + (video?.warnings ?? [])
    }

    // MARK: Table

    var table: String {
        var rows: [(String, String)] = [
            (
                plan.phones?.farCodec == nil ? "members" : "ends of calls",
                "\(joined) of \(plan.members.count) in \(plan.rooms.count) room(s), \(described(plan))"
            ),
            ("window", "\(Format.decimal(media.seconds, 1)) s"),
            ("invite → answer", Percentiles(signalling.answers).text),
            ("invite → first audio packet", Percentiles(signalling.firstAudio).text),
            ("rtp sent", "\(media.sent)"),
            (
                "rtp received",
                "\(received), missing by number \(missing) (\(Format.share(missing, of: received + missing)))"
            ),
        ]
        if plan.phones == nil {
            rows.insert(("invite → join event", Percentiles(signalling.joins).text), at: 4)
            rows.insert(("websocket open → login", Percentiles(signalling.logins).text), at: 2)
        } else {
            rows.append(("sip messages repeated", "\(signalling.repeats)"))
        }
        if isNeverSilent {
            rows.append(("rtp owed at 50/s", "\(expected), not received \(owed) (\(Format.share(owed, of: expected)))"))
        }
        rows += [
            (
                "late over 40 ms / reordered / twice",
                "\(late) (\(Format.share(late, of: received))) / \(reordered) / \(duplicates)"
            ),
            ("jitter (RFC 3550, by member)", jitter.text),
            ("largest gap (by member)", largestGap.text),
        ]
        if plan.hasMarker {
            rows.append(("sound through the bridge *", Percentiles(media.markerDelays).text))
            rows.append(("tone bursts heard", "\(media.markerDelays.count) of \(media.markerExpected)"))
        }
        if plan.dashboards > 0 {
            rows += [
                ("talk start → dashboard row", Percentiles(signalling.talk.delays).text),
                ("talk spurts / rows that never came", "\(signalling.talk.spurts) / \(signalling.talk.missed)"),
                ("live-array deltas / serial gaps", "\(signalling.deltas) / \(signalling.gaps)"),
            ]
        }
        if let video { rows += video.rows }
        rows += serverRows + toolRows
        for (reason, count) in signalling.failures.sorted(by: { $0.value > $1.value }) {
            rows.append(("failure", "\(count) × \(reason)"))
        }
        let width = (rows.map(\.0.count).max() ?? 0) + 2
        var text = rows.map { $0.0 + String(repeating: " ", count: width - $0.0.count) + $0.1 }.joined(separator: "\n")
        if plan.hasMarker {
            text +=
                "\n* from the tone's place in the packet that leaves to its place in the mixed packet that arrives:\n"
            text +=
                "  the bridge's jitter buffer, mixing and codec delay, loopback included; no microphone, no playout."
        }
        for warning in warnings { text += "\nWARNING: " + warning }
        return text
    }

    private var serverRows: [(String, String)] {
        guard let percent = serverPercent, let end = readings.serverEnd else { return [] }
        var rows = [
            (
                "server cpu",
                "\(Format.decimal(percent, 1)) % of a core, "
                    + "\(Format.decimal(percent / Double(max(1, joined)), 4)) % a member"
            ),
            (
                "server memory",
                "\(end.residentKilobytes / 1024) MB, peak \(end.peakKilobytes / 1024) MB, "
                    + "\(end.threads) threads"
            ),
        ]
        if let kilobytes = kilobytesPerMember {
            rows.append(("server memory a member", "\(Format.decimal(kilobytes, 0)) kB over the idle server"))
        }
        return rows
    }

    private var toolRows: [(String, String)] {
        let lateness = media.tickLateness
        return [
            (
                "this tool",
                "cpu \(Format.decimal(toolPercent ?? 0, 1)) % (media thread "
                    + "\(Format.decimal(media.cpuSeconds / max(media.seconds, 0.001) * 100, 1)) %), ticks late p50 "
                    + "\(Format.decimal(lateness.percentile(0.5), 2)) p99 \(Format.decimal(latenessP99, 2)) max "
                    + "\(Format.decimal(Double(lateness.worst) / 1e6, 1)) ms"
            )
        ]
    }

    private func described(_ plan: Plan) -> String {
        if let phones = plan.phones, let far = phones.farCodec {
            return "\(phones.codec) phones connected with \(far) phones, all talk"
        }
        return (plan.phones.map { "\($0.codec) phones, " } ?? "")
            + "\(plan.talkersPerRoom) talker(s) a room, the rest \(plan.pattern.rawValue), "
            + (plan.sendsLevels ? "with levels" : "without levels")
    }

    // MARK: JSON

    /// Times are in milliseconds, shares in percent, memory in megabytes.
    var json: JSON {
        [
            "plan": planJSON,
            "seconds": .figure(media.seconds),
            "join": [
                "members": .count(joined), "login": Percentiles(signalling.logins).json,
                "answer": Percentiles(signalling.answers).json,
                "firstAudio": Percentiles(signalling.firstAudio).json, "event": Percentiles(signalling.joins).json,
            ],
            "audio": [
                "sent": .count(media.sent), "received": .count(received), "missing": .count(missing),
                "expected": isNeverSilent ? .count(expected) : .null, "owed": isNeverSilent ? .count(owed) : .null,
                "missingShare": .figure(missingShare), "late": .count(late), "reordered": .count(reordered),
                "duplicates": .count(duplicates), "jitter": jitter.json, "largestGap": largestGap.json,
            ],
            "sip": plan.phones == nil ? .null : ["repeats": .count(signalling.repeats)],
            "delay": Percentiles(media.markerDelays).json,
            "bursts": ["expected": .count(media.markerExpected), "heard": .count(media.markerDelays.count)],
            "dashboard": Percentiles(signalling.talk.delays).json,
            "liveArray": [
                "dashboards": .count(signalling.dashboards), "deltas": .count(signalling.deltas),
                "gaps": .count(signalling.gaps), "spurts": .count(signalling.talk.spurts),
                "missedRows": .count(signalling.talk.missed),
            ],
            "video": video?.json ?? .null, "server": serverJSON, "tool": toolJSON,
            "failures": .object(
                JSONObject(signalling.failures.sorted { $0.key < $1.key }.map { ($0.key, JSON.count($0.value)) })),
            "warnings": .array(warnings.map { .string($0) }),
        ]
    }

    private var planJSON: JSON {
        [
            "rooms": .count(plan.rooms.count), "membersPerRoom": .count(plan.membersPerRoom),
            "talkersPerRoom": .count(plan.talkersPerRoom), "pattern": .string(plan.pattern.rawValue),
            "levels": .bool(plan.sendsLevels), "marker": .bool(plan.hasMarker),
            "dashboards": .count(plan.dashboards), "membersWatch": .bool(plan.membersWatch),
            "phones": plan.phones.map { .string("\($0.codec)") } ?? .null,
            "pairs": plan.phones?.farCodec.map { .string("\($0)") } ?? .null,
        ]
    }

    private var serverJSON: JSON {
        guard let percent = serverPercent, let end = readings.serverEnd else { return .null }
        return [
            "cpuPercent": .figure(percent), "cpuPercentPerMember": .figure(percent / Double(max(1, joined))),
            "memory": .figure(Double(end.residentKilobytes) / 1024),
            "peakMemory": .figure(Double(end.peakKilobytes) / 1024),
            "memoryPerMember": kilobytesPerMember.map { JSON.figure($0 / 1024) } ?? .null,
            "threads": .count(end.threads),
        ]
    }

    private var toolJSON: JSON {
        [
            "cpuPercent": toolPercent.map(JSON.figure) ?? .null,
            "mediaThreadPercent": .figure(media.cpuSeconds / max(media.seconds, 0.001) * 100),
            "tickLatenessP99": .figure(latenessP99),
            "tickLatenessMax": .figure(Double(media.tickLateness.worst) / 1e6),
        ]
    }
}
