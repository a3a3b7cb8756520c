"""Sixty days of live data, checked by the real commands: one issue, one pull request, closed by itself, in any order.

The world moves on day 21 and comes back on day 42. Schedules drop, double and delay checks, and old runs are started
again with what they found then: none of it may be seen in the end.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fixtures import drift
from fixtures.retraining import BRANCH, START, RetrainingWorld
from fixtures.retraining import world as made
from tidegate.commands import detect_drift
from tidegate.core.drift import document

DAYS, MOVED, BACK = 60, 21, 42
RATE = 60
EVIDENCE = "detect-drift.json"
Schedule = list[tuple[int, str]]


@dataclass
class Stream:
    """`past`: what checks of earlier days left; `told`: the requests' actions, in order."""

    world: RetrainingWorld
    day: int = 0
    past: list[bytes] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def reaches(self, day: int) -> None:
        """Live data and labels of all days before `day` have come."""
        while self.day < day:
            self._write(self.day)
            self.day += 1

    def _write(self, day: int) -> None:
        random = np.random.default_rng(day)
        size = random.normal(2.0 if MOVED <= day < BACK else 0.0, 1.0, RATE)
        times = [START + timedelta(days=day, minutes=20 * place) for place in range(RATE)]
        first = 10_000 + day * RATE
        live = [f"{first + place},{times[place]:%Y-%m-%dT%H:%M:%S},{size[place]:.6f}" for place in range(RATE)]
        labels = [f"{first + place},{20 + place % 9}" for place in range(RATE)]
        for folder, heading, rows in (("live", "id,time,size", live), ("labels", "id,sold", labels)):
            place = self.world.root / folder / f"{day:03d}.csv"
            place.parent.mkdir(exist_ok=True)
            place.write_text("\n".join([heading, *rows]) + "\n")

    def check(self) -> None:
        """What the workflow does: hold live data against the profile, then ask for what follows from it."""
        parser = argparse.ArgumentParser()
        detect_drift.configure(parser)
        options = parser.parse_args(["--issue"])
        options.connect = lambda *_: self.world.fake.connection()
        now = START + timedelta(days=self.day)
        detect_drift.run(self.world.settings(), options, now=now)
        self.past.append((self.world.root / ".tidegate" / EVIDENCE).read_bytes())
        self.told.append(self.world.ask().outputs["action"] if self.known else "")

    @property
    def known(self) -> bool:
        """Whether the last check found a window that is over."""
        return bool(json.loads(self.past[-1])["result"]["windows"])

    def again(self, which: int) -> None:
        """An old run's second job, started again with what its first job left."""
        folder = self.world.root / ".tidegate" / "old"
        folder.mkdir(exist_ok=True)
        (folder / EVIDENCE).write_bytes(self.past[which % len(self.past)])
        self.world.ask("--drift", ".tidegate/old")

    def run(self, schedule: Schedule) -> dict[str, Any]:
        """Go through it, and what anybody can see afterwards."""
        for day, what in schedule:
            self.reaches(day)
            if what == "check":
                self.check()
            elif self.past:
                self.again(int(what))
        fake, remote = self.world.fake, self.world.remote
        return {
            "issues": {number: (one["title"], one["state"]) for number, one in fake.issues.held.items()},
            "pulls": [(one["number"], one["state"], one["title"], one["body"]) for one in fake.pulls],
            "data": remote.show("data.dvc", BRANCH),
            "history": remote.history(BRANCH),
            "started": [one["inputs"] for one in fake.delivery.dispatched],
        }


def stream(place: Path) -> Stream:
    """A world with a profile of a column that will move."""
    place.mkdir()
    world = made(place)
    reference = {"size": np.random.default_rng(7_000).normal(size=4_000)}
    profile = json.dumps(document.document(drift.profile(reference)))
    world.remote.here.write("model/profile.json", profile)
    world.merge("a profile")
    return Stream(world)


def disturbed(seed: int) -> Schedule:
    """Days with no, one or two checks, and runs of before that are started again."""
    random = np.random.default_rng(seed)
    found: Schedule = []
    for day in range(8, DAYS + 1):
        found += [(day, "check")] * int(random.choice([0, 0, 0, 1, 2]))
        if random.random() < 0.2:
            found.append((day, str(random.integers(0, 1_000))))
    return [*found, (DAYS, "check")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict[str, Any]]:
    """A check after each week."""
    one = stream(tmp_path_factory.mktemp("stream") / "world")
    return one.told, one.run([(day + 1, "check") for day in range(7, DAYS, 7)] + [(DAYS, "check")])


def test_one_issue_that_closes_itself_and_one_pull_request(undisturbed: tuple[list[str], dict[str, Any]]) -> None:
    told, seen = undisturbed
    assert seen["issues"] == {1: ("demand: drift", "closed")}
    ((number, state, title, body),) = seen["pulls"]
    assert (number, state, title) == (1, "open", "Retrain demand on data until 2024-04-08")
    assert "#1" in body
    assert told == ["nothing"] * 4 + ["request", "wait"] + ["nothing"] * 3
    assert len(seen["started"]) == 1


@pytest.mark.parametrize("seed", [1])
def test_dropped_doubled_late_and_repeated_checks_change_nothing(
    seed: int, undisturbed: tuple[list[str], dict[str, Any]], tmp_path: Path
) -> None:
    one = stream(tmp_path / "world")
    assert one.run(disturbed(seed)) == undisturbed[1]
    assert one.told.count("request") == 1
    assert len(one.told) > 25
