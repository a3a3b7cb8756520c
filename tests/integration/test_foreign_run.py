"""The privileged half: a fork's run, a killed run, hostile artifacts, and never a pass by accident (T2 to T5, B5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.hostile_zips import packed
from fixtures.report_job import (
    MODEL,
    PRIVILEGED,
    ReportJob,
    archive,
    finished_run,
    following_job,
    pull_request_job,
    upload,
)
from tidegate.core.answer import Verdict
from tidegate.errors import InputError
from tidegate.simulator.front import GitHub

CHECK = f"tidegate / {MODEL}"
ALL = "tidegate / all models"


@pytest.fixture
def fork(github: GitHub, tmp_path: Path) -> ReportJob:
    """A fork's own run, which can post nothing."""
    return pull_request_job(github, tmp_path, from_fork=True)


@pytest.fixture
def own(github: GitHub, tmp_path: Path) -> ReportJob:
    """A run of the repository's own branch."""
    return pull_request_job(github, tmp_path)


@pytest.mark.parametrize(
    ("kind", "verdict", "conclusion"),
    [
        ("pass", Verdict.PASS, "success"),
        ("fail", Verdict.FAIL, "failure"),
        ("undecided", Verdict.UNDECIDED, "failure"),
        ("error", Verdict.ERROR, "failure"),
    ],
)
def test_a_fork_s_report_is_posted_and_says_whose_claim_it_is(
    fork: ReportJob, kind: str, verdict: Verdict, conclusion: str
) -> None:
    run = finished_run(fork, conclusion="success" if kind == "pass" else "failure")
    upload(fork, run, archive(kind, fork.head))
    before = len(fork.github.log)
    answer = following_job(fork, run).post("--from-run", model=None)
    assert (answer.verdict, answer.exit_code) == (verdict, 0)
    (body,) = fork.comments()
    assert f"run={run.id} attempt=1 verdict={verdict.value}" in body
    assert "From a fork" in body
    assert fork.checks() == {CHECK: conclusion}
    assert answer.summary is not None
    assert len(fork.github.log) - before <= 15


def test_from_the_run_s_beginning_to_its_end_the_fork_sees_a_check(fork: ReportJob) -> None:
    run = finished_run(fork, conclusion=None)
    begun = following_job(fork, run, "requested").post("--from-run", "--state", "start", model=None)
    assert begun.exit_code == 0
    assert fork.checks() == {ALL: "in_progress"}
    run.finish("success")
    upload(fork, run, archive("pass", fork.head))
    following_job(fork, run).post("--from-run", model=None)
    assert fork.checks() == {ALL: "success", CHECK: "success"}


def test_the_check_for_all_models_is_as_good_as_the_worst_of_them(fork: ReportJob) -> None:
    run = finished_run(fork, conclusion=None)
    following_job(fork, run, "requested").post("--from-run", "--state", "start", model=None)
    run.finish("failure")
    upload(fork, run, archive("pass", fork.head))
    upload(fork, run, packed(), "second")
    answer = following_job(fork, run).post("--from-run", model=None)
    assert answer.verdict is Verdict.ERROR
    assert fork.checks() == {ALL: "failure", CHECK: "success", "tidegate / second": "failure"}
    assert len(fork.comments()) == 2


def test_a_repository_s_own_branch_opens_its_checks_itself(own: ReportJob) -> None:
    run = finished_run(own, from_fork=False, conclusion=None)
    answer = following_job(own, run, "requested").post("--from-run", "--state", "start", model=None)
    assert "opens its checks itself" in answer.sentence
    assert own.checks() == {}


def test_what_the_first_half_has_reported_is_left_alone(own: ReportJob) -> None:
    run = finished_run(own, from_fork=False)
    own.number_of_run = run.id
    own.post("--state", "start")
    own.leave("pass")
    own.post()
    upload(own, run, archive("fail", own.head))
    before, asked = own.comments(), len(own.github.log)
    answer = following_job(own, run).post("--from-run", model=None)
    assert (answer.exit_code, answer.verdict) == (0, Verdict.SKIPPED)
    assert "has been reported on" in answer.sentence
    assert len([one for one in list(own.github.log)[asked:] if "/actions/workflows" not in one.path]) == 1
    assert own.comments() == before
    assert own.checks() == {CHECK: "success"}


@pytest.mark.parametrize("conclusion", ["cancelled", "failure", "timed_out", "stale", "startup_failure"])
@pytest.mark.parametrize("with_artifact", [False, True])
def test_a_killed_run_leaves_a_failed_check_and_no_open_one(
    own: ReportJob, conclusion: str, with_artifact: bool
) -> None:
    run = finished_run(own, from_fork=False, conclusion=conclusion)
    own.number_of_run = run.id
    own.post("--state", "start")
    if with_artifact and conclusion != "failure":
        upload(own, run, archive("pass", own.head))
    answer = following_job(own, run).post("--from-run", model=None)
    assert answer.verdict is Verdict.ERROR
    assert own.checks() == {CHECK: "failure"}
    (body,) = own.comments()
    assert "left no evidence" in body
    assert "verdict=error" in body


def test_a_job_killed_before_its_comment_is_finished_by_the_next_one(own: ReportJob) -> None:
    """The report job died; the evidence is there, the check is open."""
    run = finished_run(own, from_fork=False, conclusion="failure")
    own.number_of_run = run.id
    own.post("--state", "start")
    upload(own, run, archive("fail", own.head))
    answer = following_job(own, run).post("--from-run", model=None)
    assert answer.verdict is Verdict.FAIL
    assert own.checks() == {CHECK: "failure"}
    assert "Not promotable" in own.comments()[0]


def test_a_bot_s_branch_whose_token_only_reads_is_reported_on(own: ReportJob) -> None:
    run = finished_run(own, from_fork=False)
    upload(own, run, archive("pass", own.head))
    following_job(own, run).post("--from-run", model=None)
    assert own.checks() == {CHECK: "success"}
    assert "From a fork" not in own.comments()[0]


def test_words_of_a_fork_stay_words(fork: ReportJob) -> None:
    run = finished_run(fork, conclusion="failure")
    document = archive("error", fork.head)
    upload(fork, run, document)
    answer = following_job(fork, run).post("--from-run", model=None)
    (body,) = fork.comments()
    assert "@" not in answer.sentence
    assert body.count("<!-- tidegate:report") == 1


@pytest.mark.parametrize("conclusion", ["success", "neutral"])
def test_a_run_that_judged_nothing_says_nothing(fork: ReportJob, conclusion: str) -> None:
    """A change that touches no model leaves no artifact and no check; any other end than success is no such thing."""
    run = finished_run(fork, conclusion=conclusion)
    answer = following_job(fork, run).post("--from-run", model=None)
    if conclusion == "success":
        assert (fork.comments(), fork.checks(), answer.exit_code) == ([], {}, 0)
    else:
        assert fork.checks() == {ALL: "failure"}


def test_the_check_opened_for_a_fork_is_neutral_when_nothing_was_judged(fork: ReportJob) -> None:
    run = finished_run(fork, conclusion=None)
    following_job(fork, run, "requested").post("--from-run", "--state", "start", model=None)
    run.finish("success")
    following_job(fork, run).post("--from-run", model=None)
    assert fork.checks() == {ALL: "neutral"}
    assert fork.comments() == []


def test_a_run_that_waits_for_an_approval_is_no_failure_and_no_pass(fork: ReportJob) -> None:
    run = finished_run(fork, conclusion="action_required")
    answer = following_job(fork, run).post("--from-run", model=None)
    assert "waits for an approval" in answer.sentence
    assert fork.checks() == {ALL: "action_required"}
    assert fork.comments() == []
    run.finish("success")
    upload(fork, run, archive("pass", fork.head))
    following_job(fork, run).post("--from-run", model=None)
    assert fork.checks() == {ALL: "success", CHECK: "success"}


def test_a_report_on_a_model_replaces_the_one_that_knew_none(fork: ReportJob) -> None:
    died = finished_run(fork, conclusion="failure")
    following_job(fork, died).post("--from-run", model=None)
    assert "all%20models" in fork.comments()[0]
    run = finished_run(fork)
    upload(fork, run, archive("pass", fork.head))
    following_job(fork, run).post("--from-run", model=None)
    (body,) = fork.comments()
    assert f"key={MODEL}" in body


def test_a_fork_cannot_make_us_comment_on_another_pull_request(fork: ReportJob) -> None:
    """T4: closed, of another repository, with another commit; only the one that fits is written to."""
    github = fork.github
    others = []
    for branch in ("topic", "topic-2", "topic-3"):
        github.push(branch, {"a.txt": branch})
        others.append(github.open_pull_request(branch))
    github.push("other", {"b.txt": "b"}, repository=github.fork())
    others.append(github.open_pull_request("other", from_fork=True))
    github.ask("PATCH", f"/repos/{github.repository}/pulls/{others[1]}", {"state": "closed"})
    run = finished_run(fork)
    upload(fork, run, archive("pass", fork.head))
    following_job(fork, run).post("--from-run", model=None)
    assert len(fork.comments()) == 1
    assert [github.comments(number) for number in others] == [[], [], [], []]


def test_a_head_that_moved_on_closes_the_check_and_leaves_the_comment(fork: ReportJob) -> None:
    run = finished_run(fork, conclusion=None)
    following_job(fork, run, "requested").post("--from-run", "--state", "start", model=None)
    run.finish("success")
    upload(fork, run, archive("pass", fork.head))
    fork.github.push("topic", {"model/params.yaml": "depth: 8\n"}, repository=fork.github.fork())
    answer = following_job(fork, run).post("--from-run", model=None)
    assert answer.exit_code == 5
    assert "newer commit" in answer.sentence
    assert {note.level for note in answer.annotations} == {"notice"}
    assert fork.checks() == {ALL: "cancelled"}
    assert fork.comments() == []


def test_a_closed_pull_request_is_left_alone(fork: ReportJob) -> None:
    run = finished_run(fork)
    upload(fork, run, archive("pass", fork.head))
    fork.github.ask("PATCH", f"/repos/{fork.github.repository}/pulls/{fork.number}", {"state": "closed"})
    answer = following_job(fork, run).post("--from-run", model=None)
    assert answer.exit_code == 5
    assert "no open pull request" in answer.sentence
    assert fork.comments() == []


def test_two_pull_requests_of_one_head_are_refused_and_the_check_fails(own: ReportJob) -> None:
    github = own.github
    github.push("release", {"r.txt": "r"})
    body = {"title": "again", "head": f"{github.owner}:topic", "base": "release", "body": ""}
    second = github.ask("POST", f"/repos/{github.repository}/pulls", body)["number"]
    run = finished_run(own, from_fork=False)
    own.number_of_run = run.id
    own.post("--state", "start")
    upload(own, run, archive("pass", own.head))
    with pytest.raises(InputError) as caught:
        following_job(own, run).post("--from-run", model=None)
    assert caught.value.code == "E-GH-031"
    assert own.checks() == {CHECK: "failure"}
    assert own.comments() == []
    assert github.comments(second) == []


def test_a_run_that_no_pull_request_started_is_none_of_our_business(fork: ReportJob) -> None:
    run = finished_run(fork)
    run.event = "push"
    upload(fork, run, archive("pass", fork.head))
    answer = following_job(fork, run).post("--from-run", model=None)
    assert (answer.verdict, answer.exit_code) == (Verdict.SKIPPED, 0)
    assert fork.comments() == []
    assert fork.checks() == {}


@pytest.mark.parametrize("missing", PRIVILEGED)
def test_every_permission_of_the_privileged_job_is_needed_and_named(fork: ReportJob, missing: str) -> None:
    """T23: there is none that could be left out."""
    run = finished_run(fork)
    upload(fork, run, archive("pass", fork.head))
    grants = {name: level for name, level in PRIVILEGED.items() if name != missing}
    follower = following_job(fork, run, grants=grants)
    hint = f"Add `{missing}: {PRIVILEGED[missing]}`"
    try:
        said = str(follower.post("--from-run", model=None).annotations)
    except InputError as error:
        said = str(error)
    assert hint in said
    assert "success" not in fork.checks().values() or missing == "pull-requests"


def test_the_privileged_half_writes_its_own_pages_and_nothing_else(fork: ReportJob) -> None:
    run = finished_run(fork)
    upload(fork, run, archive("pass", fork.head))
    follower = following_job(fork, run)
    answer = follower.post("--from-run", model=None)
    written = [str(path.relative_to(follower.workspace)) for path in follower.workspace.rglob("*") if path.is_file()]
    assert sorted(written) == [f".tidegate/report-{MODEL}.html", "event.json"]
    assert answer.outputs["html"] == str(follower.workspace / ".tidegate" / f"report-{MODEL}.html")


def test_no_report_goes_beyond_ten_models_of_one_run(fork: ReportJob) -> None:
    run = finished_run(fork)
    for number in range(13):
        upload(fork, run, packed(), f"m{number:02}")
    answer = following_job(fork, run).post("--from-run", model=None)
    assert len(fork.comments()) == 10
    assert "3 more models are not reported on" in answer.sentence
