"""One release after the other: merged, deployed to staging, promoted, and judged in production under live load."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from tidegate.core.release.incident import revert_branch
from tidegate.errors import InfrastructureError
from tidegate.simulator import servers
from tidegate.simulator.clients import load, rows, shares
from tidegate.simulator.happenings import Happening, PullRequest
from tidegate.simulator.hub import Hub
from tidegate.simulator.permissions import BOT
from tidegate.simulator.run_record import RunRecord
from tidegate.simulator.story.laptop import Laptop
from tidegate.simulator.story.surroundings import Surroundings
from tidegate.simulator.workflow_yaml import load as parsed

PRODUCTION = "production"
MONTHS = ("2012-01", "2012-02")
CALM, RUSH = 20.0, 200.0
"""Requests a second, each a real hour of a month that came after the training data; the rush is for what is judged."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What Git wants in an environment, what runs there alone, and what its newest tag says came to run."""

    wanted: str
    running: str
    recorded: str

    @property
    def agrees(self) -> bool:
        """Whether all three say the same."""
        return bool(self.wanted) and self.wanted == self.running == self.recorded


@dataclass(frozen=True, kw_only=True)
class Landed:
    """What came of a merged pull request: `standing` in production, `issues` that were opened."""

    title: str
    standing: Standing
    records: list[RunRecord]
    lost: int
    answered: int
    seconds: float
    revert: PullRequest | None = None
    issues: list[str] = field(default_factory=list)

    @property
    def taken_back_in(self) -> str:
        """The environment that gave it back; empty for a release that stayed."""
        return self.revert.branch.removeprefix(revert_branch("")) if self.revert else ""


@dataclass(kw_only=True)
class Releases:
    """Everything that is released in one simulation; `say` prints a line."""

    hub: Hub
    surroundings: Surroundings
    say: Callable[[str], None]
    _seen: set[int] = field(default_factory=set)

    @property
    def model(self) -> str:
        """The name of the model that production runs."""
        return str(self._release()["model"])

    def first(self) -> Standing:
        """Version 1, promoted by hand before the story begins, so that there is something to take over from."""
        laptop = self._laptop("first")
        kept = str(servers.state(self.hub.folder, self.hub.github.repository, "").resolve())
        for command in (
            ("train-model",),
            ("compare-models",),
            ("promote-model", "--push", "main"),
            ("deploy-model", "--environment", "staging", "--push", "--state", kept),
        ):
            self._told(laptop, command)
        self._wanted_by_hand(laptop)
        self._told(laptop, ("deploy-model", "--environment", PRODUCTION, "--push", "--state", kept))
        self.hub.pushed(self.hub.github.repository)
        return self.standing()

    def _wanted_by_hand(self, laptop: Laptop) -> None:
        """Git is the state: whoever commits a release file promotes."""
        text = laptop.git("show", "origin/main:environments/staging/release.yaml")
        laptop.git("checkout", "--quiet", "--detach", "origin/main")
        (laptop.folder / "environments" / PRODUCTION / "release.yaml").write_text(text + "\n", encoding="utf-8")
        laptop.commit("Production runs what ran in staging", [f"environments/{PRODUCTION}/release.yaml"])

    def trained(self, branch: str, edits: Mapping[str, str], message: str) -> None:
        """Somebody changes files, trains, and pushes the branch."""
        begun = monotonic()
        self._laptop(branch).train(branch, edits, message)
        self.say(f"  by hand · “{message}” is trained and pushed {monotonic() - begun:.1f} s")

    def _laptop(self, name: str) -> Laptop:
        dispatcher = self.hub.dispatcher
        folder = self.hub.folder / "laptops" / name
        folder.parent.mkdir(exist_ok=True)
        laptop = Laptop(
            folder=folder, origin=str(self.hub.origin.path), environ=dispatcher.environ, live=dispatcher.live
        )
        laptop.clone()
        return laptop

    def land(self, pull: PullRequest, title: str, merged: Happening) -> Landed:
        """What a merge starts, then the promotion that follows, under load; wherever it is taken back it ends."""
        begun = monotonic()
        self.say(f"  #{pull.number} is merged")
        with self._asked() as clients:
            records = self.hub.dispatcher.fire(merged)
            proposal = self.proposed()
            if proposal is None:
                ends = ", ".join(f"{record.run.name}: {record.run.conclusion}" for record in records)
                raise InfrastructureError("E-SIM-043", "no promotion was proposed for production.", where=ends)
            revert = _revert(proposal)
            if revert is None:
                self.say(f"  #{proposal.number} promotes it to {PRODUCTION}; a person merges it")
                records += self.hub.merge(proposal)
                revert = _revert(self.proposed())
        return Landed(
            title=title,
            standing=self.standing(),
            records=records,
            lost=sum(clients.lost.values()),
            answered=clients.answered,
            seconds=monotonic() - begun,
            revert=revert,
            issues=self._new_issues(),
        )

    def taken_back(self, landed: Landed) -> list[RunRecord]:
        """Merge the revert that a release which took itself back has asked for."""
        if landed.revert is None:
            return []
        self.say(f"  #{landed.revert.number} has Git say so; a person merges it")
        return self.hub.merge(landed.revert)

    def proposed(self) -> PullRequest | None:
        """The newest open pull request of the bot that was not looked at before."""
        self.hub.adopt()
        path = f"/repos/{self.hub.github.repository}/pulls?state=open&per_page=100"
        numbers = [row["number"] for row in self.hub.github.ask("GET", path) if row["user"]["login"] == BOT]
        new = sorted(set(numbers) & set(self.hub.pulls) - self._seen)
        self._seen |= set(new)
        return self.hub.pulls[new[-1]] if new else None

    def standing(self) -> Standing:
        """What everybody says about production."""
        running = [version for version, share in shares.shares(self._state()).items() if share == 100]
        release = self._release()
        return Standing(
            wanted=str(release["version"]), running=running[0] if running else "", recorded=self._recorded(release)
        )

    def status(self) -> str:
        """What `tidegate status` says in a new clone."""
        kept = servers.state(self.hub.folder, self.hub.github.repository, "")
        return self._laptop("status").tidegate("status", "--state", str(kept.resolve()))

    def _release(self) -> dict[str, object]:
        """What Git wants in production."""
        return parsed(self.hub.file(f"environments/{PRODUCTION}/release.yaml"), "release.yaml")

    def _recorded(self, release: dict[str, object]) -> str:
        pattern = f"refs/tags/{release['model']}#{PRODUCTION}#*"
        listed = self.hub.origin.git("for-each-ref", "--sort=-version:refname", "--format=%(contents)", pattern)
        first = listed.partition("\n")[0]
        return str(json.loads(first).get("version", "")) if first.startswith("{") else ""

    def _asked(self) -> shares.Watch:
        bodies = rows.bodies(lambda path: self.hub.origin.blob("main", path), months=MONTHS)
        clients = load.asking(self.surroundings.production, bodies, rate=CALM)
        return shares.Watch(clients, self._state(), self.say, rush=RUSH)

    def _new_issues(self) -> list[str]:
        path = f"/repos/{self.hub.github.repository}/issues?state=open&per_page=100"
        new = [row for row in self.hub.github.ask("GET", path) if row["number"] not in self._seen]
        self._seen |= {row["number"] for row in new if "pull_request" not in row}
        return [row["title"] for row in new if "pull_request" not in row]

    def _state(self) -> Path:
        return servers.state(self.hub.folder, self.hub.github.repository, PRODUCTION)

    def _told(self, laptop: Laptop, command: tuple[str, ...]) -> None:
        begun = monotonic()
        sentence = laptop.tidegate(*command)
        self.say(f"  by hand · {command[0]}: {sentence[:80]} {monotonic() - begun:.1f} s")


def _revert(proposal: PullRequest | None) -> PullRequest | None:
    """The pull request, if it takes a release back."""
    return proposal if proposal and proposal.branch.startswith(revert_branch("")) else None
