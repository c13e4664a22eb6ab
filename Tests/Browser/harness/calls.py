"""The calls side of the demo's page, as a person sees and uses it."""

from .page import eventually, js
from .pictures import hexadecimal
from .room import RoomPage

_KEYS = {"*": "star", "#": "hash"}


class CallPage(RoomPage):
    """One user of their own, who can call and be called. Texts and states are read from the page."""

    # Whether the page shows a picture of one colour instead of a camera's, for video calls.
    has_camera = False

    @property
    def user(self):
        return self._login

    def _parameters(self):
        return super()._parameters() + (f"&camera={hexadecimal(self.name)}" if self.has_camera else "")

    def _password(self):
        return self._bridge.password("default")

    # MARK: Signing in

    async def sign_in(self, within=20):
        """Opens the page and signs in for calls, in no room and in no call."""
        await self.open()
        await self.page.until("window.parley !== undefined", 10, "scripts have run")
        for field, text in (("name", self.name), ("login", self._login), ("password", self._password())):
            await self.page.fill(f"[data-testid={field}]", text)
        await self._choose_devices()
        await self.page.click("[data-testid=calls-sign-in]")
        await self.page.until("parley.isOnline", within, "signed in for calls")

    async def is_free(self):
        return await self.page.value("Boolean(window.parley?.isOnline) && parley.calls().length === 0 && !parley.call")

    async def be_free(self):
        """Signed in, and in no call and no room."""
        if await self.page.value("Boolean(window.parley?.call)"):
            await self.page.click("[data-testid=leave]")
        if await self.page.value("Boolean(window.parley?.isOnline)"):
            while await self.page.value("parley.calls().length > 0"):
                is_ringing = await self.page.value("!document.querySelector('#incoming').hidden")
                button = "incoming-decline" if is_ringing else "call-hangup"
                count = await self.page.value("parley.calls().length")
                await self.page.click(f"[data-testid={button}]")
                await self.page.until(f"parley.calls().length < {count}", 10, "the call ends")
        if not await self.is_free():
            await self.sign_in()

    async def join(self, within=30):
        """Joins the room on the same connection when signed in for calls."""
        if not await self.page.value("Boolean(window.parley?.isOnline)"):
            await self.open()
        await self.enter(within)

    # MARK: Calling

    async def call(self, destination):
        await self.page.fill("[data-testid=dial]", destination)
        await self.page.click("[data-testid=dial-call]")

    async def call_with_video(self, destination):
        await self.page.fill("[data-testid=dial]", destination)
        await self.page.click("[data-testid=dial-video]")

    async def is_rung_by(self, name, within=15):
        """Waits until the page says that `name` is calling."""
        shown = "!document.querySelector('#incoming').hidden && document.querySelector('[data-testid=incoming-name]').textContent"
        await self.page.until(f"({shown} || '').includes({js(name)})", within, f"{name} is calling")

    async def accept(self, with_video=False):
        await self.page.click(f"[data-testid=incoming-{'video' if with_video else 'accept'}]")

    async def decline(self):
        await self.page.click("[data-testid=incoming-decline]")

    async def talks_to(self, name, within=20):
        """Waits until a line with `name` is shown as up, and its media are connected."""
        line = f"parley.calls().find((each) => each.who.includes({js(name)}))"
        is_up = f"{line}?.state === 'active' && !{line}.isHeld && {line}.isConnected"
        if not await eventually(lambda: self.page.value(is_up), within):
            raise AssertionError(f"{self.name} does not talk to {name} after {within} s: {await self.lines()}, {await self.says()}")
        shown = f"[...document.querySelectorAll('[data-testid=call-name]')].some((each) => each.textContent.includes({js(name)}))"
        await self.page.until(shown, 5, f"{name} is named")

    async def is_alone(self, within=15):
        await self.page.until("parley.calls().length === 0", within, "all lines are gone")

    async def lines(self):
        return await self.page.value("parley.calls()")

    async def says(self):
        """What the calls side says went wrong, or how a call ended."""
        return await self.page.value("document.querySelector('[data-testid=calls-error]:not([hidden])')?.innerText ?? ''")

    async def hear_call(self, tones, milliseconds=1000, line=-1):
        """As `hear`, in a call with somebody: the newest one, or another by its index."""
        there = f"parley.calls().filter((each) => each.state !== 'ringing').at({line})?.isConnected"
        levels = await self.page.value(
            f"{there} ? parley.hearCall({js(tones)}, {milliseconds}, {line}) : null", within=30 + milliseconds / 1000
        )
        return {tone: (levels or {}).get(str(tone), -120) for tone in tones}

    # MARK: While it is up

    async def press_line(self, button, name):
        """Presses a button of the line with `name`."""
        found = await self.page.value(f"(({_MARK}))({js(name)})")
        assert found, f"{self.name} has no line with {name}: {await self.lines()}"
        await self.page.click(f"[data-line=wanted] [data-testid={button}]")

    async def transfer(self, name, destination):
        await self.press_line("call-transfer", name)
        await self.page.fill("[data-line=wanted] [data-testid=transfer-to]", destination)
        await self.page.click("[data-line=wanted] [data-testid=transfer-send]")

    async def press_keys(self, pad, keys):
        """On the keypad within `pad`, which is open."""
        for key in keys:
            await self.page.click(f"[data-testid={pad}] [data-testid=key-{_KEYS.get(key, key)}]")


_MARK = """(name) => {
    for (const card of document.querySelectorAll('[data-testid=call]')) {
        const isWanted = card.querySelector('[data-testid=call-name]').textContent.includes(name);
        if (isWanted) card.dataset.line = 'wanted';
        else delete card.dataset.line;
    }
    return document.querySelector('[data-line=wanted]') !== null;
}"""
