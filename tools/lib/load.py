"""How tools/soak and tools/bench call parley-load, and where its report keeps which figure."""

import json
import subprocess
from pathlib import Path


def command(programs, bridge, *, rooms, members, talkers, seconds, pattern="noise", levels=False, marker=False, dashboards=0,
            join_rate=None, report=None):
    """The command line of one run. `members` is the number in each room; `rooms` are their names."""
    options = {
        "--url": bridge.socket_url,
        "--user": "guest",
        "--password": bridge.password("guest"),
        "--dashboard-user": "dashboard",
        "--dashboard-password": bridge.password("dashboard"),
        "--room": ",".join(rooms),
        "--members": members,
        "--talkers": talkers,
        "--pattern": pattern,
        "--dashboards": dashboards,
        "--duration": seconds,
        "--server-pid": bridge.pid,
    }
    if join_rate is not None:
        options["--join-rate"] = join_rate
    if report is not None:
        options["--json"] = report
    flags = ["--insecure"] + ["--levels"] * levels + ["--marker"] * marker
    return [str(programs / "parley-load"), *(str(word) for pair in options.items() for word in pair), *flags]


def visit_arguments(programs, bridge, *, room, members, seconds, talkers, seed):
    """A short visit of a few people, for the soak."""
    pattern = ("talk", "intermittent", "noise", "dtx")[seed % 4]
    return command(
        programs, bridge, rooms=[room], members=members, talkers=talkers, seconds=seconds, pattern=pattern,
        levels=seed % 3 != 0, dashboards=seed % 2, join_rate=5 + seed % 20,
    )


# Path of each figure in the report.
FIGURES = {
    "cpu": "server.cpuPercentPerMember",
    "memory": "server.memoryPerMember",
    "missing": "audio.missingShare",
    "delay_p50": "delay.p50",
    "delay_p95": "delay.p95",
    "answer_p50": "join.answer.p50",
    "audio_p50": "join.firstAudio.p50",
    "dashboard_p95": "dashboard.p95",
}


def figures(report):
    """Those figures that the report at this path has."""
    tree = json.loads(Path(report).read_text())
    found = {}
    for name, path in FIGURES.items():
        value = tree
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, (int, float)):
            found[name] = value
    return found


def run(arguments, log, within):
    """Runs to the end. Raises with its last words when it fails."""
    with open(log, "wb") as output:
        status = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=within
        ).returncode
    if status != 0:
        raise RuntimeError(f"parley-load ended with {status}:\n" + Path(log).read_text(errors="replace")[-1500:])
