"""Fixtures for every test; the guard keeps unit tests from starting programs or opening connections by accident."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, and no clock: a loaded machine is no failure. `--hypothesis-profile=explore` has more.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile("same")

# A shell that starts us in the background has us ignore SIGINT, and programs that tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

_FORBIDDEN = {"socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"}
_guarded = False


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if _guarded and event in _FORBIDDEN:
        raise AssertionError(f"a unit test tried {event} {arguments!r:.200}; move it to tests/integration")


sys.addaudithook(_audit)


@pytest.fixture(autouse=True)
def _no_outside_world(request: pytest.FixtureRequest) -> Iterator[None]:
    global _guarded
    _guarded = "unit" in Path(request.node.path).parts
    yield
    _guarded = False


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Here and not beside the suite, because the process that prints for several workers loads this file only."""
    from bad_inputs import figures

    figures.summarise(terminalreporter)
