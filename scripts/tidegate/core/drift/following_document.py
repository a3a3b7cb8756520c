"""What a follower remembers of its questions, as JSON: small, readable, and read strictly after a restart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, get_args

from tidegate.core.drift import document
from tidegate.core.drift.finding import Subject
from tidegate.core.drift.following import Alarm, Key, Track, Tracks
from tidegate.core.drift.profile import Column


def tracks_document(tracks: Tracks) -> list[dict[str, Any]]:
    """Every track that says anything; `tracks` of it are the same ones."""
    return [_track_document(key, track) for key, track in tracks.items() if track != Track()]


def tracks(given: Any, columns: Mapping[str, Column]) -> dict[Key, Track]:
    """The tracks that a document holds. Raises KeyError, TypeError or ValueError for one that holds none."""
    return {(_column(one, columns), _subject(one)): _track(one, columns) for one in given}


def alarm_document(alarm: Alarm) -> dict[str, Any]:
    """One alarm as a JSON object."""
    return {**asdict(alarm), "since": alarm.since.isoformat(), "at": alarm.at.isoformat()}


def alarm(given: Any) -> Alarm:
    """One alarm from its JSON object. Raises like `tracks`."""
    return Alarm(
        column=str(given["column"]),
        subject=_subject(given),
        since=datetime.fromisoformat(given["since"]),
        at=datetime.fromisoformat(given["at"]),
        rows=int(given["rows"]),
        effect=_finite(given["effect"]),
        floor=_finite(given["floor"]),
    )


def _track_document(key: Key, track: Track) -> dict[str, Any]:
    return {
        "column": key[0],
        "subject": key[1],
        "score": track.score,
        "begun": None if track.begun is None else track.begun.isoformat(),
        "gathered": None if track.gathered is None else document.part_document(track.gathered),
        "alarm": None if track.alarm is None else alarm_document(track.alarm),
    }


def _track(given: Any, columns: Mapping[str, Column]) -> Track:
    name, gathered = given["column"], given["gathered"]
    return Track(
        score=_finite(given["score"]),
        begun=None if given["begun"] is None else datetime.fromisoformat(given["begun"]),
        gathered=None if gathered is None else document.part(gathered, {name: columns[name]}),
        alarm=None if given["alarm"] is None else alarm(given["alarm"]),
    )


def _column(given: Any, columns: Mapping[str, Column]) -> str:
    name = given["column"]
    if name not in columns:
        raise ValueError(f"{name!r:.80} is no column of the profile")
    return str(name)


def _subject(given: Any) -> Subject:
    found: Subject = given["subject"]
    if found not in get_args(Subject):
        raise ValueError(f"{found!r:.40} is nothing that is asked")
    return found


def _finite(number: Any) -> float:
    if not isinstance(number, int | float) or not math.isfinite(number) or number < 0:
        raise ValueError(f"{number!r:.40} is no number that can be")
    return float(number)
