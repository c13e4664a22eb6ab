"""The bridge under test: `parley serve` with a data folder of its own."""

import json
import re
from pathlib import Path

from .process import Process

ROOT = Path(__file__).resolve().parents[3]

_READY = re.compile(r"^.*ready (https://\S+)", re.MULTILINE)


class Bridge:
    def __init__(self, process, data, url):
        self.process = process
        self.url = url.rstrip("/")
        self._data = data

    @classmethod
    async def start(cls, program, folder, address):
        """Serves on `address`, on ports that nobody else has."""
        data = folder / "data"
        arguments = [
            program, "serve", "--conf", ROOT / "conf", "--data", data, "--pages", ROOT / "demo",
            "--https", f"{address}:0", "--only-https", "--media-ip", address, "--media-port", "0",
        ]
        process = await Process.start(arguments, folder / "server.log")
        try:
            url = (await process.said_line(_READY, within=30))[1]
        except BaseException:
            await process.stop(1)
            raise
        return cls(process, data, url)

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def password(self, user):
        lines = (self._data / "passwords").read_text().splitlines()
        return dict(line.split(" ", 1) for line in lines if " " in line)[user]

    def audit(self):
        """What the audit log holds so far: one object a line."""
        file = self._data / "audit.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
