"""One comment, whoever writes at the same time and whatever GitHub does to a request (in memory, on our clock)."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.fake_github import BOT, FakeGitHub
from fixtures.turns import World
from tidegate.adapters.github.refusal import NotPermitted
from tidegate.core.answer import Verdict
from tidegate.core.github.checks import CheckKey, CheckState
from tidegate.core.github.publication import ALL_MODELS, Draft
from tidegate.core.report.marker import Marker, parse_marker
from tidegate.errors import InfrastructureError
from tidegate.simulator import faults
from tidegate.simulator.faults import Fault
from tidegate.steps.report.publishing import CommentWriter, show_checks

HEAD = "a" * 40
OLD = "b" * 40


def marker(
    run: int = 1, *, attempt: int = 1, head: str = HEAD, verdict: Verdict = Verdict.PASS, **other: Any
) -> Marker:
    values = {"model": "bike-demand", "pull_request": 1, **other}
    return Marker(verdict=verdict, head=head, run=run, attempt=attempt, **values)


def draft(of: Marker, newest_head: str = HEAD) -> Draft:
    return Draft(marker=of, body=f"{of}\nreport of run {of.run}.{of.attempt}\n", newest_head=newest_head)


def write(github: FakeGitHub, of: Marker, **options: Any) -> CommentWriter:
    writer = CommentWriter(connection=github.connection(), number=1, draft=draft(of), **options)
    writer.write()
    writer.settle()
    return writer


def runs_shown(github: FakeGitHub) -> list[tuple[int | None, int]]:
    found = [parse_marker(body) for body in github.bodies()]
    return [(each.run, each.attempt) for each in found if each is not None]


def test_a_second_run_edits_the_first_ones_comment() -> None:
    github = FakeGitHub()
    write(github, marker(1))
    write(github, marker(2, verdict=Verdict.FAIL))
    assert runs_shown(github) == [(2, 1)]
    assert len(github.comments) == 1


def test_another_attempt_of_the_same_run_edits_it_too() -> None:
    github = FakeGitHub()
    write(github, marker(1))
    write(github, marker(1, attempt=2))
    assert runs_shown(github) == [(1, 2)]


def test_an_older_run_that_comes_later_changes_nothing() -> None:
    github = FakeGitHub()
    write(github, marker(2))
    before = github.bodies()
    assert write(github, marker(1)).superseded
    assert github.bodies() == before


def test_a_report_on_the_newest_commit_beats_a_later_run_on_an_older_one() -> None:
    github = FakeGitHub()
    github.say(draft(marker(9, head=OLD)).body)
    write(github, marker(3))
    assert runs_shown(github) == [(3, 1)]


def test_what_is_there_already_is_not_written_again() -> None:
    github = FakeGitHub()
    write(github, marker(1))
    before = len(github.asked)
    write(github, marker(1))
    assert {asked.method for asked in github.asked[before:]} == {"GET", "POST"}
    assert [asked.path for asked in github.asked[before:] if asked.method == "POST"] == ["/graphql"]


@pytest.mark.parametrize("count", [0, 29, 30, 99, 100, 101, 250])
def test_the_comment_is_found_on_any_page(count: int) -> None:
    github = FakeGitHub()
    for number in range(count):
        github.say(f"remark {number}", login="visitor")
    github.say(draft(marker(1)).body)
    for number in range(count):
        github.say(f"another remark {number}", login="visitor")
    github.world.pause(3600)
    write(github, marker(2))
    assert runs_shown(github) == [(2, 1)]
    assert len(github.comments) == 2 * count + 1
    assert len(github.asked) <= 10


def test_two_of_ours_become_one_and_strangers_stay() -> None:
    github = FakeGitHub()
    first = github.say(draft(marker(1)).body)
    github.say("a remark", login="visitor")
    github.say(draft(marker(2)).body)
    write(github, marker(3))
    assert github.comments[first]["body"] == draft(marker(3)).body
    assert github.bodies() == [draft(marker(3)).body, "a remark"]


SPOOFS = {
    "by a stranger": (draft(marker(99)).body, "visitor"),
    "by a deleted account": (draft(marker(99)).body, None),
    "by a bot of another name": (draft(marker(99)).body, "github-actions"),
    "ours, not at the first byte": (" " + draft(marker(99)).body, BOT),
    "ours, quoted": ("> " + draft(marker(99)).body, BOT),
    "ours, of another pull request": (draft(marker(99, pull_request=7)).body, BOT),
    "ours, of another model": (draft(marker(99, model="other")).body, BOT),
    "ours, with a byte-order mark": ("\ufeff" + draft(marker(99)).body, BOT),
}


@pytest.mark.parametrize("name", SPOOFS)
def test_a_comment_that_is_not_this_report_is_never_touched(name: str) -> None:
    body, login = SPOOFS[name]
    github = FakeGitHub()
    foreign = github.say(body, login=login)
    write(github, marker(1))
    write(github, marker(2))
    assert github.comments[foreign]["body"] == body
    assert github.bodies() == [body, draft(marker(2)).body]


def test_a_comment_deleted_in_between_is_written_anew() -> None:
    github = FakeGitHub()
    github.say(draft(marker(1)).body)
    github.faults.add(faults.answer(404, message="Not Found", method="PATCH", path="/comments/"))
    writer = CommentWriter(connection=github.connection(), number=1, draft=draft(marker(2)))
    writer.write()
    github.comments.clear()
    writer.settle()
    assert runs_shown(github) == [(2, 1)]


def test_a_changed_verdict_gets_a_new_comment_where_that_is_wanted() -> None:
    github = FakeGitHub()
    write(github, marker(1))
    write(github, marker(2, verdict=Verdict.FAIL), new_on_change=True)
    old, new = github.comments.values()
    assert github.hidden == {old["node_id"]: "OUTDATED"}
    assert parse_marker(old["body"]) is None
    assert "report of run 1.1" in old["body"]
    assert runs_shown(github) == [(2, 1)]
    write(github, marker(3, verdict=Verdict.FAIL), new_on_change=True)
    assert github.comments[new["id"]]["body"] == draft(marker(3, verdict=Verdict.FAIL)).body
    assert len(github.comments) == 2


def test_nothing_to_say_writes_no_comment_but_corrects_one() -> None:
    github = FakeGitHub()
    write(github, marker(1, verdict=Verdict.SKIPPED), only_existing=True)
    assert not github.comments
    write(github, marker(2, verdict=Verdict.FAIL))
    write(github, marker(3, verdict=Verdict.SKIPPED), only_existing=True)
    assert runs_shown(github) == [(3, 1)]


def test_a_report_on_a_model_takes_the_place_of_one_that_could_name_none() -> None:
    github = FakeGitHub()
    write(github, marker(1, model=ALL_MODELS, verdict=Verdict.ERROR))
    write(github, marker(2))
    assert github.bodies() == [draft(marker(2)).body]


@pytest.mark.parametrize("seed", range(16))
@pytest.mark.parametrize("writers", [2, 4, 8])
def test_many_writers_leave_one_comment_and_it_is_the_newest(writers: int, seed: int) -> None:
    world = World(seed)
    github = FakeGitHub(world, latency=0.4)
    if seed % 2:
        github.say(draft(marker(1)).body)
    programs = [lambda run=run: write(github, marker(run)) and None for run in range(10, 10 + writers)]
    assert world.run(programs) == []
    assert runs_shown(github) == [(9 + writers, 1)]
    assert len(github.comments) == 1


@pytest.mark.parametrize("lag", [0.5, 2.0, 8.0])
@pytest.mark.parametrize("seed", range(10))
def test_a_list_that_lags_behind_leaves_one_comment_after_all(seed: int, lag: float) -> None:
    world = World(seed)
    github = FakeGitHub(world, latency=0.3)
    github.faults.add(faults.stale(lag, path="/comments"))
    programs = [lambda run=run: write(github, marker(run)) and None for run in (10, 11)]
    assert world.run(programs) == []
    assert runs_shown(github) == [(11, 1)]


def unlucky(seed: int) -> list[Fault]:
    world = World(seed)
    choices = [
        lambda where: faults.answer(502, **where),
        lambda where: faults.answer(502, committed=True, **where),
        lambda where: faults.reset(**where),
        lambda where: faults.reset(committed=True, **where),
        lambda where: faults.truncated(**where),
        lambda where: faults.page(**where),
        lambda where: faults.secondary_limit(retry_after=2, **where),
        lambda where: faults.too_many(retry_after=2, **where),
        lambda where: faults.delay(9, **where),
    ]
    return [
        world.random.choice(choices)(
            {"method": world.random.choice(["GET", "POST", "PATCH", "DELETE"]), "nth": world.random.randint(1, 3)}
        )
        for _ in range(2)
    ]


@pytest.mark.parametrize("seed", range(150))
def test_two_faults_at_once_leave_one_comment(seed: int) -> None:
    github = FakeGitHub()
    if seed % 3:
        github.say(draft(marker(1)).body)
    if seed % 3 == 2:
        github.say(draft(marker(2)).body)
    github.faults.add(*unlucky(seed))
    write(github, marker(3))
    assert runs_shown(github) == [(3, 1)]
    assert len(github.comments) == 1


def test_a_missing_permission_is_not_tried_again() -> None:
    github = FakeGitHub()
    github.faults.add(
        faults.answer(403, message="Resource not accessible by integration", method="POST", path="/comments", times=9)
    )
    with pytest.raises(NotPermitted, match="pull-requests: write"):
        write(github, marker(1))
    assert sum(asked.method == "POST" for asked in github.asked) == 1


def key(model: str = "bike-demand", run: int = 1, attempt: int = 1) -> CheckKey:
    return CheckKey(model=model, run=run, attempt=attempt)


BEGUN = CheckState(title="begun", summary="begun.")
DONE = CheckState(title="done", summary="done.", conclusion="success")


def test_a_start_that_is_repeated_opens_nothing_twice() -> None:
    github = FakeGitHub()
    for _ in range(2):
        show_checks(github.connection(), HEAD, [(key(), BEGUN), (key("other"), DONE)], leave=lambda check: True)
    shown = [(check["name"], check["status"]) for check in github.checks]
    assert shown == [("tidegate / bike-demand", "in_progress"), ("tidegate / other", "completed")]


def test_a_run_concludes_its_own_check_and_no_other_attempts() -> None:
    github = FakeGitHub()
    connection = github.connection()
    show_checks(connection, HEAD, [(key(), BEGUN)])
    show_checks(connection, HEAD, [(key(attempt=2), BEGUN)])
    show_checks(connection, HEAD, [(key(attempt=2), DONE)])
    assert [check["status"] for check in github.checks] == ["in_progress", "completed"]


CHECK_FAULTS = {
    "502 before": faults.answer(502, method="POST", path="check-runs"),
    "502 after": faults.answer(502, committed=True, method="POST", path="check-runs"),
    "reset before": faults.reset(method="POST", path="check-runs"),
    "reset after": faults.reset(committed=True, method="POST", path="check-runs"),
    "truncated": faults.truncated(method="POST", path="check-runs"),
    "page": faults.page(method="POST", path="check-runs"),
}


@pytest.mark.parametrize("name", CHECK_FAULTS)
def test_a_check_is_opened_once_whatever_happens_to_the_answer(name: str) -> None:
    github = FakeGitHub()
    github.faults.add(CHECK_FAULTS[name])
    show_checks(github.connection(), HEAD, [(key(), DONE)])
    assert [check["conclusion"] for check in github.checks] == ["success"]


def test_github_down_for_good_is_an_error_that_says_so() -> None:
    github = FakeGitHub()
    github.faults.add(faults.answer(502, times=1000))
    with pytest.raises(InfrastructureError) as caught:
        write(github, marker(1))
    assert caught.value.code == "E-GH-014"
    assert not github.comments
