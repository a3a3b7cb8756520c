"""By which pull request a commit came, and which run of it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tidegate.core.github.run_artifacts import LARGEST, Artifact
from tidegate.core.release.reviewed import MergedPullRequest, Run, evidence_of, judging_run, merged_by
from tidegate.errors import InputError

COMMIT, HEAD = "c" * 40, "a" * 40
BEGAN = datetime(2026, 11, 20, 10, tzinfo=UTC)


def pull(number: int = 7, **members: Any) -> MergedPullRequest:
    return MergedPullRequest(**{"number": number, "head": HEAD, "merged": True, "commit": COMMIT, **members})


def run(number: int = 1, minutes: int = 0, **members: Any) -> Run:
    given = {"name": "Model pull request", "event": "pull_request", "head": HEAD, "conclusion": "success"}
    return Run(id=number, started=BEGAN + timedelta(minutes=minutes), **{**given, **members})


def artifact(**members: Any) -> Artifact:
    given = {"id": 1, "name": "tidegate-bike", "bytes": 10, "expired": False, "created": BEGAN}
    return Artifact(**{**given, **members})


@pytest.mark.parametrize(
    ("pulls", "number"),
    [
        ([pull()], 7),
        ([pull(7), pull(8, merged=False)], 7),
        ([pull(7, commit="d" * 40), pull(8)], 8),
        ([pull(7, commit=None)], 7),
    ],
    ids=["one", "the merged one", "the one that made the commit", "a rebased commit"],
)
def test_the_pull_request_that_brought_a_commit(pulls: list[MergedPullRequest], number: int) -> None:
    assert merged_by(pulls, COMMIT).number == number


@pytest.mark.parametrize(
    ("pulls", "code"),
    [
        ([], "E-PRO-010"),
        ([pull(merged=False)], "E-PRO-010"),
        ([pull(7), pull(8)], "E-PRO-011"),
        ([pull(7, commit=None), pull(8, commit=None)], "E-PRO-011"),
    ],
)
def test_a_commit_about_which_there_is_a_doubt(pulls: list[MergedPullRequest], code: str) -> None:
    with pytest.raises(InputError) as caught:
        merged_by(pulls, COMMIT)
    assert caught.value.code == code
    assert caught.value.fix


def test_the_newest_attempt_counts_and_not_the_highest_number() -> None:
    assert judging_run([run(2, 0), run(1, 5)], pull()).id == 1
    assert judging_run([run(1), run(2)], pull()).id == 2
    assert judging_run([run(1), run(2, 9, event="merge_group")], pull()).id == 2


@pytest.mark.parametrize(
    ("runs", "code", "words"),
    [
        ([], "E-PRO-012", "no run"),
        ([run(name="Mine")], "E-PRO-012", "no run"),
        ([run(event="push")], "E-PRO-012", "no run"),
        ([run(1), run(2, 9, conclusion="failure")], "E-PRO-013", "it failed"),
        ([run(conclusion="cancelled")], "E-PRO-013", "it was cancelled"),
        ([run(conclusion="action_required")], "E-PRO-013", "waits for an approval"),
        ([run(conclusion=None)], "E-PRO-013", "it has not ended"),
    ],
)
def test_a_run_that_lets_nothing_through(runs: list[Run], code: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        judging_run(runs, pull())
    assert caught.value.code == code
    assert "again" in caught.value.fix


def test_the_evidence_of_a_run_is_one_artifact_by_its_whole_name() -> None:
    others = [artifact(id=number, name=f"tidegate-{number}") for number in range(2, 30)]
    assert evidence_of([*others, artifact()], run(), "bike").id == 1


@pytest.mark.parametrize(
    ("artifacts", "words"),
    [
        ([], "did not judge this model"),
        ([artifact(name="tidegate-bike2")], "did not judge this model"),
        ([artifact(), artifact(id=2)], "2 artifacts of the same name"),
        ([artifact(expired=True)], "expired"),
        ([artifact(bytes=LARGEST + 1)], "larger than"),
    ],
)
def test_evidence_that_does_not_count(artifacts: list[Artifact], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        evidence_of(artifacts, run(), "bike")
    assert caught.value.code == "E-PRO-014"
