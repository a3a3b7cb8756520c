"""The whole way in one go: a better model goes out, a worse one does not, and bad releases take themselves back.

What does not wait for one another happens at the same time, as on GitHub; two cores are enough for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from tidegate.simulator.gates import Decision, Protection, Wait
from tidegate.simulator.happenings import Happening
from tidegate.simulator.hub import Hub
from tidegate.simulator.scenario import BETTER, PARAMETERS, WORSE, Played, Scene, Values, edited, play
from tidegate.simulator.story import changes, surroundings
from tidegate.simulator.story.bad_releases import BadRelease
from tidegate.simulator.story.registry_server import RegistryServer
from tidegate.simulator.story.releases import PRODUCTION, Landed, Releases, Standing
from tidegate.simulator.story.surroundings import MESSAGE

Edits = Mapping[str, str]


def with_trees(count: int) -> Values:
    """The one parameter that all of them change."""
    return {PARAMETERS: {"train.trees": str(count)}}


BESIDE = (
    Scene(name="fork", title="An idea from outside", values=with_trees(200), from_fork=True),
    Scene(name="worse", title="Train faster", values=WORSE, ends=("failure",)),
)
"""Changes that others propose meanwhile; nobody merges them."""


@dataclass(kw_only=True)
class Demonstration:
    """What came of it; empty until it has been played.

    `bad`: what is merged after the better model, one after the other. `beside`: what is reviewed meanwhile. `registry`:
    where MLflow's server is asked in the end.
    """

    hub: Hub
    say: Callable[[str], None]
    announce: Callable[[Scene], None]
    bad: tuple[BadRelease, ...] = ()
    beside: tuple[Scene, ...] = ()
    registry: RegistryServer | None = None
    played: list[Played] = field(default_factory=list)
    landed: list[Landed] = field(default_factory=list)
    standing: Standing | None = None
    status: str = ""
    registered: Mapping[str, str] = field(default_factory=dict)
    _first_runs: Event = field(default_factory=Event)

    @property
    def good(self) -> bool:
        """Whether everything ended as it must: judged right, released or taken back, nothing lost, all agreed."""
        judged = len(self.played) == 1 + len(self.bad) + len(self.beside) and all(
            act.as_expected for act in self.played
        )
        if not judged or len(self.landed) != 1 + len(self.bad) or self.standing is None or not self.status:
            return False
        out, back = self.landed[0], self.landed[1:]
        out_there = out.revert is None and out.standing.agrees
        came_back = all(
            one.taken_back_in == bad.environment and one.issues and one.standing.running == out.standing.running
            for bad, one in zip(self.bad, back, strict=True)
        )
        agreed = self.standing.agrees and set(self.registered.values()) <= {self.standing.running}
        return out_there and came_back and not self.lost and agreed

    @property
    def lost(self) -> int:
        """Requests of clients that got no answer."""
        return sum(landed.lost for landed in self.landed)

    @property
    def answered(self) -> int:
        """Requests of clients that got one."""
        return sum(landed.answered for landed in self.landed)

    def play(self) -> None:
        """From the first release to the revert of the last one."""
        place = surroundings.free()
        gates = self.hub.github.proxy.gates
        gates.environments[PRODUCTION] = Protection(reviewers=(self.hub.github.owner,))
        gates.decide = self._approved
        self.hub.change_main(place.files, MESSAGE)
        releases = Releases(hub=self.hub, surroundings=place, say=self.say)
        following = self._edits()
        self.hub.dispatcher.live.together(partial(self._released, releases, following), self._reviewed_beside)

    def _edits(self) -> list[tuple[BadRelease, Edits]]:
        """The files of each bad release: those of the better one with its change, and none of the others'."""
        usual = {path: self.hub.file(path) for path in {change.path for bad in self.bad for change in bad.changes}}
        return [
            (bad, {**usual, **changes.texts(bad.changes, usual.__getitem__), **edited(self.hub, with_trees(bad.trees))})
            for bad in self.bad
        ]

    def _released(self, releases: Releases, following: Iterable[tuple[BadRelease, Edits]]) -> None:
        """One after the other is merged; the next one is trained and reviewed while the one before goes out."""
        better = partial(self._trained, releases, "better", "More trees", edited(self.hub, BETTER))
        _, current = self.hub.dispatcher.live.together(partial(self._begun, releases), better)
        waiting = [partial(self._trained, releases, bad.name, bad.title, edits) for bad, edits in following]
        while current is not None and current.as_expected:  # nobody merges what was not let through
            land = partial(self._landed, releases, current, self.hub.squashed(current.pull))
            landed, *reviewed = self.hub.dispatcher.live.together(land, *waiting[:1])
            waiting = waiting[1:]
            self.landed.append(landed)
            current = reviewed[0] if reviewed else None
        self._looked(releases)

    def _begun(self, releases: Releases) -> None:
        try:
            releases.first()
        finally:
            self._first_runs.set()

    def _reviewed_beside(self) -> None:
        """Two cores are busy until the first release runs."""
        self._first_runs.wait()
        for scene in self.beside:
            self._reviewed(scene)

    def _landed(self, releases: Releases, act: Played, merged: Happening) -> Landed:
        landed = releases.land(act.pull, act.scene.title, merged)
        releases.taken_back(landed)
        return landed

    def _looked(self, releases: Releases) -> None:
        """What everybody says in the end."""
        self.standing = releases.standing()
        if self.registry:
            self.registered = self.registry.aliases(releases.model, (PRODUCTION, "champion"))
        if self.standing.agrees:
            self.status = releases.status()

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
