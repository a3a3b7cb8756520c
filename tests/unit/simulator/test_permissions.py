from __future__ import annotations

import pytest

from tidegate.simulator.permissions import (
    SCOPES,
    Token,
    capped,
    grants_of,
    job_grants,
    needed,
    read_only,
    refused,
)

ROOT = "/repos/o/n"


@pytest.mark.parametrize(
    ("method", "path", "level", "scope"),
    [
        ("POST", "/issues/7/comments", "write", "pull-requests"),
        ("POST", "/issues/7/comments", "write", "issues"),
        ("GET", "/issues/7/comments", "read", "pull-requests"),
        ("PATCH", "/issues/comments/3", "write", "issues"),
        ("GET", "/pulls?state=open", "read", "pull-requests"),
        ("GET", "/commits/abc/pulls", "read", "pull-requests"),
        ("POST", "/check-runs", "write", "checks"),
        ("GET", "/commits/a/b/check-runs", "read", "checks"),
        ("GET", "/actions/runs/1/artifacts", "read", "actions"),
        ("GET", "/contents/README.md", "read", "contents"),
        ("POST", "/git/refs", "write", "contents"),
        ("POST", "/issues", "write", "issues"),
        ("POST", "/deployments", "write", "deployments"),
        ("POST", "/statuses/abc", "write", "statuses"),
    ],
)
def test_each_request_needs_a_scope(method: str, path: str, level: str, scope: str) -> None:
    need = needed(method, ROOT + path.partition("?")[0])
    assert need is not None
    assert need[0] == level
    assert scope in need[1]


@pytest.mark.parametrize("path", [ROOT, "/rate_limit", "/users/ada"])
def test_metadata_needs_nothing(path: str) -> None:
    assert needed("GET", path) is None


@pytest.mark.parametrize("scope", ["issues", "pull-requests"])
def test_one_of_two_scopes_is_enough_for_a_comment(scope: str) -> None:
    assert refused(Token(login="bot", grants={scope: "write"}), "POST", f"{ROOT}/issues/7/comments") is None


def test_reading_is_not_writing_and_the_refusal_names_what_is_accepted() -> None:
    reader = Token(login="bot", grants={"issues": "read", "pull-requests": "read"})
    path = f"{ROOT}/issues/7/comments"
    assert refused(reader, "GET", path) is None
    assert refused(reader, "POST", path) == "issues=write; pull_requests=write"


def test_a_person_may_do_everything() -> None:
    assert refused(Token(login="ada"), "DELETE", f"{ROOT}/git/refs/heads/main") is None


@pytest.mark.parametrize(
    ("permissions", "grants"),
    [
        (None, {}),
        ({}, {}),
        ({"pull-requests": "write"}, {"pull-requests": "write"}),
        ({"pull_requests": "write"}, {"pull-requests": "write"}),
        ("read-all", dict.fromkeys(SCOPES, "read")),
        ("write-all", dict.fromkeys(SCOPES, "write")),
    ],
)
def test_permissions_become_grants(permissions: object, grants: dict[str, str]) -> None:
    assert grants_of(permissions) == grants


def test_a_fork_leaves_only_reading_and_no_identity() -> None:
    given = {"contents": "read", "checks": "write", "id-token": "write", "issues": "none"}
    assert read_only(given) == {"contents": "read", "checks": "read"}


def test_a_job_has_its_own_permissions_else_the_workflows_else_the_default() -> None:
    jobs = {"own": {"permissions": {"checks": "write"}}, "bare": {}}
    assert job_grants({"permissions": {}, "jobs": jobs}) == {"own": {"checks": "write"}, "bare": {}}
    assert job_grants({"jobs": {"bare": {}}})["bare"] == {"contents": "read", "packages": "read"}


def test_a_called_workflow_gets_no_more_than_its_caller() -> None:
    called = {"jobs": {"inner": {"permissions": {"checks": "write", "issues": "write"}}, "heir": {}}}
    found = job_grants(called, {"checks": "read"})
    assert found["inner"] == {"checks": "read", "issues": "none"}
    assert found["heir"] == {"checks": "read"}


def test_the_lower_of_two_levels_counts() -> None:
    assert capped({"a": "write", "b": "read"}, {"a": "read", "b": "write"}) == {"a": "read", "b": "read"}
