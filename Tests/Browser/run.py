#!/usr/bin/env python3
"""Tests with real browsers against a real bridge. See README.md beside this file."""

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
sys.path.insert(0, str(HERE))

try:
    import websockets  # noqa: F401
except ImportError:
    sys.exit(f"{sys.executable} has no websockets: apt-get install python3-websockets, and use /usr/bin/python3")

import call_cases  # noqa: E402
import cases  # noqa: E402
import video_cases  # noqa: E402
from harness import sandbox  # noqa: E402
from harness.bridge import ROOT  # noqa: E402
from harness.call_stage import CallStage  # noqa: E402
from harness.stage import Stage  # noqa: E402
from harness.suite import Skipped  # noqa: E402
from harness.video_stage import VideoStage  # noqa: E402

# One after the other: two cores carry four browsers with cameras, and not eight.
PLAYS = {
    "sound": (Stage, cases.CASES),
    "video": (VideoStage, video_cases.CASES),
    "calls": (CallStage, call_cases.CASES),
}


def arguments():
    parser = argparse.ArgumentParser(description="Runs the browser tests and prints 'N passed, N failed'.")
    parser.add_argument("--only", metavar="NAME", default="", help="only tests whose name contains NAME")
    parser.add_argument("--stage", choices=PLAYS, help="only the tests of this stage")
    parser.add_argument("--list", action="store_true", help="print the names of the tests and end")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder (profiles, logs, data)")
    parser.add_argument("--host", action="store_true", help="stay in the machine's own network; without Firefox")
    parser.add_argument("--hold", action="store_true", help="after the tests, wait for Ctrl-C before ending everything")
    parser.add_argument(
        "--server", type=Path, default=ROOT / ".build/release/parley", help="the bridge's program (default: %(default)s)"
    )
    return parser.parse_args()


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def line(self):
        line = f"{self.passed} passed, {self.failed} failed"
        return f"{line}, {self.skipped} skipped" if self.skipped else line


async def run_case(stage, tally, sentence, function, within):
    started = time.monotonic()
    try:
        await asyncio.wait_for(function(stage), within)
        if stage.bridge.process.status is not None:
            raise AssertionError(f"the bridge ended with {stage.bridge.process.status}")
    except Skipped as reason:
        tally.skipped += 1
        print(f"skipped {sentence}: {reason}", flush=True)
        return
    except Exception as error:
        tally.failed += 1
        reason = f"not done within {within} s" if isinstance(error, asyncio.TimeoutError) and not str(error) else error
        print(f"FAILED {sentence}: {reason or type(error).__name__}", flush=True)
        await stage.keep_evidence(sentence)
        return
    tally.passed += 1
    print(f"ok {sentence} ({time.monotonic() - started:.1f} s)", flush=True)


def chosen(options):
    """Pairs of what makes a stage and the tests to be played on it."""
    plays = [PLAYS[name] for name in ([options.stage] if options.stage else PLAYS)]
    pairs = [
        (make_stage, [each for each in its_cases if options.only.lower() in each[0].lower()])
        for make_stage, its_cases in plays
    ]
    return [each for each in pairs if each[1]]


async def run_all(options, tally):
    artifacts = HERE / ".artifacts"
    plays = chosen(options)
    if plays:
        shutil.rmtree(artifacts, ignore_errors=True)
    for make_stage, its_cases in plays:
        folder = Path(tempfile.mkdtemp(prefix="parley-browser-"))
        try:
            is_last = its_cases is plays[-1][1]
            await run_stage(make_stage(folder, artifacts), its_cases, options, tally, may_hold=is_last)
        finally:
            if options.keep:
                print(f"kept {folder}", flush=True)
            else:
                shutil.rmtree(folder, ignore_errors=True)


async def run_stage(stage, its_cases, options, tally, may_hold):
    try:
        try:
            await stage.start(options.server)
        except Exception as error:
            tally.failed += len(its_cases)
            print(f"FAILED to start: {error or type(error).__name__}", flush=True)
            await stage.keep_evidence("start")
            return
        if len(stage.people) < 4:
            print("note: without Firefox, which needs a network of its own and is used if installed", flush=True)
        for sentence, function, within in its_cases:
            await run_case(stage, tally, sentence, function, within)
        if options.hold and may_hold:
            print(f"holding; bridge at {stage.bridge.url}, logs in {stage.folder}", flush=True)
            await asyncio.Event().wait()
    finally:
        status = await stage.stop()
        if status is not None and not options.only:
            tally.passed += status == 0
            tally.failed += status != 0
            print(f"ok {stage.ending}" if status == 0 else f"FAILED {stage.ending}: status {status}", flush=True)
            if status != 0:
                await stage.keep_evidence(stage.ending)


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
        print("\n".join(sentence for _, its_cases in chosen(options) for sentence, _, _ in its_cases))
        return 0
    if sandbox.is_inside():
        sandbox.make_network()
    else:
        reason = "--host" if options.host else sandbox.enter()  # which returns only when it cannot
        print(f"note: no network of our own ({reason}), so without Firefox", flush=True)
    tally = Tally()
    finished = asyncio.run(supervised(options, tally))
    print(tally.line(), flush=True)
    return 0 if finished and tally.failed == 0 else 1


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
