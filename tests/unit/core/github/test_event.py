"""GitHub's events, read strictly (rows G02 to G05, G14, G16 and G17 of the bad-input catalogue)."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tidegate.core.github import event as events
from tidegate.core.github.event import GitHubEvent
from tidegate.errors import InputError, Problems

FOLDER = Path(__file__).parents[3] / "fixtures" / "events"
PAYLOADS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}
SHA = "5" * 40
ENVIRON = {
    "GITHUB_REPOSITORY": "harbour/bike-demand",
    "GITHUB_REPOSITORY_ID": "700100",
    "GITHUB_SHA": SHA,
    "GITHUB_RUN_ID": "501",
    "GITHUB_RUN_ATTEMPT": "2",
}
NAMES = {"pull_request_fork": "pull_request"}
REQUIRED = {
    "pull_request": {
        "/action",
        "/number",
        "/repository",
        "/repository/id",
        "/repository/full_name",
        "/pull_request",
        "/pull_request/number",
        "/pull_request/head",
        "/pull_request/head/sha",
        "/pull_request/head/ref",
        "/pull_request/head/repo/id",
        "/pull_request/head/repo/full_name",
        "/pull_request/base",
        "/pull_request/base/sha",
        "/pull_request/base/ref",
        "/pull_request/user/login",
    },
    "workflow_run": {
        "/action",
        "/repository",
        "/repository/id",
        "/repository/full_name",
        "/workflow_run",
        "/workflow_run/id",
        "/workflow_run/run_attempt",
        "/workflow_run/run_started_at",
        "/workflow_run/event",
        "/workflow_run/head_sha",
        "/workflow_run/repository",
        "/workflow_run/repository/id",
        "/workflow_run/repository/full_name",
        "/workflow_run/head_repository/id",
        "/workflow_run/head_repository/full_name",
    },
    "merge_group": {
        "/action",
        "/repository",
        "/repository/id",
        "/repository/full_name",
        "/merge_group",
        "/merge_group/head_sha",
        "/merge_group/head_ref",
        "/merge_group/base_sha",
        "/merge_group/base_ref",
    },
    "push": {"/repository", "/repository/id", "/repository/full_name"},
}
# Null says something here (a deleted fork, a deleted account, a run on no branch, a run that has not ended); a member
# that is absent altogether is tolerated for all of these but the head's repository.
NULLABLE = {
    "/pull_request/head/repo",
    "/pull_request/user",
    "/workflow_run/head_repository",
    "/workflow_run/head_branch",
    "/workflow_run/conclusion",
    "/workflow_run/pull_requests",
}
NOT_ABSENT = {"/pull_request/head/repo", "/workflow_run/head_repository"}


def parse(payload: str, document: Any = None, **environ: str) -> GitHubEvent:
    here = events.job({**ENVIRON, **environ})
    given = PAYLOADS[payload] if document is None else document
    return events.parse(NAMES.get(payload, payload), given, here)


def parsed_or_refused(payload: str, document: Any) -> GitHubEvent | InputError:
    try:
        return parse(payload, document)
    except InputError as error:
        return error


def pointers(value: Any, start: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{start}/{name}"
            yield from pointers(inner, f"{start}/{name}")


def changed(payload: str, pointer: str, *new: Any) -> Any:
    """The payload with the member at `pointer` replaced, or dropped when nothing is given."""
    document = copy.deepcopy(PAYLOADS[payload])
    *path, last = pointer.split("/")[1:]
    inner = document
    for name in path:
        inner = inner[name]
    if new:
        inner[last] = new[0]
    else:
        del inner[last]
    return document


def members() -> Iterator[Any]:
    for payload in sorted(PAYLOADS):
        for pointer in pointers(PAYLOADS[payload]):
            yield pytest.param(payload, pointer, id=f"{payload}{pointer}")


@pytest.mark.parametrize(("payload", "pointer"), list(members()))
def test_a_member_that_is_dropped_nulled_or_of_another_type_is_named_or_does_not_matter(
    payload: str, pointer: str
) -> None:
    """G03. Either the very same event comes out, or an error that names the member."""
    good = parse(payload)
    required = REQUIRED[NAMES.get(payload, payload)]
    for case, document in {
        "dropped": changed(payload, pointer),
        "nulled": changed(payload, pointer, None),
        "a list": changed(payload, pointer, ["x"]),
        "a boolean": changed(payload, pointer, True),
        "an object": changed(payload, pointer, {"x": 1}),
        "a fraction": changed(payload, pointer, 1.5),
        "below zero": changed(payload, pointer, -1),
        "empty text": changed(payload, pointer, ""),
    }.items():
        event = parsed_or_refused(payload, document)
        if isinstance(event, InputError):
            assert event.code == "E-GH-003", case
            assert pointer in event.where, case
            continue
        allowed = event == good or (pointer in NULLABLE and case in ("dropped", "nulled"))
        is_text = case == "empty text" and pointer.endswith(("/action", "/ref", "_ref", "/login", "/event", "_branch"))
        is_text = is_text or (case == "empty text" and pointer == "/workflow_run/conclusion")
        assert allowed or is_text, f"{case} {pointer} went unnoticed"
        assert pointer not in required or is_text, f"{case} {pointer} is required"


def test_the_lists_of_this_test_name_members_that_there_are() -> None:
    for payload, required in REQUIRED.items():
        assert required <= set(pointers(PAYLOADS[payload]))


@pytest.mark.parametrize("pointer", sorted(NOT_ABSENT))
def test_an_absent_head_repository_is_no_deleted_fork(pointer: str) -> None:
    payload = pointer.split("/")[1]
    with pytest.raises(InputError, match="expected an object"):
        parse(payload, changed(payload, pointer))


def test_a_pull_request() -> None:
    event = parse("pull_request")
    assert (event.pull_request, event.head[:4], event.measured, event.run, event.attempt) == (12, "4f1c", SHA, 501, 2)
    assert not event.fork
    assert not event.read_only


def test_a_pull_request_from_a_fork_has_a_token_that_only_reads() -> None:
    event = parse("pull_request_fork")
    assert event.fork
    assert event.read_only


def test_so_has_one_by_dependabot() -> None:
    assert parse("pull_request", changed("pull_request", "/pull_request/user/login", "dependabot[bot]")).read_only


def test_a_deleted_fork_still_is_a_fork() -> None:
    """G04."""
    event = parse("pull_request_fork", changed("pull_request_fork", "/pull_request/head/repo", None))
    assert event.head_repository is None
    assert event.fork


def test_a_finished_run_is_the_one_that_measured() -> None:
    """G05: `pull_requests` is empty for a fork's run."""
    event = parse("workflow_run")
    assert (event.run, event.attempt, event.pull_request, event.measured) == (9000000001, 1, None, None)
    assert event.fork
    assert not event.read_only
    assert event.of is not None
    assert event.of.pull_requests == ()


def test_a_merge_group_is_no_fork_and_has_no_pull_request() -> None:
    event = parse("merge_group")
    assert (event.pull_request, event.fork, event.base is None) == (None, False, False)


@pytest.mark.parametrize("name", ["push", "schedule", "workflow_dispatch", "repository_dispatch"])
def test_an_event_without_a_change_is_about_the_commit_of_the_job(name: str) -> None:
    """G16: a first push has no commit before it."""
    event = events.parse(name, PAYLOADS["push"], events.job(ENVIRON))
    assert (event.head, event.pull_request, event.fork) == (SHA, None, False)


@pytest.mark.parametrize(
    ("inputs", "number"),
    [
        ({"pull-request": "12", "model": "a"}, 12),
        ({"pull-request": ""}, None),
        ({"pull-request": "0"}, None),
        ({"pull-request": "12\n"}, None),
        ({"pull-request": "-1"}, None),
        ({"pull-request": "9" * 30}, None),
        ({"pull-request": 12}, None),
        ({"pull-request": ["12"]}, None),
        ({}, None),
        (None, None),
        ("12", None),
    ],
    ids=repr,
)
def test_a_workflow_started_by_hand_is_about_the_pull_request_that_it_was_given(
    inputs: Any, number: int | None
) -> None:
    event = events.parse("workflow_dispatch", {**PAYLOADS["push"], "inputs": inputs}, events.job(ENVIRON))
    assert (event.pull_request, event.head, event.fork, event.read_only) == (number, SHA, False, False)
    assert events.parse("push", {**PAYLOADS["push"], "inputs": inputs}, events.job(ENVIRON)).pull_request is None


@pytest.mark.parametrize("name", ["fork", "delete", "create", "issues", "pull_request_target", "", "x" * 500])
def test_an_event_that_is_of_no_use_is_refused_with_those_that_are(name: str) -> None:
    """G02 and G16."""
    with pytest.raises(InputError) as caught:
        events.parse(name, PAYLOADS["push"], events.job(ENVIRON))
    assert caught.value.code == "E-GH-002"
    assert "pull_request" in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_REPOSITORY", "bike-demand"),
        ("GITHUB_REPOSITORY", "a/b/c"),
        ("GITHUB_REPOSITORY", "../../etc"),
        ("GITHUB_REPOSITORY", "harbour/bike demand"),
        ("GITHUB_REPOSITORY", "harbour/bike-demand\n"),
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_RUN_ID", ""),
        ("GITHUB_RUN_ID", "0"),
        ("GITHUB_RUN_ID", "12a"),
        ("GITHUB_RUN_ID", "-1"),
        ("GITHUB_RUN_ID", "١٢"),
        ("GITHUB_RUN_ATTEMPT", "0"),
        ("GITHUB_RUN_ATTEMPT", ""),
        ("GITHUB_RUN_ATTEMPT", "first"),
        ("GITHUB_SHA", "main"),
        ("GITHUB_SHA", "4F1C" * 10),
        ("GITHUB_REPOSITORY_ID", "x"),
    ],
)
def test_an_unusable_variable_is_named(name: str, value: str) -> None:
    """G10 and G14."""
    with pytest.raises(InputError) as caught:
        events.job({**ENVIRON, name: value})
    assert caught.value.code == "E-GH-004"
    assert caught.value.where == name


def test_all_unusable_variables_are_named_together() -> None:
    with pytest.raises(Problems) as caught:
        events.job({})
    assert [problem.where for problem in caught.value.problems] == [
        "GITHUB_REPOSITORY",
        "GITHUB_SHA",
        "GITHUB_RUN_ID",
        "GITHUB_RUN_ATTEMPT",
    ]


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/pull_request/head/sha", "main"),
        ("/pull_request/head/sha", "0" * 40),
        ("/pull_request/base/sha", "4f1c"),
        ("/repository/full_name", "bike-demand"),
        ("/repository/full_name", "a/b\nc"),
        ("/repository/id", 0),
        ("/pull_request/number", 13),
        ("/number", 0),
    ],
)
def test_a_value_that_no_event_has_is_named(pointer: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        parse("pull_request", changed("pull_request", pointer, value))
    assert caught.value.code == "E-GH-003"


@pytest.mark.parametrize("document", [None, [], "x", 1, True])
def test_a_payload_that_is_no_object_is_refused(document: object) -> None:
    with pytest.raises(InputError) as caught:
        events.parse("pull_request", document, events.job(ENVIRON))
    assert caught.value.code == "E-GH-003"


def test_an_event_of_another_repository_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        parse("pull_request", GITHUB_REPOSITORY_ID="700999")
    assert caught.value.code == "E-GH-005"


def test_a_repository_renamed_meanwhile_is_the_same_by_its_number() -> None:
    assert parse("pull_request", GITHUB_REPOSITORY="harbour/bikes").repository.id == 700100


def test_without_a_number_the_name_tells() -> None:
    assert parse("pull_request", GITHUB_REPOSITORY_ID="", GITHUB_REPOSITORY="Harbour/Bike-Demand")
    with pytest.raises(InputError) as caught:
        parse("pull_request", GITHUB_REPOSITORY_ID="", GITHUB_REPOSITORY="harbour/other")
    assert caught.value.code == "E-GH-005"


def test_a_run_of_another_repository_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        parse("workflow_run", changed("workflow_run", "/workflow_run/repository/id", 5))
    assert caught.value.code == "E-GH-003"


@pytest.mark.parametrize("time", ["yesterday", "2026-11-23T08:00:10", ""])
def test_a_time_without_a_zone_is_none(time: str) -> None:
    with pytest.raises(InputError, match="a time with its zone"):
        parse("workflow_run", changed("workflow_run", "/workflow_run/run_started_at", time))


@pytest.mark.parametrize("branch", ["null", "true", "-f", "feature/a b", '"; touch X; "', "$(id)", "a\u202eb"])
def test_a_branch_may_have_any_name(branch: str) -> None:
    """G09 and G17: it is a value here and nothing else."""
    assert parse("pull_request", changed("pull_request", "/pull_request/head/ref", branch)).head_ref == branch
    assert parse("pull_request", changed("pull_request", "/pull_request/base/ref", branch)).base_ref == branch
