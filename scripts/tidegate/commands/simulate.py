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
STORIES = {"demo": False, "rollback": True}
"""Scenarios that go on after the merge, and whether a slow model is merged as well."""
# Workflows that test the toolkit itself: they would start this simulation again.
OWN_TESTS = frozenset({"toolkit-ci.yml"})


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate simulate`."""
    parser.add_argument(
        "--scenario",
        metavar="NAME",
        default="pull-requests",
        help="pull-requests (the default: better, then worse, then fork), better, worse, undecided, fork, first, "
        "readme-only, killed, lost, and those that go on after the merge: demo (a better model to production, under "
        "load), rollback (then a slow one, which takes itself back)",
    )
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
    start, teller = time.monotonic(), telling.Teller(settings.console)
    with _ending_politely(), _folder(options.keep) as folder:
        teller.say(f"Bringing up a GitHub with the files of {settings.workspace} ...")
        with opened(settings.workspace, settings.environ, folder, tell=teller.tell, disabled=OWN_TESTS) as hub:
            teller.say(f"  {hub.github.address}/{hub.github.repository} ({time.monotonic() - start:.1f} s)")
            if options.scenario in STORIES:
                return _demonstrated(settings, hub, teller, start, slow=STORIES[options.scenario])
            return _played(settings, hub, teller, SCENARIOS[options.scenario], start)


def _played(settings: Settings, hub: Hub, teller: Teller, scenes: Sequence[Scene], start: float) -> Answer:
    from tidegate.simulator import telling
    from tidegate.simulator.scenario import play

    played = list(play(hub, scenes, teller.announce))
    reports = telling.keep(settings.evidence / KEPT, played, hub.github.runs)
    for line in telling.closing(played, reports):
        teller.say(line)
    return _answer(played, reports, time.monotonic() - start)


def _demonstrated(settings: Settings, hub: Hub, teller: Teller, start: float, *, slow: bool) -> Answer:
    from tidegate.simulator import telling
    from tidegate.simulator.story.demonstration import Demonstration
    from tidegate.simulator.story.ending import document, sentence, told

    shown = Demonstration(hub=hub, say=teller.say, announce=teller.announce, slow=slow)
    shown.play()
    reports = telling.keep(settings.evidence / KEPT, shown.played, hub.github.runs)
    for line in told(shown):
        teller.say(line)
    seconds = time.monotonic() - start
    return Answer(
        verdict=Verdict.PASS if shown.good else Verdict.FAIL,
        sentence=f"{sentence(shown)} in {seconds:.0f} s",
        outputs={"html": str(reports[0]) if reports else ""},
        data=document(shown),
    )


def _answer(played: list[Played], reports: list[Path], seconds: float) -> Answer:
    good = all(act.as_expected for act in played)
    ends = ", ".join(f"{act.scene.name}: {act.check or 'no check'}" for act in played)
    return Answer(
        verdict=Verdict.PASS if good else Verdict.FAIL,
        sentence=f"{ends}{'' if good else ' (not as it should)'} in {seconds:.0f} s",
        outputs={"html": str(reports[0]) if reports else ""},
        data={"scenes": {act.scene.name: {"check": act.check, "seconds": round(act.seconds, 1)} for act in played}},
    )


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
