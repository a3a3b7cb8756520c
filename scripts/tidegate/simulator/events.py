"""Event payloads in GitHub's form, made of what the API says about the same things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.simulator.dispatches import Dispatch
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


def push(
    branch: str,
    before: str,
    after: str,
    *,
    message: str,
    files: Sequence[str],
    repository: Mapping[str, Any],
    sender: Mapping[str, Any],
) -> dict[str, Any]:
    """One commit pushed to a branch, which a merge is too."""
    author = {"name": sender["login"], "email": f"{sender['login']}@users.noreply.github.com"}
    commit = {"id": after, "message": message, "author": author, "committer": author, "modified": list(files)}
    return {
        "ref": f"refs/heads/{branch}",
        "before": before,
        "after": after,
        "created": False,
        "deleted": False,
        "forced": False,
        "head_commit": commit,
        "commits": [commit],
        "repository": dict(repository),
        "pusher": author,
        "sender": dict(sender),
    }


def dispatched(order: Dispatch, *, repository: Mapping[str, Any]) -> dict[str, Any]:
    """`workflow_dispatch` of a file, or `repository_dispatch` of a type."""
    shared = {"repository": dict(repository), "sender": {"login": order.actor, "type": "User"}}
    if not order.file:
        return {**shared, "action": order.kind, "branch": "main", "client_payload": order.inputs}
    ref = order.ref if order.ref.startswith("refs/") else f"refs/heads/{order.ref}"
    return {**shared, "ref": ref, "inputs": order.inputs, "workflow": f".github/workflows/{order.file}"}


def scheduled(line: str, *, repository: Mapping[str, Any]) -> dict[str, Any]:
    """`schedule`, which names the line that was due."""
    return {"schedule": line, "repository": dict(repository), "sender": dict(repository["owner"])}


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
