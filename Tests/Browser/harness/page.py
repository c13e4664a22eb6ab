"""A page in any browser: scripts, waiting, and input as a person gives it."""

import asyncio
import json

js = json.dumps


class Page:
    """One tab. A browser's subclass brings `_evaluate`, `open`, `reload`, `picture`, `_click_at` and `_type`."""

    def __init__(self, name):
        self.name = name
        self.console = []

    async def value(self, expression, within=30):
        """What `expression` is in the page, awaited when it is a promise, as JSON can carry it."""
        text = await self._evaluate(f"(async () => JSON.stringify((await ({expression})) ?? null))()", within)
        return json.loads(text)

    async def until(self, expression, within, what=None):
        """Waits until `expression` is true in the page, and returns its value."""
        found = await eventually(lambda: self.value(expression), within)
        if not found:
            raise AssertionError(f"{self.name}: not within {within} s: {what or expression}")
        return found

    async def click(self, selector, within=10):
        """Clicks the middle of an element, once it is there, enabled, and nothing covers it."""
        middle, wanted = _MIDDLE % js(selector), f"{selector} can be clicked"
        x, y = await self.until(middle, within, wanted)
        # A list may move under the pointer while somebody comes or goes.
        for _ in range(20):
            await asyncio.sleep(0.05)
            before, (x, y) = (x, y), await self.until(middle, within, wanted)
            if before == (x, y):
                break
        await self._click_at(x, y)

    async def fill(self, selector, text):
        await self.click(selector)
        await self.value(f"document.querySelector({js(selector)}).select()")
        await self._type(text)
        await self.until(f"document.querySelector({js(selector)}).value === {js(text)}", 5, f"{selector} says {text}")

    async def choose(self, selector, value):
        """Picks an option of a list. Nobody can click into the list itself, which the browser draws on its own."""
        took = await self.value(f"({_CHOOSE})(document.querySelector({js(selector)}), {js(value)})")
        assert took, f"{self.name}: {selector} has no option {value!r}"


async def eventually(ask, within, every=0.1):
    """The first true answer of the coroutine function `ask`, or its last one after `within` seconds."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + within
    while True:
        answer = await ask()
        if answer or clock() > deadline:
            return answer
        await asyncio.sleep(every)


_MIDDLE = """(() => {
    const node = document.querySelector(%s);
    if (!node || node.disabled) return null;
    node.scrollIntoView({ block: 'center' });
    const box = node.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) return null;
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    return hit && (node.contains(hit) || hit.contains(node)) ? [x, y] : null;
})()"""

_CHOOSE = """(list, value) => {
    list.value = value;
    for (const type of ['input', 'change']) list.dispatchEvent(new Event(type, { bubbles: true }));
    return list.value === value;
}"""
