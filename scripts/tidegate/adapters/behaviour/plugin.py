"""What pytest loads to tell about behavioural tests: a line of JSON for each thing that happened, into one file.

A copy of this file is loaded in the model's environment with ``-p``, so it needs pytest and nothing else. It writes
what was collected before anything runs, every test as it ends, and the end: whoever reads can tell what is missing.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

KINDS = ("invariance", "directional", "minimum_functionality")
MEANINGS = {
    "invariance": "a change of the request that must not change the answer",
    "directional": "a change of the request that must move the answer in one way",
    "minimum_functionality": "a case that any acceptable model gets right",
    "warn": "shown when it fails, without keeping the model back",
}
RESULTS = "--tidegate-results"
LARGEST_FILE = 64 * 1024 * 1024
LONGEST = 300
MOST_EXAMPLES = 3


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where to tell; without it, the markers are all there is."""
    parser.addoption(RESULTS, default="", help="the file that gets a line for each thing that happens")


def pytest_configure(config: pytest.Config) -> None:
    """Register our markers and begin to tell."""
    for name, meaning in MEANINGS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    if results := config.getoption(RESULTS):
        _bound_output()
        stream = Path(results).open("a", encoding="utf-8")  # noqa: SIM115 - open for as long as the session
        config.pluginmanager.register(Teller(stream), "tidegate-teller")


def _bound_output() -> None:
    """No file of a test's may grow without end; what it prints goes to a file as well."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


class Teller:
    """Hooks of one session; tests run one after the other."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._compared: tuple[str, str] | None = None
        self._told: dict[str, Any] = {}
        self._say({"event": "start", "pytest": pytest.__version__})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be read as tests."""
        if report.failed:
            self._say({"event": "broken", "where": report.nodeid, "message": _last_line(report.longrepr)})

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """All tests, before the first of them runs."""
        for item in session.items:
            kinds = [name for name in KINDS if item.get_closest_marker(name)]
            warns = item.get_closest_marker("warn") is not None
            self._say({"event": "test", "id": item.nodeid, "kinds": kinds, "warns": warns})
        self._say({"event": "collected", "count": len(session.items)})

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """Both sides of the comparison that fails: what was observed, and what was expected of it."""
        self._compared = (_shown(left), f"{op} {_shown(right)}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """One line for a test once all of its phases are over; the first phase that is not passed decides."""
        report: pytest.TestReport = yield  # type: ignore[assignment]
        if call.when == "setup":
            self._told = {"outcome": "passed", "message": "", "observed": "", "expected": ""}
        outcome = _outcome(report)
        if outcome != "passed" and self._told["outcome"] in ("passed", "xpassed"):
            observed, expected = self._compared or ("", "")
            message = _last_line(report.longrepr, call.excinfo)
            self._told = {"outcome": outcome, "message": message, "observed": observed, "expected": expected}
        self._compared = None
        if call.when == "teardown":
            self._say({"event": "result", "id": item.nodeid, **self._told, **_said_by_test(item)})
        return report  # type: ignore[return-value]

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """The end, which a session that was cut short never reaches."""
        self._say({"event": "end", "exit": int(exitstatus)})

    def _say(self, document: dict[str, Any]) -> None:
        self._stream.write(json.dumps(document) + "\n")
        self._stream.flush()


def _outcome(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    return report.outcome


def _said_by_test(item: pytest.Item) -> dict[str, Any]:
    """What the test recorded itself: how many cases it asked, how many failed, and examples of those."""
    said = item.user_properties
    examples = [value for name, value in said if name == "example" and isinstance(value, dict)][:MOST_EXAMPLES]
    shown = [{str(key)[:LONGEST]: _text(value) for key, value in list(one.items())[:4]} for one in examples]
    counts = {name: value for name, value in said if name in ("cases", "failed") and type(value) is int}
    return {"cases": counts.get("cases"), "failed": counts.get("failed"), "examples": shown}


def _last_line(longrepr: object, excinfo: pytest.ExceptionInfo[BaseException] | None = None) -> str:
    """The exception in one line; of a skipped test its reason."""
    if isinstance(longrepr, tuple):
        return str(longrepr[-1])[:LONGEST]
    text = excinfo.exconly() if excinfo is not None else str(longrepr)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[0] if excinfo is not None and lines else lines[-1] if lines else "")[:LONGEST]


def _text(value: object) -> str:
    return value[:LONGEST] if isinstance(value, str) else _shown(value)


def _shown(value: object) -> str:
    short = reprlib.Repr()
    short.maxstring = short.maxother = 120
    try:
        return short.repr(value)[:LONGEST]
    except Exception as error:  # noqa: BLE001 - a test's own object may not even be printable
        return f"<{type(value).__name__} that raises {type(error).__name__}>"
