"""What becomes of a retraining that was asked for: judged as any change, merged when green, promoted by canary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tidegate.errors import InfrastructureError
from tidegate.simulator import scenario
from tidegate.simulator.happenings import PullRequest
from tidegate.simulator.hub import Hub
from tidegate.simulator.story.releases import Releases
from tidegate.simulator.year.traffic import Traffic

BRANCH = "tidegate/retrain/"
NEEDED = 450
"""Hours that a canary may need to be judged; with fewer left to come nobody merges any more."""


@dataclass(kw_only=True)
class Retraining:
    """How people deal with the requests for a retraining of one repository; `say` prints a line."""

    hub: Hub
    releases: Releases
    traffic: Traffic
    say: Callable[[str], None]
    _judged: str = ""

    def followed(self) -> str:
        """What was done about the open request: a sentence, empty where there is none or its commit is known."""
        pull = self.hub.pull_of(BRANCH)
        if pull is None or pull.head == self._judged:
            return ""
        self._judged = pull.head
        check = self._check(pull)
        if check != "success":
            return f"#{pull.number} trains again, its check says {check or 'nothing'}"
        if self.traffic.stream.left < NEEDED:
            return f"#{pull.number} trains again, passes, and waits for more traffic"
        return self._released(pull)

    def _check(self, pull: PullRequest) -> str | None:
        """The conclusion of the model's check; a person lets the runs start that a bot's pull request has to wait for.

        A check that another run has concluded already is believed.
        """
        found = scenario.check_of(self.hub, pull.head)
        if found in (None, "pending") and pull.number in self.hub.held:
            self.say(f"  #{pull.number} asks for a retraining; a person lets its runs start")
            self.hub.approve_runs(pull)
            found = scenario.check_of(self.hub, pull.head)
        return found

    def _released(self, pull: PullRequest) -> str:
        self.say(f"  #{pull.number} passes; a person merges it")
        records = self.hub.dispatcher.fire(self.hub.squashed(pull))
        promotion = self.releases.proposed()
        if promotion is None:
            ends = ", ".join(f"{record.run.name}: {record.run.conclusion}" for record in records)
            raise InfrastructureError("E-SIM-049", f"#{pull.number} was merged and nothing was promoted.", where=ends)
        self.say(f"  #{promotion.number} promotes it; a person merges it while clients ask on")
        with self.traffic.beside():
            self.hub.merge(promotion)
        end = "is taken back" if self._reverted() else "is promoted"
        standing = self.releases.standing()
        runs = (
            f"version {standing.running} runs" if standing.agrees else f"version {standing.wanted} does not run alone"
        )
        return f"#{pull.number} trains again, passes, {end}: {runs}"

    def _reverted(self) -> bool:
        """Whether production gave the release back; a person then lets Git say so too."""
        revert = self.releases.proposed()
        if revert is None:
            return False
        self.say(f"  #{revert.number} has Git say that it was taken back; a person merges it")
        self.hub.merge(revert)
        return True
