"""The stage for calls: the same people, each a user of their own who is signed in for calls."""

import asyncio

from .calls import CallPage
from .stage import ROOM, TONES, Stage

# Ada moderates every room.
USERS = {"Ada": "1000", "Ben": "1001", "Cleo": "1002", "Dora": "1003"}


class CallStage(Stage):
    ending = "a bridge that connects calls ends by itself when it is asked to"

    def _person(self, page, name, has_microphone):
        return CallPage(
            page, self.bridge, name=name, room=ROOM, login=USERS[name], tone=TONES[name], has_microphone=has_microphone
        )

    async def everybody_free(self):
        """Brings everybody to where nobody is in a room or a call, everybody can be called, and everybody sounds."""
        await asyncio.gather(*(each.be_free() for each in self.people))
        for person in self.people:
            await person.page.value("parley.tone?.on()")

    async def connect(self, caller, callee):
        """Lets `caller` call `callee` by user name, who accepts."""
        await caller.call(callee.user)
        await callee.is_rung_by(caller.name)
        await callee.accept()
        await asyncio.gather(caller.talks_to(callee.name), callee.talks_to(caller.name))
