"""Which pull request a fork's run was for, among others that look alike (threat T4, rows G07 and G08)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tidegate.core.github import pull_requests
from tidegate.core.github.event import GitHubEvent, OtherRun, Repository
from tidegate.core.github.pull_requests import PullRequest
from tidegate.errors import InputError, Superseded

HEAD, OTHER = "a" * 40, "b" * 40
BASE = Repository(id=1, name="harbour/bike-demand")
FORK = Repository(id=2, name="visitor/bike-demand")
STRANGER = Repository(id=3, name="visitor/bike-demand-2")
EVENT = GitHubEvent(
    name="workflow_run",
    action="completed",
    repository=BASE,
    run=9,
    attempt=1,
    head=HEAD,
    head_ref="topic",
    head_repository=FORK,
    of=OtherRun(
        event="pull_request", conclusion="success", started=datetime(2026, 11, 23, tzinfo=UTC), pull_requests=()
    ),
)
TRUE = PullRequest(
    number=12,
    open=True,
    head=HEAD,
    head_ref="topic",
    head_repository=FORK,
    base=OTHER,
    base_ref="main",
    base_repository=BASE,
)
LOOK_ALIKE = {
    "the same branch of another fork": replace(TRUE, number=1, head_repository=STRANGER),
    "closed": replace(TRUE, number=2, open=False),
    "another commit": replace(TRUE, number=3, head=OTHER),
    "another branch": replace(TRUE, number=4, head_ref="topic2"),
    "a branch that differs by case": replace(TRUE, number=5, head_ref="Topic"),
    "a fork that is deleted": replace(TRUE, number=6, head_repository=None),
    "into another repository": replace(TRUE, number=7, base_repository=STRANGER),
    "the same branch of our own repository": replace(TRUE, number=8, head_repository=BASE),
}


def test_the_right_one_is_found_among_all_that_look_alike() -> None:
    assert pull_requests.find([*LOOK_ALIKE.values(), TRUE], EVENT) == TRUE
    assert pull_requests.find([TRUE, *LOOK_ALIKE.values()], EVENT) == TRUE


@pytest.mark.parametrize("name", LOOK_ALIKE)
def test_one_that_only_looks_alike_is_nobody_s(name: str) -> None:
    with pytest.raises(Superseded) as caught:
        pull_requests.find([LOOK_ALIKE[name]], EVENT)
    assert caught.value.code == "E-GH-030"


def test_a_head_that_moved_on_is_told() -> None:
    with pytest.raises(Superseded, match="#3 has a newer commit"):
        pull_requests.find([LOOK_ALIKE["another commit"]], EVENT)


def test_two_with_the_same_head_are_refused_by_number() -> None:
    with pytest.raises(InputError, match="#12, #13") as caught:
        pull_requests.find([TRUE, replace(TRUE, number=13, base_ref="release")], EVENT)
    assert caught.value.code == "E-GH-031"


def test_two_with_the_same_head_are_told_apart_by_what_github_says_about_the_run() -> None:
    assert EVENT.of is not None
    known = replace(EVENT, of=replace(EVENT.of, pull_requests=(13,)))
    second = replace(TRUE, number=13, base_ref="release")
    assert pull_requests.find([TRUE, second], known) == second


def test_what_github_says_about_the_run_does_not_replace_the_head() -> None:
    assert EVENT.of is not None
    known = replace(EVENT, of=replace(EVENT.of, pull_requests=(3,)))
    with pytest.raises(Superseded):
        pull_requests.find([LOOK_ALIKE["another commit"]], known)


def test_a_run_of_a_deleted_fork_is_nobody_s() -> None:
    with pytest.raises(Superseded):
        pull_requests.find([LOOK_ALIKE["a fork that is deleted"]], replace(EVENT, head_repository=None))
