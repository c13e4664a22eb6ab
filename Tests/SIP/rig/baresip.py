"""baresip, a phone without a sound card: it speaks from a file, and writes what it hears into one."""

import asyncio
import json
import struct
import time

from harness.process import Process

from . import tones
from .network import DESK, DESK_INTERFACE, free_port
from .tree import PASSWORD, SERVER

_MODULES = ("g711", "g722", "opus", "aufile", "sndfile", "srtp", "uuid")


class Baresip:
    """One phone with one account. Commands and events go over its control socket."""

    def __init__(self, process, folder, user):
        self._process = process
        self._folder = folder
        self.user = user
        self.events = []  # (seconds, type, fields)
        self._replies = {}
        self._count = 0

    @classmethod
    async def start(cls, folder, user, tone, *, codecs="pcmu", answers="auto", options="", to=None):
        """Sounds with `tone` as soon as it talks. `to` is where calls go instead of to the server, unregistered."""
        folder = folder / f"baresip-{user}"
        (folder / "heard").mkdir(parents=True)
        source = tones.write_wav(folder / "tone.wav", tones.tone(tone, 60 * tones.RATE))
        control = free_port(DESK)
        port = free_port(DESK)
        (folder / "config").write_text(
            _CONFIG.format(
                host=DESK,
                port=port,
                interface=DESK_INTERFACE,
                source=source,
                control=control,
                heard=folder / "heard",
                modules="\n".join(f"module {name}.so" for name in _MODULES),
            )
        )
        account = f'"Phone {user}" <sip:{user}@{to or SERVER}>;auth_pass={PASSWORD};answermode={answers};audio_codecs={codecs}'
        account += f";regint={0 if to else 120};ptime=20{options}"
        (folder / "accounts").write_text(account + "\n")
        (folder / "contacts").write_text("")
        process = await Process.start(["baresip", "-f", folder, "-v", "-s"], folder / "baresip.log")
        phone = cls(process, folder, user)
        phone.port = port
        await phone._connect(control)
        if to is None:
            await phone._until_registered()
        return phone

    async def stop(self):
        self._reading.cancel()
        await self._process.stop(5)

    async def _until_registered(self, within=10):
        """The event may have come before we listened."""
        deadline = time.monotonic() + within
        while "OK" not in (said := await self.command("reginfo")):
            assert time.monotonic() < deadline, f"baresip {self.user} is not registered: {said}"
            await asyncio.sleep(0.1)

    # MARK: Control

    async def _connect(self, port):
        for _ in range(100):
            try:
                reader, self._writer = await asyncio.open_connection(DESK, port)
                break
            except OSError:
                assert self._process.status is None, f"baresip ended: {self._process.said()[-500:]}"
                await asyncio.sleep(0.05)
        else:
            raise AssertionError(f"baresip does not listen: {self._process.said()[-500:]}")
        self._reading = asyncio.ensure_future(self._read(reader))

    async def _read(self, reader):
        while True:
            length = int((await reader.readuntil(b":"))[:-1])
            fields = json.loads(await reader.readexactly(length))
            await reader.readexactly(1)
            if fields.get("event"):
                self.events.append((time.monotonic(), fields["type"], fields))
            elif fields.get("token") in self._replies:
                self._replies.pop(fields["token"]).set_result(fields)

    async def command(self, name, parameters=""):
        self._count += 1
        token = str(self._count)
        self._replies[token] = asyncio.get_running_loop().create_future()
        waiting = self._replies[token]
        text = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        self._writer.write(b"%d:%s," % (len(text), text))
        reply = await asyncio.wait_for(waiting, 5)
        return reply.get("data", "")

    async def event(self, kind, within=10, since=0):
        """Waits for an event such as CALL_ESTABLISHED, newer than `since`, and returns its fields."""
        deadline = time.monotonic() + within
        while True:
            found = [fields for at, each, fields in self.events if each == kind and at >= since]
            if found:
                return found[0]
            said = [each for _, each, _ in self.events]
            assert time.monotonic() < deadline, f"baresip {self.user}: no {kind} within {within} s, but {said}"
            await asyncio.sleep(0.05)

    # MARK: What a person does

    async def dial(self, number):
        self.dialled = time.monotonic()
        await self.command("dial", number)

    async def established(self, within=10):
        await self.event("CALL_ESTABLISHED", within)

    async def hang_up(self):
        await self.command("hangup")

    async def press(self, keys):
        await self.command("sndcode", keys)

    async def closed(self, within=10):
        return (await self.event("CALL_CLOSED", within)).get("param", "")

    # MARK: What it hears; after a change of the session by INVITE this version writes nothing any more

    async def listen(self, seconds=0.5):
        """The samples that come from now on for so long, and how many a second has. On hold there are none."""
        file, start = self._file(), self._size()
        await asyncio.sleep(seconds)
        if file is None or file != self._file():
            return [], tones.RATE
        with open(file, "rb") as sound:
            head = sound.read(200)
            channels, rate = struct.unpack_from("<HI", head, 22)
            first = head.index(b"data") + 8
            start = max(first, start - (start - first) % (2 * channels))
            sound.seek(start)
            data = sound.read((self._size() - start) // (2 * channels) * 2 * channels)
        return list(struct.unpack(f"<{len(data) // 2}h", data))[::channels], rate

    def _file(self):
        """Of the newest call."""
        return max((self._folder / "heard").glob("*-dec.wav"), key=lambda each: each.stat().st_mtime_ns, default=None)

    def _size(self):
        file = self._file()
        return file.stat().st_size if file else 0

    async def hears(self, *wanted, but=(), within=12, at_least=-30, at_most=-45):
        """As Sound.hears."""
        deadline = time.monotonic() + within
        while True:
            samples, rate = await self.listen()
            found = tones.levels(samples, (*wanted, *but), rate)
            is_whole = len(samples) >= 0.35 * rate or not wanted
            if (
                is_whole
                and all(found[each] >= at_least for each in wanted)
                and all(found[each] <= at_most for each in but)
            ):
                return found
            assert (
                time.monotonic() < deadline
            ), f"baresip {self.user} heard {found} in {len(samples)} samples, not just {wanted}"


_CONFIG = """poll_method epoll
sip_listen {host}:{port}
net_interface {interface}
call_local_timeout 120
call_max_calls 4
audio_path /usr/share/baresip
audio_source aufile,{source}
audio_alert aufile,{source}
ausrc_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_stats no
snd_path {heard}
module_path /usr/lib/baresip/modules
{modules}
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {host}:{control}
"""
