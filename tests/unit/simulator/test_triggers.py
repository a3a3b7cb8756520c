from __future__ import annotations

from typing import Any

import pytest

from tidegate.simulator.triggers import starts


@pytest.mark.parametrize(
    ("on", "action", "started"),
    [
        ("pull_request", "opened", True),
        (["push", "pull_request"], "synchronize", True),
        ({"pull_request": None}, "reopened", True),
        ({"pull_request": None}, "labeled", False),
        ({"pull_request": {"types": ["labeled"]}}, "labeled", True),
        ({"pull_request": {"types": "closed"}}, "opened", False),
        ({"push": None}, "opened", False),
        (None, "opened", False),
    ],
)
def test_types_decide(on: Any, action: str, started: bool) -> None:
    assert starts({"on": on}, "pull_request", action=action, branch="main") is started


@pytest.mark.parametrize(
    ("rules", "files", "started"),
    [
        ({"branches": ["main"]}, [], True),
        ({"branches": ["release/**"]}, [], False),
        ({"branches-ignore": ["ma*"]}, [], False),
        ({"paths": ["model/**"]}, ["README.md"], False),
        ({"paths": ["model/**"]}, ["README.md", "model/a/b.py"], True),
        ({"paths": ["**.md", "!docs/**"]}, ["docs/a.md"], False),
        ({"paths": ["!docs/**", "**.md"]}, ["docs/a.md"], True),
        ({"paths": ["*.md"]}, ["docs/a.md"], False),
        ({"paths": ["**/params.yaml"]}, ["params.yaml"], True),
        ({"paths-ignore": ["**.md"]}, ["a.md", "b/c.md"], False),
        ({"paths-ignore": ["**.md"]}, ["a.md", "b.py"], True),
    ],
)
def test_branches_and_paths_decide(rules: dict[str, Any], files: list[str], started: bool) -> None:
    workflow = {"on": {"pull_request": rules}}
    assert starts(workflow, "pull_request", action="opened", branch="main", files=files) is started


@pytest.mark.parametrize(
    ("of", "action", "branch", "started"),
    [
        ("Model", "completed", "topic", True),
        ("Model", "requested", "topic", False),
        ("Other", "completed", "topic", False),
        ("Model", "completed", "main", False),
    ],
)
def test_a_workflow_follows_another_by_name_type_and_branch(of: str, action: str, branch: str, started: bool) -> None:
    rules = {"workflows": ["Model"], "types": ["completed"], "branches-ignore": ["main"]}
    assert starts({"on": {"workflow_run": rules}}, "workflow_run", action=action, branch=branch, of=of) is started
