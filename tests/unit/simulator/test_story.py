"""What people change in the story fits the example as it is, and an end is good only when all of it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tidegate.errors import InputError
from tidegate.simulator.happenings import PullRequest
from tidegate.simulator.story import changes, ending, surroundings
from tidegate.simulator.story.changes import Replacement
from tidegate.simulator.story.demonstration import Demonstration
from tidegate.simulator.story.releases import Landed, Standing

ROOT = Path(__file__).resolve().parents[3]


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_the_slow_change_fits_the_example_and_is_python() -> None:
    for path, text in changes.texts(changes.SLOW, _read).items():
        assert text != _read(path)
        compile(text, path, "exec")


@pytest.mark.parametrize("text", ["nothing of it", "old old"], ids=["absent", "twice"])
def test_a_change_that_does_not_fit_names_the_file(text: str) -> None:
    with pytest.raises(InputError, match="'old' once") as caught:
        changes.texts((Replacement(path="a.py", old="old", new="new"),), lambda _path: text)
    assert (caught.value.code, caught.value.where) == ("E-SIM-041", "a.py")


def test_environments_of_a_demonstration_are_at_two_free_addresses() -> None:
    place = surroundings.Surroundings("127.0.0.1:1111", "127.0.0.1:2222")
    staging, production = place.files.values()
    assert "address: 127.0.0.1:1111" in staging
    assert "address: 127.0.0.1:2222" in production


@pytest.mark.parametrize(
    ("standing", "agrees"),
    [
        (Standing(wanted="2", running="2", recorded="2"), True),
        (Standing(wanted="3", running="2", recorded="2"), False),
        (Standing(wanted="2", running="", recorded="2"), False),
        (Standing(wanted="", running="", recorded=""), False),
    ],
    ids=["all", "Git is ahead", "two at once", "nothing anywhere"],
)
def test_all_agree_only_where_all_say_the_same(standing: Standing, agrees: bool) -> None:
    assert standing.agrees is agrees


SAME = Standing(wanted="2", running="2", recorded="2")
OUT = Landed(title="More trees", standing=SAME, records=[], lost=0, answered=1200, seconds=9.0)
BACK = replace(
    OUT,
    title="Weekdays",
    standing=Standing(wanted="3", running="2", recorded="2"),
    revert=PullRequest(number=9, branch="revert", head="", head_repository=""),
    issues=["Production went back"],
)


def _shown(*landed: Landed, standing: Standing = SAME) -> Demonstration:
    nobody: Any = None
    return Demonstration(hub=nobody, say=print, announce=print, landed=list(landed), standing=standing)


@pytest.mark.parametrize(
    ("shown", "good"),
    [
        (_shown(OUT, BACK), True),
        (_shown(OUT), False),
        (_shown(OUT, replace(BACK, revert=None)), False),
        (_shown(OUT, replace(BACK, issues=[])), False),
        (_shown(OUT, replace(BACK, lost=1)), False),
        (_shown(replace(OUT, revert=BACK.revert), BACK), False),
        (_shown(OUT, BACK, standing=BACK.standing), False),
        (_shown(OUT, replace(BACK, standing=Standing(wanted="3", running="3", recorded="3"))), False),
    ],
    ids=[
        "whole",
        "half",
        "no revert",
        "nobody told",
        "a lost request",
        "good one back",
        "no agreement",
        "bad one runs",
    ],
)
def test_it_is_good_only_as_a_whole(shown: Demonstration, good: bool) -> None:
    assert shown.good is good
    assert ("not as it should" in ending.sentence(shown)) is not good
    assert ending.document(shown)["agree"] is bool(shown.standing and shown.standing.agrees)


def test_the_end_is_told_in_words() -> None:
    assert list(ending.told(_shown(OUT, BACK)))[1:] == [
        "More trees: version 2 runs in production (1,200 requests answered, 0 lost)",
        "Weekdays: taken back by itself, version 2 still runs; revert #9, issue “Production went back” "
        "(1,200 requests answered, 0 lost)",
        "production: Git wants version 2, 2 runs, 2 is recorded: all agree",
    ]
