import RTC
import SIP
import Verto

/// The figures of `/metrics`, as Prometheus reads them.
struct Metrics {
    let figures: BridgeFigures
    let loops: [LoopCounters]

    var text: String {
        var lines: [String] = []
        func gauge(_ name: String, _ help: String, _ value: Int) { add(name, "gauge", help, [("", "\(value)")]) }
        func add(_ name: String, _ type: String, _ help: String, _ values: [(String, String)]) {
            lines.append("# HELP parley_\(name) \(help)")
            lines.append("# TYPE parley_\(name) \(type)")
            for (labels, value) in values { lines.append("parley_\(name)\(labels) \(value)") }
        }
        func perLoop(_ name: String, _ type: String, _ help: String, _ value: (LoopCounters) -> String) {
            add(name, type, help, loops.enumerated().map { ("{loop=\"\($0.offset)\"}", value($0.element)) })
        }
        gauge("connections", "Open WebSockets.", figures.connections)
        gauge("sessions", "Logged-in sessions.", figures.sessions)
        gauge("calls", "Calls.", figures.calls)
        gauge("rooms", "Rooms, with those somebody is about to open.", figures.rooms)
        add(
            "verto_total", "counter", "What Verto clients did, by kind.",
            VertoCounter.allCases.map { ("{what=\"\($0.rawValue)\"}", "\(figures.verto[$0] ?? 0)") })
        gauge("sip_calls", "Calls that have a SIP leg.", figures.phoneCalls)
        gauge("sip_registrations", "Registered phones.", figures.registrations)
        gauge("sip_transactions", "SIP transactions under way.", figures.transactions)
        add(
            "sip_total", "counter", "What happened at the SIP door, by kind.",
            SIPCounter.allCases.map { ("{what=\"\($0.rawValue)\"}", "\(figures.phones[$0] ?? 0)") })
        let peers = figures.peers
        add(
            "peer_refused_total", "counter", "Datagrams of ended calls that were refused, by reason.",
            [
                ("{why=\"bad_check\"}", "\(peers.badChecks)"), ("{why=\"before_keys\"}", "\(peers.beforeKeys)"),
                ("{why=\"unauthentic\"}", "\(peers.unauthentic)"), ("{why=\"replayed\"}", "\(peers.replayed)"),
                ("{why=\"malformed\"}", "\(peers.malformed)"), ("{why=\"stranger\"}", "\(peers.strangers)"),
            ])
        let records = figures.records
        add(
            "records_total", "counter", "Records of calls and conferences, by what became of them.",
            [
                ("{became=\"written\"}", "\(records.written)"), ("{became=\"overdue\"}", "\(records.overdue)"),
                ("{became=\"lost\"}", "\(records.lost)"),
            ])
        add("audit_lost_total", "counter", "Lines of the audit log that found no disk.", [("", "\(figures.auditLost)")])
        perLoop("legs", "gauge", "Calls with media.") { "\($0.legs.value)" }
        perLoop("routes", "gauge", "Addresses that calls are known by.") { "\($0.routes.value)" }
        perLoop("datagrams_total", "counter", "Datagrams received.") { "\($0.datagrams.value)" }
        perLoop("strangers_total", "counter", "Datagrams of nobody known.") { "\($0.strangers.value)" }
        perLoop("unsent_total", "counter", "Datagrams the kernel did not take.") { "\($0.unsent.value)" }
        perLoop("video_forwarded_total", "counter", "Packets of pictures sent on, once for each receiver.") {
            "\($0.forwarded.value)"
        }
        perLoop("video_repeated_total", "counter", "… and sent again because they were lost.") {
            "\($0.repeated.value)"
        }
        perLoop("video_begun_total", "counter", "Pictures begun at a key frame, by a switch or after a loss.") {
            "\($0.switches.value)"
        }
        perLoop("video_broken_total", "counter", "Losses that only a key frame could mend.") { "\($0.broken.value)" }
        perLoop("video_key_frame_requests_total", "counter", "Key frames asked of cameras.") {
            "\($0.keyFrameRequests.value)"
        }
        perLoop("tick_total", "counter", "Mixer ticks.") { "\($0.ticks.value)" }
        perLoop("tick_late_total", "counter", "Ticks more than 20 ms late.") { "\($0.lateTicks.value)" }
        perLoop("tick_lateness_seconds_max", "gauge", "The latest tick so far.") {
            "\(Double($0.worstLateness.value) / 1e9)"
        }
        perLoop("tick_cpu_seconds_total", "counter", "CPU time of ticks.") { "\(Double($0.tickCost.value) / 1e9)" }
        return lines.joined(separator: "\n") + "\n"
    }
}
