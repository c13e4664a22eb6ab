"""The tests of pictures, in the order they run. Each name is a sentence that is true when it passes."""

import asyncio
import statistics

from cases import HEARD
from harness import sandbox
from harness.page import eventually, js
from harness.pictures import now, when
from harness.suite import Cases, Skipped

CASES = Cases()
case = CASES.case

# Milliseconds from a row that changed to the picture that goes with it: the median, and the slowest of a busy machine.
SWITCHED_WITHIN = 500
SWITCHED_AT_LAST = 1000
# A main picture that does not move for longer is frozen, and one that is away for longer is blank. Milliseconds.
FROZEN_FROM = 1000
FROZEN_WITH_LOSS = 1500
BLANK_FROM = 300
# Seconds in which the floor must have come to who talks: the last talker counts as one for a while, and keeps the
# floor for a minimum.
TAKEN_WITHIN = 8


@case("four browsers join one room with their cameras, and the lists say so", within=180)
async def join(stage):
    await stage.everybody_joined()
    dashboard = await stage.dashboard()
    for rows in [each.rows for each in stage.people] + [dashboard]:
        for person in stage.people:
            await rows.shows(person.name, camera=True, camera_off=False, screen=False)
    for person in stage.people:
        log = await person.watch.log()
        # The first one waits for somebody to see.
        somebody = next(time for time, (name, is_seen) in log["seen"] if is_seen and name != person.name)
        waited = first_picture(log) - max(somebody, when(log["statuses"], "joined"))
        print(f"   {person.name} has a picture after {waited} ms: {await sizes(person)}", flush=True)


def first_picture(log):
    return next((time for time, who in log["sights"] if who), None)


async def sizes(person):
    """What is sent and what the main picture is, in words."""
    stats, sent = await person.page.value("Promise.all([parley.videoStats(), parley.videoSent()])")
    layers = [f"{each['rid'] or ''} {each['frameWidth']}" for each in sent if each["frameWidth"]]
    return f"{stats['frameWidth']}x{stats['frameHeight']}; sends {', '.join(layers)}"


# MARK: The floor


async def take_floor(stage, talker):
    """Lets `talker` alone sound until everybody has the right picture: the talker's, and the talker that of who had
    the floor before. Returns the milliseconds from the row's change to the picture's, by the names of those on whose
    pages both changed."""
    before, start = await talker.watch.floor(), now()
    assert before != talker.name, f"{talker.name} has the floor already"
    await stage.talks(talker)
    delays = {}
    for person in stage.people:
        wanted = before if person is talker else talker.name
        await person.watch.sees(wanted, TAKEN_WITHIN, floor=talker.name)
        log = await person.watch.log(since=start)
        moved, switched = when(log["floors"], talker.name), when(log["sights"], wanted)
        if moved and switched:
            delays[person.name] = switched - moved
    return delays


def switched_in_time(what, delays):
    """Checks milliseconds from rows to pictures."""
    middle, slowest = statistics.median(delays), max(delays)
    assert middle <= SWITCHED_WITHIN, f"{what}: {middle} ms (median of {delays})"
    assert slowest <= SWITCHED_AT_LAST, f"{what}: {slowest} ms (one of {delays})"


async def sees_nothing_else(stage, since, expected):
    """Checks that since then no page's main picture was another than `expected` has for its name."""
    for person in stage.people:
        sights = (await person.watch.log(since))["sights"]
        assert not sights, f"{person.name} saw {sights}, not just {expected[person.name]}"


@case("the picture follows who talks within 500 ms on every page, and nobody sees themselves", within=150)
async def follow_the_talker(stage):
    await stage.everybody_joined()
    first = await stage.moderator.watch.floor()
    rest = [each for each in stage.people if each.name != first]
    holder = stage.person(first)
    start = now()
    delays = {each.name: [] for each in stage.people}
    for talker in [*rest, holder, *reversed(rest), holder]:
        for name, delay in (await take_floor(stage, talker)).items():
            delays[name].append(delay)
    await stage.talks()
    for person in stage.people:
        print(f"   {person.name} sees the next talker {delays[person.name]} ms after the row says so", flush=True)
    for person in stage.people:
        sights = {who for _, who in (await person.watch.log(start))["sights"]}
        assert person.name not in sights, f"{person.name} saw themselves"
        strange = sights - {each.name for each in stage.people}
        assert not strange, f"{person.name} saw {strange}, which is nobody's colour"
        switched_in_time(person.name, delays[person.name])


@case("the picture that the floor's holder sees is that of the one before, and it stays")
async def holder_sees_previous(stage):
    await stage.everybody_joined()
    names = [each.name for each in stage.people]
    before = await stage.moderator.watch.floor()
    talkers = [each for each in stage.people if each.name != before][:2]
    for talker in talkers:
        await take_floor(stage, talker)
    previous, holder = talkers
    expected = {name: previous.name if name == holder.name else holder.name for name in names}
    start = now()
    await asyncio.sleep(3)
    await sees_nothing_else(stage, start, expected)
    await stage.talks()


@case("a moderator's choice of picture holds against who talks, until it is taken back")
async def pin(stage):
    await stage.everybody_joined()
    dashboard = await stage.dashboard()
    everywhere = [each.rows for each in stage.people] + [dashboard]
    before = await stage.moderator.watch.floor()
    third = stage.person(before)
    pinned, talker = stage.others(third)[:2]
    await stage.moderator.press("mod-vidfloor", pinned.name)
    for rows in everywhere:
        await rows.shows(pinned.name, pinned=True)
    expected = {each.name: third.name if each is pinned else pinned.name for each in stage.people}
    for person in stage.people:
        await person.watch.sees(expected[person.name], floor=pinned.name)
    start = now()
    await stage.talks(talker)
    for person in stage.people:
        await person.rows.shows(talker.name, talking=True)
    await asyncio.sleep(4)
    await sees_nothing_else(stage, start, expected)
    await stage.moderator.press("mod-vidfloor", pinned.name)
    for rows in everywhere:
        await rows.shows(pinned.name, pinned=False)
    for person in stage.people:
        await person.watch.sees(pinned.name if person is talker else talker.name, TAKEN_WITHIN, floor=talker.name)
    await stage.talks()


# MARK: Cameras that are off


@case("who stops the camera is seen by nobody from then on, and by all again after starting it", within=120)
async def stop_camera(stage):
    await stage.everybody_joined()
    dashboard = await stage.dashboard()
    everywhere = [each.rows for each in stage.people] + [dashboard]
    # A guest's page asks by a key of the telephone, a moderator's by a command.
    for person in (stage.person("Ben"), stage.moderator):
        if await stage.moderator.watch.floor() != person.name:
            await take_floor(stage, person)
        start = now()
        await person.page.click("[data-testid=camera-self]")
        for rows in everywhere:
            await rows.shows(person.name, camera=False, camera_off=True)
        await away_from(stage, person, start)
        await stays_away(stage, person)
        await person.page.click("[data-testid=camera-self]")
        for rows in everywhere:
            await rows.shows(person.name, camera=True, camera_off=False)
        await back_with(stage, person)
    await stage.talks()


@case("a moderator turns a camera off: nobody gets what its page sends, and its owner can show it again", within=120)
async def camera_turned_off(stage):
    await stage.everybody_joined()
    target = stage.person("Cleo")
    viewer = stage.moderator
    if await viewer.watch.floor() != target.name:
        await take_floor(stage, target)
    start = now()
    await viewer.press("mod-vmute", target.name)
    for person in stage.people:
        await person.rows.shows(target.name, camera=False, camera_off=True)
    await target.page.until("parley.camera === 'off'", 10, "the page obeys")
    await away_from(stage, target, start)
    await cheat(target)
    await stays_away(stage, target)
    await nothing_comes(viewer, target)
    await target.page.value("(window.cheated.stop(), parley.call.videoSender.replaceTrack(null), true)")
    await target.page.click("[data-testid=camera-self]")
    for person in stage.people:
        await person.rows.shows(target.name, camera=True, camera_off=False)
    await back_with(stage, target)
    await stage.talks()


async def away_from(stage, person, start):
    """Checks that all who saw `person` have another picture soon after the row says that the camera is off."""
    delays = {}
    for viewer in stage.others(person):
        rest = {each.name for each in stage.people} - {person.name, viewer.name}
        assert await eventually(lambda: sees_one_of(viewer, rest), 5), (
            f"{viewer.name} sees {await viewer.watch.sight()} though {person.name}'s camera is off"
        )
        log = await viewer.watch.log(start)
        off = when(log["seen"], [person.name, False])
        moved = next(time for time, who in log["sights"] if who in rest)
        delays[viewer.name] = moved - off
    print(f"   {person.name} is gone from the main pictures after {delays} ms", flush=True)
    switched_in_time(f"{person.name} is gone", list(delays.values()))


async def sees_one_of(viewer, names):
    return await viewer.watch.sight() in names


async def stays_away(stage, person):
    """Checks that talking does not bring a picture back that must not be seen."""
    start = now()
    await stage.talks(person)
    await stage.moderator.rows.shows(person.name, talking=True)
    await asyncio.sleep(3)
    for viewer in stage.people:
        log = await viewer.watch.log(start)
        assert when(log["sights"], person.name) is None, f"{viewer.name} saw {person.name}: {log['sights']}"
        assert when(log["floors"], person.name) is None, f"{person.name} got the floor: {log['floors']}"


async def back_with(stage, person):
    """Checks that `person`, who talks, is seen by all others."""
    start = now()
    await stage.talks(person)
    for viewer in stage.others(person):
        await viewer.watch.sees(person.name, TAKEN_WITHIN, floor=person.name)
    logs = [await each.watch.log(start) for each in stage.others(person)]
    slowest = max(when(log["sights"], person.name) or start for log in logs)
    print(f"   {person.name} is back on all main pictures {slowest - start:.0f} ms later", flush=True)


async def cheat(person):
    """Lets a page send pictures again, as if it did not know that it must not."""
    await person.page.value(
        """(async () => {
            const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
            const context = canvas.getContext('2d');
            const [track] = canvas.captureStream(20).getVideoTracks();
            const timer = setInterval(() => {
                context.fillStyle = 'blue';
                context.fillRect(0, 0, 640, 360);
                if (track.readyState === 'ended') clearInterval(timer);
            }, 50);
            await parley.call.videoSender.replaceTrack((window.cheated = track));
            return true;
        })()"""
    )
    before = await frames_sent(person)

    async def sends():
        return await frames_sent(person) > before + 5

    assert await eventually(sends, 10), f"{person.name}'s page does not send what it should not"


async def frames_sent(person):
    layers = await person.page.value("parley.videoSent()")
    return sum(each["framesSent"] or 0 for each in layers)


async def nothing_comes(viewer, target):
    """Checks that even who asks for the picture of `target` by name gets nothing of it."""
    key = await viewer.page.value(f"parley.conference.list().find((each) => each.name === {js(target.name)}).key")
    await viewer.page.value("parley.call.addPictures(1).then((pictures) => pictures.length)")
    await viewer.page.value(f"parley.call.view({{ [parley.call.pictures[0].mid]: {js(key)} }})")
    before = await extra_frames(viewer)
    await asyncio.sleep(2)
    came = await extra_frames(viewer) - before
    await viewer.page.value("parley.call.view({ [parley.call.pictures[0].mid]: null })")
    assert came == 0, f"{viewer.name} got {came} frames of {target.name}, whose camera a moderator turned off"


async def extra_frames(viewer):
    return await viewer.page.value("parley.videoStats(1).then((stats) => stats?.framesDecoded ?? 0)")


# MARK: Coming and going


@case("a page that is loaded again comes back with its camera and a picture", within=120)
async def reload(stage):
    await stage.everybody_joined()
    for person in (stage.person("Ben"), stage.people[-1]):
        if await stage.moderator.watch.floor() != person.name:
            await take_floor(stage, person)
        await stage.talks()
        await person.watch.keep()
        await person.page.reload()  # nobody fills in the form again
        await person.watch.start()
        start = now()
        await person.wait_until_joined()
        await person.page.until("parley.camera === 'on'", 10, "the camera is on again")
        for viewer in stage.people:
            await viewer.rows.shows(person.name, camera=True)
        await stage.everybody_joined()
        log = await person.watch.log()
        joined, first = when(log["statuses"], "joined") or start, first_picture(log)
        print(f"   {person.name} has a picture {first - joined:.0f} ms after coming back", flush=True)
        await back_with(stage, person)
    await stage.talks()


@case("who comes late has a picture within a second, with and without a camera", within=120)
async def late_joiner(stage):
    await stage.everybody_joined()
    delays = []
    for camera in ("none", "page", "none"):
        guest = await stage.visitor("Gus", tone=1231, camera=camera)
        try:
            await guest.join()
            await guest.page.value("parley.tone.off()")
            floor = await stage.moderator.watch.floor()
            assert await eventually(guest.watch.sight, 10), "Gus has no picture"
            log = await guest.watch.log()
            joined, first = when(log["statuses"], "joined"), first_picture(log)
            kind = "a camera" if camera == "page" else "no camera"
            print(f"   with {kind} the first picture comes {first - joined} ms after joining", flush=True)
            delays.append(first - joined)
            if camera == "page":
                for person in stage.people:  # the newest picture is shown
                    await person.watch.sees("Gus", floor="Gus")
                    await person.rows.shows("Gus", camera=True)
            else:
                await guest.watch.sees(floor)
                await stage.moderator.rows.shows("Gus", camera=False, camera_off=False)
        finally:
            await stage.send_away(guest)
    # The median, so that one pause of a busy machine does not count.
    assert statistics.median(delays) <= 1000, f"first pictures after {delays} ms"
    await stage.everybody_joined()


@case("a member with sound only hears and is heard, and moves no picture", within=120)
async def audio_only(stage):
    await stage.everybody_joined()
    page = await stage.extra_page("Gus")
    await page.open(f"{stage.bridge.url}/index.html?test")
    login = {"password": stage.bridge.password("guest"), "room": stage.moderator.room}
    answer = await page.value(_JOIN_WITH_SOUND % js(login))
    assert "m=audio" in answer and "m=video" not in answer, f"the answer has {answer}"
    try:
        start = now()
        dashboard = await stage.dashboard("Gus")
        for rows in [each.rows for each in stage.people] + [dashboard]:
            await rows.shows("Gus", talking=True, camera=False, camera_off=False)
        video = await stage.moderator.page.value("parley.members().find((each) => each.name === 'Gus').video")
        assert video is None, f"its row has video: {video}"
        levels = await stage.moderator.hear([1231])
        assert levels[1231] >= HEARD, f"{stage.moderator.name} hears {levels}"
        for person in stage.people:
            floors = (await person.watch.log(start))["floors"]
            assert not floors, f"the picture followed who has none: {floors}"
        floor = await stage.moderator.watch.floor()
        talker = next(each for each in stage.people if each.name != floor)
        await page.value("(soundOnly.tone.off(), true)")
        await take_floor(stage, talker)
        heard = await page.value(f"soundOnly.hear([{talker.tone}])", 40)
        assert heard[str(talker.tone)] >= HEARD, f"Gus hears {heard}"
        await page.value("(soundOnly.call.hangup(), true)")
    finally:
        await page.close()
        for person in stage.people:
            await person.rows.lacks("Gus")
    await stage.talks()


_JOIN_WITH_SOUND = """(async ({ password, room }) => {
    const load = (name) => import(new URL(name, location.href).href);
    const [{ VertoClient }, { Tone }, { fullLogin, socketURL }, { hear }] =
        await Promise.all(['./verto.js', './media.js', './page.js', './analyser.js'].map(load));
    const client = new VertoClient({ url: socketURL, login: fullLogin('guest'), password });
    const tone = new Tone(1231);
    await client.connect();
    const call = client.call({ destination: room, callerName: 'Gus', stream: tone.open() });
    let answer = '';
    const receive = call.receive.bind(call);
    call.receive = (method, params) => ((answer ||= params.sdp ?? ''), receive(method, params));
    const sound = new Audio(); // Chromium analyses only what an element plays
    call.on('track', (stream) => ((sound.srcObject = stream), sound.play()));
    await call.invite();
    window.soundOnly = { call, tone, sound, hear: (tones) => hear(call.remoteStream, tones, 1000) };
    return answer.split('\\n').filter((line) => line.startsWith('m=')).join(' ');
})(%s)"""


# MARK: Screens


@case("a shared screen is what all others see, adds nobody to the list, and gives the floor back", within=120)
async def share_screen(stage):
    await stage.everybody_joined()
    sharer = stage.person("Cleo")
    names = sorted(each.name for each in stage.people)
    talker = next(each for each in stage.people if each is not sharer)
    if await stage.moderator.watch.floor() != talker.name:
        await take_floor(stage, talker)
    await stage.talks()
    await sharer.page.click("[data-testid=share-screen]")
    for person in stage.people:
        await person.rows.shows(sharer.name, screen=True)
        await person.watch.sees("screen" if person is not sharer else talker.name)
        assert sorted(await person.rows.names()) == names, f"{person.name} lists {await person.rows.names()}"
    viewer = stage.people[-1] if stage.people[-1] is not sharer else stage.moderator
    caption = await viewer.page.value("document.querySelector('[data-testid=main-name]').textContent")
    assert caption == f"{sharer.name}’s screen", caption
    # Nobody talks it away.
    start = now()
    other = next(each for each in stage.people if each not in (sharer, talker))
    await stage.talks(other)
    await stage.moderator.rows.shows(other.name, talking=True)
    await asyncio.sleep(3)
    for person in stage.others(sharer):
        sights = (await person.watch.log(start))["sights"]
        assert not sights, f"{person.name} saw {sights} instead of the screen"
    await stage.talks()
    await stage.moderator.rows.shows(other.name, talking=False)
    start = now()
    await sharer.page.click("[data-testid=share-screen]")
    delays = {}
    for person in stage.people:
        await person.rows.shows(sharer.name, screen=False)
        assert sorted(await person.rows.names()) == names, f"{person.name} lists {await person.rows.names()}"
        if person is talker:
            rest = {each.name for each in stage.others(person)}
            assert await eventually(lambda: sees_one_of(person, rest), 5), f"{person.name} still sees the screen"
        else:
            await person.watch.sees(talker.name, floor=talker.name)
        log = await person.watch.log(start)
        if person is not sharer:
            delays[person.name] = log["sights"][-1][0] - when(log["floors"], talker.name)
    print(f"   the screen is gone from the main pictures {delays} ms after the row says who has the floor", flush=True)
    switched_in_time("the screen is gone", list(delays.values()))
    await stage.everybody_joined()


@case("a real screen is shared through the browser's own dialogue", within=120)
async def share_real_screen(stage):
    await stage.everybody_joined()
    sharer = stage.person("Ben")
    start = now()
    await sharer.page.click("[data-testid=share-screen]")
    shared = await eventually(lambda: is_sharing(sharer), 10)
    if not shared:
        toast = await sharer.page.value("document.querySelector('#toast').textContent")
        raise AssertionError(f"{sharer.name} shares nothing: {toast}")
    for person in stage.people:
        await person.rows.shows(sharer.name, screen=True)
    sizes = {}
    for viewer in stage.others(sharer):
        await viewer.page.until(_SCREEN_WIDTH, 10, "the screen is seen")
        picture = await viewer.page.value("parley.picture()")
        sizes[viewer.name] = f"{picture['width']}x{picture['height']}"
    print(f"   the screen is seen as {sizes}", flush=True)
    await sharer.page.click("[data-testid=share-screen]")
    for person in stage.people:
        await person.rows.shows(sharer.name, screen=False)
    await stage.everybody_joined()
    stage.excused.append((start, now()))  # a screen on which nothing happens


# Cameras are 640 or 320 wide.
_SCREEN_WIDTH = """((width) => width > 0 && ![640, 320].includes(width))(
    document.querySelector('[data-testid=main-picture].screen [data-testid=main-video]')?.videoWidth)"""


async def is_sharing(person):
    return await person.page.value("document.querySelector('[data-testid=share-screen]').dataset.state === 'on'")


# MARK: The grid


@case("the grid shows everybody in their place, and follows who comes and goes", within=150)
async def grid(stage):
    await stage.everybody_joined()
    viewers = [stage.moderator, stage.people[-1]]
    for viewer in viewers:
        start = now()
        await viewer.page.click("[data-testid=view-grid]")
        await shows_tiles(viewer, stage.people)
        words = f"{viewer.name}'s grid is complete after {now() - start:.0f} ms"
        print(f"   {words}: {await extra_sizes(viewer)}", flush=True)
    guest = await stage.visitor("Gus", tone=1231, camera="page")
    try:
        await guest.join()
        await guest.page.value("parley.tone.off()")
        start = now()
        for viewer in viewers:
            await shows_tiles(viewer, [*stage.people, guest])
        print(f"   one more is in {len(viewers)} grids {now() - start:.0f} ms after joining", flush=True)
    finally:
        await stage.send_away(guest)
    for viewer in viewers:
        await shows_tiles(viewer, stage.people)
        await runs_in_all_tiles(viewer, stage.others(viewer))
    await stops_in_the_grid(stage, viewers)
    for viewer in viewers:
        await viewer.page.click("[data-testid=view-speaker]")
    await stage.everybody_joined()


async def shows_tiles(viewer, people, within=15):
    """Waits until the grid of `viewer` has a tile with their own colour for each of `people`, and no other."""

    async def is_right():
        last[:] = [await viewer.tile(name) for name in wanted]
        count = await viewer.page.value("document.querySelectorAll('[data-testid=grid] .tile').length")
        return last == wanted and count == len(wanted)

    last = []
    wanted = [each.name for each in people]
    assert await eventually(is_right, within), f"{viewer.name}'s grid shows {last}, not {wanted}"


async def runs_in_all_tiles(viewer, people):
    """Checks that no picture of the grid stands still."""
    before = await decoded(viewer)

    async def all_ran():
        last[:] = await decoded(viewer)
        return sum(after > first for after, first in zip(last, before)) == len(people)

    last = []
    assert await eventually(all_ran, 2), f"{viewer.name}'s extra pictures had {before} frames, and then {last}"


async def decoded(viewer):
    """How many frames of each extra picture were decoded."""
    return await viewer.page.value(
        "Promise.all(parley.call.pictures.map((_, index) => parley.videoStats(index + 1))).then("
        "(all) => all.map((stats) => stats.framesDecoded ?? 0))"
    )


async def extra_sizes(viewer):
    """In words; checks that small pictures are sent small: everybody's camera comes in two sizes, 640 and 320 wide."""
    count = await viewer.page.value("parley.call.pictures.length")
    stats = [await viewer.page.value(f"parley.videoStats({slot})") for slot in range(1, count + 1)]
    shown = [each for each in stats if each["frameWidth"]]
    words = ", ".join(f"{each['frameWidth']}x{each['frameHeight']}" for each in shown)
    assert all(each["frameWidth"] <= 320 for each in shown), f"{viewer.name}'s grid gets {words}"
    return f"{count} pictures, {words}"


async def stops_in_the_grid(stage, viewers):
    """Checks that a camera that is off leaves its tile, and comes back into it."""
    person = stage.person("Ben")
    await person.page.click("[data-testid=camera-self]")
    for viewer in viewers:
        assert await eventually(lambda: has_no_picture(viewer, person), 5), f"{viewer.name}'s grid shows {person.name}"
    await person.page.click("[data-testid=camera-self]")
    for viewer in viewers:
        await shows_tiles(viewer, stage.people)


async def has_no_picture(viewer, person):
    return await viewer.tile(person.name) is None


# MARK: Bad networks


@case("pictures get through a network that loses three of a hundred packets", within=150)
async def loss(stage):
    if not sandbox.is_inside():
        raise Skipped("needs a network of its own")
    await stage.everybody_joined()
    start = now()
    delays = []
    first = await stage.moderator.watch.floor()
    rest = [each for each in stage.people if each.name != first]
    with sandbox.Loss(3):
        for talker in [*rest, stage.person(first), *rest]:
            delays += (await take_floor(stage, talker)).values()
            await asyncio.sleep(1)
    await stage.talks()
    ended = now()
    stage.excused.append((start, ended + 1000))
    print(f"   talkers seen after {sorted(delays)} ms, median {statistics.median(delays)}", flush=True)
    for person in stage.people:
        stills = [each for each in await person.watch.stills() if each[0] >= start]
        stats = await person.page.value("parley.videoStats()")
        counts = {key: stats[key] for key in ("packetsLost", "nackCount", "pliCount", "keyFramesDecoded")}
        longest = max((still for _, still, _ in stills), default=0)
        print(f"   {person.name}'s picture stood still for {longest:.0f} ms at most; {counts}", flush=True)
        assert longest <= FROZEN_WITH_LOSS, f"{person.name} (when, how long, whom it showed): {stills}; {counts}"
    assert statistics.median(delays) <= SWITCHED_WITHIN, delays
    assert max(delays) <= 2 * SWITCHED_AT_LAST, delays
    await stage.everybody_joined()


@case("no main picture was blank, or stood still for more than a second, in all that time")
async def no_freeze(stage):
    await stage.everybody_joined()
    for person in stage.people:
        stills = await person.watch.stills(stage.excused)
        stats = await person.page.value("parley.videoStats()")
        longest = max((still for _, still, _ in stills), default=0)
        blanks = await person.watch.blanks()
        words = f"{stats['freezeCount']} freezes, {stats['totalFreezesDuration']} s in all, by its statistics"
        print(f"   {person.name}: {longest:.0f} ms at most; {words}; blank {blanks}", flush=True)
    for person in stage.people:
        stills = await person.watch.stills(stage.excused)
        frozen = [each for each in stills if each[1] > FROZEN_FROM]
        assert not frozen, f"{person.name}'s picture stood still (when, how long, whom it showed): {frozen}"
        # The row and the picture of a change come by two ways, so that there is a moment between them.
        blanks = [each for each in await person.watch.blanks() if each[1] > BLANK_FROM]
        assert not blanks, f"{person.name}'s picture was gone (when, how long) though somebody's was there: {blanks}"
