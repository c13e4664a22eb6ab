"""Who is seen on a page: people with a camera of one colour each, and a watch on what their pages show."""

import time

from .page import eventually, js
from .room import RoomPage

# What everybody's camera shows, in RGB; far enough from each other for what VP8 makes of them.
COLOURS = {
    "Ada": (204, 36, 36),
    "Ben": (30, 140, 44),
    "Cleo": (40, 64, 214),
    "Dora": (226, 200, 30),
    "Gus": (200, 40, 190),
    "screen": (30, 200, 210),
}

# A picture that nobody asked to stand still counts as standing from here on. Milliseconds.
_NOTED_FROM = 250


def hexadecimal(name):
    """The colour of `name`, as the page's test aids take it."""
    return "%02x%02x%02x" % COLOURS[name]


def now():
    """Milliseconds, as the pages' `Date.now()`: all of them run on this machine."""
    return time.time() * 1000


class PicturePage(RoomPage):
    """One participant whose page shows pictures.

    `camera` is what it joins with: `file` for the browser's own, `page` for the page's test picture, or `none`.
    `has_screen`: the page shares a test picture instead of asking for a screen.
    """

    def __init__(self, page, bridge, *, camera, has_screen=False, **rest):
        super().__init__(page, bridge, **rest)
        self.camera = camera
        self._has_screen = has_screen
        self.watch = PictureWatch(page, self.name)

    async def join(self, within=30):
        await self.open()
        await self.watch.start()
        await self.enter(within)

    def _parameters(self):
        camera = f"&camera={hexadecimal(self.name)}" if self.camera == "page" else ""
        screen = f"&screen={hexadecimal('screen')}" if self._has_screen else ""
        return super()._parameters() + camera + screen

    async def _choose_devices(self):
        if self.camera == "none":
            return await self.page.choose("select[data-testid=camera]", "none")
        await self.page.choose("select[data-testid=camera]", "")
        await self.page.until(
            "document.querySelector('[data-testid=preview]').videoWidth > 0", 15, "the form shows the camera"
        )

    async def settle(self):
        """Makes of a page whatever a test left of it one in speaker view whose camera is on and whose screen is not."""
        await self.watch.start()
        if await self.page.value("parley.view") != "speaker":
            await self.page.click("[data-testid=view-speaker]")
        if await self._button("share-screen") != "off":
            await self.page.click("[data-testid=share-screen]")
        if self.camera != "none" and await self._button("camera-self") == "off":
            await self.page.click("[data-testid=camera-self]")
            await self.page.until("parley.camera === 'on'", 10, "the camera is on")

    async def _button(self, name):
        return await self.page.value(f"document.querySelector('[data-testid={name}]').dataset.state")

    async def tile(self, name):
        """Whose colour the grid's tile of `name` shows; None without a picture."""
        number = await self.member_id(name)
        return await self.page.value(f"watched.nameOf(parley.picture('tile-{number}')?.color)") if number else None


class PictureWatch:
    """What a page showed on its main picture and said in its rows, and when, from :meth:`start` on."""

    def __init__(self, page, name):
        self._page = page
        self._name = name
        # Of pages that were loaded again since.
        self._past = {"stills": [], "blanks": []}

    async def start(self):
        """Does nothing on a page that is watched already."""
        await self._page.until("window.parley?.picture !== undefined", 10, "scripts have run")
        await self._page.value(f"({_WATCH})({js(COLOURS)}, {js(self._name)})")

    async def keep(self):
        """Before the page goes away."""
        log = await self.log()
        for key, entries in self._past.items():
            entries += log[key]

    async def sees(self, who, within=10, floor=None):
        """Waits until the main picture is that of `who` and, if given, the rows say that `floor` has the floor."""
        wanted = f"watched.sight === {js(who)}" + (f" && watched.floor === {js(floor)}" if floor else "")
        if await eventually(lambda: self._page.value(wanted), within):
            return
        log = {key: entries[-8:] for key, entries in (await self.log()).items()}
        raise AssertionError(f"{self._name} does not see {who} (floor {floor}) within {within} s: {log}")

    async def log(self, since=0):
        """Lists of [milliseconds, value]: `floors` (who has it), `sights` (whose colour is on the main picture),
        `statuses` (of the page), and `seen` ([name, whether the row says that there is a picture]); also `stills` and
        `blanks`, for which there are methods."""
        log = await self._page.value("watched.read()")
        return {key: [each for each in entries if each[0] >= since] for key, entries in log.items()}

    async def floor(self):
        return await self._page.value("watched.floor")

    async def sight(self):
        return await self._page.value("watched.sight")

    async def stills(self, excused=()):
        """[when it began, how long it took, whom it showed] of each time the main picture stood still, though
        somebody else's picture was there to be seen. Those within `excused`, pairs of times, are left out."""
        return [
            each
            for each in self._past["stills"] + (await self.log())["stills"]
            if not any(each[0] < end and start < each[0] + each[1] for start, end in excused)
        ]

    async def blanks(self):
        """[when it began, how long it took] of each time the main picture was taken away likewise."""
        return self._past["blanks"] + (await self.log())["blanks"]


def when(entries, value):
    """The time of the first of `entries` that has `value`."""
    return next((each[0] for each in entries if each[1] == value), None)


# A page that is held up itself cannot tell whether its picture stood still, so no more than 100 ms of a pause count.
_WATCH = """(colours, self) => {
    if (window.watched) return true;
    const watched = { floor: null, sight: null };
    const log = { floors: [], sights: [], statuses: [], seen: [], stills: [], blanks: [] };
    const nameOf = (rgb) => {
        if (!rgb) return null;
        const isNear = ([, colour]) => Math.hypot(...rgb.map((each, index) => each - colour[index])) < 60;
        return Object.entries(colours).find(isNear)?.[0] ?? `rgb(${rgb})`;
    };
    const note = (list, value) => list.at(-1)?.[1] !== value && list.push([Date.now(), value]);
    const visible = new Map();
    // Firefox counts no frames of a call, so they are counted here.
    const video = document.querySelector('[data-testid=main-video]');
    let presented = 0;
    const count = () => video.requestVideoFrameCallback(count, (presented += 1));
    count();
    let last = Date.now(), frames = null, still = 0, shown = null, blank = null;
    const endStill = () => {
        if (still > %d) log.stills.push([last - still, still, shown]);
        still = 0;
    };
    const look = () => {
        const time = Date.now();
        const members = parley.members();
        watched.floor = members.find(({ video }) => video?.floor)?.name ?? null;
        const picture = parley.picture();
        watched.sight = nameOf(picture?.color);
        note(log.floors, watched.floor);
        note(log.sights, watched.sight);
        note(log.statuses, parley.status);
        for (const { name, video } of members) {
            const isSeen = Boolean(video?.visible);
            if (visible.get(name) !== isSeen) log.seen.push([time, [name, isSeen]]);
            visible.set(name, isSeen);
        }
        const isWatching = parley.status === 'joined' && parley.view === 'speaker';
        const hasOthers = members.some(({ name, video }) => name !== self && (video?.visible || video?.screen));
        if (!isWatching || !hasOthers) {
            endStill();
            frames = null;
        } else if (picture && presented !== frames) {
            endStill();
            frames = presented;
            shown = watched.sight;
        } else if (frames !== null) {
            still += Math.min(time - last, 100);
        }
        const isBlank = isWatching && hasOthers && frames !== null && !picture;
        if (isBlank) blank ??= time;
        else if (blank !== null) {
            log.blanks.push([blank, time - blank]);
            blank = null;
        }
        last = time;
    };
    watched.nameOf = nameOf;
    watched.read = () => {
        const stills = still > %d ? [...log.stills, [last - still, still, shown]] : log.stills;
        return { ...log, stills };
    };
    window.watched = watched;
    setInterval(look, 20);
    return true;
}""" % (_NOTED_FROM, _NOTED_FROM)
