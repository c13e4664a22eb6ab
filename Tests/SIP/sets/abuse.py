"""Who means no good."""

import asyncio

from rig.network import FLOODER, PHONE, SCANNER
from rig.suite import Cases

CASES = Cases()
case = CASES.case


@case("in_scanner", "a scanner gets no answer, and one that goes on none to anything")
async def scanner(scene):
    agent = await scene.agent(SCANNER, "internal")
    for _ in range(12):
        scan = agent.call("100")
        scan.send("OPTIONS", "", {"User-Agent": "friendly-scanner"})
        await scan.silence(0.05)
    again = agent.call("100")
    again.send("OPTIONS")
    await again.silence(0.7)
    assert not agent.received, f"{len(agent.received)} answers"


@case("in_flood", "who floods is slowed down; others are not", alone=True)
async def flood(scene):
    flooder = await scene.agent(FLOODER, "internal")
    neighbour = await scene.agent(PHONE, "internal")
    for index in range(3000):
        flooder.send(flooder.call("100").request("OPTIONS"))
        if index % 100 == 99:
            await asyncio.sleep(0.01)
    call = neighbour.call("100")
    call.send("OPTIONS")
    await call.expect(200, within=2)
    await asyncio.sleep(0.5)
    answered = len(flooder.received)
    assert answered <= 600, f"{answered} of 3000 were answered"


@case("in_injection", "line ends in names reach no header")
async def injection(scene):
    trunk, agent = await scene.agent(), await scene.agent()
    call = agent.call(f"to-{trunk.port}-bob%0D%0AX-Evil:%20yes")
    call.local = '"Eve\\\r\n X" <sip:eve@example.com>'
    call.invite()
    try:
        end = await trunk.incoming("INVITE", within=3)
    except asyncio.TimeoutError:
        return
    assert end.invitation.get("X-Evil") is None and "\n" not in end.invitation.get("From")
