"""A bridge started for measuring: what tools/soak and tools/bench share. Linux only, standard library only."""

import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ.get("PARLEY_PROGRAMS") or ROOT / ".build/release")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Bridge:
    """`parley serve` on 127.0.0.1, with a configuration and a data folder of its own."""

    def __init__(self, settings=None):
        """`settings` replace values of `parley.conf.xml`, such as `{"opus-complexity": 9}`."""
        self.folder = Path(tempfile.mkdtemp(prefix="parley-measure-"))
        self._process = None
        self.log = self.folder / "server.log"
        conf = self.folder / "conf"
        shutil.copytree(ROOT / "conf", conf)
        replace_settings(conf / "autoload_configs/parley.conf.xml", settings or {})
        self.adapt(conf)
        arguments = [
            PROGRAMS / "parley", "serve", "--conf", conf, "--data", self.folder / "data", "--pages", ROOT / "demo",
            "--https", "127.0.0.1:0", "--only-https", "--media-ip", "127.0.0.1", "--media-port", "0",
        ]
        with open(self.log, "wb") as output:
            self._process = subprocess.Popen(
                list(map(str, arguments)), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        self.url = self._wait_until_ready()
        self.domain = "127.0.0.1"

    def adapt(self, conf):
        """Changes more of the configuration: phones are left out."""
        (conf / "autoload_configs/sofia.conf.xml").unlink()

    @property
    def pid(self):
        return self._process.pid

    @property
    def status(self):
        """None while it runs."""
        return self._process.poll()

    @property
    def socket_url(self):
        return self.url.replace("https://", "wss://") + "/verto"

    def password(self, user):
        lines = (self.folder / "data/passwords").read_text().splitlines()
        return dict(line.split(" ", 1) for line in lines if " " in line)[user]

    def metrics(self):
        """The sum over all loops of each figure, or its maximum where the name ends in `_max`."""
        text = urllib.request.urlopen(f"{self.url}/metrics", timeout=10, context=_UNCHECKED).read().decode()
        figures = {}
        for name, labels, value in re.findall(r"^(\w+)(\{[^}]*\})? (\S+)$", text, re.MULTILINE):
            value = float(value)
            figures[name + labels] = value
            if labels:
                figures[name] = max(figures.get(name, 0), value) if name.endswith("_max") else figures.get(name, 0) + value
        return figures

    def resident_bytes(self):
        return int(_proc(self.pid, "statm").split()[1]) * os.sysconf("SC_PAGESIZE")

    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def stop(self):
        """Ends it and clears away. Returns its exit status."""
        if self._process is None:
            return None
        end(self._process, 20)
        shutil.rmtree(self.folder, ignore_errors=True)
        return self._process.returncode

    def _wait_until_ready(self, within=30):
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self.status is None:
            ready = re.search(r"ready (https://\S+)", self.log.read_text(errors="replace"))
            if ready:
                return ready[1].rstrip("/")
            time.sleep(0.05)
        said = self.log.read_text(errors="replace")
        self.stop()
        raise SystemExit(f"the bridge did not start:\n{said[-2000:]}")


def replace_settings(file, settings):
    text = file.read_text()
    for name, value in settings.items():
        text, count = re.subn(rf'(<param name="{name}" value=")[^"]*(")', rf"\g<1>{value}\g<2>", text)
        if count != 1:
            raise SystemExit(f"{file.name} has no setting {name}")
    file.write_text(text)


def require_programs(*names):
    missing = [name for name in names if not os.access(PROGRAMS / name, os.X_OK)]
    if missing:
        raise SystemExit(f"not built: {', '.join(missing)}. Build first: swift build -c release")


def end(process, within):
    """Asks a process group to end, and ends it when it does not."""
    for number, patience in ((signal.SIGTERM, within), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        try:
            process.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue


# MARK: What the kernel counts


def cpu_seconds(pid):
    """User and system time of a process with all its threads."""
    fields = _proc(pid, "stat").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def machine_seconds():
    """`{busy, steal}` of all cores since boot, in seconds."""
    first = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, softirq, steal = (int(field) / TICKS_PER_SECOND for field in first[:8])
    return {"busy": user + nice + system + irq + softirq, "steal": steal}


def _proc(pid, name):
    return Path(f"/proc/{pid}/{name}").read_text()


_UNCHECKED = ssl.create_default_context()
_UNCHECKED.check_hostname = False
_UNCHECKED.verify_mode = ssl.CERT_NONE
