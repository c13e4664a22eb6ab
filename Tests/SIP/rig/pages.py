"""Two browsers with the demo's page, for tests with phones: the harness of the browser tests."""

import asyncio
import contextlib
import shutil

from harness import chromium, firefox
from harness.calls import CallPage

ROOM = "3500"
ADA, BEN = 1231, 1481
# Who moderates, and who does not; the tones are no harmonics of those of phones.
PEOPLE = {"Ada": ("1000", ADA), "Ben": ("1001", BEN)}


class Browsers:
    """Ada in Chromium, and Ben in Firefox where there is one."""

    def __init__(self, stage):
        self._stage = stage
        self._browsers = []
        self.people = {}

    async def start(self):
        folder = self._stage.folder
        program = _first(chromium.PROGRAMS)
        if program is None:
            raise RuntimeError("Chromium is not installed")
        starts = {"Ada": chromium.Chromium.start(program, folder, "ada", False, [])}
        other = _first(firefox.PROGRAMS)
        if other:
            starts["Ben"] = firefox.Firefox.start(other, folder, "ben", BEN)
        else:
            starts["Ben"] = chromium.Chromium.start(program, folder, "ben", False, [])
        for (name, _), browser in zip(starts.items(), await asyncio.gather(*starts.values())):
            self._browsers.append(browser)
            login, tone = PEOPLE[name]
            self.people[name] = CallPage(
                await browser.page(name),
                self._stage.server,
                name=name,
                room=ROOM,
                login=login,
                tone=tone,
                has_microphone=browser.kind == "firefox",
            )

    async def stop(self):
        for browser in self._browsers:
            with contextlib.suppress(Exception):
                await browser.stop()

    async def keep_evidence(self, folder):
        for name, person in self.people.items():
            with contextlib.suppress(Exception):
                (folder / f"{name}.png").write_bytes(await asyncio.wait_for(person.page.picture(), 10))
            with contextlib.suppress(Exception):
                (folder / f"{name}.html").write_text(await person.page.value("document.documentElement.outerHTML", 5))
            (folder / f"{name}.console.txt").write_text("\n".join(person.page.console))


def is_possible():
    return _first(chromium.PROGRAMS) is not None and shutil.which("baresip") is not None


def _first(programs):
    return next((each for each in programs if shutil.which(each)), None)
