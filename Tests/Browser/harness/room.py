"""The demo's pages as a person sees and uses them. Texts and marks are read from the page, not from its scripts."""

from .page import eventually, js

JOINED = "window.parley?.status === 'joined' && parley.members().length > 0"


class MemberRows:
    """A list of members on a page: the room's own, or one room's card on the dashboard."""

    def __init__(self, page, selector):
        self.page = page
        self._list = f"document.querySelector({js(selector)})"

    async def names(self):
        return await self.page.value(f"[...({self._list}?.querySelectorAll('[data-testid=member-name]') ?? [])].map((each) => each.textContent)")

    async def row(self, name):
        """The marks of the member with this name, such as `muted` or `camera_off`, or None."""
        return await self.page.value(f"(({_ROW}))({self._list}, {js(name)})")

    async def shows(self, name, within=10, **marks):
        """Waits until the row of `name` has these marks, such as `muted=True`."""
        row = await eventually(lambda: self._row_if(name, marks), within)
        assert row, f"{self.page.name}: row of {name} is {await self.row(name)}, not {marks}, after {within} s"

    async def lacks(self, name, within=10):
        gone = await eventually(lambda: self._is_missing(name), within)
        assert gone, f"{self.page.name}: {name} is still in the list after {within} s"

    async def record_talking(self):
        """From now on `talking_changes` knows when the rows' talking marks changed."""
        await self.page.value(f"(({_RECORD}))({self._list})")

    async def talking_changes(self, name):
        """Pairs of milliseconds (Date.now()) and whether `name` was shown as talking from then on."""
        return await self.page.value(f"window.talkingChanges.filter((each) => each[1] === {js(name)}).map((each) => [each[0], each[2]])")

    async def _row_if(self, name, marks):
        row = await self.row(name)
        return row if row and all(row[key] == value for key, value in marks.items()) else None

    async def _is_missing(self, name):
        return name not in await self.names()


class RoomPage:
    """One participant: a browser's page in a room. `tone` is what it sends, in Hz."""

    def __init__(self, page, bridge, *, name, room, login, tone, has_microphone=False):
        self.page = page
        self.name = name
        self.tone = tone
        self.room = room
        self._bridge = bridge
        self._login = login
        self._has_microphone = has_microphone
        self.rows = MemberRows(page, "[data-testid=members]")

    async def join(self, within=30):
        await self.open()
        await self.enter(within)

    async def open(self):
        """Opens the page, with what it shall send in its address."""
        await self.page.open(f"{self._bridge.url}/index.html?test{self._parameters()}")

    def _parameters(self):
        return "" if self._has_microphone else f"&tone={self.tone}"

    async def enter(self, within=30):
        """Fills in the form that is shown and presses Join."""
        await self.page.until("window.parley !== undefined", 10, "scripts have run")
        for field, text in (("name", self.name), ("room", self.room), ("login", self._login)):
            await self.page.fill(f"[data-testid={field}]", text)
        await self.page.fill("[data-testid=password]", self._password())
        await self._choose_devices()
        await self.page.click("[data-testid=join]")
        await self.wait_until_joined(within)

    def _password(self):
        return self._bridge.password(self._login)

    async def _choose_devices(self):
        """Those of the form are right."""

    async def wait_until_joined(self, within=30):
        if await eventually(lambda: self.page.value(JOINED), within):
            return
        status = await self.page.value("window.parley?.status")
        alert = await self.page.value("document.querySelector('[data-testid=error]:not([hidden])')?.innerText")
        raise AssertionError(f"{self.name}: not in the room after {within} s: {status}, {alert}")

    async def is_joined(self):
        return await self.page.value(JOINED)

    async def hear(self, tones, milliseconds=1000):
        """The level of each tone in what the page plays, in dB of a full-scale sine; -120 when it plays nothing."""
        levels = await self.page.value(
            f"parley.remoteStream ? parley.hear({js(tones)}, {milliseconds}) : null", within=30 + milliseconds / 1000
        )
        return {tone: (levels or {}).get(str(tone), -120) for tone in tones}

    async def member_id(self, name):
        return await self.page.value(f"parley.members().find((each) => each.name === {js(name)})?.id")

    async def identity(self, name):
        """What has to stay the same when `name` comes back: the row's key, which is the call, and the member's number."""
        return await self.page.value(
            f"(({_IDENTITY}))(parley.members().find((each) => each.name === {js(name)}))"
        )

    async def press(self, button, name):
        """Presses a moderator's button in the row of `name`, once there is one."""
        await self.rows.shows(name)
        row = f"[data-testid=member-{await self.member_id(name)}]"
        if button not in ("mod-mute", "mod-more"):
            is_open = f"document.querySelector({js(f'{row} [data-testid=mod-more]')})?.getAttribute('aria-expanded')"
            if await self.page.value(is_open) != "true":
                await self.page.click(f"{row} [data-testid=mod-more]")
        await self.page.click(f"{row} [data-testid={button}]")


_IDENTITY = "(member) => member ? [member.key, member.id] : null"

_ROW = """(list, name) => {
    const rows = [...(list?.querySelectorAll('li.member') ?? [])];
    const row = rows.find((each) => each.querySelector('[data-testid=member-name]').textContent === name);
    const isOn = (mark) => row.querySelector(`[data-testid=${mark}]`)?.dataset.on === 'true';
    const marks = ['muted', 'talking', 'floor', 'held', 'hand', 'camera', 'camera-off', 'screen', 'pinned'];
    return row ? Object.fromEntries(marks.map((mark) => [mark.replace('-', '_'), isOn(mark)])) : null;
}"""

_RECORD = """(list) => {
    window.talkingChanges = [];
    const known = new Map();
    const look = () => {
        for (const row of list.querySelectorAll('li.member')) {
            const name = row.querySelector('[data-testid=member-name]').textContent;
            const isTalking = row.querySelector('[data-testid=talking]').dataset.on === 'true';
            if (known.get(name) === isTalking) continue;
            known.set(name, isTalking);
            window.talkingChanges.push([Date.now(), name, isTalking]);
        }
    };
    window.talkingObserver?.disconnect();
    window.talkingObserver = new MutationObserver(look);
    window.talkingObserver.observe(list, { subtree: true, childList: true, attributes: true });
    look();
    return true;
}"""
