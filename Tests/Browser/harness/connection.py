"""Requests with numbered replies over a WebSocket: what CDP and WebDriver BiDi have in common."""

import asyncio
import json

import websockets


class RemoteError(Exception):
    """The browser refused a command, or a script in the page threw."""


class Connection:
    def __init__(self, socket, on_event):
        self._socket = socket
        self._on_event = on_event
        self._waiting = {}
        self._last = 0
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url, on_event):
        """Calls `on_event(message)` for whatever is no reply."""
        return cls(await websockets.connect(url, max_size=None, ping_interval=None), on_event)

    async def request(self, method, params=None, within=30, **envelope):
        self._last += 1
        number = self._last
        reply = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        try:
            await self._socket.send(json.dumps({"id": number, "method": method, "params": params or {}, **envelope}))
            return await asyncio.wait_for(reply, within)
        except asyncio.TimeoutError:
            raise TimeoutError(f"no reply to {method} within {within} s") from None
        finally:
            self._waiting.pop(number, None)

    async def close(self):
        self._reader.cancel()
        await self._socket.close()

    async def _read(self):
        try:
            async for text in self._socket:
                self._take(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        for reply in self._waiting.values():
            if not reply.done():
                reply.set_exception(RemoteError("the browser closed the connection"))

    def _take(self, message):
        reply = self._waiting.get(message.get("id"))
        if reply is None:
            self._on_event(message)
        elif reply.done():
            pass
        elif "error" in message:
            reply.set_exception(RemoteError(json.dumps({k: message[k] for k in ("error", "message") if k in message})))
        else:
            reply.set_result(message.get("result", {}))
