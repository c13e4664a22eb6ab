"""The providers that gateways register to: one socket, and the user's name says how it is treated."""

import asyncio
import time

from . import digest
from .agent import Agent
from .network import SERVER, TRUNK
from .tree import GATEWAY_PASSWORD, PORTS

REALM = "trunk.example"


class Registrar:
    """Keeps what came, for tests to look at: (seconds, message, status of the reply)."""

    def __init__(self):
        self.log = []
        # Whether OPTIONS get a good answer.
        self.is_healthy = True
        self._asked = {}

    @classmethod
    async def open(cls):
        registrar = cls()
        registrar.agent = await Agent.udp(TRUNK, (SERVER, PORTS["external"]))
        registrar.port = registrar.agent.port
        registrar._serving = asyncio.ensure_future(registrar._serve())
        return registrar

    def close(self):
        self._serving.cancel()
        self.agent.close()

    def of(self, user):
        """What came from the gateway with this account."""
        return [each for each in self.log if f"sip:{user}@" in each[1].get("From")]

    async def until(self, user, what, within=20):
        """Waits until `what` is true of the gateway's log, and returns the log."""
        deadline = time.monotonic() + within
        while not what(self.of(user)):
            shown = [(str(message), status) for _, message, status in self.of(user)]
            assert time.monotonic() < deadline, f"{user} within {within} s only: {shown}"
            await asyncio.sleep(0.1)
        return self.of(user)

    async def _serve(self):
        seen = 0
        while True:
            await asyncio.sleep(0.01)
            while seen < len(self.agent.received):
                at, message = self.agent.received[seen]
                seen += 1
                if message.method in ("REGISTER", "OPTIONS") and message.status is None:
                    self._answer(at, message)

    def _answer(self, at, message):
        call = self.agent.calls[message.call_id]
        if message.method == "OPTIONS":
            status, headers = 200 if self.is_healthy else 503, {}
        else:
            status, headers = self._registered(message)
        self.log.append((at, message, status))
        if status:
            call.reply(status, headers=headers, to=message)

    def _registered(self, message):
        user = message.get("From").partition("sip:")[2].partition("@")[0]
        if user == "reg-silent":
            return None, {}
        if user == "reg-forbidden":
            return 403, {}
        if user == "reg-busy" and len(self.of(user)) == 0:
            return 503, {"Retry-After": "2"}
        if not self._is_allowed(user, message):
            self._asked[user] = digest.challenge(REALM, "SHA-256")
            return 401, {"WWW-Authenticate": self._asked[user]}
        if user == "reg-wrong":
            self._asked[user] = digest.challenge(REALM)
            return 401, {"WWW-Authenticate": self._asked[user]}
        expires = int(message.get("Expires") or 0)
        if user == "reg-brief" and 0 < expires < 90:
            return 423, {"Min-Expires": "90"}
        granted = min(expires, 8) if user == "reg-short" else expires
        return 200, {"Contact": f"<{message.contact}>;expires={granted}", "Expires": "3600"}

    def _is_allowed(self, user, message):
        header, asked = message.get("Authorization"), self._asked.get(user)
        if header is None or asked is None or digest.parameters(header)["nonce"] != digest.parameters(asked)["nonce"]:
            return False
        return digest.is_right(message, GATEWAY_PASSWORD, asked)
