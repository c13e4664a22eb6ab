"""What every test plays on: the bridge, the browsers, and a room with one page of each browser in it."""

import asyncio
import contextlib
import shutil
from pathlib import Path

from . import chromium, firefox, sandbox
from .bridge import Bridge
from .page import eventually
from .room import MemberRows, RoomPage

ROOM = "3500"

# No tone is a harmonic of another, nor near a sum or difference that a codec or a limiter could make of two or three.
TONES = {"Ada": 437, "Ben": 563, "Cleo": 719, "Dora": 941}


class Stage:
    """With sound only: nobody has a camera."""

    ending = "the bridge ends by itself when it is asked to"
    # Whether everybody sounds who has joined.
    is_loud = True

    def __init__(self, folder, artifacts):
        self.folder = folder
        self.artifacts = artifacts
        self.bridge = None
        self.people = []
        self._browsers = []
        self._dashboard = None
        self._visitors = []

    # MARK: Setting up and clearing away

    async def start(self, program):
        """Starts the bridge and all browsers. Nobody has joined yet."""
        in_sandbox = sandbox.is_inside()
        address = sandbox.ADDRESS if in_sandbox else "127.0.0.1"
        self.bridge = await Bridge.start(program, self.folder, address)
        with_firefox = in_sandbox and _first(firefox.PROGRAMS)
        chromium_program = _first(chromium.PROGRAMS)
        if not chromium_program:
            raise RuntimeError("Chromium is not installed")
        names = list(TONES)
        starts = [self._start_chromium(chromium_program, name, not in_sandbox) for name in names[:3]]
        if with_firefox:
            starts.append(self._start_firefox(with_firefox, names[3]))
        self.people = list(await asyncio.gather(*starts))

    async def _start_chromium(self, program, name, on_loopback):
        browser = await chromium.Chromium.start(program, self.folder, name.lower(), on_loopback, self._flags(name))
        self._browsers.append(browser)
        return self._person(await browser.page(name), name, has_microphone=False)

    def _flags(self, name):
        """More flags for the Chromium of `name`."""
        return []

    async def _start_firefox(self, program, name):
        """Its tone is that of its synthetic microphone, so that one page takes the way of a real microphone."""
        browser = await firefox.Firefox.start(program, self.folder, name.lower(), TONES[name])
        self._browsers.append(browser)
        return self._person(await browser.page(name), name, has_microphone=True)

    def _person(self, page, name, has_microphone):
        login = "moderator" if name == "Ada" else "guest"
        return RoomPage(
            page, self.bridge, name=name, room=ROOM, login=login, tone=TONES[name], has_microphone=has_microphone
        )

    async def stop(self):
        """Ends the browsers, then the bridge. Returns the bridge's exit status."""
        for browser in self._browsers:
            with contextlib.suppress(Exception):
                await browser.stop()
        self._browsers = []
        return await self.bridge.process.stop(20) if self.bridge else None

    # MARK: People

    @property
    def moderator(self):
        return self.people[0]

    def person(self, name):
        return next(each for each in self.people if each.name == name)

    def others(self, person):
        return [each for each in self.people if each is not person]

    @property
    def tones(self):
        return [each.tone for each in self.people]

    async def everybody_joined(self):
        """Brings everybody into the room who is not, unmuted, loud or silent, and waits until all lists agree."""
        for person in self.people:
            if not await person.is_joined():
                await person.join()
            await person.page.value(f"parley.tone?.{'on' if self.is_loud else 'off'}()")
        names = sorted(each.name for each in self.people)
        for person in self.people:
            shown = await eventually(lambda: self._shows(person, names), 15)
            assert shown, f"{person.name} sees {await person.rows.names()}, not {names}"
        for person in self.people:
            if (await self.moderator.rows.row(person.name))["muted"]:
                await self.moderator.press("mod-mute", person.name)
                await self.moderator.rows.shows(person.name, muted=False)

    @staticmethod
    async def _shows(person, names):
        return sorted(await person.rows.names()) == names

    async def dashboard(self, *guests):
        """The rows of our room on a dashboard without a call; opened when first asked for."""
        if self._dashboard is None:
            page = await self._browsers_of("chromium")[0].page("dashboard")
            await page.open(f"{self.bridge.url}/dashboard.html")
            await page.until("window.parley !== undefined", 10, "scripts have run")
            await page.fill("[data-testid=login]", "dashboard")
            await page.fill("[data-testid=password]", self.bridge.password("dashboard"))
            await page.click("[data-testid=watch]")
            await page.until("!document.querySelector('#dashboard').hidden", 15, "the dashboard is shown")
            self._dashboard = page
        rows = MemberRows(self._dashboard, f"[data-testid='room-{ROOM}'] .members")
        names = sorted([*guests, *(each.name for each in self.people)])
        assert await eventually(lambda: self._lists(rows, names), 15), f"dashboard lists {await rows.names()}"
        return rows

    @staticmethod
    async def _lists(rows, names):
        return sorted(await rows.names()) == names

    async def extra_page(self, name):
        """One more tab of a Chromium, for a short visit."""
        page = await self._browsers_of("chromium")[1].page(name)
        self._visitors.append(page)
        return page

    def _browsers_of(self, kind):
        return [each for each in self._browsers if each.kind == kind]

    # MARK: After a failure

    async def keep_evidence(self, test):
        """Pictures, consoles and the bridge's log, in a folder named after the test."""
        folder = self.artifacts / "".join(letter if letter.isalnum() else "-" for letter in test)[:80]
        folder.mkdir(parents=True, exist_ok=True)
        pages = [each.page for each in self.people] + self._visitors + ([self._dashboard] if self._dashboard else [])
        for page in pages:
            with contextlib.suppress(Exception):
                (folder / f"{page.name}.png").write_bytes(await asyncio.wait_for(page.picture(), 10))
            with contextlib.suppress(Exception):
                (folder / f"{page.name}.html").write_text(await page.value("document.documentElement.outerHTML", 5))
            (folder / f"{page.name}.console.txt").write_text("\n".join(page.console))
        for log in self.folder.glob("*.log"):
            shutil.copy(log, folder)
        return folder


def _first(programs):
    return next((each for each in programs if Path(each).exists()), None)
