"""How tests register themselves, and what they play on."""

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path

from harness import sandbox
from harness.suite import Skipped

from . import kamailio, network
from .agent import Agent
from .baresip import Baresip
from .network import PHONE, SERVER, TRUNK
from .registrar import Registrar
from .rtp import Sound
from .server import Server
from .sipp import Sipp
from .tree import PORTS, REGISTERING


class Case:
    """A test. `alone`: nothing else runs meanwhile. `waits`: it does little but wait, and starts first."""

    def __init__(self, name, sentence, function, within, alone, waits):
        self.name, self.sentence, self.function = name, sentence, function
        self.within, self.alone, self.waits = within, alone, waits


class Cases(list):
    def case(self, name, sentence, within=30, alone=False, waits=False):
        def register(function):
            self.append(Case(name, sentence, function, within, alone, waits))
            return function

        return register


class Stage:
    """The server and whoever talks to it, for all tests."""

    def __init__(self, folder):
        self.folder = folder
        self.server = None
        self.registrar = None
        # Started by the first test that needs them.
        self.browsers = None
        self.kamailio = None

    async def start(self, program):
        self.registrar = await Registrar.open()
        self.itsp_port, proxy = network.free_port(TRUNK), network.free_port(TRUNK)
        if kamailio.is_installed():
            self.kamailio = await kamailio.start(self.folder, proxy)
        ports = {
            "itsp": self.itsp_port,
            "kamailio": proxy,
            **{name: self.registrar.port for name in (*REGISTERING, "pinged")},
        }
        self.server = await Server.start(program, self.folder, ports)

    async def stop(self):
        """Returns the server's exit status."""
        if self.browsers:
            await self.browsers.stop()
        status = await self.server.process.stop(20) if self.server else None
        if self.kamailio:
            await self.kamailio.stop()
        if self.registrar:
            self.registrar.close()
        return status


class Scene:
    """What one test starts, which ends with it."""

    def __init__(self, stage, name):
        self.stage = stage
        self.server = stage.server
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name.replace(' ', '-')}-", dir=stage.folder))
        self._ends = []

    async def close(self):
        for end in reversed(self._ends):
            with contextlib.suppress(Exception):
                result = end()
                if asyncio.iscoroutine(result):
                    await result

    def ending(self, thing, end):
        self._ends.append(end)
        return thing

    # MARK: SIPp

    async def caller(self, scenario, number="9196", *, host=TRUNK, profile="external", **rest):
        """SIPp calls `number` on the server with a scenario."""
        server = network.SERVER_V6 if ":" in host else SERVER
        name = f"[{server}]" if ":" in server else server
        options = ["-s", number, *rest.pop("options", ())]
        sipp = await Sipp.start(
            self.folder, scenario, host=host, to=f"{name}:{PORTS[profile]}", options=options, **rest
        )
        return self.ending(sipp, sipp.stop)

    async def trunk(self, scenario, **rest):
        """SIPp waits for the server's calls."""
        sipp = await Sipp.start(self.folder, scenario, host=rest.pop("host", TRUNK), **rest)
        return self.ending(sipp, sipp.stop)

    async def plays(self, scenario, number="9196", within=20, **rest):
        """A scenario of a caller, by itself, passes."""
        await (await self.caller(scenario, number, **rest)).passes(within)

    async def trunk_call(self, trunk, caller="in_basic", within=20, number="to-@PORT@-bob", **rest):
        """A trunk's scenario and one that calls it both pass."""
        waiting = await self.trunk(trunk, **{key: rest.pop(key) for key in ("marks",) if key in rest})
        calling = await self.caller(caller, number.replace("@PORT@", str(waiting.port)), **rest)
        await calling.passes(within)
        await waiting.passes(within)
        return calling, waiting

    # MARK: Agents and sound

    async def agent(self, host=TRUNK, profile="external", **rest):
        server = network.SERVER_V6 if ":" in host else SERVER
        agent = await Agent.udp(host, (server, PORTS[profile]), **rest)
        return self.ending(agent, agent.close)

    async def tcp(self, host=PHONE, profile="internal"):
        agent = await Agent.tcp(host, (SERVER, PORTS[profile]))
        return self.ending(agent, agent.close)

    async def phone(self, user, tone, **rest):
        """baresip, registered as `user`."""
        if not sandbox.is_inside():
            raise Skipped("needs a network of its own")
        if shutil.which("baresip") is None:
            raise Skipped("needs baresip")
        phone = await Baresip.start(self.folder, user, tone, **rest)
        return self.ending(phone, phone.stop)

    async def sound(self, host=TRUNK):
        sound = await Sound.open(host)
        return self.ending(sound, sound.close)

    def keep_evidence(self, artifacts):
        """Everything the test left, and the server's log so far."""
        shutil.rmtree(artifacts, ignore_errors=True)
        shutil.copytree(self.folder, artifacts)
        for log in self.stage.folder.glob("*.log"):
            shutil.copy(log, artifacts)
