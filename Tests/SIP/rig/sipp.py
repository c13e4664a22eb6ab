"""SIPp with a scenario of ours. Scenarios share their messages: see ../scenarios/README.md."""

import asyncio
import re
import socket
from pathlib import Path

from harness.process import Process

from . import network

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"

# What keywords of ours are when a test does not say.
_KEYS = {"from": "sipp", "audio": "40000", "domain": network.SERVER}


class Sipp:
    """One SIPp that plays one scenario, and has failed unless everything came as it says."""

    def __init__(self, process, name, port, files):
        self._process = process
        self.name = name
        self.port = port
        self._files = files

    @classmethod
    async def start(
        cls, folder, scenario, *, host, to=None, port=None, transport="u1", calls=1, options=(), keys={}, marks={}
    ):
        """Calls `to`, or waits for calls without it. `marks` are put in the place of @NAME@ in the scenario."""
        port = port or network.free_port(host)
        stem = folder / f"{scenario}-{port}"
        text = expanded((SCENARIOS / f"{scenario}.xml").read_text(), marks)
        stem.with_suffix(".xml").write_text(text)
        files = {each: Path(f"{stem}-{each}.log") for each in ("messages", "errors", "logs")}
        arguments = [
            "sipp",
            *([to] if to else []),
            "-sf",
            stem.with_suffix(".xml"),
            "-i",
            _bare(host),
            "-bind_local",
            "-p",
            port,
            "-mi",
            _bare(host),
            "-t",
            transport,
            "-m",
            calls,
            "-nostdin",
            "-timer_resol",
            1,
            "-trace_msg",
            "-message_file",
            files["messages"],
            "-trace_err",
            "-error_file",
            files["errors"],
            "-trace_logs",
            "-log_file",
            files["logs"],
            *options,
        ]
        if "password" in keys:
            arguments += ["-au", keys["user"], "-ap", keys["password"]]
        for name, value in {**_KEYS, **keys}.items():
            arguments += ["-key", name, value]
        process = await Process.start(arguments, Path(f"{stem}-screen.log"))
        sipp = cls(process, scenario, port, files)
        if to is None:
            await sipp._until_bound(host, transport)
        return sipp

    async def passes(self, within=20):
        """Waits until it has ended, and well."""
        deadline = asyncio.get_running_loop().time() + within
        while self._process.status is None:
            if asyncio.get_running_loop().time() > deadline:
                await self.stop()
                raise AssertionError(f"{self.name} was not over after {within} s; {self._complaint()}")
            await asyncio.sleep(0.02)
        if self._process.status != 0:
            raise AssertionError(f"{self.name}: SIPp ended with {self._process.status}; {self._complaint()}")

    async def logged(self, name, within=10):
        """What the scenario's <log> said about `name`, in lines such as "media 10.77.0.1 5004"."""
        pattern = re.compile(rf"^{name} (.*)$", re.MULTILINE)
        deadline = asyncio.get_running_loop().time() + within
        while True:
            found = pattern.search(_read(self._files["logs"]))
            if found:
                return found[1].strip()
            assert asyncio.get_running_loop().time() < deadline, f"{self.name} has not seen {name}; {self._complaint()}"
            await asyncio.sleep(0.02)

    def messages(self):
        """Everything sent and received: pairs of "sent" or "received" and the text."""
        parts = re.split(r"^-{20,}[^\n]*\n", _read(self._files["messages"]), flags=re.MULTILINE)
        found = []
        for part in parts:
            head = re.match(r"(?:UDP|TCP|TLS) message (sent|received)[^\n]*:\s*\n\n?", part)
            if head:
                found.append((head[1], part[head.end() :]))
        return found

    async def stop(self):
        await self._process.stop(2)

    async def _until_bound(self, host, transport):
        kind = socket.SOCK_STREAM if transport.startswith("t") else socket.SOCK_DGRAM
        for _ in range(500):
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
                try:
                    probe.bind((host, self.port))
                except OSError:
                    return
            if self._process.status is not None:
                break
            await asyncio.sleep(0.01)
        raise AssertionError(f"{self.name} does not listen; {self._complaint()}")

    def _complaint(self):
        errors = _read(self._files["errors"]).strip() or self._process.said()[-800:]
        return re.sub(r"\s*\n\s*", " | ", errors)[:900]


def _read(path):
    return path.read_text(errors="replace") if path.exists() else ""


def _bare(host):
    return host.strip("[]")


# MARK: Scenarios


def expanded(text, marks=()):
    """A scenario as SIPp takes it, from one that says {{part}}, and {{expect Header: pattern}} in what it receives."""
    for name, value in dict(marks).items():
        text = text.replace(f"@{name}@", str(value))
    variables = []
    text = re.sub(r"<recv([^>]*[^/])>(.*?)</recv>", lambda found: _recv(found, variables), text, flags=re.DOTALL)
    parts = _parts()
    while re.search(r"\{\{[\w-]+\}\}", text):
        text = re.sub(r"\{\{([\w-]+)\}\}", lambda found: parts[found[1]], text)
    text = _with_branches(text)
    if variables:
        text = text.replace("</scenario>", f'<Reference variables="{",".join(variables)}"/>\n</scenario>')
    return text


def _recv(found, variables):
    """Expectations become actions, each with a variable that SIPp wants and nobody reads."""
    attributes, body = found.groups()
    actions = []
    for kind, what, pattern in re.findall(r"\{\{(expect|refuse|keep) ([\w.$-]+):? ?(.*?)\}\}", body):
        pattern = pattern.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        place = 'search_in="msg"' if what in ("message", "body") else f'search_in="hdr" header="{what}:"'
        if kind == "keep":  # {{keep name pattern}}: its first group, for [$name]
            actions.append(f'<ereg regexp="{pattern}" search_in="msg" check_it="true" assign_to="_{what},{what}"/>')
            variables.append(f"_{what}")
            continue
        variables.append(f"v{len(variables)}")
        check = "check_it" if kind == "expect" else "check_it_inverse"
        actions.append(f'<ereg regexp="{pattern or "."}" {place} {check}="true" assign_to="{variables[-1]}"/>')
    rest = re.sub(r"\{\{(?:expect|refuse|keep) .*?\}\}", "", body)
    extra = re.findall(r"<action>(.*?)</action>", rest, flags=re.DOTALL)
    return f"<recv{attributes}>\n<action>\n" + "\n".join([*actions, *extra]) + "\n</action>\n</recv>"


def _with_branches(text):
    """[branch-invite] is the branch of the last INVITE before: SIPp counts backwards in messages, pauses and nops."""
    pieces, steps, invite = re.split(r"(?=<(?:send|recv|pause|nop)\b)", text), -1, 0
    for index, piece in enumerate(pieces):
        steps += piece.startswith(("<send", "<recv", "<pause", "<nop"))
        if re.match(r"<send\b[^>]*><!\[CDATA\[\s*INVITE .*?branch=\[branch\]", piece, re.DOTALL):
            invite = steps
        pieces[index] = piece.replace("[branch-invite]", f"[branch-{steps - invite}]")
    return "".join(pieces)


def _parts():
    """The sections of parts.txt: a line `== name ==` and what stands below it."""
    pieces = re.split(r"^== ([\w-]+) ==\n", (SCENARIOS / "parts.txt").read_text(), flags=re.MULTILINE)
    return {name: text.strip("\n") for name, text in zip(pieces[1::2], pieces[2::2])}
