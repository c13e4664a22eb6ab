"""Gateways of ours: registrations, pings, and what they ask us."""

import asyncio
import time

from rig import digest
from rig.network import STRANGER
from rig.registrar import REALM
from rig.suite import Cases, Skipped
from rig.tree import GATEWAY_PASSWORD

CASES = Cases()
case = CASES.case


async def state_is(scene, name, *wanted, within=10):
    """Waits until `sofia status gateway` says so: a state, and UP or DOWN."""
    deadline = time.monotonic() + within
    while True:
        found = await scene.server.gateway_state(name)
        if set(wanted) <= set(found) or any(each in wanted for each in found) and len(wanted) == 1:
            return
        assert time.monotonic() < deadline, f"{name} is {found}, not {wanted}"
        await asyncio.sleep(0.3)


@case("tr_register_ok", "a gateway registers by SHA-256, as itself")
async def ok(scene):
    log = await scene.stage.registrar.until("reg-ok", lambda log: any(status == 200 for *_, status in log))
    first, second = log[0][1], log[1][1]
    assert [status for *_, status in log[:2]] == [401, 200]
    assert first.call_id == second.call_id and first.tag("From") == second.tag("From")
    assert second.number == first.number + 1 and second.branch != first.branch
    assert second.get("Expires") == "600" and "gw+reg-ok" in second.contact
    await state_is(scene, "reg-ok", "REGED", "UP")


@case("tr_register_short_expires", "the time that the registrar granted counts: half of 8 s", within=40, waits=True)
async def short(scene):
    log = await scene.stage.registrar.until("reg-short", lambda log: sum(status == 200 for *_, status in log) >= 4, 30)
    granted = [at for at, _, status in log if status == 200]
    gaps = [round(later - earlier, 1) for earlier, later in zip(granted, granted[1:])]
    assert all(3 <= gap <= 5.5 for gap in gaps), f"refreshed after {gaps}"
    assert len({message.call_id for _, message, _ in log}) == 1, "a Call-ID of its own for each"
    reused = [message for _, message, _ in log if message.get("Authorization")]
    counts = [int(digest.parameters(each.get("Authorization"))["nc"], 16) for each in reused]
    assert counts[:4] == [1, 2, 3, 4], f"nonce counts {counts}"


@case("tr_register_401", "a wrong password is given up, and tried again later", within=40, waits=True)
async def wrong(scene):
    log = await scene.stage.registrar.until("reg-wrong", lambda log: len(log) >= 2)
    await asyncio.sleep(3)
    first = [at for at, *_ in scene.stage.registrar.of("reg-wrong") if at < log[0][0] + 4.5]
    assert len(first) <= 3, f"{len(first)} requests at once"
    found = await scene.server.gateway_state("reg-wrong")
    assert "DOWN" in found and "REGED" not in found, f"{found}"
    await scene.stage.registrar.until("reg-wrong", lambda log: log[-1][0] > log[0][0] + 4.5)


@case("tr_register_403", "a registrar that forbids is asked again only after a while", within=30, waits=True)
async def forbidden(scene):
    log = await scene.stage.registrar.until("reg-forbidden", lambda log: len(log) >= 2, 20)
    assert log[1][0] - log[0][0] >= 4, "at once"
    assert "DOWN" in await scene.server.gateway_state("reg-forbidden")


@case("tr_register_423", "a registrar that wants a longer time gets it")
async def brief(scene):
    log = await scene.stage.registrar.until("reg-brief", lambda log: any(status == 200 for *_, status in log))
    asked = [message.get("Expires") for _, message, status in log if status == 423]
    given = next(message for _, message, status in log if status == 200)
    assert asked == ["60"] and int(given.get("Expires")) >= 90
    await state_is(scene, "reg-brief", "REGED", "UP")


@case("tr_register_503", "a busy registrar is asked again when it said")
async def busy(scene):
    log = await scene.stage.registrar.until("reg-busy", lambda log: any(status == 200 for *_, status in log))
    assert log[0][2] == 503 and 1.5 <= log[1][0] - log[0][0], f"asked again after {log[1][0] - log[0][0]:.1f} s"


@case("tr_register_timeout", "a registrar that says nothing is given up after the time set", within=40, waits=True)
async def silent(scene):
    log = await scene.stage.registrar.until("reg-silent", lambda log: len(log) >= 3)
    gaps = [round(later[0] - earlier[0], 1) for earlier, later in zip(log, log[1:3])]
    assert abs(gaps[0] - 0.5) < 0.3 and abs(gaps[1] - 1) < 0.3, f"repeated after {gaps}"
    await state_is(scene, "reg-silent", "DOWN")
    await scene.stage.registrar.until("reg-silent", lambda log: len({message.branch for _, message, _ in log}) >= 2, 25)


@case(
    "tr_options_ping_down_up",
    "a gateway that fails its ping is down, and up again when it answers",
    within=60,
    waits=True,
)
async def ping(scene):
    registrar = scene.stage.registrar
    pings = lambda: [each for each in registrar.log if each[1].method == "OPTIONS"]
    deadline = time.monotonic() + 15
    while not pings():
        assert time.monotonic() < deadline, "no OPTIONS"
        await asyncio.sleep(0.2)
    await state_is(scene, "pinged", "UP")
    registrar.is_healthy = False
    try:
        await state_is(scene, "pinged", "DOWN", within=15)
        assert await scene.server.original_cause("sofia/gateway/pinged/100") == "GATEWAY_DOWN"
    finally:
        registrar.is_healthy = True
    await state_is(scene, "pinged", "UP", within=15)


# MARK: What a trunk asks before it lets a call through


async def trunk_agent(scene, number):
    """The gateway `itsp` at its port, one test at a time, and a call to it by way of the dialplan."""
    await _itsp.acquire()
    scene.ending(None, _itsp.release)
    trunk, caller = await scene.agent(port=scene.stage.itsp_port), await scene.agent()
    call = caller.call(f"gw-itsp-{number}")
    call.invite()
    end = await trunk.incoming("INVITE")
    assert end.user == number
    return trunk, call, end


_itsp = asyncio.Semaphore(1)


async def ask(end, status, challenge, request):
    header = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    end.reply(status, headers={header: challenge}, to=request)
    await end.expect("ACK")
    return await end.expect("INVITE")


async def talks(call, end, request):
    """The call is answered, and hung up by the caller."""
    end.answer(to=request)
    ack = await end.expect("ACK")
    await call.expect(200)
    call.ack()
    await call.hang_up()
    await end.expect("BYE")
    end.reply(200)
    return ack


@case("tr_401", "a trunk asks for the password once, by SHA-256, and again with a stale nonce")
async def asked(scene):
    _, call, end = await trunk_agent(scene, "5001")
    first = end.invitation
    challenge = digest.challenge(REALM, "SHA-256")
    second = await ask(end, 401, challenge, first)
    assert digest.is_right(second, GATEWAY_PASSWORD, challenge)
    assert (second.call_id, second.tag("From"), second.number) == (first.call_id, first.tag("From"), first.number + 1)
    assert digest.parameters(second.get("Authorization"))["uri"] == second.uri and second.branch != first.branch
    newer = digest.challenge(REALM, "SHA-256", stale=True)
    third = await ask(end, 401, newer, second)
    assert digest.is_right(third, GATEWAY_PASSWORD, newer)
    ack = await talks(call, end, third)
    assert ack.get("Authorization"), "the ACK has no credentials"


@case("tr_407_then_401", "a proxy asks, and then who is behind it: both get their credentials")
async def both(scene):
    _, call, end = await trunk_agent(scene, "5002")
    outer, inner = digest.challenge(REALM), digest.challenge("inner.example", "SHA-256")
    second = await ask(end, 407, outer, end.invitation)
    assert digest.is_right(second, GATEWAY_PASSWORD, outer)
    third = await ask(end, 401, inner, second)
    assert digest.is_right(third, GATEWAY_PASSWORD, inner)
    assert third.get("Proxy-Authorization"), "the proxy's credentials are gone"
    await talks(call, end, third)


@case("tr_401_two_challenges", "of several challenges the first one that is known is answered")
async def choice(scene):
    _, call, end = await trunk_agent(scene, "5003")
    odd, good = digest.challenge(REALM).replace("MD5", "ROT13"), digest.challenge(REALM, "SHA-256")
    invite = end.invitation
    reply = f"{odd}, {good}"
    second = await ask(end, 401, reply, invite)
    assert digest.is_right(second, GATEWAY_PASSWORD, good)
    await talks(call, end, second)


@case("tr_401_loop", "who asks again for what was right is not answered for ever")
async def loop(scene):
    trunk, call, end = await trunk_agent(scene, "5004")
    request, count = end.invitation, 1
    while True:
        end.reply(401, headers={"WWW-Authenticate": digest.challenge(REALM)}, to=request)
        await end.expect("ACK")
        try:
            request = await end.expect("INVITE", within=1.5)
        except AssertionError:
            break
        count += 1
        assert count <= 3, "asked and answered for ever"
    assert count == 2, f"{count} attempts"
    await call.expect(603)
    call.ack()


@case("tr_401_stranger", "credentials of a gateway are for its own addresses only")
async def harvest(scene):
    trunk, stranger, caller = (
        await scene.agent(port=await port(scene)),
        await scene.agent(STRANGER),
        await scene.agent(),
    )
    call = caller.call("gw-itsp-5005")
    call.invite()
    end = await trunk.incoming("INVITE")
    end.reply(302, headers={"Contact": f"<sip:5005@{STRANGER}:{stranger.port}>"}, to=end.invitation)
    await end.expect("ACK")
    try:
        bait = await stranger.incoming("INVITE", within=1.5)
    except asyncio.TimeoutError:
        return  # not even called
    bait.reply(401, headers={"WWW-Authenticate": digest.challenge(REALM)}, to=bait.invitation)
    await bait.expect("ACK")
    await bait.silence(1.5)


async def port(scene):
    await _itsp.acquire()
    scene.ending(None, _itsp.release)
    return scene.stage.itsp_port


@case("tr_kamailio", "a gateway registers at kamailio, and calls through it, which stays in the path", within=40)
async def through_a_proxy(scene):
    if scene.stage.kamailio is None:
        raise Skipped("needs kamailio")
    await state_is(scene, "kamailio", "REGED", "UP", within=20)
    trunk, caller = await scene.agent(), await scene.agent()
    call = caller.call(f"gw-kamailio-{trunk.port}")
    call.invite()
    end = await trunk.incoming("INVITE")
    assert end.routes, "kamailio is not in the path"
    end.reply(180, to=end.invitation)
    end.answer(to=end.invitation)
    await end.expect("ACK")
    await call.expect(200)
    call.ack()
    # Requests of both sides go through it, too.
    end.send("INFO")
    await end.expect(200)
    await call.hang_up()
    assert (await end.expect("BYE")).all("Via")[1:], "BYE came past kamailio"
    end.reply(200)


@case("tr_gateway_unknown", "a gateway that is not there, and others that cannot be called")
async def unknown(scene):
    causes = {
        "sofia/gateway/nobody/100": "INVALID_GATEWAY",
        "sofia/gateway/itsp": "INVALID_URL",
        "sofia/nobody/100@192.0.2.1": "INVALID_PROFILE",
        "sofia/internal/2019": "USER_NOT_REGISTERED",
    }
    found = {each: await scene.server.original_cause(each) for each in causes}
    assert found == causes, f"{found}"
