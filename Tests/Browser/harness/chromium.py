"""Chromium, driven by its DevTools protocol."""

import asyncio
import base64

from .connection import Connection, RemoteError
from .page import Page
from .process import Process

PROGRAMS = ["/usr/lib/chromium/chromium", "/usr/bin/chromium", "/usr/bin/google-chrome"]

_FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-extensions", "--password-store=basic", "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=OptimizationHints,MediaRouter,Translate,WebRtcHideLocalIpsWithMdns",
    # A synthetic microphone that beeps, granted without a question.
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    # The bridge's certificate is its own.
    "--ignore-certificate-errors",
    # Several pages at once, none of them in front.
    "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--window-size=1100,800", "--remote-debugging-port=0", "--remote-allow-origins=*",
]


class Chromium:
    kind = "chromium"

    def __init__(self, process, connection, name):
        self._process = process
        self._connection = connection
        self._name = name
        self._pages = {}

    @classmethod
    async def start(cls, program, folder, name, on_loopback=False, flags=()):
        """`folder` takes its profile and log. `on_loopback`: the bridge has no address but 127.0.0.1."""
        profile = folder / f"{name}-profile"
        more = ["--allow-loopback-in-peer-connection"] if on_loopback else []
        arguments = [program, *_FLAGS, *more, *flags, f"--user-data-dir={profile}", "about:blank"]
        process = await Process.start(arguments, folder / f"{name}.log")
        browser = cls(process, None, name)
        try:
            url = await cls._address(process, profile / "DevToolsActivePort")
            browser._connection = await Connection.open(url, browser._event)
        except BaseException:
            await process.stop(1)
            raise
        return browser

    @staticmethod
    async def _address(process, file, within=60):
        deadline = asyncio.get_running_loop().time() + within
        while asyncio.get_running_loop().time() < deadline and process.status is None:
            lines = file.read_text().split("\n") if file.exists() else []
            if len(lines) >= 2 and lines[1]:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            await asyncio.sleep(0.05)
        raise RuntimeError(f"Chromium did not start: {process.said()[-600:]}")

    async def page(self, name=None):
        """A new tab in a window of its own."""
        target = await self._connection.request("Target.createTarget", {"url": "about:blank", "newWindow": True})
        attached = await self._connection.request(
            "Target.attachToTarget", {"targetId": target["targetId"], "flatten": True}
        )
        page = ChromiumPage(name or self._name, self._connection, attached["sessionId"], target["targetId"])
        self._pages[attached["sessionId"]] = page
        for domain in ("Page", "Runtime", "Log"):
            await page.send(f"{domain}.enable")
        return page

    async def stop(self):
        if self._connection:
            await self._connection.close()
        await self._process.stop(3)

    def _event(self, message):
        page = self._pages.get(message.get("sessionId"))
        if page:
            page.take(message["method"], message["params"])


class ChromiumPage(Page):
    def __init__(self, name, connection, session, target):
        super().__init__(name)
        self._connection = connection
        self._session = session
        self._target = target

    def send(self, method, within=30, **params):
        return self._connection.request(method, params, within, sessionId=self._session)

    async def open(self, url):
        reply = await self.send("Page.navigate", url=url)
        if reply.get("errorText"):
            raise RemoteError(f"{url}: {reply['errorText']}")
        await self.until(f"document.readyState === 'complete' && location.href !== 'about:blank'", 20)

    async def reload(self):
        await self.value("window.beforeReload = true")
        await self.send("Page.reload")
        await self.until("document.readyState === 'complete' && !window.beforeReload", 20, "reloaded")

    async def close(self):
        await self._connection.request("Target.closeTarget", {"targetId": self._target})

    async def picture(self):
        return base64.b64decode((await self.send("Page.captureScreenshot", format="png"))["data"])

    async def _evaluate(self, expression, within):
        reply = await self.send(
            "Runtime.evaluate", within, expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in reply:
            details = reply["exceptionDetails"]
            raise RemoteError(details.get("exception", {}).get("description") or details["text"])
        return reply["result"]["value"]

    async def _click_at(self, x, y):
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
            await self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)

    async def _type(self, text):
        await self.send("Input.insertText", text=text)

    def take(self, method, params):
        if method == "Runtime.consoleAPICalled":
            words = [str(each.get("value", each.get("description", each["type"]))) for each in params["args"]]
            self.console.append(f"{params['type']}: {' '.join(words)}")
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.console.append(f"uncaught: {details.get('exception', {}).get('description') or details['text']}")
        elif method == "Log.entryAdded":
            entry = params["entry"]
            self.console.append(f"{entry['level']}: {entry['text']} {entry.get('url', '')}")
