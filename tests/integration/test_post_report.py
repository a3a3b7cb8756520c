"""A pull request's own run: one comment, one check, a summary and a page, and what happens when it cannot post."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.report_job import MODEL, ReportJob, pull_request_job
from tidegate.core.answer import Verdict
from tidegate.core.report.marker import parse_marker
from tidegate.errors import InputError, SecurityRefusal
from tidegate.simulator import events, faults
from tidegate.simulator.front import GitHub

MAIN = Path(__file__).parents[2] / "scripts" / "tidegate" / "__main__.py"


@pytest.fixture
def job(github: GitHub, tmp_path: Path) -> ReportJob:
    return pull_request_job(github, tmp_path)


@pytest.mark.parametrize(
    ("kind", "verdict", "conclusion"),
    [
        ("pass", Verdict.PASS, "success"),
        ("fail", Verdict.FAIL, "failure"),
        ("undecided", Verdict.UNDECIDED, "failure"),
        ("incomparable", Verdict.INCOMPARABLE, "failure"),
        ("error", Verdict.ERROR, "failure"),
        ("first_model", Verdict.PASS, "success"),
        ("missing", Verdict.ERROR, "failure"),
    ],
)
def test_every_verdict_is_a_comment_a_check_a_summary_and_a_page(
    job: ReportJob, kind: str, verdict: Verdict, conclusion: str
) -> None:
    job.post("--state", "start")
    assert job.checks() == {f"tidegate / {MODEL}": "in_progress"}
    job.leave(kind)
    answer = job.post()
    assert (answer.verdict, answer.exit_code) == (verdict, 0)
    (body,) = job.comments()
    marker = parse_marker(body)
    assert marker is not None
    assert (marker.model, marker.pull_request, marker.head, marker.run) == (MODEL, job.number, job.head, 500)
    assert marker.verdict is verdict
    assert job.checks() == {f"tidegate / {MODEL}": conclusion}
    assert answer.summary is not None
    assert answer.sentence.split(":")[0] in body.lower()
    assert Path(answer.outputs["html"]).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (job.workspace / ".tidegate" / "report.md").read_text(encoding="utf-8").startswith("<!-- tidegate:report")


def test_the_whole_command_line_with_a_runner_s_files(job: ReportJob) -> None:
    job.leave("fail")
    output, summary = job.workspace / "output", job.workspace / "summary"
    output.touch()
    summary.touch()
    environ = {
        **job.settings().environ,
        "PATH": os.environ["PATH"],
        "INPUT_MODEL": MODEL,
        "INPUT_STATE": "finish",
        "INPUT_PUBLISHER": "github",
        "INPUT_FROM_RUN": "false",
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    command = [sys.executable, "-I", str(MAIN), "post-report", "-C", str(job.workspace)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("not promotable: rmse is worse")
    assert "::error" in done.stderr
    assert "report-bike-demand.html" in output.read_text(encoding="utf-8")
    assert "Not promotable" in summary.read_text(encoding="utf-8")
    assert len(job.comments()) == 1
    assert job.token not in done.stdout + done.stderr


@pytest.mark.parametrize(("kind", "code"), [("pass", 0), ("fail", 1), ("undecided", 1), ("error", 3)])
def test_the_exit_code_follows_the_verdict_only_where_asked(job: ReportJob, kind: str, code: int) -> None:
    job.leave(kind)
    assert job.post("--fail-on-verdict").exit_code == code


def test_one_comment_after_three_runs_and_two_pushes(job: ReportJob) -> None:
    for number, kind in ((1, "pass"), (2, "fail"), (3, "undecided")):
        if number > 1:
            job.head = job.github.push("topic", {"model/params.yaml": f"depth: {number}\n"})
            shown = job.github.pull_request(job.number)
            job.event("pull_request", events.pull_request("synchronize", shown, repository=job.github.shown()))
        job.number_of_run += 1
        job.leave(kind)
        assert job.post().exit_code == 0
    (body,) = job.comments()
    assert "Undecided" in body
    assert job.head in body


def test_another_attempt_edits_the_comment_and_has_a_check_of_its_own(job: ReportJob) -> None:
    job.leave("fail")
    job.post()
    job.attempt = 2
    job.post("--state", "start")
    assert job.checks() == {f"tidegate / {MODEL}": "in_progress"}
    job.leave("pass")
    job.post()
    (body,) = job.comments()
    assert "attempt=2 verdict=pass" in body
    assert job.checks() == {f"tidegate / {MODEL}": "success"}


def test_an_older_run_that_ends_later_changes_neither_comment_nor_newer_check(job: ReportJob) -> None:
    old, old_event = job.head, dict(job.environ)
    old_payload = (job.workspace / "event.json").read_text(encoding="utf-8")
    job.head = job.github.push("topic", {"model/params.yaml": "depth: 9\n"})
    shown = job.github.pull_request(job.number)
    job.event("pull_request", events.pull_request("synchronize", shown, repository=job.github.shown()))
    job.number_of_run = 501
    job.leave("fail")
    job.post()
    before = job.comments()
    newest = job.head
    job.head, job.number_of_run, job.environ = old, 500, old_event
    (job.workspace / "event.json").write_text(old_payload, encoding="utf-8")
    job.leave("pass")
    answer = job.post()
    assert answer.exit_code == 5
    assert "newer commit" in str([note.message for note in answer.annotations])
    assert job.comments() == before
    assert job.checks(newest) == {f"tidegate / {MODEL}": "failure"}
    assert job.checks(old) == {f"tidegate / {MODEL}": "success"}


def test_an_older_run_on_the_same_commit_is_superseded(job: ReportJob) -> None:
    job.leave("fail")
    job.number_of_run = 600
    job.post()
    job.number_of_run = 599
    job.leave("pass")
    assert job.post().exit_code == 5
    (body,) = job.comments()
    assert "verdict=fail" in body


@pytest.mark.parametrize("count", [0, 29, 30, 100, 101])
def test_the_comment_is_found_among_others_within_the_budget(job: ReportJob, count: int) -> None:
    for number in range(count):
        path = f"/repos/{job.github.repository}/issues/{job.number}/comments"
        job.github.ask("POST", path, {"body": f"remark {number}"}, login="visitor")
    job.leave("pass")
    job.post("--state", "start")
    job.post()
    job.leave("fail")
    before = len(job.github.log)
    job.post()
    asked = job.github.log[before:]
    assert len(job.comments()) == count + 1
    assert "verdict=fail" in job.comments()[-1]
    assert len(asked) <= 15
    assert sum(exchange.writes and "graphql" not in exchange.path for exchange in asked) <= 5


def test_a_whole_run_costs_few_requests_and_writes_of_one_kind_keep_their_distance(job: ReportJob) -> None:
    job.patience = type(job.patience)()
    job.leave("pass")
    job.post("--state", "start", '--untouched=["other"]')
    job.post()
    assert len(job.github.log) <= 15
    opened = [exchange.at for exchange in job.github.log if exchange.writes and exchange.path.endswith("/check-runs")]
    assert len(opened) == 2
    assert opened[1] - opened[0] >= 0.99


def test_start_opens_touched_checks_concludes_untouched_ones_and_repeats_nothing(job: ReportJob) -> None:
    for _ in range(2):
        answer = job.post("--state", "start", '--untouched=["other", "third"]', model='["bike-demand", "second"]')
        assert answer.exit_code == 0
    assert job.checks() == {
        "tidegate / bike-demand": "in_progress",
        "tidegate / second": "in_progress",
        "tidegate / other": "neutral",
        "tidegate / third": "neutral",
    }
    assert len(job.github.check_runs(job.head)) == 4


@pytest.mark.parametrize("model", ["[", '{"a": 1}', "[1]", '[""]', '["' + "a" * 65 + '"]', "[" * 100_000])
def test_names_that_are_no_list_are_refused(job: ReportJob, model: str) -> None:
    with pytest.raises(InputError) as caught:
        job.post("--state", "start", model=model if model.startswith("[") else f"[{model}")
    assert caught.value.code == "E-GH-020"


def test_nothing_to_judge_is_a_neutral_check_without_a_comment(job: ReportJob) -> None:
    job.leave("skipped")
    answer = job.post()
    assert answer.verdict is Verdict.SKIPPED
    assert job.comments() == []
    assert job.checks() == {f"tidegate / {MODEL}": "neutral"}


def test_a_locked_conversation_gets_no_comment_and_says_why(job: ReportJob) -> None:
    message = "Unable to create comment because issue is locked."
    job.github.faults.add(faults.answer(403, message=message, method="POST", path="/comments"))
    job.leave("pass")
    answer = job.post()
    assert "the conversation is locked" in str(answer.annotations)
    assert job.checks() == {f"tidegate / {MODEL}": "success"}


def test_a_comment_deleted_in_between_is_written_anew(job: ReportJob) -> None:
    job.leave("pass")
    job.post()
    (comment,) = job.github.comments(job.number)
    job.github.ask("DELETE", f"/repos/{job.github.repository}/issues/comments/{comment['id']}")
    job.leave("fail")
    job.post()
    assert len(job.comments()) == 1


def test_a_pull_request_closed_meanwhile_keeps_its_report(job: ReportJob) -> None:
    job.github.ask("PATCH", f"/repos/{job.github.repository}/pulls/{job.number}", {"state": "closed"})
    job.leave("pass")
    assert job.post().exit_code == 0
    assert len(job.comments()) == 1


def test_a_report_that_is_far_too_long_is_cut_and_keeps_its_verdict(job: ReportJob) -> None:
    job.leave("fail")
    long = job.workspace / "section.md"
    long.write_text("𝔐any rows | of | a table\n" * 20_000, encoding="utf-8")
    answer = job.post("--section", "section.md")
    assert answer.exit_code == 0
    (body,) = job.comments()
    assert len(body.encode()) <= 65_536
    assert "Not promotable" in body[:400]
    (check,) = job.github.check_runs(job.head)
    assert len(check["output"]["summary"]) <= 65_535
    assert answer.summary is not None
    assert len(answer.summary.encode()) <= 1_048_576


@pytest.mark.parametrize("section", ["none.md", "../outside.md", "/etc/passwd"])
def test_a_section_that_cannot_be_had_does_not_keep_the_report_from_being_posted(job: ReportJob, section: str) -> None:
    job.leave("pass")
    answer = job.post("--section", section)
    assert answer.exit_code in (2, 4)
    assert len(job.comments()) == 1
    assert job.checks() == {f"tidegate / {MODEL}": "success"}


@pytest.mark.parametrize(
    "content",
    ["", "{", '{"schema": 2}', "[]", '{"schema": ' + "1" * 5000 + "}", "[" * 100_000, "\x00", '{"schema": NaN}'],
)
def test_evidence_that_cannot_be_read_is_never_a_pass(job: ReportJob, content: str) -> None:
    job.leave("pass")
    (job.workspace / ".tidegate" / "compare-models.json").write_text(content, encoding="utf-8")
    answer = job.post()
    assert answer.verdict is Verdict.ERROR
    assert job.checks() == {f"tidegate / {MODEL}": "failure"}


def test_evidence_about_another_commit_is_never_a_pass(job: ReportJob) -> None:
    job.leave("pass")
    job.environ["GITHUB_SHA"] = "9" * 40
    job.head, head = "8" * 40, job.head
    job.leave("pass")
    job.head = head
    assert job.post().verdict is Verdict.ERROR


def test_a_dry_run_sends_and_writes_nothing(job: ReportJob) -> None:
    job.leave("pass")
    answer = job.post(dry_run=True)
    assert "would comment" in answer.sentence
    assert job.github.log == []
    assert not (job.workspace / ".tidegate" / "report.md").exists()


def test_a_new_comment_on_a_changed_verdict_where_that_is_wanted(job: ReportJob) -> None:
    job.leave("pass")
    job.post("--on-change", "new")
    job.number_of_run += 1
    job.leave("fail")
    assert job.post("--on-change", "new").exit_code == 0
    old, new = job.github.comments(job.number)
    assert job.github.minimized == {old["node_id"]: "OUTDATED"}
    assert parse_marker(new["body"]) is not None
    assert parse_marker(old["body"]) is None


def test_a_job_that_no_pull_request_started_concludes_the_check_of_its_commit(job: ReportJob) -> None:
    job.event("push", {"repository": job.github.shown()})
    job.leave("pass")
    answer = job.post()
    assert answer.exit_code == 0
    assert job.comments() == []
    assert job.checks() == {f"tidegate / {MODEL}": "success"}


def test_on_a_laptop_only_files_are_written(job: ReportJob) -> None:
    job.leave("fail")
    job.environ["GITHUB_ACTIONS"] = ""
    answer = job.post(model=None)
    assert (answer.verdict, answer.exit_code) == (Verdict.FAIL, 0)
    assert Path(answer.outputs["html"]).is_file()
    assert job.github.log == []


def test_without_evidence_and_without_a_name_nobody_knows_which_model(job: ReportJob) -> None:
    with pytest.raises(InputError) as caught:
        job.post("--local", model=None)
    assert caught.value.code == "E-REP-010"


def test_verdict_and_check_stay_when_github_is_out_of_order(job: ReportJob) -> None:
    job.github.faults.add(faults.answer(503, times=10_000))
    job.leave("fail")
    answer = job.post()
    assert (answer.verdict, answer.exit_code) == (Verdict.FAIL, 3)
    assert answer.summary is not None
    assert "Not promotable" in answer.summary
    assert job.post("--state", "start").exit_code == 0


def test_an_unsupported_event_is_refused_before_anything_is_sent(job: ReportJob) -> None:
    job.event("fork", json.loads("{}"))
    job.leave("pass")
    with pytest.raises(InputError) as caught:
        job.post()
    assert caught.value.code == "E-GH-002"
    assert job.github.log == []


def test_from_run_needs_the_event_that_it_is_for(job: ReportJob) -> None:
    with pytest.raises((InputError, SecurityRefusal)) as caught:
        job.post("--from-run")
    assert caught.value.code == "E-GH-002"
