"""The tests of calls, in the order they run. Each name is a sentence that is true when it passes."""

import asyncio
import time

from cases import GONE, HEARD
from harness import sandbox
from harness.page import eventually, js
from harness.pictures import COLOURS
from harness.suite import Cases, Skipped

CASES = Cases()
case = CASES.case

# Seconds from pressing Reload to the same row in the same room.
BACK_WITHIN = 3
PIN = "4711"
PIN_ROOM = "3611"


# MARK: Who hears whom


async def hears_only(listen, who, tones, *wanted, within=15):
    """Waits until `listen(tones)` has each of the tones `wanted` and none of the others."""
    last = {}

    async def is_right():
        last.update(await listen(tones))
        return all(last[tone] >= HEARD if tone in wanted else last[tone] <= GONE for tone in tones)

    assert await eventually(is_right, within), f"{who.name} ({who.tone} Hz) hears {last}, not just {wanted}"
    return dict(last)


async def talk(stage, *pair):
    """Checks that exactly these two hear each other."""
    one, two = pair
    await asyncio.gather(
        hears_only(one.hear_call, one, stage.tones, two.tone), hears_only(two.hear_call, two, stage.tones, one.tone)
    )


async def room_hears(stage, *people):
    """Checks that these, who are in a room, hear one another and nobody else."""
    await asyncio.gather(
        *(hears_only(each.hear, each, stage.tones, *(other.tone for other in people if other is not each)) for each in people)
    )


def people(stage, *names):
    return [stage.person(name) for name in names]


# MARK: Two people


@case("one page calls another by user name, and both hear each other", within=180)
async def call(stage):
    await stage.everybody_free()
    ben, cleo = people(stage, "Ben", "Cleo")
    await ben.call(cleo.user)
    await cleo.is_rung_by("Ben")
    assert (await ben.lines())[0]["state"] in ("calling", "early"), await ben.lines()
    await cleo.accept()
    await asyncio.gather(ben.talks_to("Cleo"), cleo.talks_to("Ben"))
    await talk(stage, ben, cleo)
    await cleo.press_line("call-hangup", "Ben")
    await asyncio.gather(ben.is_alone(), cleo.is_alone())
    assert "hung up" in await ben.says(), await ben.says()


@case("a call between two kinds of browsers is heard both ways")
async def two_kinds(stage):
    if len(stage.people) < 4:
        raise Skipped("needs Firefox")
    await stage.everybody_free()
    ben, dora = people(stage, "Ben", "Dora")
    for caller, callee in ((ben, dora), (dora, ben)):
        await stage.connect(caller, callee)
        await talk(stage, caller, callee)
        await caller.press_line("call-hangup", callee.name)
        await asyncio.gather(caller.is_alone(), callee.is_alone())


@case("who does not come through is told why, and what to do")
async def refusals(stage):
    await stage.everybody_free()
    ben, cleo = people(stage, "Ben", "Cleo")
    await ben.call(cleo.user)
    await cleo.is_rung_by("Ben")
    await cleo.decline()
    await ben.is_alone()
    assert "declined" in await ben.says(), await ben.says()
    await cleo.page.click("[data-testid=calls-sign-out]")
    await ben.call(cleo.user)
    await ben.is_alone()
    assert "cannot be reached" in await ben.says(), await ben.says()
    await ben.call("no such number")
    await ben.is_alone()
    assert "Nobody has" in await ben.says(), await ben.says()


@case("a caller who gives up stops the ringing")
async def give_up(stage):
    await stage.everybody_free()
    ben, cleo = people(stage, "Ben", "Cleo")
    await ben.call(cleo.user)
    await cleo.is_rung_by("Ben")
    await ben.press_line("call-hangup", "")
    await cleo.page.until("document.querySelector('#incoming').hidden", 10, "it stops ringing")
    assert "missed" in await cleo.says(), await cleo.says()


@case("on hold neither hears the other, and both do again afterwards")
async def hold(stage):
    await stage.everybody_free()
    ben, cleo = people(stage, "Ben", "Cleo")
    await stage.connect(ben, cleo)
    await talk(stage, ben, cleo)
    await ben.press_line("call-hold", "Cleo")
    await ben.page.until("parley.calls()[0].isHeld", 5, "it is held")
    # There may be music instead.
    await asyncio.gather(
        hears_only(ben.hear_call, ben, [cleo.tone]), hears_only(cleo.hear_call, cleo, [ben.tone])
    )
    await ben.press_line("call-hold", "Cleo")
    await talk(stage, ben, cleo)


@case("a video call shows each the other's picture")
async def video(stage):
    await stage.everybody_free()
    ben, cleo = pair = people(stage, "Ben", "Cleo")
    try:
        for person in pair:
            person.has_camera = True
            await person.sign_in()
        await ben.call_with_video(cleo.user)
        await cleo.is_rung_by("Ben")
        await cleo.accept(with_video=True)
        await asyncio.gather(ben.talks_to("Cleo"), cleo.talks_to("Ben"))
        for person, other in ((ben, cleo), (cleo, ben)):
            is_near = f"(part, index) => Math.abs(part - {js(COLOURS[other.name])}[index]) < 40"
            await person.page.until(f"parley.picture('call')?.color.every({is_near})", 15, f"{other.name} is seen")
        await talk(stage, ben, cleo)
        await ben.press_line("call-hangup", "Cleo")
        await asyncio.gather(ben.is_alone(), cleo.is_alone())
    finally:
        for person in pair:
            person.has_camera = False
            await person.sign_in()


@case("a text reaches the user it is for")
async def text(stage):
    await stage.everybody_free()
    ben, cleo, ada = people(stage, "Ben", "Cleo", "Ada")
    words = "Grüße & <b>hello</b>"
    await ben.page.value("(document.querySelector('[data-testid=texts]').open = true)")
    await ben.page.fill("[data-testid=text-to]", cleo.user)
    await ben.page.fill("[data-testid=text-body]", words)
    await ben.page.click("[data-testid=text-send]")
    said = "document.querySelector('[data-testid=texts-log]').textContent"
    await cleo.page.until(f"{said}.includes({js(words)}) && {said}.includes({js(ben.user)})", 10, "the text arrives")
    assert words not in await ada.page.value(said)


@case("who may know sees who can be called and who talks")
async def people_list(stage):
    await stage.everybody_free()
    ada, ben, cleo = people(stage, "Ada", "Ben", "Cleo")
    if await ada.page.value("document.querySelector('#people-part').hidden"):
        raise Skipped("the configuration lets nobody know")
    state = "document.querySelector('[data-testid=person-%s]')?.dataset.state"
    await ada.page.until(f"{state % ben.user} === 'free'", 10, "Ben can be called")
    await stage.connect(ben, cleo)
    await ada.page.until(f"{state % ben.user} === 'busy'", 10, "Ben talks")
    await ben.press_line("call-hangup", "Cleo")
    await ada.page.until(f"{state % ben.user} === 'free'", 10, "Ben can be called again")


# MARK: Three people


@case("a call is transferred into a room")
async def transfer_to_room(stage):
    await stage.everybody_free()
    ada, ben, cleo = people(stage, "Ada", "Ben", "Cleo")
    await ada.join()
    await stage.connect(ben, cleo)
    await ben.transfer("Cleo", ada.room)
    await cleo.wait_until_joined(15)
    await ben.is_alone()
    await ada.rows.shows("Cleo")
    await room_hears(stage, ada, cleo)
    assert f"connected with {ada.room}" in await ben.says(), await ben.says()


@case("a call is transferred to another user")
async def blind_transfer(stage):
    await stage.everybody_free()
    ada, ben, cleo = people(stage, "Ada", "Ben", "Cleo")
    await stage.connect(ben, cleo)
    await ben.transfer("Cleo", ada.user)
    await ada.is_rung_by("Cleo")
    await ben.is_alone()
    await ada.accept()
    await asyncio.gather(ada.talks_to("Cleo"), cleo.talks_to("Ada"))
    await talk(stage, ada, cleo)


@case("who talks to two connects them with each other")
async def attended_transfer(stage):
    await stage.everybody_free()
    ada, ben, cleo = people(stage, "Ada", "Ben", "Cleo")
    await stage.connect(ben, cleo)
    await ben.call(ada.user)  # which puts the first call on hold
    await ada.is_rung_by("Ben")
    await ada.accept()
    await ben.talks_to("Ada")
    await ben.page.until("parley.calls()[0].isHeld", 5, "the first call is held")
    await talk(stage, ada, ben)
    await ben.page.click("[data-testid=call-connect]")
    await ben.is_alone()
    # Each learns who the other is.
    await asyncio.gather(ada.talks_to("Cleo"), cleo.talks_to("Ada"))
    await talk(stage, ada, cleo)


@case("a call that comes during a room puts the room on hold, and it goes on afterwards")
async def call_in_room(stage):
    await stage.everybody_free()
    ada, ben, cleo = people(stage, "Ada", "Ben", "Cleo")
    await asyncio.gather(ada.join(), ben.join())
    await cleo.call(ben.user)
    await ben.is_rung_by("Cleo")
    await ben.accept()
    await ben.talks_to("Cleo")
    await ada.rows.shows("Ben", held=True)
    await hears_only(ada.hear, ada, [ben.tone])
    await talk(stage, ben, cleo)
    await cleo.press_line("call-hangup", "Ben")
    await ada.rows.shows("Ben", held=False)
    await room_hears(stage, ada, ben)


# MARK: Coming back


@case("a page loaded again in a room is back within 3 s with the same row and member number", within=120)
async def reload_in_room(stage):
    await stage.everybody_free()
    everybody = stage.people
    ada = stage.moderator
    await asyncio.gather(*(each.join() for each in everybody))
    for person in everybody[1:]:
        before = await ada.identity(person.name)
        await ada.page.value(_WATCH_ROWS % js(before[0]))
        started = time.monotonic()
        await person.page.reload()
        await person.wait_until_joined(20)
        seconds = time.monotonic() - started
        assert await person.identity(person.name) == before, f"{person.name} is another member"
        assert await ada.identity(person.name) == before
        assert await ada.page.value("window.rowWasGone") is False, f"the row of {person.name} was gone meanwhile"
        await room_hears(stage, *everybody)
        print(f"   {person.page.name} is back after {seconds:.1f} s", flush=True)
        assert seconds <= BACK_WITHIN, f"{person.name} was away for {seconds:.1f} s"


_WATCH_ROWS = """((key) => {
    window.rowWasGone = false;
    window.rowWatch?.();
    window.rowWatch = parley.conference.on('change', ({ action, key: gone }) => {
        if (action === 'remove' && gone === key) window.rowWasGone = true;
    });
    return true;
})(%s)"""


@case("a mute outlives a reload")
async def muted_reload(stage):
    await stage.everybody_free()
    ada, ben = people(stage, "Ada", "Ben")
    await asyncio.gather(ada.join(), ben.join())
    await ada.press("mod-mute", "Ben")
    await ben.rows.shows("Ben", muted=True)
    await ben.page.reload()
    await ben.wait_until_joined()
    await ada.rows.shows("Ben", muted=True)
    await hears_only(ada.hear, ada, [ben.tone])


@case("a page loaded again in a call goes on with it")
async def reload_in_call(stage):
    await stage.everybody_free()
    ben, cleo = people(stage, "Ben", "Cleo")
    await stage.connect(ben, cleo)
    for person, other in ((ben, cleo), (cleo, ben)):  # who called, and who was called
        before = (await person.lines())[0]["callID"]
        await person.page.reload()
        await person.page.until("window.parley?.isOnline", 15, "signed in again")
        await person.talks_to(other.name)
        assert (await person.lines())[0]["callID"] == before
        await talk(stage, ben, cleo)


@case("a broken socket ends neither sound nor row", within=120)
async def broken_socket(stage):
    if not sandbox.is_inside():
        raise Skipped("needs a network of its own")
    await stage.everybody_free()
    ada, ben, cleo = people(stage, "Ada", "Ben", "Cleo")
    trio = (ada, ben, cleo)
    await asyncio.gather(*(each.join() for each in trio))
    await room_hears(stage, *trio)
    before = {each.name: await ada.identity(each.name) for each in trio}
    for person in trio:
        await person.page.value("window.firstCall = parley.call.callID")
    with sandbox.Cut(stage.bridge.port):
        await ben.page.value("parley.tone.off()")  # news for all pages, which they acknowledge
        for person in trio:
            await person.page.until("parley.status === 'reconnecting'", 25, "the page notices")
        await ben.page.value("parley.tone.on()")
        await room_hears(stage, *trio)  # while no page has a socket
    for person in trio:
        await person.wait_until_joined(40)
    for person in trio:
        await ada.rows.shows(person.name)  # her own list begins anew, too
        assert await person.page.value("parley.call.callID === window.firstCall"), f"{person.name} called anew"
        assert await ada.identity(person.name) == before[person.name], f"{person.name} is another member"
    await room_hears(stage, *trio)


@case("a call outlives the sockets of both sides", within=120)
async def broken_sockets_in_call(stage):
    if not sandbox.is_inside():
        raise Skipped("needs a network of its own")
    await stage.everybody_free()
    ben, cleo = people(stage, "Ben", "Cleo")
    await stage.connect(ben, cleo)
    with sandbox.Cut(stage.bridge.port):
        for person in (ben, cleo):
            await person.page.value("(parley.client.retryNow(), true)")  # sends, and so finds out
            await person.page.until("parley.status === 'reconnecting'", 25, "the page notices")
        await talk(stage, ben, cleo)
    for person in (ben, cleo):
        await person.page.until("parley.status === 'online'", 40, "signed in again")
    await asyncio.gather(ben.talks_to("Cleo"), cleo.talks_to("Ben"))
    await talk(stage, ben, cleo)


# MARK: In rooms


@case("a PIN that a moderator sets is entered by the keypad")
async def pin(stage):
    await stage.everybody_free()
    ada, ben = people(stage, "Ada", "Ben")
    usual = ada.room
    ada.room = ben.room = PIN_ROOM
    try:
        await ada.join()
        await ada.page.click("[data-testid=mod-room]")
        await ada.page.fill("[data-testid=mod-pin]", PIN)
        await ada.page.click("[data-testid=mod-pin-set]")
        await ada.page.until("document.querySelector('[data-testid=mod-reply]').textContent !== ''", 10, "a reply")
        await ben.page.fill("[data-testid=room]", PIN_ROOM)
        await ben.page.click("[data-testid=join]")
        await ben.page.until("!document.querySelector('[data-testid=pin-field]').hidden", 15, "the page asks for a PIN")
        assert not await ben.is_joined()
        await ben.press_keys("pin-pad", "9999#")
        await asyncio.sleep(1)
        assert not await ben.is_joined(), "a wrong PIN let Ben in"
        # The last digit lets Ben in; there may be no pad for a "#" any more.
        await ben.press_keys("pin-pad", PIN)
        await ben.wait_until_joined(20)
        await room_hears(stage, ada, ben)
        await ada.page.click("[data-testid=mod-pin-clear]")
    finally:
        ada.room = ben.room = usual


@case("the keypad in the room mutes with 0")
async def room_keys(stage):
    await stage.everybody_free()
    ada, ben = people(stage, "Ada", "Ben")
    await asyncio.gather(ada.join(), ben.join())
    await ben.page.until("!document.querySelector('[data-testid=share-screen]').hidden", 10, "all buttons are there")
    await ben.page.click("[data-testid=toggle-room-pad]")
    await ben.press_keys("room-pad", "0")
    await ada.rows.shows("Ben", muted=True)
    await ben.press_keys("room-pad", "0")
    await ada.rows.shows("Ben", muted=False)


@case("a moderator holds a member, records, and sends a member elsewhere")
async def moderation(stage):
    await stage.everybody_free()
    ada, ben, cleo = people(stage, "Ada", "Ben", "Cleo")
    trio = (ada, ben, cleo)
    await asyncio.gather(*(each.join() for each in trio))
    await ada.press("mod-hold", "Ben")
    await cleo.rows.shows("Ben", held=True)
    await hears_only(cleo.hear, cleo, [ada.tone, ben.tone], ada.tone)
    await ada.press("mod-hold", "Ben")
    await cleo.rows.shows("Ben", held=False)
    await room_hears(stage, *trio)
    await ada.page.click("[data-testid=mod-room]")
    await ada.page.click("[data-testid=mod-record]")
    await ada.page.until("!document.querySelector('[data-testid=recording]').hidden", 10, "the indicator is on")
    await ada.page.click("[data-testid=mod-record]")
    await ada.page.until("document.querySelector('[data-testid=recording]').hidden", 10, "the indicator is off")
    await ada.press("mod-more", "Cleo")
    row = f"[data-testid=member-{await ada.member_id('Cleo')}]"
    await ada.page.fill(f"{row} [data-testid=mod-transfer-to]", "3777")
    await ada.page.click(f"{row} [data-testid=mod-transfer]")
    await ada.rows.lacks("Cleo")
    await cleo.page.until("parley.conference?.name === '3777' && parley.status === 'joined'", 15, "Cleo is in room 3777")
