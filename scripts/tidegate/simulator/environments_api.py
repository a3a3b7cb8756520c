"""The REST API of environments: which there are, who reviews, which jobs wait, and the reviewers' answers."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any
from urllib.parse import unquote

from tidegate.simulator.gates import Gates, Protection, Wait
from tidegate.simulator.runs import now
from tidegate.simulator.wire import Call, Reply, message, missing

_REPOSITORY = r"/repos/(?P<repository>[^/]+/[^/]+)"
_ENVIRONMENTS = re.compile(_REPOSITORY + r"/environments(?:/(?P<name>[^/]+))?")
_PENDING = re.compile(_REPOSITORY + r"/actions/runs/(?P<run>\d+)/(?P<kind>pending_deployments|approvals)")


def answer(gates: Gates, call: Call, base: str) -> Reply | None:
    """The reply to a question about environments, None for every other request."""
    pending = _PENDING.fullmatch(call.path)
    if pending:
        root = f"{base}/repos/{pending['repository']}"
        if pending["kind"] == "approvals":
            return _approvals(gates, int(pending["run"]), root)
        return _pending(gates, call, int(pending["run"]), root)
    found = _ENVIRONMENTS.fullmatch(call.path)
    if not found:
        return None
    root, name = f"{base}/repos/{found['repository']}", unquote(found["name"] or "")
    if not name:
        shown = [_shown(gates, known, root) for known in gates.environments]
        return Reply(status=200, value={"total_count": len(shown), "environments": shown})
    if call.method == "PUT":
        return _put(gates, call, name, root)
    return Reply(status=200, value=_shown(gates, name, root)) if name in gates.environments else missing()


def number(name: str) -> int:
    """An environment's id."""
    return 500_000_000 + zlib.crc32(name.encode())


def _put(gates: Gates, call: Call, name: str, root: str) -> Reply:
    if call.token.is_installation:
        return Reply(status=403, value=message("Resource not accessible by integration", 403))
    given = json.loads(call.body or b"{}") or {}
    logins = tuple(str(row.get("login", "")) for row in given.get("reviewers") or [])
    gates.environments[name] = Protection(reviewers=logins, by_author=not given.get("prevent_self_review"))
    return Reply(status=200, value=_shown(gates, name, root))


def _pending(gates: Gates, call: Call, run: int, root: str) -> Reply:
    if call.method != "POST":
        return Reply(status=200, value=[_waiting(gates, wait, call.token.login, root) for wait in gates.waiting(run)])
    given = json.loads(call.body or b"{}")
    wanted = {number(wait.environment): wait.environment for wait in gates.waiting(run)}
    names = [wanted.get(identity) for identity in given.get("environment_ids", [])]
    if given.get("state") not in ("approved", "rejected") or not names or None in names:
        return Reply(status=422, value=message("No pending deployment requests to approve or reject", 422))
    reviewed = [
        wait
        for name in names
        for wait in gates.review(run, str(name), given["state"], by=call.token.login, comment=given.get("comment", ""))
    ]
    if not reviewed:
        return Reply(status=422, value=message("The reviewer may not review this deployment.", 422))
    return Reply(status=200, value=[])


def _approvals(gates: Gates, run: int, root: str) -> Reply:
    told = [wait for wait in gates.waits if wait.run == run and wait.by]
    rows = [
        {
            "state": wait.state,
            "comment": wait.comment,
            "user": {"login": wait.by, "type": "User"},
            "environments": [_shown(gates, wait.environment, root)],
        }
        for wait in told
    ]
    return Reply(status=200, value=rows)


def _waiting(gates: Gates, wait: Wait, login: str, root: str) -> dict[str, Any]:
    shown = _shown(gates, wait.environment, root)
    rule = gates.environments[wait.environment]
    return {
        "environment": {key: shown[key] for key in ("id", "node_id", "name", "url", "html_url")},
        "wait_timer": 0,
        "wait_timer_started_at": None,
        "current_user_can_approve": gates.may(wait, login),
        "reviewers": [_reviewer(known) for known in rule.reviewers],
    }


def _shown(gates: Gates, name: str, root: str) -> dict[str, Any]:
    rule = gates.environments.get(name, Protection())
    identity, page = number(name), root.replace("/repos/", "/", 1)
    rules = []
    if rule.reviewers:
        rules.append(
            {
                "id": identity + 1,
                "node_id": f"GA_{identity}",
                "type": "required_reviewers",
                "prevent_self_review": not rule.by_author,
                "reviewers": [_reviewer(login) for login in rule.reviewers],
            }
        )
    return {
        "id": identity,
        "node_id": f"EN_{identity}",
        "name": name,
        "url": f"{root}/environments/{name}",
        "html_url": f"{page}/deployments/activity_log?environments_filter={name}",
        "created_at": now(),
        "updated_at": now(),
        "protection_rules": rules,
        "deployment_branch_policy": None,
    }


def _reviewer(login: str) -> dict[str, Any]:
    return {"type": "User", "reviewer": {"login": login, "id": 1, "type": "User"}}
