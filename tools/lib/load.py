"""How tools/soak and tools/bench call parley-load, and where its report keeps which figure."""

import json
import subprocess
from pathlib import Path


def command(programs, bridge, *, room="3500", rooms=1, members, talkers, seconds, pattern="noise", levels=False,
            marker=False, dashboards=0, video=None, phones=None, pairs=None, join_rate=20, report=None):
    """The command line of one run: `members` in each of `rooms` rooms, counted up from `room`, all with cameras of the
    size that `video` says, or phones of the codec `phones`; with `pairs` each of these is connected with a phone of that
    codec instead. Phones need a `PhoneBridge`."""
    options = {
        **(_browsers(bridge) if phones is None else _phones(bridge, phones, pairs)),
        "--room": room,
        "--rooms": rooms,
        "--members": members,
        "--talkers": talkers,
        "--pattern": pattern,
        "--dashboards": dashboards,
        "--duration": seconds,
        "--join-rate": join_rate,
        "--server-pid": bridge.pid,
    }
    if video is not None:
        options["--video"] = video
    if report is not None:
        options["--json"] = report
    flags = ["--insecure", "--levels" if levels else "--no-levels", "--marker" if marker else "--no-marker"]
    return [str(programs / "parley-load"), *(str(word) for pair in options.items() for word in pair), *flags]


def _browsers(bridge):
    return {
        "--url": bridge.socket_url,
        "--login": "guest",
        "--password": bridge.password("guest"),
        "--dashboard-login": "dashboard",
        "--dashboard-password": bridge.password("dashboard"),
        "--domain": bridge.domain,
    }


def _phones(bridge, codec, pairs):
    options = {"--sip": bridge.sip_address, "--phones": codec, "--phone-port": bridge.called_port}
    return options if pairs is None else {**options, "--pairs": pairs}


def visit(programs, bridge, *, room, members, seconds, talkers, seed, report):
    """A short visit of a few people, for the soak."""
    pattern = ("talk", "intermittent", "noise", "dtx")[seed % 4]
    return command(
        programs, bridge, room=room, members=members, talkers=talkers, seconds=seconds, pattern=pattern,
        levels=seed % 3 != 0, dashboards=seed % 2, join_rate=5 + seed % 20, report=report,
    )


def figures(report):
    """The figures of a report, by the names that tools/bench uses; those it has not are left out."""
    tree = json.loads(Path(report).read_text())
    found = {name: _at(tree, path) for name, path in _FIGURES.items()}
    found["missing"] = _missing_percent(tree["audio"])
    return {name: value for name, value in found.items() if isinstance(value, (int, float))}


_FIGURES = {
    "joined": "join.members",
    "cpu": "server.cpuPercentPerMember",
    "memory": "server.memoryPerMember",
    "delay_p50": "delay.p50",
    "delay_p95": "delay.p95",
    "answer_p50": "join.answer.p50",
    "audio_p50": "join.firstAudio.p50",
    "dashboard_p95": "dashboard.p95",
    "fps_p50": "video.framesPerSecond.p50",
    "fps_min": "video.framesPerSecond.min",
    "undecodable": "video.frames.undecodableShare",
    "lost_frames": "video.frames.lost",
    "frozen": "video.freeze.share",
    "without_picture": "video.withoutPicture",
    "picture_p50": "video.firstPicture.p50",
    "picture_p95": "video.firstPicture.p95",
    "switch_p50": "video.switch.p50",
    "switch_p95": "video.switch.p95",
    "missed_switches": "video.switches.missed",
    "floor_p50": "video.floor.p50",
    "floor_p95": "video.floor.p95",
    "key_frames": "video.packets.keyFrames.sent",
    "sent_rate": "video.packets.sentRate.p50",
    "forwarded": "video.packets.forwardedPerSecond",
    "repeats": "sip.repeats",
    "load_late_p99": "tool.tickLatenessP99",
    "load_cpu": "tool.cpuPercent",
}


def _missing_percent(audio):
    """Percent of the packets that members should have had. Where 50 a second are owed, what was never sent counts too,
    but for one packet in 500: the window's edges cut a packet off here and there."""
    by_number = audio["missing"] / max(1, audio["received"] + audio["missing"])
    owed = (audio.get("owed") or 0) / max(1, audio.get("expected") or 0)
    return 100 * max(by_number, owed if owed > 1 / 500 else 0)


def _at(tree, path):
    for key in path.split("."):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def run(arguments, log, within):
    """Runs to the end. Raises with its last words when it fails."""
    with open(log, "wb") as output:
        status = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=within
        ).returncode
    if status != 0:
        raise RuntimeError(f"parley-load ended with {status}:\n" + Path(log).read_text(errors="replace")[-1500:])
