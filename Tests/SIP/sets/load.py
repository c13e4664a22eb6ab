"""Many calls at once."""

import asyncio
import time

from rig.suite import Cases

CASES = Cases()
case = CASES.case

RATE, SECONDS = 50, 20


@case("load_50", f"{RATE} calls a second for {SECONDS} s all come about, and leave nothing", within=70, alone=True)
async def load(scene):
    before = await scene.server.calls()
    count = RATE * SECONDS
    began = time.monotonic()
    caller = await scene.caller(
        "load",
        calls=count,
        options=["-r", str(RATE), "-l", "500", "-d", "1000", "-timer_resol", "5", "-max_recv_loops", "2000"],
    )
    await caller.passes(SECONDS + 30)
    lasted = time.monotonic() - began
    assert lasted < SECONDS + 6, f"{count} calls took {lasted:.1f} s"
    deadline = time.monotonic() + 5
    while await scene.server.calls() > before:
        assert time.monotonic() < deadline, f"{await scene.server.calls()} legs are left, {before} were there"
        await asyncio.sleep(0.2)
