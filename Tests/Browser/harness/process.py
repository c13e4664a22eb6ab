"""Child processes that end with us, with what they say in a file."""

import asyncio
import contextlib
import os
import signal


class Process:
    """One program, in a process group of its own."""

    def __init__(self, child, log):
        self._child = child
        self.log = log

    @classmethod
    async def start(cls, arguments, log, environment=None):
        """`log` is the path of the file that takes its output."""
        with open(log, "ab") as output:
            child = await asyncio.create_subprocess_exec(
                *map(str, arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        return cls(child, log)

    @property
    def status(self):
        """None while it runs."""
        return self._child.returncode

    @property
    def pid(self):
        return self._child.pid

    def said(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    async def said_line(self, pattern, within):
        """The first match of the compiled `pattern` in its output."""
        deadline = asyncio.get_running_loop().time() + within
        while True:
            found = pattern.search(self.said())
            if found:
                return found
            if self.status is not None:
                raise RuntimeError(f"ended with {self.status}: {self.said()[-600:]}")
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"did not say {pattern.pattern!r} within {within} s: {self.said()[-600:]}")
            await asyncio.sleep(0.05)

    async def stop(self, within=10):
        """Asks it to end, and ends its whole group when it does not. Returns its status."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._child.wait(), within)
        self._signal(signal.SIGKILL)
        return await self._child.wait()

    def _signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, number)
