"""What the front adds to the emulator: missing fields, size limits, GraphQL, runs and artifacts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tidegate.simulator import events
from tidegate.simulator.completion import BOT_ID, completed
from tidegate.simulator.graphql import GraphQL
from tidegate.simulator.limits import exceeded
from tidegate.simulator.permissions import BOT, Token
from tidegate.simulator.runs import Run, Runs, artifact_json, run_json

BASE = "http://127.0.0.1:1"
JOB = Token(login=BOT, grants={"pull-requests": "write"})


def test_a_comment_by_a_job_is_the_apps() -> None:
    comment = {
        "body": "<b>",
        "html_url": "x",
        "user": {"login": BOT, "type": "User"},
        "performed_via_github_app": None,
        "created_at": "2026-01-01T00:00:00.123Z",
    }
    full = completed([comment], BASE)[0]
    assert full["user"]["type"] == "Bot"
    assert full["user"]["id"] == BOT_ID
    assert full["performed_via_github_app"]["slug"] == "github-actions"
    assert full["body_text"] == "<b>"
    assert "&lt;b&gt;" in full["body_html"]
    assert full["created_at"] == "2026-01-01T00:00:00Z"


def test_a_comment_by_a_person_is_nobodys_app() -> None:
    comment = {"body": "x", "html_url": "x", "user": {"login": "ada"}, "performed_via_github_app": None}
    assert completed(comment, BASE)["performed_via_github_app"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("POST", "/repos/o/n/issues/1/comments", {"body": "x" * 65_536}, None),
        ("POST", "/repos/o/n/issues/1/comments", {"body": "x" * 65_537}, "Body is too long"),
        ("PATCH", "/repos/o/n/issues/comments/1", {"body": "é" * 65_537}, "Body is too long"),
        ("POST", "/repos/o/n/pulls", {"body": "x" * 65_537}, "Body is too long"),
        ("GET", "/repos/o/n/issues/1/comments", {"body": "x" * 65_537}, None),
        ("POST", "/repos/o/n/check-runs", {"output": {"summary": "x" * 65_535}}, None),
        ("POST", "/repos/o/n/check-runs", {"output": {"summary": "x" * 65_536}}, "65535"),
        ("PATCH", "/repos/o/n/check-runs/1", {"output": {"annotations": [{}] * 51}}, "50"),
        ("PATCH", "/repos/o/n/check-runs/1", {"output": {"annotations": [{}] * 50}}, None),
    ],
)
def test_what_is_too_large_is_refused(method: str, path: str, body: dict[str, Any], message: str | None) -> None:
    refusal = exceeded(method, path, json.dumps(body).encode())
    assert (refusal is None) == (message is None)
    assert message is None or message in json.dumps(refusal)


def test_a_body_that_is_no_json_is_left_to_the_emulator() -> None:
    assert exceeded("POST", "/repos/o/n/issues", b"{") is None


MINIMIZE = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { clientMutationId } }"


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        pytest.param(MINIMIZE, {"id": "IC_1"}, id="variable"),
        pytest.param(MINIMIZE.replace("$id, c", '"IC_1", c'), {}, id="literal"),
        pytest.param(
            "mutation($input: MinimizeCommentInput!) { minimizeComment(input: $input) { clientMutationId } }",
            {"input": {"subjectId": "IC_1", "classifier": "OUTDATED"}},
            id="input object",
        ),
    ],
)
def test_a_comment_is_hidden(query: str, variables: dict[str, Any]) -> None:
    graphql = GraphQL()
    answer = graphql.answer(JOB, json.dumps({"query": query, "variables": variables}).encode())
    assert answer["data"]["minimizeComment"]["minimizedComment"]["isMinimized"] is True
    assert graphql.minimized == {"IC_1": "OUTDATED"}


@pytest.mark.parametrize(
    ("token", "body", "kind"),
    [
        (
            Token(login=BOT, grants={"pull-requests": "read"}),
            {"query": MINIMIZE, "variables": {"id": "1"}},
            "FORBIDDEN",
        ),
        (JOB, {"query": MINIMIZE.replace("OUTDATED", "BORING"), "variables": {"id": "1"}}, "argumentLiterals"),
        (JOB, {"nothing": 1}, "PARSE"),
        (JOB, {"query": "{ organization { id } }"}, "undefinedField"),
    ],
)
def test_an_error_is_inside_the_answer(token: Token, body: dict[str, Any], kind: str) -> None:
    graphql = GraphQL()
    answer = graphql.answer(token, json.dumps(body).encode())
    assert answer["errors"][0]["type"].startswith(kind)
    assert graphql.minimized == {}


def test_the_viewer_is_the_tokens_login() -> None:
    answer = GraphQL().answer(JOB, json.dumps({"query": "query { viewer { login } }"}).encode())
    assert answer["data"]["viewer"]["login"] == BOT


def _run(runs: Runs, **changes: Any) -> Run:
    repository = {"id": 1, "full_name": "o/n"}
    details = {
        "name": "Model",
        "path": ".github/workflows/m.yml",
        "event": "pull_request",
        "head_branch": "topic",
        "head_sha": "a" * 40,
        "repository": repository,
        "head_repository": repository,
    }
    return runs.create(**{**details, **changes})


def test_runs_are_numbered_per_workflow_and_listed_newest_first(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    first, second, other = _run(runs), _run(runs), _run(runs, path=".github/workflows/o.yml", event="push")
    assert [first.number, second.number, other.number] == [1, 2, 1]
    assert [run.id for run in runs.listed({})] == [other.id, second.id, first.id]
    assert runs.listed({"event": "push"}) == [other]
    second.finish("failure")
    assert runs.listed({"status": "failure"}) == [second]
    assert runs.listed({"status": "queued", "head_sha": "b" * 40}) == []


def test_an_artifact_is_listed_with_its_run(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    run = _run(runs)
    runs.artifact(run.id, "evidence").write_bytes(b"zip")
    [(identity, owner, file)] = runs.artifacts(run.id)
    shown = artifact_json(identity, owner, file, BASE)
    assert (shown["name"], shown["size_in_bytes"], shown["workflow_run"]["head_sha"]) == ("evidence", 3, "a" * 40)
    assert list(runs.artifacts(run.id + 1)) == []


def test_a_forks_run_names_no_pull_request(tmp_path: Path) -> None:
    run = _run(Runs(tmp_path), head_repository={"id": 2, "full_name": "visitor/n"})
    payload = events.workflow_run("completed", run, BASE)
    assert payload["workflow_run"]["pull_requests"] == []
    assert payload["workflow_run"]["head_repository"]["id"] == 2
    assert run_json(run, BASE)["html_url"] == f"{BASE}/o/n/actions/runs/{run.id}"
