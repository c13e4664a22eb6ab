"""A bridge for phones, and SIPp that calls it: what tools/bench measures besides members with sound, which
parley-load plays. Standard library only."""

import re
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from bridge import Bridge, end, machine_seconds

ADDRESS = "127.0.0.1"
CODECS = ["pcmu", "pcma", "g722", "opus"]

# A call that is answered and hung up at once, without sound.
_CALLER = """<?xml version="1.0" encoding="us-ascii"?>
<scenario name="caller">
  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Load" <sip:load@[local_ip]>;tag=[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:load@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rtd="true" rrs="true"/>
  <send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Load" <sip:load@[local_ip]>;tag=[call_number]
To: <sip:[service]@[remote_ip]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

  ]]></send>
  <send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Load" <sip:load@[local_ip]>;tag=[call_number]
To: <sip:[service]@[remote_ip]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

  ]]></send>
  <recv response="200" crlf="true"/>
  <ResponseTimeRepartition value="5, 10, 20, 50, 100, 200, 500"/>
</scenario>
"""


def program():
    """SIPp, or None."""
    return shutil.which("sipp")


def version():
    """`SIPp v3.6.1`"""
    said = subprocess.run([program(), "-v"], capture_output=True, text=True).stdout
    found = re.search(r"SIPp v[\d.]+", said)
    return found[0] if found else "SIPp"


class PhoneBridge(Bridge):
    """A bridge whose trunk is this machine: it takes calls from here without asking who it is, to rooms, to the echo and
    to CODEC-N, which it connects with N at `called_port` in that codec."""

    def __init__(self, settings=None):
        self.sip_port = free_port()
        self.called_port = free_port()
        super().__init__(settings)

    @property
    def sip_address(self):
        return f"{ADDRESS}:{self.sip_port}"

    def adapt(self, conf):
        lists = conf / "autoload_configs/acl.conf.xml"
        _replace(lists, '<list name="trunks" default="deny"/>',
                 f'<list name="trunks" default="deny"><node type="allow" cidr="{ADDRESS}/32"/></list>')
        (conf / "sip_profiles/internal.xml").unlink()
        profile = conf / "sip_profiles/external.xml"
        text = profile.read_text()
        for name, value in {"sip-ip": ADDRESS, "rtp-ip": ADDRESS, "sip-port": self.sip_port, "session-timeout": 0}.items():
            text = re.sub(rf'(<param name="{name}" value=")[^"]*', rf"\g<1>{value}", text)
        profile.write_text(text)
        _replace(profile, "</settings>", '<param name="apply-inbound-acl" value="trunks"/>\n  </settings>')
        _replace(conf / "dialplan/public.xml", "</context>", _DIALPLAN.format(
            codecs="|".join(CODECS), address=ADDRESS, port=self.called_port) + "</context>")


# Rooms as in the context of users, so that members who are phones are in the same room as browsers would be.
_DIALPLAN = """
    <extension name="room">
      <condition field="destination_number" expression="^(3\\d{{3}})$">
        <action application="answer"/>
        <action application="conference" data="$1@default"/>
      </condition>
    </extension>
    <extension name="pair">
      <condition field="destination_number" expression="^({codecs})-(\\d+)$">
        <action application="bridge" data="{{absolute_codec_string=$1}}sofia/external/$2@{address}:{port}"/>
      </condition>
    </extension>
"""


def _replace(file, old, new):
    text = file.read_text()
    if text.count(old) != 1:
        raise SystemExit(f"{file.name} does not have one {old}")
    file.write_text(text.replace(old, new))


def free_port():
    """A UDP port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


class SIPp:
    """One SIPp with a scenario of its own; ends with `with`."""

    def __init__(self, folder, scenario, *options):
        self.folder = folder
        file = folder / "scenario.xml"
        file.write_text(scenario)
        words = [
            program(), "-sf", file, "-i", ADDRESS, "-mi", ADDRESS, "-nostdin", "-skip_rlimit", "-trace_stat", "-stf",
            folder / "stat.csv", *options,
        ]
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                list(map(str, words)), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process, 5)

    def wait(self, within):
        """Whether it came to an end by itself: its status says whether every call came about."""
        try:
            self.process.wait(within)
            return True
        except subprocess.TimeoutExpired:
            end(self.process, 5)
            return False

    def figures(self):
        """The last line of its statistics."""
        names, *rows = [line.rstrip("\n").split(";") for line in (self.folder / "stat.csv").read_text().splitlines()]
        return dict(zip(names, rows[-1])) if rows else {}


# MARK: Calls without sound

# The server keeps each transaction for 32 s (RFC 3261 §17.2, timers H and J): only then as many end as begin.
CALL_SECONDS = 45
# Calls a second: these one after the other until something is missing, then what lies between, to a tenth.
RATES = [100, 200, 400, 800, 1600, 3200]


def calls(rate, seconds):
    """`rate` calls a second to the echo, answered and hung up at once: the bridge's milliseconds of CPU for each, what
    failed, and how often SIPp had to say something again."""
    bridge = PhoneBridge()
    try:
        time.sleep(1)
        with tempfile.TemporaryDirectory(prefix="parley-sipp-") as folder:
            before, count, started = _spent(bridge), round(rate * seconds), time.monotonic()
            options = ["-s", "9196", "-r", rate, "-m", count, "-l", rate * 10, "-d", 0, "-recv_timeout", 8000]
            with SIPp(Path(folder), _CALLER, *options, bridge.sip_address) as load:
                is_over = load.wait(seconds + 60)
                lasted, last = time.monotonic() - started, load.figures()
            spent = {key: value - before[key] for key, value in _spent(bridge).items()}
            metrics = bridge.metrics()
        done = int(last.get("SuccessfulCall(C)", 0))
        return {
            "asked": rate, "rate": done / max(lasted, 0.001), "calls": done, "failed": count - done,
            "repeats": int(last.get("Retransmissions(C)", 0)), "ended": float(is_over),
            "refused": sum(metrics.get(f'parley_sip_total{{what="{name}"}}', 0) for name in _LIMITS),
            "cpu": spent["bridge"] / max(1, done) * 1000, "bridge_cpu": spent["bridge"] / lasted * 100,
            "load_cpu": spent["load"] / lasted * 100,
            "other_cpu": max(0, spent["busy"] - spent["bridge"] - spent["load"]) / lasted * 100,
            "memory": bridge.resident_bytes() / 1e6,
            "worst_tick": metrics.get("parley_tick_lateness_seconds_max", 0) * 1000,
        }
    finally:
        bridge.stop()


def came_about(figures):
    """Whether every call was answered and hung up, at the rate asked for, and nobody had to say anything twice."""
    return not figures.get("failed", 1) and not figures.get("repeats", 1) and figures["rate"] > 0.9 * figures["asked"]


def largest_rate(seconds, attempt):
    """The largest rate at which all calls come about, or 0, and all figures on the way.

    `attempt(rate, seconds)` gives the figures of `calls`. Something that goes wrong once may be somebody else's; a rate
    is too high when it goes wrong twice."""
    tried = []

    def is_reached(rate):
        for _ in range(2):
            tried.append(attempt(rate, seconds))
            if came_about(tried[-1]):
                return True
        return False

    best, beyond = 0, None
    for rate in RATES:
        if not is_reached(rate):
            beyond = rate
            break
        best = rate
    while beyond and best and beyond - best > best / 10:
        rate = round((best + beyond) / 2 / 10) * 10
        if rate in (best, beyond):
            break
        best, beyond = (rate, beyond) if is_reached(rate) else (best, rate)
    return best, tried


# What the bridge counts when it turns a call away because there are too many.
_LIMITS = ["transaction_limit", "source_transaction_limit", "source_rate", "global_rate", "call_limit"]


def _spent(bridge):
    """Seconds of CPU so far; SIPp's count once it has ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"bridge": bridge.cpu_seconds(), "load": children.ru_utime + children.ru_stime, **machine_seconds()}
