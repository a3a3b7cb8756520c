"""A stream step by step: calm ones stay calm, changes that matter are told, those that do not are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from fixtures import drift
from tidegate.core.drift import following, following_document
from tidegate.core.drift.finding import Subject
from tidegate.core.drift.following import Alarm, Plan, Tracks
from tidegate.core.drift.profile import Part
from tidegate.core.drift.window import Sighting, Window

CITIES = ("Oslo", "Rome", "Turin")
Change = Callable[[dict[str, Any]], object]


def rows(number: int, seed: int) -> dict[str, Any]:
    random = np.random.default_rng([7, seed])
    return {
        "size": random.normal(size=number),
        "age": random.gamma(2, 3, number),
        "city": [CITIES[place] for place in random.integers(0, 3, number)],
    }


PROFILE = drift.profile(rows(5_000, 10_000))
PLAN = following.plan(PROFILE, drift.RULES, 100)


def step(number: int, values: dict[str, Any], plan: Plan = PLAN) -> Window:
    start = drift.START + timedelta(hours=number)
    columns = {name: plan.reference.columns[name] for name in values}
    part = drift.part(values, columns)
    whole = {**{name: PROFILE.total.columns[name] for name in PROFILE.columns}, **part.columns}
    seen = {name: Sighting(types={"double": part.rows}) for name in values}
    part = Part(rows=part.rows, clusters=part.clusters, columns=whole)
    return Window(start=start, end=start + timedelta(hours=1), part=part, seen=seen)


def stream(
    steps: int, change: Change = lambda _: None, *, at: int = 0, until: int = 10**6, size: int = 300
) -> Iterator[Window]:
    for number in range(steps):
        values = rows(size, number)
        if at <= number < until:
            change(values)
        yield step(number, values)


def followed(windows: Iterator[Window], plan: Plan = PLAN, tracks: Tracks | None = None) -> tuple[Tracks, list[Alarm]]:
    found: list[Alarm] = []
    tracks = tracks or {}
    for window in windows:
        tracks, raised = following.advanced(tracks, window, plan)
        found += raised
    return tracks, found


def moved(values: dict[str, Any]) -> None:
    values["size"] = values["size"] + 0.8


def wider(values: dict[str, Any]) -> None:
    values["size"] = values["size"] * 2


def mixed(values: dict[str, Any]) -> None:
    values["city"] = ["Oslo" if place % 3 else city for place, city in enumerate(values["city"])]


def missing(values: dict[str, Any]) -> None:
    values["age"][::10] = np.nan


def strange(values: dict[str, Any]) -> None:
    values["city"] = ["Bergen" if place % 12 == 0 else city for place, city in enumerate(values["city"])]


CHANGES: list[tuple[Change, str, Subject]] = [
    (moved, "size", "distribution"),
    (wider, "size", "distribution"),
    (mixed, "city", "distribution"),
    (missing, "age", "missing"),
    (strange, "city", "new words"),
]


@pytest.mark.parametrize(("change", "column", "subject"), CHANGES, ids=lambda value: getattr(value, "__name__", value))
def test_a_change_is_told_within_four_steps_and_since_when(change: Change, column: str, subject: Subject) -> None:
    _, alarms = followed(stream(16, change, at=12))
    assert [(alarm.column, alarm.subject) for alarm in alarms] == [(column, subject)]
    assert alarms[0].since >= drift.START + timedelta(hours=11)
    assert alarms[0].effect >= alarms[0].floor >= drift.RULES.min_effect


def test_two_hundred_calm_steps_raise_nothing() -> None:
    assert followed(stream(200, size=150))[1] == []


def test_a_change_that_does_not_matter_is_none_however_certain_it_is() -> None:
    """A tenth of a standard deviation is proven within some steps of this size, and nobody's business."""

    def slightly(values: dict[str, Any]) -> None:
        values["size"] = values["size"] + 0.1

    tracks, alarms = followed(stream(12, slightly, size=5_000))
    assert PLAN.test.fires(tracks["size", "distribution"].score)
    assert alarms == []


def test_one_strange_step_is_no_changed_world() -> None:
    assert followed(stream(20, moved, at=5, until=6))[1] == []


def test_an_alarm_is_raised_once_and_ends_when_the_change_does() -> None:
    tracks, alarms = followed(stream(12, moved))
    assert len(alarms) == 1
    assert following.alarms(tracks) == tuple(alarms)
    later = (replace(one, start=one.start + timedelta(days=2), end=one.end + timedelta(days=2)) for one in stream(60))
    tracks, again = followed(later, tracks=tracks)
    assert (following.alarms(tracks), again) == ((), [])


def test_a_step_without_a_column_leaves_its_sum_alone() -> None:
    tracks, _ = followed(stream(2, moved))
    values = rows(300, 2)
    values.pop("size")
    after, _ = following.advanced(tracks, step(2, values), PLAN)
    assert after["size", "distribution"] == tracks["size", "distribution"]


def test_a_follower_that_forgets_everything_but_its_document_goes_on_alike() -> None:
    whole, alarms = followed(stream(14, strange, at=8))
    tracks: Tracks = {}
    found = []
    for window in stream(14, strange, at=8):
        tracks, raised = following.advanced(tracks, window, PLAN)
        tracks = following_document.tracks(following_document.tracks_document(tracks), PROFILE.columns)
        found += raised
    assert found == alarms
    assert {key: track for key, track in tracks.items() if track.score} == {
        key: track for key, track in whole.items() if track.score
    }


BROKEN: dict[str, dict[str, Any]] = {
    "a column of another profile": {"column": "other"},
    "nothing that is asked": {"subject": "mood"},
    "a score that is none": {"score": float("nan")},
    "a score below zero": {"score": -1.0},
    "a time that is none": {"begun": "soon"},
    "counts of nothing": {"gathered": {"rows": 3}},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_a_document_that_is_not_whole_is_refused(change: dict[str, Any]) -> None:
    (good, *_) = following_document.tracks_document(followed(stream(2, moved))[0])
    with pytest.raises((KeyError, TypeError, ValueError)):
        following_document.tracks([{**good, **change}], PROFILE.columns)


def test_labels_are_not_asked_for_and_columns_that_cannot_be_compared_for_nulls_only() -> None:
    plan = following.plan(drift.profile(rows(100, 0), {"size": "label"}), drift.RULES, 7)
    assert plan.asked.keys() == {"age", "city"}
    assert plan.questions == 6
    assert plan.test.threshold < PLAN.test.threshold
