"""What happens in a simulation, as data: who changes what, and how the pull request's check must end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidegate.errors import InputError
from tidegate.simulator.act import Death
from tidegate.simulator.happenings import PullRequest
from tidegate.simulator.hub import Hub
from tidegate.simulator.permissions import BOT
from tidegate.simulator.run_record import RunRecord

PARAMETERS = "model/params.yaml"
CHECK = "tidegate / "

Values = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One push. `values` sets keys of YAML files (path, dotted key, value), `files` whole texts (`None` deletes).

    `again` pushes to the scene before's pull request, `pushed` says that the branch is there already; `base` is done to
    `main` first. `ends` are the conclusions the
    model's check may have; empty: there is no such check, or it is neutral, because no model was touched.
    """

    name: str
    title: str
    values: Values = field(default_factory=dict)
    files: Mapping[str, str | None] = field(default_factory=dict)
    base: Mapping[str, str | None] = field(default_factory=dict)
    again: bool = False
    pushed: bool = False
    from_fork: bool = False
    death: Death | None = None
    ends: tuple[str, ...] = ("success",)


@dataclass(frozen=True, kw_only=True)
class Played:
    """A scene and what came of it.

    `check` is the conclusion of the model's check, `comments` what people see of the bot's, `requests` how many the
    jobs sent to the API, `writes` how many of them could change something.
    """

    scene: Scene
    pull: PullRequest
    records: list[RunRecord]
    check: str | None
    comments: list[dict[str, Any]]
    requests: int
    writes: int

    @property
    def as_expected(self) -> bool:
        """Whether the check ended as it must, with one comment at most in sight."""
        ends = self.scene.ends or (None, "neutral")
        return self.check in ends and len(self.comments) == (1 if self.scene.ends else 0)

    @property
    def seconds(self) -> float:
        """Time its runs took."""
        return sum(record.seconds for record in self.records)


# What these values of the example make of its root mean square error, compared with those on `main`.
BETTER = {PARAMETERS: {"train.trees": "300"}}  # clearly lower
WORSE = {PARAMETERS: {"train.trees": "30"}}  # clearly higher
UNDECIDED = {PARAMETERS: {"train.leaves": "31"}}  # about the same: the interval spans the limit

SCENES: Mapping[str, Scene] = {
    scene.name: scene
    for scene in (
        Scene(name="better", title="More trees", values=BETTER),
        Scene(name="worse", title="Train faster", values=WORSE, ends=("failure",)),
        Scene(name="undecided", title="Larger trees", values=UNDECIDED, ends=("failure",)),
        Scene(name="fork", title="An idea from outside", values=BETTER, from_fork=True),
        Scene(
            name="first",
            title="Our first model",
            values={PARAMETERS: {"train.trees": "160"}},
            base={"model/dvc.lock": None},
        ),
        Scene(name="readme-only", title="Say it better", files={"README.md": "# Bikes\n"}, ends=()),
        Scene(
            name="killed",
            title="Out of memory",
            values=BETTER,
            death=Death(step="Train model", of="step", after=4),
            ends=("failure",),
        ),
        Scene(
            name="lost",
            title="The machine is gone",
            values=BETTER,
            death=Death(step="Train model", of="runner", after=4),
            ends=("failure", "cancelled"),
        ),
    )
}
SCENARIOS: Mapping[str, tuple[Scene, ...]] = {
    "pull-requests": (
        SCENES["better"],
        Scene(name="worse", title="Train faster", values=WORSE, again=True, ends=("failure",)),
        SCENES["fork"],
    ),
    **{name: (scene,) for name, scene in SCENES.items()},
}


def play(hub: Hub, scenes: Sequence[Scene], announce: Callable[[Scene], None]) -> Iterator[Played]:
    """Play scene after scene, each announced before and handed out when it has ended."""
    pull: PullRequest | None = None
    for scene in scenes:
        announce(scene)
        if scene.base:
            hub.change_main(scene.base, "Before there was a model")
        edits = {**edited(hub, scene.values), **scene.files}
        if scene.pushed:
            pull, records = hub.propose(scene.name, title=scene.title)
        elif scene.again and pull is not None:
            records = hub.push(pull, edits, scene.title, death=scene.death)
        else:
            pull, records = hub.open_pull_request(
                scene.name, edits, title=scene.title, from_fork=scene.from_fork, death=scene.death
            )
        own = {record.run.id for record in records}
        calls = [call for call in hub.github.log if call.run in own]
        yield Played(
            scene=scene,
            pull=pull,
            records=records,
            check=check_of(hub, pull.head),
            comments=_comments(hub, pull),
            requests=len(calls),
            writes=sum(call.writes for call in calls),
        )


def edited(hub: Hub, values: Values) -> dict[str, str]:
    """The new texts of the YAML files that `values` names, comments and all."""
    return {path: with_values(hub.file(path), keys, path) for path, keys in values.items()}


def with_values(text: str, values: Mapping[str, str], name: str) -> str:
    """YAML text with the values of dotted keys replaced in place. Raises InputError for a key that is not there."""
    lines = text.split("\n")
    for key, value in values.items():
        number = _line_of(lines, key.split("."))
        if number is None:
            raise InputError("E-SIM-012", f"has no key {key!r}, which this scenario changes.", where=name)
        lines[number] = re.sub(r"(:\s*)[^\s#]+", lambda found: found[1] + value, lines[number], count=1)  # noqa: B023
    return "\n".join(lines)


def _line_of(lines: Sequence[str], keys: Sequence[str]) -> int | None:
    """The line on which a nested key of a block mapping stands."""
    path: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        found = re.match(r"(\s*)([\w-]+):", line)
        if found:
            path = [*[entry for entry in path if entry[0] < len(found[1])], (len(found[1]), found[2])]
            if [name for _, name in path] == list(keys):
                return number
    return None


def check_of(hub: Hub, commit: str) -> str | None:
    """The conclusion of the newest check of a model; ``pending`` where it was never concluded."""
    found = [run for run in hub.github.check_runs(commit) if run["name"].startswith(CHECK)]
    return (found[0]["conclusion"] or "pending") if found else None


def _comments(hub: Hub, pull: PullRequest) -> list[dict[str, Any]]:
    """The bot's comments that are not hidden."""
    hidden = hub.github.minimized
    return [
        comment
        for comment in hub.github.comments(pull.number)
        if comment["user"]["login"] == BOT and comment["node_id"] not in hidden
    ]
