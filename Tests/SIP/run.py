#!/usr/bin/env python3
"""Tests with other people's SIP against a real server. See README.md beside this file."""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Browser")]

from harness import sandbox  # noqa: E402
from harness.bridge import ROOT  # noqa: E402

# The sets of tests, in the order they are played.
SETS = (
    "calls_in",
    "registrations",
    "by_hand",
    "passwords",
    "transfers",
    "trunks",
    "trunks_by_hand",
    "gateways",
    "sound",
    "phones",
    "abuse",
    "load",
    "pages",
)
# Tests at once: two cores carry some, which mostly wait.
AT_ONCE = 6


def arguments():
    parser = argparse.ArgumentParser(description="Runs the SIP tests and prints 'N passed, N failed'.")
    parser.add_argument("--only", metavar="NAME", default="", help="only tests whose name contains NAME")
    parser.add_argument("--set", choices=SETS, help="only the tests of this set")
    parser.add_argument("--no-pages", action="store_true", help="leave out the tests with browsers")
    parser.add_argument("--list", action="store_true", help="print the names of the tests and end")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder (configuration, logs, data)")
    parser.add_argument(
        "--host", action="store_true", help="stay in the machine's own network; without phones and pages"
    )
    parser.add_argument(
        "--server",
        type=Path,
        default=ROOT / ".build/release/parley",
        help="the server's program (default: %(default)s)",
    )
    return parser.parse_args()


def chosen(options):
    """The tests to be played, by what they are played on: the shared stage, or one of their own."""
    from importlib import import_module

    names = [options.set] if options.set else [each for each in SETS if not (options.no_pages and each == "pages")]
    found = [each for name in names for each in import_module(f"sets.{name}").CASES]
    return [each for each in found if options.only.lower() in f"{each.name} {each.sentence}".lower()]


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def line(self):
        line = f"{self.passed} passed, {self.failed} failed"
        return f"{line}, {self.skipped} skipped" if self.skipped else line


async def run_case(stage, tally, case, artifacts):
    from rig.suite import Scene, Skipped

    started = time.monotonic()
    scene = Scene(stage, case.name)
    label = f"{case.name}: {case.sentence}"
    try:
        await asyncio.wait_for(case.function(scene), case.within)
        if stage.server.process.status is not None:
            raise AssertionError(f"the server ended with {stage.server.process.status}")
    except Skipped as reason:
        tally.skipped += 1
        print(f"skipped {label}: {reason}", flush=True)
    except Exception as error:
        tally.failed += 1
        reason = (
            f"not done within {case.within} s" if isinstance(error, asyncio.TimeoutError) and not str(error) else error
        )
        print(f"FAILED {label}: {reason or repr(error)}", flush=True)
        with contextlib.suppress(OSError):
            scene.keep_evidence(artifacts / case.name)
            if stage.browsers and case.name.startswith("page_"):
                await stage.browsers.keep_evidence(artifacts / case.name)
    else:
        tally.passed += 1
        print(f"ok {label} ({time.monotonic() - started:.1f} s)", flush=True)
    finally:
        await scene.close()


async def run_cases(stage, tally, cases, artifacts):
    """Those that wait first, some others beside them, and at last those that want to be alone."""
    places = asyncio.Semaphore(AT_ONCE)

    async def placed(case):
        async with contextlib.nullcontext() if case.waits else places:
            await run_case(stage, tally, case, artifacts)

    together = sorted((each for each in cases if not each.alone), key=lambda each: not each.waits)
    await asyncio.gather(*map(placed, together))
    for case in cases:
        if case.alone:
            await run_case(stage, tally, case, artifacts)


async def run_all(options, tally):
    from rig.suite import Stage

    cases, artifacts = chosen(options), HERE / ".artifacts"
    if not cases:
        return
    shutil.rmtree(artifacts, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="parley-sip-"))
    stage = Stage(folder)
    try:
        try:
            await stage.start(options.server)
        except Exception as error:
            tally.failed += len(cases)
            print(f"FAILED to start: {error or repr(error)}", flush=True)
            return
        await run_cases(stage, tally, cases, artifacts)
    finally:
        status = await stage.stop()
        if stage.server and not options.only:
            ending = "the server ends by itself when it is asked to"
            tally.passed += status == 0
            tally.failed += status != 0
            print(f"ok {ending}" if status == 0 else f"FAILED {ending}: status {status}", flush=True)
        if options.keep:
            print(f"kept {folder}", flush=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)


async def supervised(options, tally):
    """Ends everything on SIGINT and SIGTERM too; as the first process of a namespace, nobody does that for us."""
    task = asyncio.ensure_future(run_all(options, tally))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
        return True
    return False


def main():
    options = arguments()
    if options.list:
        print("\n".join(f"{each.name}: {each.sentence}" for each in chosen(options)))
        return 0
    if shutil.which("sipp") is None:
        sys.exit("SIPp is not installed: apt-get install sip-tester")
    if sandbox.is_inside():
        from rig import network

        network.make()
    else:
        reason = "--host" if options.host else sandbox.enter()  # which returns only when it cannot
        print(f"note: no network of our own ({reason}), so without phones, pages, losses and IPv6", flush=True)
    tally = Tally()
    finished = asyncio.run(supervised(options, tally))
    print(tally.line(), flush=True)
    return 0 if finished and tally.failed == 0 else 1


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
