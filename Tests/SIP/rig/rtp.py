"""The sound of one call: RTP with PCMU or PCMA bytes and telephone events, sent and received."""

import asyncio
import random
import struct
import time

from . import tones

FRAME = 160
EVENTS = "0123456789*#ABCD"


class Sound(asyncio.DatagramProtocol):
    """One RTP socket. Sends a tone every 20 ms once it knows where to, and keeps what it hears."""

    def __init__(self, events=101):
        self.heard = []  # (seconds, samples)
        self.digits = ""
        self.packets = []  # (seconds, payload type, sequence number, SSRC)
        self._events = events
        self._event_stamp = None
        self._frequency = None
        self._target = None
        self._queue = []
        self._task = None

    @classmethod
    async def open(cls, host, port=0):
        loop = asyncio.get_running_loop()
        transport, sound = await loop.create_datagram_endpoint(cls, local_addr=(host, port))
        sound._transport = transport
        sound.port = transport.get_extra_info("sockname")[1]
        return sound

    # MARK: Sending

    def play(self, frequency, to=None):
        """Sends this tone from now on, or nothing with None; to where the last packet came from, or to `to`."""
        self._frequency = frequency
        self._target = to or self._target
        if self._task is None:
            self._task = asyncio.ensure_future(self._send())

    def press(self, keys, milliseconds=160):
        """Sends telephone events, one after the other (RFC 4733)."""
        self._queue += [(EVENTS.index(key), milliseconds) for key in keys]

    async def _send(self):
        number, stamp, source = random.randrange(1 << 15), random.randrange(1 << 31), random.randrange(1 << 32)
        due, event = time.monotonic(), None
        while True:
            if event is None and self._queue:
                code, length = self._queue.pop(0)
                event = [code, stamp, length * 8]
            packets = []
            if event:
                packets, is_over = _event_packets(event, stamp, self._events)
                event = None if is_over else event
            elif self._frequency is not None:
                packets = [(0, False, stamp, tones.encode(tones.tone(self._frequency, FRAME, stamp)))]
            for kind, marker, at, payload in packets if self._target else []:
                header = struct.pack("!BBHII", 0x80, marker << 7 | kind, number & 0xFFFF, at & 0xFFFFFFFF, source)
                self._transport.sendto(header + payload, self._target)
                number += 1
            stamp += FRAME
            due += FRAME / tones.RATE
            await asyncio.sleep(max(0, due - time.monotonic()))

    # MARK: Receiving

    def datagram_received(self, data, source):
        if len(data) < 12 or data[0] >> 6 != 2 or 72 <= data[1] & 0x7F <= 76:
            return
        self._target = self._target or source
        kind, number = data[1] & 0x7F, struct.unpack_from("!H", data, 2)[0]
        stamp, ssrc = struct.unpack_from("!II", data, 4)
        payload = data[12 + 4 * (data[0] & 15) :]
        self.packets.append((time.monotonic(), kind, number, ssrc))
        if kind == self._events:
            if stamp != self._event_stamp and payload[0] < len(EVENTS):
                self._event_stamp = stamp
                self.digits += EVENTS[payload[0]]
        elif kind == 0:
            self.heard.append((time.monotonic(), tones.decode(payload)))

    def last(self, seconds=0.5):
        """The samples that came in the last `seconds`."""
        since = time.monotonic() - seconds
        return [sample for at, frame in self.heard if at > since for sample in frame]

    async def hears(self, *wanted, but=(), within=10, at_least=-30, at_most=-45):
        """Waits until each of `wanted` is heard, and none of `but`."""
        deadline = time.monotonic() + within
        while True:
            samples = self.last()
            found = tones.levels(samples, (*wanted, *but))
            is_whole = len(samples) >= 0.4 * tones.RATE or not wanted
            if (
                is_whole
                and all(found[each] >= at_least for each in wanted)
                and all(found[each] <= at_most for each in but)
            ):
                return found
            assert time.monotonic() < deadline, f"heard {found} in {len(samples)} samples, not just {wanted}"
            await asyncio.sleep(0.1)

    def close(self):
        if self._task:
            self._task.cancel()
        self._transport.close()


def _event_packets(event, stamp, payload_type):
    """What to send of an event now, and whether it is over: its last packet comes three times."""
    code, start, length = event
    duration = stamp - start + FRAME
    is_over = duration >= length
    payload = struct.pack("!BBH", code, is_over << 7 | 10, min(duration, 0xFFFF))
    return [
        (payload_type, stamp == start and index == 0, start, payload) for index in range(3 if is_over else 1)
    ], is_over
