"""What a token may and may not do: the report is written, the verdict stands, and one line says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.report_job import GRANTS, ReportJob, pull_request_job
from tidegate.core.answer import Verdict
from tidegate.simulator.front import GitHub


@pytest.fixture
def job(github: GitHub, tmp_path: Path) -> ReportJob:
    return pull_request_job(github, tmp_path)


@pytest.mark.parametrize("state", ["start", "finish"])
def test_a_fork_s_own_run_posts_nothing_says_so_and_does_not_fail(github: GitHub, tmp_path: Path, state: str) -> None:
    job = pull_request_job(github, tmp_path, from_fork=True)
    job.leave("fail")
    answer = job.post("--state", state)
    assert answer.exit_code == 0
    assert job.comments() == []
    assert job.checks() == {}
    assert any(note.level == "notice" and "E-GH-011" in note.message for note in answer.annotations)
    if state == "finish":
        assert answer.verdict is Verdict.FAIL
        assert answer.summary is not None
        assert "Not promotable" in answer.summary


@pytest.mark.parametrize("token", ["", "  \n"])
def test_without_a_token_the_report_is_written_all_the_same(job: ReportJob, token: str) -> None:
    job.leave("pass")
    job.token = token
    answer = job.post()
    assert (answer.verdict, answer.exit_code) == (Verdict.PASS, 0)
    assert "E-GH-010" in str(answer.annotations)
    assert Path(answer.outputs["html"]).is_file()
    assert job.github.log == []


@pytest.mark.parametrize("token", ["ghs_expired", "two words"])
def test_a_token_that_is_none_is_an_error_of_the_caller_and_not_shown(job: ReportJob, token: str) -> None:
    job.leave("pass")
    job.token = token
    answer = job.post()
    assert (answer.verdict, answer.exit_code) == (Verdict.PASS, 2)
    assert "E-GH-010" in str(answer.annotations)
    assert token not in str(answer)


def test_a_token_with_a_newline_at_its_end_works(job: ReportJob) -> None:
    job.leave("pass")
    job.token += "\n"
    assert job.post().exit_code == 0
    assert len(job.comments()) == 1


@pytest.mark.parametrize("level", ["none", "read"])
@pytest.mark.parametrize("missing", ["pull-requests", "checks"])
def test_a_permission_that_is_missing_is_named_and_the_rest_is_done(job: ReportJob, missing: str, level: str) -> None:
    job.token = job.github.token({**GRANTS, missing: level})
    job.leave("pass")
    answer = job.post()
    assert (answer.verdict, answer.exit_code) == (Verdict.PASS, 2)
    assert f"Add `{missing}: write` to the job's permissions." in str(answer.annotations)
    assert answer.summary is not None
    assert "Not posted" in answer.summary
    assert (len(job.comments()), len(job.checks())) == ((0, 1) if missing == "pull-requests" else (1, 0))


def test_a_token_never_goes_to_another_host_and_the_verdict_stands(job: ReportJob) -> None:
    job.leave("pass")
    job.environ["GITHUB_API_URL"] = "https://evil.example/api/v3"
    answer = job.post()
    assert (answer.verdict, answer.exit_code) == (Verdict.PASS, 4)
    assert "E-SEC-040" in str(answer.annotations)
    with_start = job.post("--state", "start")
    assert with_start.exit_code == 4
