"""Reads what a test runner left and prints "passed failed skipped".

Usage: tally.py swift|server|budgets|node|browser|sip STATUS LOG [XUNIT]

A runner that ends badly without having said which test failed counts as one failure, so that nothing is lost when it
crashes or never starts.
"""

import re
import sys
import xml.etree.ElementTree
from pathlib import Path


def swift_counts(log, xunit):
    """Per test from the xUnit file; from the log when a crash left none."""
    try:
        cases = list(xml.etree.ElementTree.parse(xunit).iter("testcase"))
    except (OSError, TypeError, xml.etree.ElementTree.ParseError):
        outcomes = re.findall(r"^\W+Test (?!run with|case )(?:.*?) (passed|failed|skipped)\b", log, re.MULTILINE)
        return tuple(outcomes.count(each) for each in ("passed", "failed", "skipped"))
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases) - failed - skipped, failed, skipped


def budgets_counts(log, _):
    """One per figure; those over their budget say so."""
    figures = re.findall(r"^  [\w ]+: [\d.]+(.*)$", log, re.MULTILINE)
    failed = sum("OVER" in rest for rest in figures)
    return len(figures) - failed, failed, 0


def node_counts(log, _):
    """The closing lines of the reporters `tap` ("# pass 3") and `spec` ("ℹ pass 3")."""
    counts = {key: int(value) for key, value in re.findall(r"^(?:#|ℹ) (\w+) (\d+)\s*$", log, re.MULTILINE)}
    skipped = counts.get("skipped", 0) + counts.get("todo", 0)
    return counts.get("pass", 0), counts.get("fail", 0) + counts.get("cancelled", 0), skipped


def browser_counts(log, _):
    """The closing line of Tests/Browser/run.py and Tests/SIP/run.py."""
    closing = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", log, re.MULTILINE)
    return tuple(int(count or 0) for count in closing[-1]) if closing else (0, 0, 0)


def main(runner, status, log_path, xunit=None):
    log = Path(log_path)
    text = log.read_text(errors="replace") if log.exists() else ""
    read = {
        "swift": swift_counts, "server": swift_counts, "budgets": budgets_counts, "node": node_counts,
        "browser": browser_counts, "sip": browser_counts,
    }[runner]
    passed, failed, skipped = read(text, xunit)
    if int(status) != 0 and failed == 0:
        failed = 1
    print(passed, failed, skipped)


main(*sys.argv[1:])
