"""What people change in the story fits the example as it is, and an end is good only when all of it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tidegate.errors import InputError
from tidegate.simulator.happenings import PullRequest
from tidegate.simulator.scenario import Played, Scene
from tidegate.simulator.story import changes, ending, registry_server, surroundings
from tidegate.simulator.story.bad_releases import BAD_RELEASES, BadRelease
from tidegate.simulator.story.changes import Replacement
from tidegate.simulator.story.demonstration import Demonstration
from tidegate.simulator.story.releases import Landed, Standing

ROOT = Path(__file__).resolve().parents[3]


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("bad", BAD_RELEASES, ids=lambda bad: bad.name)
def test_a_bad_change_fits_the_example_and_is_python(bad: BadRelease) -> None:
    for path, text in changes.texts(bad.changes, _read).items():
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
AHEAD = Standing(wanted="3", running="2", recorded="2")
SLOW, _, SICK = BAD_RELEASES
OUT = Landed(title="More trees", standing=SAME, records=[], lost=0, answered=1200, seconds=9.0)
REVERT = PullRequest(number=9, branch="tidegate/revert/production", head="", head_repository="")
BACK = replace(OUT, title="Weekdays", standing=AHEAD, revert=REVERT, issues=["Production went back"])
STAGED = replace(BACK, revert=replace(REVERT, branch="tidegate/revert/staging"))


def _judged(check: str) -> Played:
    pull = replace(REVERT, number=4)
    comments = [{"body": ""}]
    return Played(
        scene=Scene(name="x", title="x"), pull=pull, records=[], check=check, comments=comments, requests=0, writes=0
    )


def _shown(
    *landed: Landed,
    standing: Standing = SAME,
    bad: tuple[BadRelease, ...] = (SLOW,),
    checks: tuple[str, ...] = ("success", "success"),
    registered: dict[str, str] | None = None,
) -> Demonstration:
    nobody: Any = None
    return Demonstration(
        hub=nobody,
        say=print,
        announce=print,
        bad=bad,
        landed=list(landed),
        played=[_judged(check) for check in checks],
        standing=standing,
        status="production 2 2 2 agrees",
        registered=registered or {},
    )


@pytest.mark.parametrize(
    ("shown", "good"),
    [
        (_shown(OUT, BACK), True),
        (_shown(OUT, STAGED, bad=(SICK,)), True),
        (_shown(OUT, BACK, registered={"production": "2", "champion": "2"}), True),
        (_shown(OUT, bad=(), checks=("success",)), True),
        (_shown(OUT), False),
        (_shown(OUT, BACK, checks=("success",)), False),
        (_shown(OUT, BACK, checks=("success", "failure")), False),
        (_shown(OUT, BACK, bad=(SICK,)), False),
        (_shown(OUT, replace(BACK, revert=None)), False),
        (_shown(OUT, replace(BACK, issues=[])), False),
        (_shown(OUT, replace(BACK, lost=1)), False),
        (_shown(replace(OUT, revert=REVERT), BACK), False),
        (_shown(OUT, BACK, standing=AHEAD), False),
        (_shown(OUT, replace(BACK, standing=Standing(wanted="3", running="3", recorded="3"))), False),
        (_shown(OUT, BACK, registered={"production": "2", "champion": "3"}), False),
        (replace(_shown(OUT, BACK), status=""), False),
    ],
    ids=[
        "whole",
        "found out in staging",
        "registered",
        "nothing bad",
        "half",
        "not judged",
        "misjudged",
        "found out elsewhere",
        "no revert",
        "nobody told",
        "a lost request",
        "good one back",
        "no agreement",
        "bad one runs",
        "registry differs",
        "no status",
    ],
)
def test_it_is_good_only_as_a_whole(shown: Demonstration, good: bool) -> None:
    assert shown.good is good
    assert ("not as it should" in ending.sentence(shown)) is not good
    assert ending.document(shown)["agree"] is bool(shown.standing and shown.standing.agrees)


def test_the_end_is_told_in_words() -> None:
    shown = _shown(OUT, BACK, checks=(), registered={"production": "2", "champion": ""})
    assert list(ending.told(shown))[1:] == [
        "More trees: version 2 runs in production (1,200 requests answered, 0 lost)",
        "Weekdays: taken back in production by itself, version 2 runs there; revert #9, issue “Production went back” "
        "(1,200 requests answered, 0 lost)",
        "0 of 2,400 requests lost",
        "production: Git wants version 2, 2 runs, 2 is recorded: all agree",
        "MLflow's registry: production is version 2, champion is version none",
        "production 2 2 2 agrees",
    ]


def test_a_release_that_never_came_to_production_is_told_so() -> None:
    [told] = [line for line in ending.told(_shown(STAGED, checks=())) if line.startswith("Weekdays")]
    assert told.startswith("Weekdays: taken back in staging by itself, version 2 runs in production; revert #9")


@pytest.mark.parametrize("beside", [True, False])
def test_the_registrys_program_is_looked_for_beside_the_interpreter_and_on_the_path(
    tmp_path: Path, beside: bool
) -> None:
    place = tmp_path / "bin"
    place.mkdir()
    (place / "mlflow").write_text("#!/bin/sh\n")
    (place / "mlflow").chmod(0o755)
    environ = {"PATH": str(tmp_path if beside else place)}
    assert registry_server.program(environ, place if beside else tmp_path) == place / "mlflow"
    assert registry_server.program({"PATH": str(tmp_path)}, tmp_path) is None
