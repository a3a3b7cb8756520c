"""Bad days on the wire: real sockets, a GitHub that resets, lags, limits and is written to by several at once."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.report_job import MODEL, QUICK, pull_request_job
from tidegate.core.answer import Verdict
from tidegate.core.report.marker import parse_marker
from tidegate.simulator import faults
from tidegate.simulator.front import GitHub

CREATE = {"method": "POST", "path": "/comments"}
WIRE = {
    "secondary limit": faults.secondary_limit(retry_after=1, **CREATE),
    "too many": faults.too_many(retry_after=1, **CREATE),
    "502 before": faults.answer(502, **CREATE),
    "502 after": faults.answer(502, committed=True, **CREATE),
    "503": faults.answer(503, **CREATE),
    "reset before": faults.reset(**CREATE),
    "reset after": faults.reset(committed=True, **CREATE),
    "truncated": faults.truncated(**CREATE),
    "a page": faults.page(**CREATE),
    "slow": faults.delay(0.8, **CREATE),
}


def test_each_fault_at_the_comment_leaves_one_comment(github: GitHub, tmp_path: Path) -> None:
    job = pull_request_job(github, tmp_path)
    # Beyond what a reader waits for: the request takes effect and its answer is missed.
    job.patience = replace(QUICK, read=0.4)
    job.leave("pass")
    for number, (name, fault) in enumerate(WIRE.items()):
        for comment in github.comments(job.number):
            github.ask("DELETE", f"/repos/{github.repository}/issues/comments/{comment['id']}")
        job.number_of_run = 700 + number
        github.faults.clear()
        github.faults.add(fault)
        before = len(github.log)
        answer = job.post()
        assert answer.exit_code == 0, (name, answer.annotations)
        bodies = job.comments()
        assert len(bodies) == 1, name
        assert f"run={job.number_of_run} " in bodies[0], name
        assert not early(github, before), name


def early(github: GitHub, since: int) -> list[str]:
    """Requests that came before the second that a limit lasts was over."""
    log = github.log[since:]
    return [
        exchange.path
        for position, exchange in enumerate(log[:-1])
        if exchange.status in (403, 429) and log[position + 1].at < exchange.at + 1
    ]


def test_at_the_limit_from_the_start_the_verdict_is_still_told(github: GitHub, tmp_path: Path) -> None:
    job = pull_request_job(github, tmp_path)
    job.leave("fail")
    github.faults.add(faults.primary_limit(reset_at=int(time.time()) + 3_000, times=1_000))
    begun = time.monotonic()
    answer = job.post()
    assert (answer.verdict, answer.exit_code) == (Verdict.FAIL, 3)
    assert "Retry after" in str(answer.annotations)
    assert answer.summary is not None
    assert "Not promotable" in answer.summary
    assert time.monotonic() - begun < 5
    assert job.post("--state", "start").exit_code == 0


@pytest.mark.parametrize("writers", [2, 8])
def test_several_runs_at_once_leave_one_comment_and_it_is_the_newest(
    github: GitHub, tmp_path: Path, writers: int
) -> None:
    first = pull_request_job(github, tmp_path)
    together = threading.Barrier(writers)
    problems: list[object] = []

    def post(number: int) -> None:
        workspace = tmp_path / str(number)
        workspace.mkdir()
        job = replace(first, workspace=workspace, number_of_run=800 + number, environ=dict(first.environ))
        job.patience = replace(QUICK, looks=(0.5, 0.5, 0.5, 0.5, 0.5))
        job.leave("pass" if number % 2 else "fail")
        together.wait()
        answer = job.post()
        if answer.exit_code not in (0, 5):
            problems.append(answer.annotations)

    threads = [threading.Thread(target=post, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    (body,) = first.comments()
    marker = parse_marker(body)
    assert marker is not None
    assert marker.run == 800 + writers - 1
    newest = [check for check in github.check_runs(first.head) if f"/{marker.run}/" in check["external_id"]]
    assert [check["conclusion"] for check in newest] == ["success" if (writers - 1) % 2 else "failure"]


def test_a_list_that_lags_behind_ends_with_one_comment(github: GitHub, tmp_path: Path) -> None:
    first = pull_request_job(github, tmp_path)
    github.faults.add(faults.stale(1.0, path="/comments"))
    for number in (1, 2):
        first.number_of_run = 900 + number
        first.patience = replace(QUICK, looks=(0.5, 0.5, 0.7, 0.7, 0.7))
        first.leave("pass")
        assert first.post().exit_code == 0
    github.faults.clear()
    (body,) = first.comments()
    assert "run=902 " in body


def test_over_https_with_an_authority_of_its_own(github_over_tls: GitHub, tmp_path: Path) -> None:
    job = pull_request_job(github_over_tls, tmp_path)
    job.leave("pass")
    without = job.post()
    assert without.exit_code == 3
    assert "cannot be reached" in str(without.annotations)
    job.environ["REQUESTS_CA_BUNDLE"] = str(github_over_tls.certificate)
    assert job.post().exit_code == 0
    assert job.checks() == {f"tidegate / {MODEL}": "success"}
