"""What would GitHub make of it? Pull requests on a simulated GitHub, through the real workflow files."""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from tidegate.core.answer import Answer, Verdict
from tidegate.errors import InputError
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.simulator.hub import Hub
    from tidegate.simulator.scenario import Played, Scene
    from tidegate.simulator.telling import Teller

SUMMARY = "Bring up a whole GitHub on this machine and run real pull requests through the real workflow files."
KEPT = "simulation"
STORIES = ("demo", "rollback")
"""Scenarios that go on after the merge."""
# Workflows that test the toolkit itself: they would start this simulation again.
OWN_TESTS = frozenset({"toolkit-ci.yml"})
# Judges a retraining while its usual runs wait for an approval; here a person approves them at once.
TWICE = frozenset({"model-retrain.yml"})
MOST_MONTHS = 12


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate simulate`."""
    parser.add_argument(
        "--scenario",
        metavar="NAME",
        default="pull-requests",
        help="pull-requests (the default: better, then worse, then fork), better, worse, undecided, fork, first, "
        "readme-only, killed, lost, and those that go on after the merge: demo (a better model to production, under "
        "load, beside a worse one and one from a fork), rollback (then one that is slow, one that answers wrongly and "
        "one that never gets healthy, each of which takes itself back)",
    )
    replayed = (
        "replay the first N live months (1 to 12) through the deployed server instead: drift, retraining, a table"
    )
    parser.add_argument("--months", metavar="N", default="", help=replayed)
    parser.add_argument(
        "--keep", metavar="FOLDER", default="", help="keep repositories, logs and artifacts in this new folder"
    )


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Play a scenario. The verdict is pass when every scene ended as it must."""
    from tidegate.simulator import telling
    from tidegate.simulator.hub import opened
    from tidegate.simulator.scenario import SCENARIOS

    if options.scenario not in {*SCENARIOS, *STORIES}:
        known = ", ".join([*SCENARIOS, *STORIES])
        raise InputError("E-SIM-013", f"--scenario {options.scenario!r} is not one of: {known}.")
    months = _months(options.months)
    start, teller = time.monotonic(), telling.Teller(settings.console)
    with _ending_politely(), _folder(options.keep) as folder:
        teller.say(f"Bringing up a GitHub with the files of {settings.workspace} ...")
        disabled = OWN_TESTS | TWICE if months else OWN_TESTS
        with opened(settings.workspace, settings.environ, folder, tell=teller.tell, disabled=disabled) as hub:
            teller.say(f"  {hub.github.address}/{hub.github.repository} ({time.monotonic() - start:.1f} s)")
            if months:
                return _replayed(settings, hub, teller, months, start)
            if options.scenario in STORIES:
                return _demonstrated(settings, hub, teller, start, options.scenario)
            return _played(settings, hub, teller, SCENARIOS[options.scenario], start)


def _played(settings: Settings, hub: Hub, teller: Teller, scenes: Sequence[Scene], start: float) -> Answer:
    from tidegate.simulator import telling
    from tidegate.simulator.scenario import play

    played = list(play(hub, scenes, teller.announce))
    reports = telling.keep(settings.evidence / KEPT, played, hub.github.runs)
    for line in telling.closing(played, reports):
        teller.say(line)
    return _answer(played, reports, time.monotonic() - start)


def _demonstrated(settings: Settings, hub: Hub, teller: Teller, start: float, scenario: str) -> Answer:
    from tidegate.simulator import telling
    from tidegate.simulator.story.ending import document, sentence, told
    from tidegate.simulator.story.performance import performed

    shown = performed(hub, scenario, say=teller.say, announce=teller.announce)
    reports = telling.keep(settings.evidence / KEPT, shown.played, hub.github.runs)
    for line in (*telling.closing(shown.played, reports), *told(shown)):
        teller.say(line)
    seconds = time.monotonic() - start
    return Answer(
        verdict=Verdict.PASS if shown.good else Verdict.FAIL,
        sentence=f"{sentence(shown)} in {seconds:.0f} s",
        outputs={"html": str(reports[0]) if reports else ""},
        data=document(shown),
    )


def _replayed(settings: Settings, hub: Hub, teller: Teller, months: int, start: float) -> Answer:
    from tidegate.simulator.year.ending import answer
    from tidegate.simulator.year.replay import Year

    year = Year(hub=hub, count=months, say=teller.say)
    year.play()
    return answer(year, settings.evidence / KEPT, teller.say, time.monotonic() - start)


def _answer(played: list[Played], reports: list[Path], seconds: float) -> Answer:
    good = all(act.as_expected for act in played)
    ends = ", ".join(f"{act.scene.name}: {act.check or 'no check'}" for act in played)
    return Answer(
        verdict=Verdict.PASS if good else Verdict.FAIL,
        sentence=f"{ends}{'' if good else ' (not as it should)'} in {seconds:.0f} s",
        outputs={"html": str(reports[0]) if reports else ""},
        data={"scenes": {act.scene.name: {"check": act.check, "seconds": round(act.seconds, 1)} for act in played}},
    )


def _months(given: str) -> int:
    """How many live months are replayed; 0 where that was not asked for."""
    if not given:
        return 0
    if not given.isdecimal() or not 1 <= int(given) <= MOST_MONTHS:
        raise InputError("E-SIM-044", f"--months {given[:20]!r} is not a number from 1 to {MOST_MONTHS}.")
    return int(given)


@contextmanager
def _folder(keep: str) -> Iterator[Path]:
    """The folder of the simulated GitHub: a new one that stays, or one that is gone afterwards."""
    if not keep:
        with tempfile.TemporaryDirectory(prefix="tidegate-github-", ignore_cleanup_errors=True) as folder:
            yield Path(folder).resolve()
        return
    place = Path(keep).resolve()
    if place.exists() and any(place.iterdir()):
        raise InputError("E-SIM-014", f"--keep {keep} is not empty.", fix="Name a new folder.")
    place.mkdir(parents=True, exist_ok=True)
    yield place


@contextmanager
def _ending_politely() -> Iterator[None]:
    """A polite kill ends like Ctrl-C, so that every process we started ends with us.

    Ctrl-C is heard also where a shell started us in the background and had us ignore it: runs are cancelled by it.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
