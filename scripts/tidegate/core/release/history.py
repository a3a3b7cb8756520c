"""What came to run in an environment and what was taken back there, as its tags in Git tell.

``bike-demand#staging#12`` is the twelfth release that came to run in staging, ``bike-demand!staging!3`` the third that
was taken back there. The message of either is one JSON object; a tag that somebody else made has none and is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.core.evidence import strict_json
from tidegate.errors import TidegateError

_LONGEST_REASON = 2_000


@dataclass(frozen=True, kw_only=True)
class CameToRun:
    """One release that came to run: the tag, and the version and release digest that its message names.

    `number` counts from 1. `asked_by`: the commit that last changed the environment's files then; empty where unknown.
    `instead_of`: digest of the release that a rollback left for this one; empty for a deployment.
    """

    tag: str
    version: str
    release: str
    asked_by: str = ""
    instead_of: str = ""

    @property
    def number(self) -> int:
        """Its place in the environment's history."""
        return int(self.tag.rpartition("#")[2])


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """One release that was taken back. `after`: number of the last release that had come to run by then.

    `by_hand`: a person asked for it.
    """

    tag: str
    version: str
    release: str
    asked_by: str
    after: int
    reason: str
    by_hand: bool = False


def came_to_run(tag: str, message: str) -> CameToRun | None:
    """The entry that an annotated tag is; None for one that somebody else made."""
    found = _members(message, "version", "release")
    if found is None:
        return None
    rest = {name: str(found.get(name) or "") for name in ("asked_by", "instead_of")}
    return CameToRun(tag=tag, version=found["version"], release=found["release"], **rest)


def taken_back(tag: str, message: str) -> TakenBack | None:
    """The entry that an annotated tag is; None for one that somebody else made."""
    found = _members(message, "version", "release", "reason")
    after = None if found is None else found.get("after")
    if found is None or not isinstance(after, int):
        return None
    return TakenBack(
        tag=tag,
        version=found["version"],
        release=found["release"],
        asked_by=str(found.get("asked_by") or ""),
        after=after,
        reason=found["reason"],
        by_hand=found.get("by_hand") is True,
    )


def message(version: str, release: str, **members: str | int) -> str:
    """The message of a tag; members without a value are left out."""
    kept = {name: value for name, value in members.items() if value != ""}
    if isinstance(reason := kept.get("reason"), str):
        kept["reason"] = reason[:_LONGEST_REASON]
    return json.dumps({"version": version, "release": release, **kept})


def standing(history: Iterable[CameToRun], failures: Iterable[TakenBack]) -> tuple[TakenBack, ...]:
    """Failures that still count: a release that came to run after all has none any more."""
    entries = tuple(history)
    return tuple(
        failure
        for failure in failures
        if not any(entry.release == failure.release and entry.number > failure.after for entry in entries)
    )


def line(history: Iterable[CameToRun]) -> tuple[CameToRun, ...]:
    """The releases that led to the newest one, oldest first: a return to an earlier one forgets those in between."""
    kept: list[CameToRun] = []
    for entry in history:
        same = next((place for place, known in enumerate(kept) if known.release == entry.release), len(kept))
        kept = [*kept[:same], entry]
    return tuple(kept)


def tried(release: str, asked_by: str, failures: Sequence[TakenBack]) -> TakenBack | None:
    """The failure of this release that no commit about the environment has answered since; None where there is none.

    `asked_by` is the commit that last changed the environment's files; `failures` are those that stand.
    """
    mine = [failure for failure in failures if failure.release == release]
    return mine[-1] if mine and mine[-1].asked_by == asked_by else None


def _members(text: str, *needed: str) -> Mapping[str, Any] | None:
    try:
        document = strict_json(text, "a tag")
    except TidegateError:
        return None
    whole = isinstance(document, Mapping) and all(isinstance(document.get(name), str) for name in needed)
    return document if whole else None
