"""What a follower is asked and cannot do: told before it begins, because nobody watches it afterwards.

Files of the log that are no data stop nothing; tests/integration/test_follow.py has them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from bad_inputs.cases import CONTRACT, Case
from bad_inputs.drift_cases import SECTION, Change, world

STATE = Path(".tidegate") / "follow" / "bike.json"


def case(
    row: str, title: str, *given: str, change: Change = lambda _: None, ends: int = 2, mentions: tuple[str, ...]
) -> Case:
    return Case(
        id=row,
        title=title,
        build=world(change),
        exit=ends,
        mentions=mentions,
        arguments=("detect-drift", "--follow", "--for", "1", *given),
    )


def state(content: object) -> Callable[[Path], None]:
    """What lies where the follower keeps its counts."""

    def change(folder: Path) -> None:
        (folder / STATE).parent.mkdir(parents=True)
        (folder / STATE).write_text(content if isinstance(content, str) else json.dumps(content))

    return change


def contract(old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        (folder / "tidegate.yaml").write_text((CONTRACT + SECTION).replace(old, new))

    return change


CASES = (
    case("A-follow-until", "a look at the past", "--until", "2026-01-01", mentions=("E-ARG-021", "--until")),
    case("A-follow-issue", "an issue", "--issue", mentions=("E-ARG-021", "--issue")),
    case("A-follow-labels", "late labels", "--labels", "labels", mentions=("E-ARG-021", "--labels")),
    case("A-follow-dry-run", "a dry run", "--dry-run", mentions=("E-ARG-021", "--dry-run")),
    case("A-follow-every", "no pause", "--every", "0", mentions=("E-ARG-022", "--every 0.0")),
    case("A-follow-every-nan", "a pause of no length", "--every", "nan", mentions=("E-ARG-022", "--every nan")),
    case("A-follow-step", "steps of one row", "--step", "1", mentions=("E-ARG-022", "--step 1")),
    case("A-follow-port", "a port that is none", "--port", "99999", mentions=("E-ARG-022", "--port 99999")),
    case(
        "D14-follow-profile",
        "no profile",
        change=lambda folder: (folder / "model" / "profile.json").unlink(),
        mentions=("E-DVC-031", "model/profile.json"),
    ),
    case(
        "D-follow-database",
        "live data in a database",
        change=contract("path: live", "source: 'duckdb://live.duckdb', table: rows"),
        mentions=("E-DRF-040", "drift.live.source"),
    ),
    case("E-follow-state-cut", "a state that is cut short", change=state('{"schema": 1, "ab'), mentions=("E-EVD-001",)),
    case("E-follow-state-none", "a state that is none", change=state([1]), mentions=("E-DRF-042", "Move it away")),
    case(
        "E-follow-state-newer",
        "a state of a later version",
        change=state({"schema": 2}),
        mentions=("E-DRF-042", "schema 2"),
    ),
    case(
        "E-follow-state-broken",
        "a state without a last time",
        change=state({"schema": 1, "about": {}, "stream": {}}),
        mentions=("E-DRF-042",),
    ),
)
