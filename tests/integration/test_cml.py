"""CML as the publisher: a stand-in that does what CML does, and the real program where there is one on the PATH."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from fixtures.report_job import ReportJob, pull_request_job
from tidegate.core.report.marker import parse_marker, watermark
from tidegate.simulator.front import GitHub
from tidegate.steps.report.posting import cml_title

TITLE = cml_title("bike-demand")
# What CML 0.20.6 does with `comment create --update`: the first page of comments, the last one with its line.
STAND_IN = """#!{python}
import json, os, re, ssl, sys, urllib.request
options = dict(argument[2:].split("=", 1) for argument in sys.argv[4:] if "=" in argument)
repository = os.environ["CML_REPO"].split("/", 3)
api = f"https://{{repository[2]}}/api/v3/repos/{{repository[3]}}/issues"
context = ssl.create_default_context(cafile=os.environ["NODE_EXTRA_CA_CERTS"])
def ask(method, path, body=None):
    headers = {{"Authorization": "token " + os.environ["REPO_TOKEN"], "Content-Type": "application/json"}}
    data = None if body is None else json.dumps({{"body": body}}).encode()
    request = urllib.request.Request(api + path, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, context=context) as reply:
        return json.load(reply)
number = options["target"].split("/")[1]
line = '![](https://cml.dev/watermark.png#%s "CML watermark %s")'
known = re.compile(re.escape(line % ("@", options["watermark-title"])).replace("@", "[0-9a-fA-F]+"))
text = open(sys.argv[3]).read() + "\\n\\n" + line % (os.environ["GITHUB_SHA"], options["watermark-title"])
found = [comment for comment in ask("GET", f"/{{number}}/comments") if known.search(comment["body"])]
if found:
    ask("PATCH", f"/comments/{{found[-1]['id']}}", text)
else:
    ask("POST", f"/{{number}}/comments", text)
"""


@pytest.fixture
def job(github_over_tls: GitHub, tmp_path: Path) -> ReportJob:
    made = pull_request_job(github_over_tls, tmp_path)
    certificate = str(github_over_tls.certificate)
    made.environ |= {
        "PATH": os.environ["PATH"],
        "REQUESTS_CA_BUNDLE": certificate,
        "NODE_EXTRA_CA_CERTS": certificate,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    return made


@pytest.fixture
def with_stand_in(job: ReportJob) -> ReportJob:
    program = job.workspace / "bin" / "cml"
    program.parent.mkdir()
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    job.environ["PATH"] = f"{program.parent}:{os.environ['PATH']}"
    return job


@pytest.fixture
def with_cml(job: ReportJob) -> ReportJob:
    if shutil.which("cml") is None:
        pytest.skip("no cml on the PATH")
    return job


def asked_by(job: ReportJob, since: int, method: str) -> int:
    return sum(exchange.method == method and "/comments" in exchange.path for exchange in job.github.log[since:])


def one_after_the_other(job: ReportJob) -> None:
    """Either publisher updates the other's comment."""
    for number, publisher, kind in (
        (1, "cml", "pass"),
        (2, "github", "fail"),
        (3, "cml", "undecided"),
        (4, "auto", "pass"),
    ):
        job.number_of_run = 500 + number
        job.leave(kind)
        answer = job.post("--publisher", publisher)
        assert answer.exit_code == 0, (publisher, answer.annotations)
        (body,) = job.comments()
        marker = parse_marker(body)
        assert marker is not None
        assert marker.run == job.number_of_run
        assert body.count("CML watermark") == 1
        assert watermark(TITLE, job.head) in body


def test_either_publisher_updates_the_other_s_comment(with_stand_in: ReportJob) -> None:
    one_after_the_other(with_stand_in)


def test_the_real_cml_and_we_update_one_another_s_comment(with_cml: ReportJob) -> None:
    one_after_the_other(with_cml)


def test_a_stranger_s_comment_with_cml_s_line_is_not_given_to_cml(with_stand_in: ReportJob) -> None:
    job, github = with_stand_in, with_stand_in.github
    foreign = f"mine\n\n{watermark(TITLE, job.head)}"
    path = f"/repos/{github.repository}/issues/{job.number}/comments"
    github.ask("POST", path, {"body": foreign}, login="visitor")
    job.leave("pass")
    assert job.post("--publisher", "cml").exit_code == 0
    assert job.comments()[0] == foreign
    assert len(job.comments()) == 2
    assert "posting through the API" in job.said.getvalue()


def test_beyond_the_page_that_cml_sees_the_comment_is_found_all_the_same(with_stand_in: ReportJob) -> None:
    job, github = with_stand_in, with_stand_in.github
    path = f"/repos/{github.repository}/issues/{job.number}/comments"
    for number in range(31):
        github.ask("POST", path, {"body": f"remark {number}"}, login="visitor")
    for run, kind in ((501, "pass"), (502, "fail")):
        job.number_of_run = run
        job.leave(kind)
        assert job.post("--publisher", "cml").exit_code == 0
    assert len(job.comments()) == 32
    assert "run=502" in job.comments()[-1]


def test_an_older_run_does_not_get_past_us_through_cml(with_stand_in: ReportJob) -> None:
    job = with_stand_in
    for run, kind, code in ((502, "fail", 0), (501, "pass", 5)):
        job.number_of_run = run
        job.leave(kind)
        assert job.post("--publisher", "cml").exit_code == code
    (body,) = job.comments()
    assert "run=502" in body


@pytest.mark.parametrize(("publisher", "code"), [("auto", 0), ("cml", 3)])
def test_a_cml_that_fails_is_made_up_for_unless_it_was_insisted_on(job: ReportJob, publisher: str, code: int) -> None:
    program = job.workspace / "bin" / "cml"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'error: no' >&2\nexit 1\n")
    program.chmod(0o755)
    job.environ["PATH"] = f"{program.parent}:{os.environ['PATH']}"
    job.leave("pass")
    answer = job.post("--publisher", publisher)
    assert answer.exit_code == code
    assert len(job.comments()) == (0 if code else 1)
    assert job.checks() == {"tidegate / bike-demand": "success"}


def test_cml_that_is_asked_for_and_not_there_is_an_error_and_the_check_is_concluded(job: ReportJob) -> None:
    job.environ["PATH"] = "/nonexistent"
    job.leave("pass")
    answer = job.post("--publisher", "cml")
    assert answer.exit_code == 2
    assert "E-CML-001" in str(answer.annotations)
    assert job.checks() == {"tidegate / bike-demand": "success"}
