"""What the front answers by itself after a merge: deployments, environments, issues, dispatches, and who may ask."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tidegate.simulator.front import GitHub
from tidegate.simulator.gates import Protection


class Client:
    """Requests with one token, below the repository."""

    def __init__(self, github: GitHub, token: str) -> None:
        self._root, self._headers = f"{github.api_url}/repos/{github.repository}", {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: object = None, **query: str) -> requests.Response:
        return requests.request(
            method, f"{self._root}/{path}", json=body, params=query, headers=self._headers, timeout=10
        )


@pytest.fixture
def job(github: GitHub) -> Client:
    return Client(github, github.token("write-all"))


@pytest.fixture
def head(github: GitHub) -> str:
    return github.push("main", {"a.txt": "1\n"})


def _deployed(job: Client, head: str, environment: str, *states: str) -> int:
    body = {"ref": head, "environment": environment, "required_contexts": [], "payload": {"version": "2"}}
    made = job.ask("POST", "deployments", body)
    assert (made.status_code, made.json()["sha"], made.json()["payload"]) == (201, head, {"version": "2"})
    for state in states:
        answer = job.ask("POST", f"deployments/{made.json()['id']}/statuses", {"state": state, "log_url": "https://l"})
        assert (answer.status_code, answer.json()["state"]) == (201, state)
    return int(made.json()["id"])


def _states(job: Client, deployment: int) -> list[str]:
    return [row["state"] for row in job.ask("GET", f"deployments/{deployment}/statuses").json()]


def test_a_success_ends_what_ran_there_before_and_nowhere_else(job: Client, head: str) -> None:
    first = _deployed(job, head, "production", "in_progress", "success")
    elsewhere = _deployed(job, head, "staging", "success")
    second = _deployed(job, head, "production", "in_progress", "success")
    assert _states(job, first) == ["inactive", "success", "in_progress"]
    assert _states(job, elsewhere) == ["success"]
    assert [row["id"] for row in job.ask("GET", "deployments", environment="production").json()] == [second, first]
    assert job.ask("GET", f"deployments/{second}").json()["environment"] == "production"
    assert job.ask("DELETE", f"deployments/{first}").status_code == 204
    assert job.ask("GET", f"deployments/{first}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [("deployments", {"ref": "nowhere"}), ("deployments/{made}/statuses", {"state": "splendid"})],
    ids=["a ref that is not there", "a state that is none"],
)
def test_what_makes_no_sense_is_refused(job: Client, head: str, path: str, body: dict[str, str]) -> None:
    made = _deployed(job, head, "staging")
    assert job.ask("POST", path.format(made=made), body).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("POST", "deployments", "deployments=write"),
        ("GET", "environments", "actions=read"),
        ("GET", "commits/0000000/pulls", "pull_requests=read"),
        ("POST", "actions/workflows/x.yml/dispatches", "actions=write"),
        ("POST", "dispatches", "contents=write"),
        ("POST", "issues", "issues=write"),
    ],
)
def test_each_has_its_permission(github: GitHub, method: str, path: str, needed: str) -> None:
    answer = Client(github, github.token({})).ask(method, path, {})
    assert (answer.status_code, answer.headers["X-Accepted-GitHub-Permissions"]) == (403, needed)


def test_an_environment_shows_its_reviewers(github: GitHub, job: Client) -> None:
    owner = Client(github, github.personal_token(github.owner))
    body = {"reviewers": [{"type": "User", "login": "visitor"}], "prevent_self_review": True}
    assert job.ask("PUT", "environments/production", body).status_code == 403
    assert owner.ask("PUT", "environments/production", body).status_code == 200
    assert github.proxy.gates.environments["production"] == Protection(reviewers=("visitor",), by_author=False)
    [rule] = job.ask("GET", "environments/production").json()["protection_rules"]
    assert (rule["type"], rule["prevent_self_review"]) == ("required_reviewers", True)
    assert [row["reviewer"]["login"] for row in rule["reviewers"]] == ["visitor"]
    assert job.ask("GET", "environments").json()["total_count"] == 1
    assert job.ask("GET", "environments/nowhere").status_code == 404


def test_dispatches_are_kept_for_whoever_carries_them_out(github: GitHub, job: Client) -> None:
    order = {"ref": "main", "inputs": {"environment": "staging"}}
    assert job.ask("POST", "actions/workflows/deploy.yml/dispatches", order).status_code == 204
    assert job.ask("POST", "actions/workflows/deploy.yml/dispatches", {}).status_code == 422
    assert job.ask("POST", "dispatches", {"event_type": "drift", "client_payload": {"a": 1}}).status_code == 204
    orders = github.proxy.dispatches.taken()
    assert [(order.file, order.kind, order.inputs) for order in orders] == [
        ("deploy.yml", "", {"environment": "staging"}),
        ("", "drift", {"a": 1}),
    ]
    assert github.proxy.dispatches.taken() == []


def test_an_issue_is_opened_changed_closed_and_opened_again(job: Client) -> None:
    made = job.ask("POST", "issues", {"title": "Drift", "body": "1", "labels": ["tidegate"]}).json()
    number = made["number"]
    for body in ({"body": "2"}, {"state": "closed", "state_reason": "completed"}, {"state": "open"}):
        answer = job.ask("PATCH", f"issues/{number}", body)
        assert answer.status_code == 200
        assert body.items() <= answer.json().items()
    assert job.ask("POST", f"issues/{number}/comments", {"body": "gone"}).status_code == 201
    [listed] = job.ask("GET", "issues", state="all").json()
    assert (listed["body"], listed["user"]["login"], listed["state"]) == ("2", "github-actions[bot]", "open")
    assert [label["name"] for label in listed["labels"]] == ["tidegate"]


@pytest.mark.parametrize(
    ("head", "again", "status"), [("topic", False, 201), ("topic", True, 422), ("absent", False, 422)]
)
def test_one_pull_request_a_branch_and_none_from_nowhere(
    github: GitHub, job: Client, head: str, again: bool, status: int
) -> None:
    github.push("topic", {"a.txt": "2\n"})
    body: dict[str, Any] = {"title": "T", "head": head, "base": "main", "body": "b"}
    if again:
        job.ask("POST", "pulls", body)
    answer = job.ask("POST", "pulls", body)
    assert answer.status_code == status
    assert ("already exists" in answer.text) is again
