"""The stage for pictures: the same people, each with a camera of their own colour."""

import asyncio
import contextlib
import json

from .camera_file import write_camera_file
from .page import eventually
from .pictures import COLOURS, PicturePage
from .stage import ROOM, TONES, Stage


class VideoStage(Stage):
    """Everybody is silent until a test lets them talk: the floor follows who talks."""

    ending = "a bridge that switches pictures ends by itself when it is asked to"
    is_loud = False

    def __init__(self, folder, artifacts):
        super().__init__(folder, artifacts)
        # Pairs of times, in milliseconds, in which pictures may stand still.
        self.excused = []

    def _flags(self, name):
        film = write_camera_file(self.folder / f"{name.lower()}.y4m", COLOURS[name])
        return [f"--use-file-for-fake-video-capture={film}", "--auto-select-desktop-capture-source=Entire screen"]

    def _person(self, page, name, has_microphone):
        """Everybody has a tone that can be turned off. Firefox's camera changes its colour, so it has the page's."""
        return self._picture_page(
            page,
            name,
            login="moderator" if name == "Ada" else "guest",
            tone=TONES[name],
            camera="page" if has_microphone else "file",
            has_screen=name == "Cleo",
        )

    async def visitor(self, name, *, tone, camera):
        """One more participant, who has not joined yet, in a tab of a browser that is there."""
        return self._picture_page(await self.extra_page(name), name, login="guest", tone=tone, camera=camera)

    def _picture_page(self, page, name, **rest):
        return PicturePage(page, self.bridge, name=name, room=ROOM, **rest)

    async def send_away(self, visitor):
        """Lets a visitor leave, and closes the tab."""
        with contextlib.suppress(Exception):
            if await visitor.is_joined():
                await visitor.page.click("[data-testid=leave]")
        await visitor.page.close()
        self._visitors.remove(visitor.page)
        for person in self.people:
            await person.rows.lacks(visitor.name)

    async def everybody_joined(self):
        """As ever, with cameras on, no screen shared, nobody kept on screen, and all main pictures right ones."""
        await super().everybody_joined()
        await asyncio.gather(*(each.settle() for each in self.people))
        for person in self.people:
            await self.moderator.rows.shows(person.name, camera=True, screen=False)
            if (await self.moderator.rows.row(person.name))["pinned"]:
                await self.moderator.press("mod-vidfloor", person.name)
                await self.moderator.rows.shows(person.name, pinned=False)
        for person in self.people:
            assert await eventually(lambda: self._sees_rightly(person), 10), (
                f"{person.name} sees {await person.watch.sight()}, and {await person.watch.floor()} has the floor"
            )

    async def _sees_rightly(self, person):
        """The holder's picture, or on the holder's page that of anybody else."""
        floor, sight = await person.watch.floor(), await person.watch.sight()
        names = {each.name for each in self.others(person)}
        return sight in names and (sight == floor or floor == person.name)

    async def talks(self, *people):
        """Lets only these sound."""
        for each in self.people:
            if each not in people:
                await each.page.value("parley.tone.off()")
        for each in people:
            await each.page.value("parley.tone.on()")

    async def keep_evidence(self, test):
        """Also what the pages showed and when, and what the browsers say about it."""
        folder = await super().keep_evidence(test)
        for person in self.people:
            with contextlib.suppress(Exception):
                evidence = await person.page.value(_EVIDENCE, 10)
                (folder / f"{person.name}.pictures.json").write_text(json.dumps(evidence, indent=1))
        return folder


_EVIDENCE = """Promise.all([parley.videoStats(), parley.videoStats(1), parley.videoSent(), parley.members()]).then(
    ([main, extra, sent, members]) => ({ main, extra, sent, members, watched: watched.read() }))"""
