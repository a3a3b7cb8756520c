"""The whole way in one go: a better model goes out, a worse one does not, and a slow one takes itself back.

What does not wait for one another happens at the same time, as on GitHub; two cores are enough for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from tidegate.simulator.gates import Decision, Protection, Wait
from tidegate.simulator.hub import Hub
from tidegate.simulator.scenario import BETTER, PARAMETERS, WORSE, Played, Scene, edited, play
from tidegate.simulator.story import changes, surroundings
from tidegate.simulator.story.releases import PRODUCTION, Landed, Releases, Standing
from tidegate.simulator.story.surroundings import MESSAGE

A_LITTLE_MORE = {PARAMETERS: {"train.trees": "320"}}


@dataclass(kw_only=True)
class Demonstration:
    """What came of it; empty until it has been played. `slow`: whether a slow model is merged after the better one."""

    hub: Hub
    say: Callable[[str], None]
    announce: Callable[[Scene], None]
    slow: bool = True
    played: list[Played] = field(default_factory=list)
    landed: list[Landed] = field(default_factory=list)
    standing: Standing | None = None
    status: str = ""

    @property
    def good(self) -> bool:
        """Whether everything ended as it must: judged right, released or taken back, nothing lost, all agreed."""
        if len(self.landed) != 1 + self.slow or self.standing is None:
            return False
        out, back = self.landed[0], self.landed[1:]
        lost_nothing = not any(landed.lost for landed in self.landed)
        out_there = out.revert is None and out.standing.agrees
        came_back = all(one.revert and one.issues and one.standing.running == out.standing.running for one in back)
        judged = all(act.as_expected for act in self.played)
        return judged and out_there and came_back and lost_nothing and self.standing.agrees

    def play(self) -> None:
        """From the first release to the revert of the last one."""
        place = surroundings.free()
        gates = self.hub.github.proxy.gates
        gates.environments[PRODUCTION] = Protection(reviewers=(self.hub.github.owner,))
        gates.decide = self._approved
        self.hub.change_main(place.files, MESSAGE)
        releases = Releases(hub=self.hub, surroundings=place, say=self.say)
        better = partial(self._trained, releases, "better", "More trees", edited(self.hub, BETTER))
        _, good = self.hub.dispatcher.live.together(releases.first, better)
        if good.as_expected:  # nobody merges what was not let through
            self._release(releases, good)

    def _release(self, releases: Releases, good: Played) -> None:
        """The better model goes out while the next changes are reviewed."""
        worse = Scene(name="worse", title="Train faster", values=WORSE, ends=("failure",))
        happening, edits = self.hub.squashed(good.pull), changes.texts(changes.SLOW, self.hub.file)
        slow = partial(self._trained, releases, "slow", "Weekdays for the kiosks", edits)
        landed, *bad, _ = self.hub.dispatcher.live.together(
            partial(releases.land, good.pull, good.scene.title, happening),
            *([slow] if self.slow else []),
            partial(self._reviewed, worse),
        )
        self.landed.append(landed)
        if bad and bad[0].as_expected:
            self._take_back(releases, bad[0])
        self.standing = releases.standing()
        if self.standing.agrees:
            self.status = releases.status()

    def _take_back(self, releases: Releases, bad: Played) -> None:
        """Everybody liked the slow one but those who ask it."""
        fork = Scene(name="fork", title="An idea from outside", values=A_LITTLE_MORE, from_fork=True)
        happening = self.hub.squashed(bad.pull)

        def landed() -> Landed:
            found = releases.land(bad.pull, bad.scene.title, happening)
            releases.taken_back(found)
            return found

        found, _ = self.hub.dispatcher.live.together(landed, partial(self._reviewed, fork))
        self.landed.append(found)

    def _approved(self, wait: Wait) -> Decision:
        self.say(f"  {self.hub.github.owner} approves the deployment to {wait.environment}")
        return "approved"

    def _reviewed(self, scene: Scene) -> Played:
        (found,) = play(self.hub, [scene], self.announce)
        self.played.append(found)
        return found

    def _trained(self, releases: Releases, name: str, title: str, edits: Mapping[str, str]) -> Played:
        releases.trained(name, edits, title)
        return self._reviewed(Scene(name=name, title=title, pushed=True))
