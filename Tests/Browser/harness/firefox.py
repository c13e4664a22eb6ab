"""Firefox, driven by WebDriver BiDi."""

import asyncio
import base64
import re

from .connection import Connection, RemoteError
from .page import Page
from .process import Process

PROGRAMS = ["/usr/bin/firefox-esr", "/usr/bin/firefox"]

_PREFERENCES = {
    # A microphone that plays one tone, granted without a question.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.autoplay.block-webaudio": False,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # Nothing of the outside world.
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "media.gmp-manager.url": "data:,",
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.firstRunURL": "",
}

_LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class SoundDevice:
    """A PulseAudio of our own whose speaker is a void: an `AudioContext` in Firefox does not run without one."""

    def __init__(self, process, socket):
        self._process = process
        self.environment = {"PULSE_SERVER": f"unix:{socket}"}

    @classmethod
    async def start(cls, folder):
        socket = folder / "pulse" / "native"
        socket.parent.mkdir()
        arguments = [
            "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes",
            "-L", f"module-native-protocol-unix auth-anonymous=1 socket={socket}", "-L", "module-null-sink",
        ]
        home = {"HOME": str(socket.parent), "XDG_RUNTIME_DIR": str(socket.parent)}
        process = await Process.start(arguments, folder / "pulseaudio.log", home)
        for _ in range(200):
            if socket.exists():
                return cls(process, socket)
            if process.status is not None:
                break
            await asyncio.sleep(0.05)
        await process.stop(1)
        raise RuntimeError(f"PulseAudio did not start: {process.said()[-400:]}")

    async def stop(self):
        await self._process.stop(3)


class Firefox:
    kind = "firefox"

    def __init__(self, process, sound, name):
        self._process = process
        self._sound = sound
        self._name = name
        self._connection = None
        self._pages = {}

    @classmethod
    async def start(cls, program, folder, name, microphone):
        """`microphone` is the tone it sends, in Hz."""
        profile = folder / f"{name}-profile"
        profile.mkdir()
        preferences = {**_PREFERENCES, "media.navigator.audio.fake_frequency": microphone}
        lines = [f'user_pref("{key}", {_literal(value)});\n' for key, value in preferences.items()]
        (profile / "user.js").write_text("".join(lines))
        sound = await SoundDevice.start(folder)
        home = folder / f"{name}-home"
        home.mkdir()
        environment = {**sound.environment, "HOME": str(home), "MOZ_HEADLESS": "1", "MOZ_HEADLESS_WIDTH": "1100"}
        arguments = [program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "about:blank"]
        process = await Process.start(arguments, folder / f"{name}.log", environment)
        browser = cls(process, sound, name)
        try:
            await browser._connect()
        except BaseException:
            await browser.stop()
            raise
        return browser

    async def _connect(self):
        address = (await self._process.said_line(_LISTENING, within=90))[1]
        self._connection = await Connection.open(f"{address}/session", self._event)
        capabilities = {"alwaysMatch": {"acceptInsecureCerts": True}}
        await self._connection.request("session.new", {"capabilities": capabilities}, within=60)
        await self._connection.request("session.subscribe", {"events": ["log.entryAdded"]})

    async def page(self, name=None):
        created = await self._connection.request("browsingContext.create", {"type": "window"}, within=60)
        page = FirefoxPage(name or self._name, self._connection, created["context"])
        self._pages[created["context"]] = page
        return page

    async def stop(self):
        if self._connection:
            await self._connection.close()
        await self._process.stop(5)
        await self._sound.stop()

    def _event(self, message):
        params = message.get("params", {})
        page = self._pages.get(params.get("source", {}).get("context"))
        if page and message.get("method") == "log.entryAdded":
            page.console.append(f"{params.get('level')}: {params.get('text')}")


class FirefoxPage(Page):
    def __init__(self, name, connection, context):
        super().__init__(name)
        self._connection = connection
        self._context = context

    def send(self, method, within=30, **params):
        return self._connection.request(method, {"context": self._context, **params}, within)

    async def open(self, url):
        await self.send("browsingContext.navigate", 60, url=url, wait="complete")

    async def reload(self):
        await self.send("browsingContext.reload", 60, wait="complete")

    async def close(self):
        await self.send("browsingContext.close")

    async def picture(self):
        return base64.b64decode((await self.send("browsingContext.captureScreenshot"))["data"])

    async def _evaluate(self, expression, within):
        reply = await self._connection.request(
            "script.evaluate",
            {
                "expression": expression,
                "target": {"context": self._context},
                "awaitPromise": True,
                "userActivation": True,
            },
            within,
        )
        if reply["type"] == "exception":
            raise RemoteError(reply["exceptionDetails"]["text"])
        return reply["result"]["value"]

    async def _click_at(self, x, y):
        await self._act("pointer", "mouse", [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ])

    async def _type(self, text):
        keys = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        await self._act("key", "keyboard", keys)

    async def _act(self, kind, name, actions):
        await self.send("input.performActions", actions=[{"type": kind, "id": name, "actions": actions}])


def _literal(value):
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f'"{value}"'
