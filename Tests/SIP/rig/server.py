"""The server under test, with the tree of tree.py, and its operator's commands."""

import asyncio
import re

from harness.bridge import ROOT, Bridge
from harness.process import Process

from . import tree
from .network import SERVER

_READY = re.compile(r"^.*ready (https://\S+)", re.MULTILINE)


class Server(Bridge):
    """As the browser tests' bridge, with phones and trunks."""

    @classmethod
    async def start(cls, program, folder, ports):
        conf, data = tree.write(folder / "conf", ports), folder / "data"
        arguments = [
            program,
            "serve",
            "--conf",
            conf,
            "--data",
            data,
            "--pages",
            ROOT / "demo",
            "--https",
            f"{SERVER}:0",
            "--only-https",
            "--media-ip",
            SERVER,
            "--media-port",
            "0",
        ]
        process = await Process.start(arguments, folder / "server.log")
        try:
            url = (await process.said_line(_READY, within=30))[1]
        except BaseException:
            await process.stop(1)
            raise
        server = cls(process, data, url)
        server.program = program
        return server

    async def command(self, *words, within=70):
        """What the operator's command prints."""
        child = await asyncio.create_subprocess_exec(
            str(self.program),
            "ctl",
            "--data",
            str(self._data),
            " ".join(map(str, words)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(child.communicate(), within)
        except asyncio.TimeoutError:
            child.kill()
            raise AssertionError(f"no answer to {words} within {within} s") from None
        return output.decode(errors="replace").strip()

    async def original_cause(self, destination, variables=""):
        """Why a call of ours to `destination` came to nothing, or "SUCCESS"; the answered call is parked, and ended."""
        answer = await self.command("originate", f"{variables}{destination}", "&park()")
        if answer.startswith("+OK"):
            await self.command("uuid_kill", answer.split()[1])
            return "SUCCESS"
        return answer.removeprefix("-ERR").strip().split()[0]

    async def gateway_state(self, name):
        """REGED, FAIL_WAIT … and UP or DOWN."""
        text = await self.command("sofia status gateway", name)
        found = [
            re.search(rf"^\s*{what}\s*:?\s+(\S+)", text, re.MULTILINE | re.IGNORECASE) for what in ("State", "Status")
        ]
        assert all(found), f"sofia status gateway {name} says {text}"
        return tuple(each[1].upper() for each in found)

    async def calls(self):
        """The number of legs that are up."""
        text = await self.command("show channels count")
        found = re.search(r"(\d+) total", text)
        assert found, f"show channels count says {text}"
        return int(found[1])
