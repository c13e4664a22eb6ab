"""The tests, in the order they run. Each name is a sentence that is true when it passes."""

import asyncio
import statistics
import time

from harness import sandbox
from harness.page import eventually, js
from harness.room import RoomPage
from harness.stage import ROOM
from harness.suite import Cases, Skipped

CASES = Cases()
case = CASES.case

# A tone counts as heard from here up, and as gone from here down (dB of a full-scale sine). Pages send -10 to -20; what
# Opus adds to two or three tones was seen at -55 to -60 where another tone had been.
HEARD = -30
GONE = -45
# How far below the others one's own tone has to be.
OWN_BELOW = 30


# MARK: Hearing


async def hears(person, others, tones, within=20):
    """Waits until `person` hears each of `others` and no other of `tones`."""
    wanted = {each.tone for each in others}

    async def listen():
        levels = await person.hear(tones)
        limits = {person.tone: statistics.median(levels[tone] for tone in wanted) - OWN_BELOW}
        is_right = all(
            levels[tone] >= HEARD if tone in wanted else levels[tone] <= limits.get(tone, GONE) for tone in tones
        )
        last.append(levels)
        return is_right

    last = []
    is_right = await eventually(listen, within)
    assert is_right, f"{person.name} ({person.tone} Hz) hears {last[-1]}, not just {sorted(wanted)}"
    return last[-1]


@case("four browsers join one room through the page", within=180)
async def join(stage):
    await stage.everybody_joined()
    roles = {each.name: await each.page.value("parley.role") for each in stage.people}
    assert roles.pop(stage.moderator.name) == "moderator", roles
    assert set(roles.values()) == {"participant"}, roles


@case("every page hears the others and not itself")
async def hear_the_others(stage):
    await stage.everybody_joined()
    heard = await asyncio.gather(*(hears(each, stage.others(each), stage.tones) for each in stage.people))
    for person, levels in zip(stage.people, heard):
        print(f"   {person.name}, who sends {person.tone} Hz, hears (dB) {levels}", flush=True)


# MARK: Who talks


async def talking_delays(stage, rows, talker, rounds=5):
    """Milliseconds from switching the tone on, and off, to the change on the page of `rows`."""
    await rows.record_talking()
    delays = {True: [], False: []}
    await talker.page.value("parley.tone.off()")
    await rows.shows(talker.name, talking=False)
    for _ in range(rounds):
        for is_on in (True, False):
            await asyncio.sleep(1)
            command = f"(parley.tone.{'on' if is_on else 'off'}(), Date.now())"
            start = await talker.page.value(command)
            await rows.shows(talker.name, talking=is_on)
            changes = [time for time, state in await rows.talking_changes(talker.name) if state is is_on and time >= start - 1]
            assert changes, f"no change to talking={is_on} after the tone"
            delays[is_on].append(changes[0] - start)
    await talker.page.value("parley.tone.on()")
    return delays


def within_limits(delays):
    """The median, so that one pause of a busy machine does not count."""
    on, off = statistics.median(delays[True]), statistics.median(delays[False])
    print(f"   talking on after {delays[True]} ms, off after {delays[False]} ms", flush=True)
    assert on <= 300, f"talking on after {on} ms (median of {delays[True]})"
    assert off <= 1500, f"talking off after {off} ms (median of {delays[False]})"


@case("the list shows talking within 300 ms of a tone's start and its end within 1.5 s")
async def talking_in_the_list(stage):
    await stage.everybody_joined()
    within_limits(await talking_delays(stage, stage.moderator.rows, stage.person("Ben")))


@case("a dashboard without a call shows the same members and who talks")
async def talking_on_the_dashboard(stage):
    await stage.everybody_joined()
    rows = await stage.dashboard()
    within_limits(await talking_delays(stage, rows, stage.person("Cleo")))


@case("a microphone is heard")
async def microphone(stage):
    """Chromium's synthetic microphone beeps: through getUserMedia and its processing, as a person's would.

    It beeps twice a second, which is shorter than the time talking takes to end, so he falls silent by his own button.
    """
    await stage.everybody_joined()
    page = await stage.extra_page("Gus")
    guest = RoomPage(page, stage.bridge, name="Gus", room=ROOM, login="guest", tone=0, has_microphone=True)
    try:
        await guest.join()
        rows = stage.moderator.rows
        await rows.record_talking()
        await rows.shows("Gus", talking=True, within=20)
        await guest.page.click("[data-testid=mute-self]")
        await rows.shows("Gus", talking=False, muted=True)
        await guest.page.click("[data-testid=mute-self]")
        await rows.shows("Gus", talking=True, muted=False, within=20)
        await guest.page.click("[data-testid=leave]")
        await rows.lacks("Gus")
    finally:
        await page.close()


# MARK: Moderation


@case("a moderator mutes: the tone is gone for all and the row says so everywhere")
async def mute(stage):
    await stage.everybody_joined()
    dashboard = await stage.dashboard()
    target = stage.person("Ben")
    await hears(stage.moderator, stage.others(stage.moderator), stage.tones)
    await stage.moderator.press("mod-mute", target.name)
    for rows in [each.rows for each in stage.people] + [dashboard]:
        await rows.shows(target.name, muted=True, talking=False)
    speakers = stage.others(target)
    await asyncio.gather(
        *(hears(each, [other for other in speakers if other is not each], stage.tones) for each in stage.people)
    )


@case("a moderator unmutes: the tone is back for all")
async def unmute(stage):
    await stage.everybody_joined()
    dashboard = await stage.dashboard()
    target = stage.person("Cleo")
    await stage.moderator.press("mod-mute", target.name)
    await target.rows.shows(target.name, muted=True)
    await stage.moderator.press("mod-mute", target.name)
    for rows in [each.rows for each in stage.people] + [dashboard]:
        await rows.shows(target.name, muted=False, talking=True)
    await asyncio.gather(*(hears(each, stage.others(each), stage.tones) for each in stage.people))


@case("a guest raises a hand, all see it, and a moderator takes it down")
async def hand(stage):
    guest = next(each for each in stage.people if each is not stage.moderator)
    everywhere = [each.rows for each in stage.people]
    await guest.page.click("[data-testid=hand-self]")
    for rows in everywhere:
        await rows.shows(guest.name, hand=True)
    assert await guest.page.value("document.querySelector('[data-testid=hand-self]').getAttribute('aria-pressed')") == "true"
    await stage.moderator.press("mod-hand", guest.name)
    for rows in everywhere:
        await rows.shows(guest.name, hand=False)
    pressed = "document.querySelector('[data-testid=hand-self]').getAttribute('aria-pressed') === 'false'"
    assert await eventually(lambda: guest.page.value(pressed), 10), "the button still says that the hand is up"


@case("a guest's moderator commands are refused and audited")
async def refused_command(stage):
    await stage.everybody_joined()
    guest, target = stage.person("Ben"), stage.person("Cleo")
    known = len(stage.bridge.audit())
    number = await guest.member_id(target.name)
    attempts = {
        "the moderators' channel": "client.broadcast(channel, { application: 'conf-control', command: 'mute', id: %d, value: null })",
        "jsapi": "client.request('jsapi', { command: 'fsapi', data: { cmd: 'conference', arg: 'ROOM mute %d' } })",
        "the moderators' channel, to kick": "client.broadcast(channel, { application: 'conf-control', command: 'kick', id: %d, value: null })",
    }
    for way, call in attempts.items():
        outcome = await guest.page.value(
            f"""(async (client, channel) => {{
                try {{ return JSON.stringify(await {(call % number).replace('ROOM', ROOM)}); }}
                catch (error) {{ return 'refused: ' + error.message; }}
            }})(parley.client, parley.conference.members.channel.replace('liveArray', 'mod'))"""
        )
        assert outcome.startswith("refused"), f"through {way}: {outcome}"

    def refused():
        return [line for line in stage.bridge.audit()[known:] if line.get("result") == "refused"]

    async def is_audited():
        words = {word for line in refused() for word in line["command"].split()}
        return {"mute", "kick"} <= words

    assert await eventually(is_audited, 5), f"audit has {stage.bridge.audit()[known:]}"
    for line in refused():
        assert line["who"].startswith("guest"), line
    await asyncio.sleep(1)
    await stage.moderator.rows.shows(target.name, muted=False)


@case("what one writes in the chat is read by all")
async def chat(stage):
    await stage.everybody_joined()
    words = "Grüße & <b>hello</b>"
    writer = stage.people[-1]
    await writer.page.fill("[data-testid=chat-input]", words)
    await writer.page.click("[data-testid=chat-send]")
    for person in stage.people:
        await person.page.until(f"document.querySelector('[data-testid=chat-log]').textContent.includes({js(words)})", 10, "chat arrives")


# MARK: Leaving and coming back


@case("a page that is loaded again comes back into the room")
async def reload(stage):
    await stage.everybody_joined()
    person = stage.person("Ben")
    await person.page.reload()  # nobody fills in the form again
    await person.wait_until_joined()
    await stage.everybody_joined()
    await hears(stage.moderator, stage.others(stage.moderator), stage.tones)
    await hears(person, stage.others(person), stage.tones)


@case("pages whose sockets break reconnect and stay in the room")
async def broken_sockets(stage):
    if not sandbox.is_inside():
        raise Skipped("needs a network of its own")
    await stage.everybody_joined()
    for person in stage.people:
        await person.page.value("window.firstCall = parley.call.callID")
    started = time.monotonic()
    with sandbox.Cut(stage.bridge.port):
        await stage.person("Ben").page.value("parley.tone.off()")  # news for all pages, which they acknowledge
        for person in stage.people:
            await person.page.until("parley.status === 'reconnecting'", 25, "the page notices")
        noticed = time.monotonic()
    for person in stage.people:
        await person.wait_until_joined(40)
    print(f"   noticed after {noticed - started:.1f} s, back {time.monotonic() - noticed:.1f} s later", flush=True)
    await stage.everybody_joined()
    await asyncio.gather(*(hears(each, stage.others(each), stage.tones) for each in stage.people))
    kept = [each.name for each in stage.people if await each.page.value("parley.call.callID === window.firstCall")]
    print(f"   calls kept over the break: {', '.join(kept) or 'none'}", flush=True)


@case("a moderator kicks: the page gets a bye with a cause and the row is gone everywhere")
async def kick(stage):
    await stage.everybody_joined()
    dashboard = await stage.dashboard()
    target = stage.person("Cleo")
    await target.page.value("(parley.call.on('ended', (end) => (window.end = end)), true)")
    await stage.moderator.press("mod-kick", target.name)
    end = await target.page.until("window.end", 10, "the call ends")
    assert end["remote"] and end["cause"] and end["causeCode"], end
    await target.page.until("!document.querySelector('[data-testid=join-form]').closest('[hidden]')", 5, "the form is back")
    rest = stage.others(target)
    for rows in [each.rows for each in rest] + [dashboard]:
        await rows.lacks(target.name)
    await asyncio.gather(
        *(hears(each, [other for other in rest if other is not each], stage.tones) for each in rest)
    )
    print(f"   ended with {end['cause']} ({end['causeCode']})", flush=True)
