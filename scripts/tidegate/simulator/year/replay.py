"""The live months through the deployed server: asked, watched for drift, trained again, released, and accounted for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from tidegate.simulator import servers
from tidegate.simulator.clients import rows
from tidegate.simulator.gates import Decision, Protection, Wait
from tidegate.simulator.hub import Hub
from tidegate.simulator.story import surroundings as places
from tidegate.simulator.story.releases import PRODUCTION, Releases, Standing
from tidegate.simulator.story.surroundings import Surroundings
from tidegate.simulator.year import account, answers, comparison, labels, surroundings
from tidegate.simulator.year.account import Errors, Month
from tidegate.simulator.year.answers import Frozen
from tidegate.simulator.year.comparison import Compared
from tidegate.simulator.year.looked import Looked, looked
from tidegate.simulator.year.retraining import Retraining
from tidegate.simulator.year.stream import Hour, stream
from tidegate.simulator.year.traffic import Traffic

AHEAD = 1
"""Months beyond those that are played: what is promoted in the last one still has clients."""


@dataclass(kw_only=True)
class Year:
    """The first `count` months of the live data; what came of them is there when they were played.

    After the first `unseen` of them nobody looks for drift. `say` prints a line.
    """

    hub: Hub
    count: int
    say: Callable[[str], None]
    unseen: int = 0
    months: list[Month] = field(default_factory=list)
    whole: Errors | None = None
    compared: Compared | None = None
    lost: int = 0
    standing: Standing | None = None
    status: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing was lost, Git and reality agree, and going on training has made the answers better.

        Where no retraining was released there is nothing to be better by.
        """
        worth = self.compared is None or self.compared.better
        return bool(self.whole and self.standing and self.standing.agrees) and worth and not self.lost

    def play(self) -> None:
        """Version 1 is released by hand; from then on all but the merges comes by itself."""
        place = self._prepared()
        names = rows.months(self._read)
        asked = stream(self._read, names[: self.count + AHEAD])
        releases = Releases(hub=self.hub, surroundings=place, say=self.say)
        releases.first()
        frozen = self._frozen()
        traffic = Traffic(asked, place.production, self._state, self.say)
        following = Retraining(hub=self.hub, releases=releases, traffic=traffic, say=self.say)
        self._account([self._month(name, traffic, following) for name in names[self.unseen : self.count]], frozen)
        self.lost = sum(traffic.lost.values())
        self.standing, self.status = releases.standing(), releases.status()

    def _prepared(self) -> Surroundings:
        """The repository with a year's environments, contract and schedule; where clients will ask."""
        place, gates = places.free(), self.hub.github.proxy.gates
        gates.environments[PRODUCTION] = Protection(reviewers=(self.hub.github.owner,))
        gates.decide = self._approved
        changed = surroundings.edits(self.hub.file, place, live=self._log, labels=self._labels)
        self.hub.change_main(changed, surroundings.MESSAGE)
        return place

    def _account(self, lived: Sequence[Lived], frozen: Frozen) -> None:
        """What the answers in the log came to, and what the first model would have said to the same requests."""
        hours, log = [hour for one in lived for hour in one.hours], answers.logged(self._log)
        first = dict(zip((hour.instant for hour in hours), frozen.answers(hours), strict=True))
        self.months = [one.told(log, first) for one in lived]
        self.whole = account.errors(hours, log, first)
        self.compared = comparison.compared(self.hub, hours, log, first)

    def _month(self, name: str, traffic: Traffic, following: Retraining) -> Lived:
        begun, hours = monotonic(), [hour for hour in traffic.stream.hours if hour.month == name]
        moment = surroundings.checked(hours[-1].moment, traffic.stream.now)
        traffic.until(moment)
        answers.written(self._log, traffic.answered)
        labels.deliver(self._labels, traffic.stream.asked, moment)
        self.say(f"{name}: {len(hours):,} hours asked; it is {moment:%Y-%m-%d %H:%M}, and the schedule looks for drift")
        before = self._issue()
        found = looked(self.hub.github.runs, self.hub.scheduled(moment))
        self.say(f"  {found.state}: {found.sentence}")
        news = [_about(before, self._issue()), following.followed() or _waiting(found)]
        return Lived(
            name=name, hours=hours, found=found, action="; ".join(filter(None, news)), seconds=monotonic() - begun
        )

    def _issue(self) -> int:
        """The number of the open issue about drift; 0 without one."""
        path = f"/repos/{self.hub.github.repository}/issues?state=open&labels=drift&per_page=100"
        return max((row["number"] for row in self.hub.github.ask("GET", path)), default=0)

    def _approved(self, wait: Wait) -> Decision:
        self.say(f"  {self.hub.github.owner} approves the deployment to {wait.environment}")
        return "approved"

    def _frozen(self) -> Frozen:
        """The model that runs now, out of the release's own folder."""
        (model,) = self._state.glob("*/release/**/*.onnx")
        return Frozen(model.read_bytes())

    def _read(self, path: str) -> bytes:
        return self.hub.origin.blob("main", path)

    @property
    def _state(self) -> Path:
        return servers.state(self.hub.folder, self.hub.github.repository, PRODUCTION)

    @property
    def _log(self) -> Path:
        return self._state / "predictions"

    @property
    def _labels(self) -> Path:
        return self.hub.folder / "labels"


@dataclass(frozen=True, kw_only=True)
class Lived:
    """A month as it went by; how wrong the answers were is known when all are in the log."""

    name: str
    hours: Sequence[Hour]
    found: Looked
    action: str
    seconds: float

    def told(self, log: dict[int, answers.Answer], frozen: dict[int, float]) -> Month:
        """The month's row of the table."""
        return Month(
            name=self.name,
            errors=account.errors(self.hours, log, frozen),
            versions=account.versions(self.hours, log),
            state=self.found.state,
            drifted=self.found.drifted,
            worse=self.found.worse,
            action=self.action or "–",
            seconds=self.seconds,
        )


def _about(before: int, now: int) -> str:
    """What became of the issue."""
    if before == now:
        return ""
    return f"issue #{now} opens" if now else f"issue #{before} closes"


def _waiting(found: Looked) -> str:
    """Why nothing is asked for, its last clause: the others tell what was asked for before."""
    return f"retraining waits: {found.why.rpartition('; ')[2]}" if found.asked == "wait" else ""
