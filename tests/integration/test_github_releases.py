"""Pull requests of ours, over real sockets and against the simulated GitHub: its replies are read as they come."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.report_job import QUICK
from tidegate.adapters.github import address as github_address
from tidegate.adapters.github import merges, proposals
from tidegate.adapters.github import session as github_session
from tidegate.adapters.github.refusal import NotPermitted, Refused
from tidegate.adapters.github.session import Connection
from tidegate.core.github.proposals import BOT
from tidegate.simulator.front import GitHub

BRANCH = "tidegate/promote/production"
TEXT = {"branch": BRANCH, "base": "main", "title": "Promote", "body": "body"}


def connected(github: GitHub, **grants: str) -> Connection:
    environ = {
        "GITHUB_API_URL": github.api_url,
        "GITHUB_GRAPHQL_URL": github.graphql_url,
        "GITHUB_SERVER_URL": github.address,
    }
    where = github_address.address(environ)
    return github_session.connect(environ, github.token(grants), where, github.repository, QUICK)


def test_a_proposal_is_opened_found_updated_and_seen_closed(github: GitHub) -> None:
    connection = connected(github, **{"pull-requests": "write", "contents": "write"})
    github.push(BRANCH, {"release.yaml": "version: 7\n"})
    assert proposals.of_branch(connection, BRANCH) == []
    made = proposals.create(connection, **TEXT)
    assert (made.open, made.merged, made.base, made.author) == (True, False, "main", BOT)
    assert made.url.endswith(f"/pull/{made.number}")
    proposals.update(connection, made.number, title="Promote 8", body="other")
    (found,) = proposals.of_branch(connection, BRANCH)
    assert (found.number, found.title, found.body) == (made.number, "Promote 8", "other")
    github.ask("PATCH", f"/repos/{github.repository}/pulls/{made.number}", {"state": "closed"})
    (closed,) = proposals.of_branch(connection, BRANCH)
    assert (closed.open, closed.merged) == (False, False)


def test_a_second_proposal_from_the_branch_is_refused_by_github(github: GitHub) -> None:
    connection = connected(github, **{"pull-requests": "write"})
    github.push(BRANCH, {"release.yaml": "version: 7\n"})
    proposals.create(connection, **TEXT)
    with pytest.raises(Refused):
        proposals.create(connection, **TEXT)


def test_without_the_permission_it_is_named(github: GitHub) -> None:
    github.push(BRANCH, {"release.yaml": "version: 7\n"})
    with pytest.raises(NotPermitted) as caught:
        proposals.create(connected(github, contents="read"), **TEXT)
    assert "`pull-requests: write`" in caught.value.fix


def test_runs_of_a_commit_are_listed_with_what_decides(github: GitHub) -> None:
    head = github.push("topic", {"a.txt": "1"})
    given: dict[str, Any] = {
        "path": ".github/workflows/model-pull-request.yml",
        "event": "pull_request",
        "head_branch": "topic",
        "head_sha": head,
        "repository": github.shown(),
        "head_repository": github.shown(),
    }
    github.runs.create(name="Model pull request", **given).finish("success")
    github.runs.create(name="Another", **{**given, "head_sha": "f" * 40}).finish("success")
    (run,) = merges.runs_of(connected(github, actions="read"), head)
    assert (run.name, run.event, run.head, run.conclusion) == ("Model pull request", "pull_request", head, "success")
