"""Where a version comes from and where it has been: told as far as it is known, and what is not known is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tidegate.core.release.release import Release

_WIDTH = 12


@dataclass(frozen=True, kw_only=True)
class Change:
    """A commit: who wrote it, when (ISO 8601), and the first line of its message."""

    commit: str
    author: str
    when: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to the version in an environment; `who` made the tag, `reason` is of a failure."""

    environment: str
    tag: str
    when: str
    who: str
    ran: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """Everything about one version. None and empty: not known, for the reason that `unknown` gives.

    `merge`: the commit that brought the change to the branch, where it was a merge. `parameters`: file → key → value,
    as they were when it was trained. `pull_request`, `run`, `mlflow_run`: as release.yaml or GitHub name them.
    """

    release: Release
    tag: str | None
    change: Change | None
    merge: Change | None = None
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pull_request: str = ""
    run: str = ""
    mlflow_run: str = ""
    approvers: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    unknown: tuple[str, ...] = ()


def document(found: Lineage) -> dict[str, Any]:
    """The lineage as JSON values."""
    release = found.release
    return {
        "model": release.model,
        "version": release.version,
        "tag": found.tag,
        "code": {"commit": release.commit, **_members(found.change)},
        "merge": _members(found.merge) or None,
        "data": release.digests.get("data"),
        "digests": dict(release.digests),
        "parameters": {file: dict(values) for file, values in found.parameters.items()},
        "metrics": dict(release.metrics),
        "verdict": release.digests.get("verdict"),
        "pull_request": found.pull_request or None,
        "run": found.run or None,
        "mlflow_run": found.mlflow_run or None,
        "approvers": list(found.approvers),
        "events": [asdict(event) for event in found.events],
        "unknown": list(found.unknown),
    }


def text(found: Lineage) -> str:
    """The lineage as lines: a word and what belongs to it."""
    release = found.release
    lines = [
        f"{release.model} {release.version}",
        _line("code", f"{release.commit}{_described(found.change)}"),
        _line("data", release.digests.get("data", "unknown")),
        *_several("parameters", [f"{file}: {_values(values)}" for file, values in found.parameters.items()]),
        _line("run", " · ".join(_runs(found)) or "unknown"),
        _line("pull request", f"#{found.pull_request}" if found.pull_request else "unknown"),
        *([_line("merged", f"{found.merge.commit[:12]}{_described(found.merge)}")] if found.merge else []),
        _line("approved by", ", ".join(found.approvers) or "unknown"),
        _line("verdict", f"pass, {release.digests['verdict']}" if "verdict" in release.digests else "unknown"),
        *_several("metrics", [f"{name} {value:g}" for name, value in sorted(release.metrics.items())]),
        *_several("deployed", [_told(event) for event in found.events] or ["nowhere"]),
        *(f"unknown: {reason}" for reason in found.unknown),
    ]
    return "\n".join(lines)


def _members(change: Change | None) -> dict[str, str]:
    return {} if change is None else asdict(change)


def _described(change: Change | None) -> str:
    return "" if change is None else f" ({change.author}, {change.when[:10]}: {change.subject})"


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in sorted(values.items()))


def _runs(found: Lineage) -> list[str]:
    named = {"GitHub": found.run, "MLflow": found.mlflow_run}
    return [f"{what} {number}" for what, number in named.items() if number]


def _told(event: Event) -> str:
    what = "came to run" if event.ran else "was taken back"
    why = f": {event.reason}" if event.reason else ""
    return f"{event.when}  {event.environment:<12} {what} ({event.tag}, {event.who}){why}"


def _line(word: str, rest: str) -> str:
    return f"{word:<{_WIDTH}}  {rest}"


def _several(word: str, rest: list[str]) -> list[str]:
    return [_line(word if place == 0 else "", one) for place, one in enumerate(rest)]
