"""Browsers and phones together: what this server is for."""

import asyncio
import time

from harness import sandbox
from harness.page import eventually
from rig import pages
from rig.network import SERVER
from rig.pages import ADA, BEN, ROOM
from rig.suite import Cases, Skipped

from .gateways import port as gateway_port
from .sound import FAR, NEAR, media_of

CASES = Cases()
case = CASES.case

# dB of a full-scale sine, as in the browser tests.
HEARD, GONE = -30, -45


async def browsers(scene, *names):
    """The pages of these people, who are signed in, in no room and in no call."""
    if not sandbox.is_inside() or not pages.is_possible():
        raise Skipped("needs Chromium, baresip and a network of its own")
    stage = scene.stage
    if stage.browsers is None:
        stage.browsers = pages.Browsers(stage)
        await stage.browsers.start()
    people = [stage.browsers.people[each] for each in names]
    await asyncio.gather(*(each.be_free() for each in people))
    return people


async def hears(listen, who, *wanted, but=(), within=15):
    """Waits until a page hears each of `wanted`, and none of `but`."""
    last, tones = {}, [*wanted, *but]

    async def is_right():
        last.update(await listen(tones))
        return all(last[each] >= HEARD for each in wanted) and all(last[each] <= GONE for each in but)

    assert await eventually(is_right, within), f"{who.name} hears {last}, not just {wanted}"


@case(
    "page_room_phone",
    "a phone and two browsers in a room hear each other; the phone is shown for what it is",
    within=90,
    alone=True,
)
async def room(scene):
    ada, ben = await browsers(scene, "Ada", "Ben")
    await asyncio.gather(ada.join(), ben.join())
    phone = await scene.phone("2015", NEAR)
    await phone.dial(ROOM)
    await phone.established()
    name = "Phone 2015"
    await asyncio.gather(ada.rows.shows(name), ben.rows.shows(name))
    await asyncio.gather(
        hears(ada.hear, ada, NEAR, BEN, but=[ADA]),
        hears(ben.hear, ben, NEAR, ADA, but=[BEN]),
        phone.hears(ADA, BEN, but=[NEAR]),
    )
    shown = await ada.page.value("parley.conference.list().map((each) => JSON.stringify(each)).join()")
    assert "PCMU" in shown.upper() and "2015" in shown, f"codec and number are not in {shown}"

    # Its own keys.
    await phone.press("0")
    await ada.rows.shows(name, muted=True)
    await hears(ben.hear, ben, ADA, but=[NEAR])
    await phone.press("0")
    await ada.rows.shows(name, muted=False)
    await hears(ben.hear, ben, NEAR)

    # A moderator's.
    await ada.press("mod-mute", name)
    await ada.rows.shows(name, muted=True)
    await hears(ben.hear, ben, ADA, but=[NEAR])
    await ada.press("mod-mute", name)
    await hears(ben.hear, ben, NEAR)

    # Hanging up, from each side.
    await phone.hang_up()
    await asyncio.gather(ada.rows.lacks(name), ben.rows.lacks(name))
    await phone.closed()
    phone.events.clear()
    await phone.dial(ROOM)
    await phone.established()
    await ada.press("mod-kick", name)
    await phone.closed()
    await ada.rows.lacks(name)


@case("page_early_media", "a browser hears a trunk before it answers, and both talk with PCMU", within=60, alone=True)
async def early_media(scene):
    [ada] = await browsers(scene, "Ada")
    far = await scene.sound()
    trunk = await scene.trunk(
        "tr_183_sdp", port=await gateway_port(scene), keys={"audio": str(far.port)}, options=["-d", "7000"]
    )
    await ada.call("gw-itsp-5551")
    far.play(FAR, (SERVER, int(await trunk.logged("media"))))
    await hears(ada.hear_call, ada, FAR, within=6)
    assert (await ada.lines())[0]["state"] != "active", "answered before the trunk did"
    assert await eventually(lambda: is_active(ada), 15), await ada.lines()
    await asyncio.gather(hears(ada.hear_call, ada, FAR, but=[ADA]), far.hears(ADA, but=[FAR]))
    offer = trunk.messages()[0][1]
    assert "PCMU" in offer or "RTP/AVP 0" in offer
    await ada.press_line("call-hangup", "")
    await trunk.passes(10)
    await ada.is_alone()


async def is_active(person):
    return any(each["state"] == "active" for each in await person.lines())


@case(
    "page_to_phone",
    "a browser calls a phone behind a gateway; keys and sound go both ways; the phone hangs up",
    within=60,
    alone=True,
)
async def to_phone(scene):
    [ada] = await browsers(scene, "Ada")
    trunk, far = await scene.agent(port=await gateway_port(scene)), await scene.sound()
    await ada.call("gw-itsp-5552")
    end = await trunk.incoming("INVITE")
    end.reply(180, to=end.invitation)
    far.play(FAR, await media_of(end.invitation))
    end.answer(far.port, to=end.invitation)
    await end.expect("ACK")
    await asyncio.gather(hears(ada.hear_call, ada, FAR, but=[ADA]), far.hears(ADA, but=[FAR]))
    await ada.press_line("call-keypad", "")
    await ada.press_keys("call-pad", "42#")
    deadline = time.monotonic() + 6
    while far.digits != "42#":
        assert time.monotonic() < deadline, f"the trunk heard {far.digits!r}"
        await asyncio.sleep(0.1)
    await end.hang_up()
    await ada.is_alone()


@case(
    "page_to_baresip",
    "a browser calls baresip behind a trunk, which answers; both talk, and the browser hangs up",
    within=60,
    alone=True,
)
async def to_baresip(scene):
    [ada] = await browsers(scene, "Ada")
    phone = await scene.phone("bob", NEAR, to=SERVER)
    await ada.call(f"desk-{phone.port}-bob")
    await phone.established(15)
    await asyncio.gather(hears(ada.hear_call, ada, NEAR, but=[ADA]), phone.hears(ADA, but=[NEAR]))
    await ada.press_line("call-hangup", "")
    await phone.closed()
    await ada.is_alone()


@case("page_from_baresip", "a phone rings a browser, by name; both talk, and the phone hangs up", within=60, alone=True)
async def from_baresip(scene):
    [ben] = await browsers(scene, "Ben")
    phone = await scene.phone("2015", NEAR)
    await phone.dial("1001")
    await ben.is_rung_by("Phone 2015")
    await phone.event("CALL_PROGRESS")  # there is a tone meanwhile
    await ben.accept()
    await phone.established()
    await asyncio.gather(hears(ben.hear_call, ben, NEAR, but=[BEN]), phone.hears(BEN, but=[NEAR]))
    await phone.hang_up()
    await ben.is_alone()


@case("page_hold", "what a browser holds hears it no longer, and again afterwards", within=60, alone=True)
async def hold(scene):
    [ada] = await browsers(scene, "Ada")
    trunk, far = await scene.agent(port=await gateway_port(scene)), await scene.sound()
    await ada.call("gw-itsp-5554")
    end = await trunk.incoming("INVITE")
    far.play(FAR, await media_of(end.invitation))
    end.answer(far.port, to=end.invitation)
    await end.expect("ACK")
    end.obey(far.port)
    await asyncio.gather(hears(ada.hear_call, ada, FAR), far.hears(ADA))
    await ada.press_line("call-hold", "")
    await ada.page.until("parley.calls()[0].isHeld", 5, "it is held")
    await far.hears(but=[ADA])
    await hears(ada.hear_call, ada, but=[FAR])
    await ada.press_line("call-hold", "")
    await asyncio.gather(hears(ada.hear_call, ada, FAR), far.hears(ADA))
    await ada.press_line("call-hangup", "")
    await end.expect("BYE")
    end.reply(200)


@case("page_refused", "a browser learns why a trunk refused", within=60, alone=True)
async def refused(scene):
    [ada] = await browsers(scene, "Ada")
    trunk = await scene.agent(port=await gateway_port(scene))
    await ada.call("gw-itsp-5553")
    end = await trunk.incoming("INVITE")
    end.reply(486, to=end.invitation)
    await end.expect("ACK")
    await ada.is_alone()
    assert "busy" in (await ada.says()).lower(), await ada.says()
