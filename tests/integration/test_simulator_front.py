"""The simulated GitHub answers as GitHub does, and fails on order; github3.py is the judge of the replies."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Callable
from typing import Any

import github3
import pytest
import requests
from github3.session import GitHubSession

from tidegate.simulator import faults
from tidegate.simulator.faults import Fault
from tidegate.simulator.front import GitHub, serve

WRITE = {"pull-requests": "write", "checks": "write", "actions": "read", "contents": "read"}


def _client(github: GitHub, permissions: object = WRITE) -> Any:
    session = GitHubSession()
    session.base_url = github.api_url
    session.app_installation_token_auth({"token": github.token(permissions), "expires_at": "2099-01-01T00:00:00Z"})
    return github3.GitHub(session=session)


def _call(github: GitHub, method: str, path: str, token: str, body: object = None, **options: Any) -> requests.Response:
    return requests.request(
        method, github.api_url + path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=10, **options
    )


def _comments_path(github: GitHub, number: int) -> str:
    return f"/repos/{github.repository}/issues/{number}/comments"


@pytest.fixture
def number(github: GitHub) -> int:
    github.push("topic", {"a.txt": "1\n"})
    return github.open_pull_request("topic")


def test_github3_reads_every_reply(github: GitHub, number: int) -> None:
    repository = _client(github).repository(*github.repository.split("/"))
    pull = repository.pull_request(number)
    comment = pull.create_comment("first")
    assert comment.edit("second")
    assert [found.body for found in pull.issue_comments()] == ["second"]
    assert comment.user.login == "github-actions[bot]"
    check = repository.create_check_run(name="tidegate / bikes", head_sha=pull.head.sha)
    assert check.app.name == "GitHub Actions"
    assert [found.name for found in repository.commit(pull.head.sha).check_runs()] == ["tidegate / bikes"]
    assert [found.number for found in repository.pull_requests(head=f"{github.owner}:topic")] == [number]


def test_an_open_pull_requests_head_follows_its_branch(github: GitHub, number: int) -> None:
    head = github.push("topic", {"a.txt": "2\n"})
    repository = _client(github).repository(*github.repository.split("/"))
    assert repository.pull_request(number).head.sha == head
    assert [pull.head.sha for pull in repository.pull_requests()] == [head]


def test_a_forks_pull_request_and_its_commit_are_seen_from_the_base(github: GitHub) -> None:
    fork = github.fork()
    head = github.push("main", {"deep/b.txt": "1\n"}, repository=fork)
    number = github.open_pull_request("main", from_fork=True)
    pull = _client(github).repository(*github.repository.split("/")).pull_request(number)
    assert pull.head.repository.full_name == fork
    assert pull.head.sha == head
    token = github.token(WRITE)
    answer = _call(
        github, "POST", f"/repos/{github.repository}/check-runs", token, {"name": "tidegate / bikes", "head_sha": head}
    )
    assert answer.status_code == 201
    assert [run["name"] for run in github.check_runs(head)] == ["tidegate / bikes"]


def test_comments_are_paged(github: GitHub, number: int) -> None:
    for text in range(101):
        github.ask("POST", _comments_path(github, number), {"body": str(text)})
    pull = _client(github).repository(*github.repository.split("/")).pull_request(number)
    assert [int(comment.body) for comment in pull.issue_comments()] == list(range(101))
    assert len(github.comments(number)) == 101


def test_a_missing_permission_is_refused_by_name(github: GitHub, number: int) -> None:
    token = github.token({"pull-requests": "read"})
    answer = _call(github, "POST", _comments_path(github, number), token, {"body": "x"})
    assert answer.status_code == 403
    assert answer.json()["message"] == "Resource not accessible by integration"
    assert answer.headers["X-Accepted-GitHub-Permissions"] == "issues=write; pull_requests=write"
    assert _call(github, "GET", _comments_path(github, number), token).status_code == 200
    assert github.comments(number) == []


def test_a_jobs_token_is_no_user_and_an_unknown_token_nobody(github: GitHub) -> None:
    assert _call(github, "GET", "/user", github.token("write-all")).status_code == 403
    assert _call(github, "GET", "/user", github.personal_token("visitor")).json()["login"] == "visitor"
    assert _call(github, "GET", f"/repos/{github.repository}", "nonsense").status_code == 401


def test_the_same_token_may_what_its_job_may(github: GitHub, number: int) -> None:
    github.proxy.jobs["7-report"] = {"pull-requests": "write"}
    github.proxy.jobs["7-train"] = {"contents": "read"}
    headers = {"Authorization": f"Bearer {github.token()}"}
    answers = {}
    for job in ("report", "train", "unknown"):
        url = f"{github.address}/job/7-{job}/api/v3{_comments_path(github, number)}"
        answers[job] = requests.post(url, json={"body": job}, headers=headers, timeout=10)
    assert [answer.status_code for answer in answers.values()] == [201, 403, 403]
    assert answers["report"].json()["url"].startswith(f"{github.address}/job/7-report/api/v3/repos/")


def test_a_body_is_at_most_65536_characters(github: GitHub, number: int) -> None:
    token = github.token(WRITE)
    for length, status in ((65_536, 201), (65_537, 422)):
        answer = _call(github, "POST", _comments_path(github, number), token, {"body": "é" * length})
        assert answer.status_code == status
    assert answer.json()["errors"][0]["message"] == "Body is too long (maximum is 65536 characters)"


def test_a_comment_is_hidden_through_graphql(github: GitHub, number: int) -> None:
    comment = github.ask("POST", _comments_path(github, number), {"body": "old"})
    query = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { clientMutationId } }"
    answer = requests.post(
        github.graphql_url,
        json={"query": query, "variables": {"id": comment["node_id"]}},
        headers={"Authorization": f"Bearer {github.token(WRITE)}"},
        timeout=10,
    )
    assert answer.json()["data"]["minimizeComment"]["minimizedComment"]["isMinimized"]
    assert github.minimized == {comment["node_id"]: "OUTDATED"}


def _unbroken(answer: Callable[[], requests.Response]) -> str:
    try:
        reply = answer()
        reply.json()
    except requests.ConnectionError:
        return "connection"
    except ValueError:
        return "body"
    return str(reply.status_code)


@pytest.mark.parametrize(
    ("fault", "seen", "left"),
    [
        pytest.param(faults.answer(502), "502", 0, id="502 before"),
        pytest.param(faults.answer(502, committed=True), "502", 1, id="502 after"),
        pytest.param(faults.reset(), "connection", 0, id="reset before"),
        pytest.param(faults.reset(committed=True), "connection", 1, id="reset after"),
        pytest.param(faults.truncated(), "body", 1, id="truncated"),
        pytest.param(faults.page(), "body", 1, id="HTML page"),
        pytest.param(faults.secondary_limit(), "403", 0, id="secondary limit"),
        pytest.param(faults.too_many(), "429", 0, id="429"),
        pytest.param(faults.answer(404), "404", 0, id="404"),
    ],
)
def test_a_fault_comes_before_or_after_the_request_took_effect(
    github: GitHub, number: int, fault: Fault, seen: str, left: int
) -> None:
    github.faults.add(fault)
    token = github.token(WRITE)
    assert _unbroken(lambda: _call(github, "POST", _comments_path(github, number), token, {"body": "x"})) == seen
    assert len(github.comments(number)) == left
    assert [exchange.fault for exchange in github.log] == [fault.kind]
    assert _unbroken(lambda: _call(github, "GET", _comments_path(github, number), token)) == "200"


def test_a_delayed_request_is_answered_late(github: GitHub, number: int) -> None:
    github.faults.add(faults.delay(0.3))
    start = time.monotonic()
    assert _call(github, "GET", _comments_path(github, number), github.token(WRITE)).status_code == 200
    assert time.monotonic() - start >= 0.3


def test_a_stale_list_misses_what_is_new(github: GitHub, number: int) -> None:
    token = github.token(WRITE)
    github.faults.add(faults.stale(60, path="/comments"))
    assert _call(github, "POST", _comments_path(github, number), token, {"body": "x"}).status_code == 201
    assert _call(github, "GET", _comments_path(github, number), token).json() == []
    github.faults.clear()
    assert len(_call(github, "GET", _comments_path(github, number), token).json()) == 1


def test_runs_and_artifacts_are_served(github: GitHub) -> None:
    repository = github.shown()
    run = github.runs.create(
        name="Model",
        path=".github/workflows/m.yml",
        event="pull_request",
        head_branch="topic",
        head_sha="a" * 40,
        repository=repository,
        head_repository=repository,
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.json", "{}")
    github.runs.artifact(run.id, "evidence").write_bytes(buffer.getvalue())
    token, root = github.token({"actions": "read"}), f"/repos/{github.repository}/actions"
    assert _call(github, "GET", f"{root}/runs", token).json()["workflow_runs"][0]["id"] == run.id
    [artifact] = _call(github, "GET", f"{root}/runs/{run.id}/artifacts", token).json()["artifacts"]
    first = _call(github, "GET", f"{root}/artifacts/{artifact['id']}/zip", token, allow_redirects=False)
    assert first.status_code == 302
    assert requests.get(first.headers["Location"], timeout=10).content == buffer.getvalue()
    assert _call(github, "GET", f"{root}/runs/1", token).status_code == 404
    assert _call(github, "GET", f"{root}/runs", github.token({})).status_code == 403


def test_it_speaks_https_with_a_certificate_of_its_own(github_over_tls: GitHub) -> None:
    github = github_over_tls
    token, path = github.token({}), f"/repos/{github.repository}"
    answer = _call(github, "GET", path, token, verify=str(github.certificate))
    assert answer.json()["url"].startswith("https://127.0.0.1:")
    with pytest.raises(requests.exceptions.SSLError):
        _call(github, "GET", path, token)


def test_two_of_them_share_nothing_and_leave_nothing(tmp_path: Any) -> None:
    with serve(os.environ) as one, serve(os.environ, repository="other/thing") as two:
        one.push("topic", {"a": "1"})
        assert two.ask("GET", f"/repos/{two.repository}/branches")[0]["name"] == "main"
        assert len(two.ask("GET", f"/repos/{two.repository}/branches")) == 1
        address = one.address
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=2)
