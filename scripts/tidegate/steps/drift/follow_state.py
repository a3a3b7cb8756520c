"""What a follower has counted, as one file: written whole after every look, so that nothing is counted twice."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidegate.adapters import files
from tidegate.adapters.scan import ledger
from tidegate.adapters.scan.ledger import Ledger
from tidegate.adapters.scan.stream import Stream
from tidegate.adapters.scan.tail import Stretch
from tidegate.core.drift import following_document
from tidegate.core.drift.following import Alarm, Tracks
from tidegate.core.evidence import strict_json
from tidegate.errors import InputError

SCHEMA = 1
LARGEST = 1024 * 1024 * 1024
FOLDER = "follow"
MOST_ALARMS = 100
"""The latest alarms are remembered in full; all of them are counted."""


@dataclass(kw_only=True)
class Memory:
    """`after`: steps take rows later than that (microseconds since 1970); rows before were another release's."""

    stream: Stream
    ledger: Ledger = field(default_factory=Ledger)
    tracks: Tracks = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    raised: int = 0
    steps: int = 0
    after: int | None = None

    def raise_(self, alarms: tuple[Alarm, ...]) -> None:
        """Remember alarms."""
        self.raised += len(alarms)
        self.alarms = [*self.alarms, *alarms][-MOST_ALARMS:]


def place(folder: Path, model: str) -> Path:
    """The state's file. Names of models are letters, digits and dots, and a few signs."""
    return folder / f"{re.sub(r'[^A-Za-z0-9_.-]', '-', model)[:80]}.json"


def about(digest: str, asked: Stretch) -> dict[str, Any]:
    """What the counts rest on: with another profile, other windows or other steps they mean something else."""
    version = asked.columns.version
    return {
        "profile": digest,
        "version": None if version is None else list(version),
        "time": asked.time,
        "unit": asked.unit,
        "window": asked.microseconds,
        "block": asked.block,
    }


def save(path: Path, memory: Memory, told: Mapping[str, Any]) -> None:
    """Replace the state in one step. Raises InfrastructureError E-FIL-001 where it cannot be written."""
    document = {
        "schema": SCHEMA,
        "about": told,
        "stream": memory.stream.document(),
        "ledger": memory.ledger.document(),
        "tracks": following_document.tracks_document(memory.tracks),
        "alarms": [following_document.alarm_document(alarm) for alarm in memory.alarms],
        "raised": memory.raised,
        "steps": memory.steps,
        "after": memory.after,
    }
    files.write_atomically(path, json.dumps(document, separators=(",", ":"), allow_nan=False).encode())


def load(path: Path, fresh: Memory, told: Mapping[str, Any]) -> tuple[Memory, bool]:
    """What was counted before, or `fresh` where nothing was; and whether it was about something else and is left.

    Raises InputError E-DRF-042 for a state that is not whole: to start anew has to be somebody's decision.
    """
    if not path.exists():
        return fresh, False
    given = strict_json(files.read_text(path, limit=LARGEST), str(path))
    try:
        if given["schema"] != SCHEMA:
            raise ValueError(f"schema {given['schema']!r:.40}")
        if given["about"] != told:
            fresh.after = _whole_or_none(given["stream"]["last"])
            return fresh, True
        return _restored(given, fresh), False
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        fix = "Move it away: what lies in the log is then counted anew."
        message = f"is no whole state: {error!s:.120}."
        raise InputError("E-DRF-042", message, where=str(path), fix=fix) from None


def _restored(given: Any, fresh: Memory) -> Memory:
    fresh.stream.restore(given["stream"])
    return Memory(
        stream=fresh.stream,
        ledger=ledger.restored(given["ledger"]),
        tracks=following_document.tracks(given["tracks"], fresh.stream.asked.columns.described),
        alarms=[following_document.alarm(one) for one in given["alarms"]],
        raised=int(given["raised"]),
        steps=int(given["steps"]),
        after=_whole_or_none(given["after"]),
    )


def _whole_or_none(number: Any) -> int | None:
    return None if number is None else int(number)
