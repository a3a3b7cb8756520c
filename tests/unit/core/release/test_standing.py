"""When an environment agrees, when it does not, and when nobody can know: unknown is never agreement."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.deployment.fleet import Instance
from tidegate.core.release.history import CameToRun, TakenBack
from tidegate.core.release.release import Release
from tidegate.core.release.standing import Seen, Standing, differences, document, standing_of, table, worst

COMMIT = "c" * 40


def digest(version: str) -> str:
    return f"sha256:{int(version):064x}"


def release(version: str) -> Release:
    return Release(model="m", version=version, commit=COMMIT, digests={"release": digest(version)})


def instance(version: str, weight: int = 100, *, ready: bool = True) -> Instance:
    return Instance(release=digest(version), version=version, commit=COMMIT, weight=weight, ready=ready)


def entry(version: str) -> CameToRun:
    return CameToRun(tag=f"m#staging#{version}", version=version, release=digest(version))


AGREED = Seen(
    environment="staging",
    wanted=release("2"),
    registered=entry("2"),
    running=(instance("2"),),
    answering=digest("2"),
)
FAILURE = TakenBack(tag="m!staging!1", version="2", release=digest("2"), asked_by=COMMIT, after=1, reason="too slow")


def test_all_say_the_same() -> None:
    assert standing_of(AGREED) is Standing.AGREES
    assert standing_of(replace(AGREED, alias="2", answering=None)) is Standing.AGREES
    assert standing_of(Seen(environment="new")) is Standing.AGREES


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"running": (instance("1"),), "answering": digest("1")}, ["version 2 is wanted and version 1 runs"]),
        ({"running": (instance("1"),), "failure": FAILURE}, ["and version 1 runs: it was taken back (too slow)"]),
        ({"running": ()}, ["version 2 is wanted and nothing runs"]),
        (
            {"running": (instance("1", 70), instance("2", 30))},
            ["version 1 runs, answers 70 %", "version 2 answers 30 %"],
        ),
        ({"running": (instance("1", 0), instance("2"))}, ["version 1 runs, answers 0 % of the requests, and is not"]),
        ({"running": (instance("2", ready=False),)}, ["version 2 is not ready"]),
        ({"wanted": None, "registered": None}, ["version 2 runs, answers 100 % of the requests, and is not wanted"]),
        ({"registered": entry("1")}, ["version 2 is not recorded: there is m#staging#1 (version 1) and no newer"]),
        ({"registered": None}, ["version 2 is not recorded: there is no tag"]),
        ({"alias": "1"}, ["the registry's alias names version 1"]),
        ({"alias": ""}, ["the registry's alias is missing"]),
        ({"answering": ""}, ["nobody answers at its address"]),
        ({"answering": digest("7")}, ["another release answers at its address"]),
    ],
    ids=[
        "the one before runs",
        "taken back",
        "nothing runs",
        "a canary",
        "a leftover",
        "not ready",
        "nobody wants it",
        "another tag",
        "no tag",
        "another alias",
        "no alias",
        "silence",
        "somebody else",
    ],
)
def test_what_differs_is_told(changes: dict[str, object], said: list[str]) -> None:
    seen = replace(AGREED, **changes)  # type: ignore[arg-type]
    assert standing_of(seen) is Standing.DIVERGED
    told = " · ".join(differences(seen))
    for part in said:
        assert part in told
    assert "DIVERGED" in table([seen])


def test_a_rollback_whose_tag_says_what_runs_is_one_difference() -> None:
    seen = replace(
        AGREED, running=(instance("1"),), registered=entry("1"), answering=digest("1"), alias="1", failure=FAILURE
    )
    assert differences(seen) == (
        "version 2 is wanted and version 1 runs: it was taken back (too slow)",
        "the registry's alias names version 1",
    )


@pytest.mark.parametrize("changes", [{"running": None}, {"blind": ("MLflow does not answer",)}])
def test_what_cannot_be_seen_is_unknown_and_loud(changes: dict[str, object]) -> None:
    seen = replace(AGREED, **changes)  # type: ignore[arg-type]
    assert standing_of(seen) is Standing.UNKNOWN
    assert "UNKNOWN" in table([seen])
    assert document(seen)["standing"] == "unknown"


@given(
    st.lists(
        st.sampled_from([AGREED, replace(AGREED, registered=None), replace(AGREED, running=None, blind=("x",))]),
        max_size=5,
    )
)
def test_the_worst_of_all_decides(every: list[Seen]) -> None:
    codes = [standing_of(seen).exit_code for seen in every]
    assert worst(every).exit_code == max(codes, default=0)


def test_the_table_lines_up_and_says_what_differs_below() -> None:
    blind = Seen(environment="production", wanted=release("2"), running=None, blind=("no state of production here",))
    canary = replace(AGREED, running=(instance("1", 70), instance("2", 30)), alias="1")
    assert table([AGREED, canary, blind]).splitlines() == [
        "environment  wanted  registered   running             says",
        "staging      2       2            2                   agrees",
        "staging      2       2 (alias 1)  1 (70 %), 2 (30 %)  DIVERGED",
        "production   2       -            UNKNOWN             UNKNOWN",
        "",
        "staging: version 1 runs, answers 70 % of the requests, and is not wanted",
        "staging: version 2 answers 30 % of the requests",
        "staging: the registry's alias names version 1",
        "production: version 2 is not recorded: there is no tag",
        "production: UNKNOWN: no state of production here",
    ]
