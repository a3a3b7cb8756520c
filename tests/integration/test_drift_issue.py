"""The one issue about a model: opened, kept, closed; whoever checks, however often, and whatever data is called."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from fixtures import drift
from fixtures.drift_world import CONTRACT, MOVED, START, WEEK, DriftWorld, rows
from fixtures.rendering import github_html, outside_code
from tidegate.core.drift import document
from tidegate.errors import InputError
from tidegate.steps.drift import issue as drift_issue


@pytest.fixture
def world(tmp_path: Path) -> DriftWorld:
    quick = CONTRACT.replace(", labels: {path: labels}", "").replace("      slices: [city]\n", "")
    return DriftWorld(tmp_path / "repository", contract=quick).made()


def weeks(world: DriftWorld, calm: int, moved: int) -> None:
    world.weeks(*range(calm))
    world.weeks(*range(calm, calm + moved), **MOVED)
    world.over(calm + moved - 1)


def test_opened_on_drift_and_closed_with_a_word_when_it_is_over(world: DriftWorld) -> None:
    weeks(world, 1, 2)
    opened = world.check(issue=True)
    assert opened.outputs["issue"].endswith("/issues/1")
    assert [(issue["title"], issue["labels"]) for issue in world.github.issues.open()] == [
        ("rides: drift", [{"name": "drift"}])
    ]
    assert "`size`" in world.github.issues.held[1]["body"]
    world.weeks(3)
    world.over(3)
    closed = world.check(issue=True)
    assert (closed.outputs["issue"], world.github.issues.open()) == ("", [])
    assert "No drift" in world.github.bodies(1)[0]


def test_calm_data_opens_nothing(world: DriftWorld) -> None:
    weeks(world, 3, 0)
    assert world.check(issue=True).outputs["issue"] == ""
    assert world.github.issues.held == {}


def test_a_strange_week_opens_nothing_and_keeps_what_is_open(world: DriftWorld) -> None:
    weeks(world, 2, 1)
    assert world.check(issue=True).outputs["state"] == "watch"
    assert world.github.issues.held == {}


def test_the_same_check_again_writes_nothing(world: DriftWorld) -> None:
    weeks(world, 0, 3)
    world.check(issue=True)
    body = world.github.issues.held[1]["body"]
    for days in (0, 1, 60):
        world.now += timedelta(days=days)
        before = len(world.github.asked)
        world.check(issue=True)
        writes = [one for one in world.github.asked[before:] if one.method != "GET" and one.path != "/graphql"]
        assert (writes, world.github.issues.held[1]["body"]) == ([], body)


def test_a_check_of_older_data_does_not_overrule_the_latest(world: DriftWorld) -> None:
    weeks(world, 3, 3)
    world.check(issue=True)
    body = world.github.issues.held[1]["body"]
    late = world.check("--until", (START + WEEK * 3).isoformat(), issue=True)
    assert late.outputs["state"] == "calm"
    assert [issue["body"] for issue in world.github.issues.open()] == [body]


def test_what_a_person_closed_stays_closed_until_later_data_drifts(world: DriftWorld) -> None:
    weeks(world, 0, 3)
    world.check(issue=True)
    world.github.issues.held[1]["state"] = "closed"
    world.check(issue=True)
    assert world.github.issues.open() == []
    world.weeks(3, **MOVED)
    world.over(3)
    world.check(issue=True)
    assert [issue["number"] for issue in world.github.issues.open()] == [1]


def test_unknown_opens_the_issue_and_never_closes_it(world: DriftWorld) -> None:
    weeks(world, 0, 3)
    world.check(issue=True)
    for path in (world.root / "live").glob("*"):
        path.unlink()
    answer = world.check(issue=True)
    assert (answer.outputs["state"], answer.exit_code) == ("unknown", 3)
    assert [issue["title"] for issue in world.github.issues.open()] == ["rides: drift is unknown"]


def test_sixty_days_of_doubled_late_dropped_and_repeated_checks_are_one_issue_that_closes(world: DriftWorld) -> None:
    """Data moves in the fourth week and is calm again from the eighth on; schedules do what they want."""
    random = np.random.default_rng(0)
    told = []
    for day in range(84):
        number = day // 7
        if day % 7 == 0:
            world.week(number, **(MOVED if 3 <= number < 7 else {}))
        world.now = START + timedelta(days=day, hours=1)
        if number and random.random() < 0.15:
            told += [world.check(issue=True).outputs["state"] for _ in range(random.integers(1, 3))]
    world.now += timedelta(days=61)
    told.append(world.check(issue=True).outputs["state"])
    assert {"drift", "calm"} == set(told) - {"watch"}
    assert list(world.github.issues.held) == [1]
    assert world.github.issues.open() == []
    assert len(world.github.bodies(1)) == 1


HOSTILE = "a|b`c\n::error::@octocat <img src=x> #1 \u202e -->"


def test_names_from_the_data_stay_inert(world: DriftWorld) -> None:
    reference = rows(4_000, 999)
    columns = {HOSTILE: reference["size"], "city": reference["city"]}
    profile = document.document(drift.profile(columns))
    (world.root / "model" / "profile.json").write_text(json.dumps(profile))
    for number in range(2):
        there = {"size": None, "age": None, HOSTILE: MOVED["size"], "city": ["--> @octocat"] * 400}
        world.week(number, **there)
    world.over(1)
    answer = world.check("--prometheus", "drift.prom", issue=True)
    body, page = world.github.issues.held[1]["body"], (world.root / ".tidegate" / "drift-rides.html").read_text()
    assert answer.outputs["state"] == "drift"
    assert "octocat" in body
    assert "octocat" not in outside_code(github_html(body))
    assert "<img" not in page
    exposed = (world.root / "drift.prom").read_text().splitlines()
    assert all(line.startswith(("#", "tidegate_drift_")) for line in exposed)


def test_without_a_token_the_check_says_so(world: DriftWorld) -> None:
    settings = world.settings(environ={"GITHUB_REPOSITORY": "a/b"})
    with pytest.raises(InputError, match="E-GH-010"):
        drift_issue.connection(settings, lambda *_: world.github.connection(), world.github.patience())
