"""Event payloads in GitHub's form, made of what the API says about the same things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.simulator.runs import Run, run_json


def pull_request(
    action: str, pull: Mapping[str, Any], *, repository: Mapping[str, Any], before: str | None = None
) -> dict[str, Any]:
    """`opened`, `synchronize` (with the head `before` the push) ... of a pull request."""
    payload = {
        "action": action,
        "number": pull["number"],
        "pull_request": dict(pull),
        "repository": dict(repository),
        "sender": pull["user"],
    }
    if before is not None:
        payload |= {"before": before, "after": pull["head"]["sha"]}
    return payload


def workflow_run(action: str, run: Run, base: str) -> dict[str, Any]:
    """`requested` or `completed` of a run. It names no pull request when the head is a fork's, as on GitHub."""
    shown = run_json(run, base)
    workflow = {"id": shown["workflow_id"], "name": run.name, "path": run.path, "state": "active"}
    return {
        "action": action,
        "workflow_run": shown,
        "workflow": workflow,
        "repository": dict(run.repository),
        "sender": shown["actor"],
    }
