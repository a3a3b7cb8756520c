"""Deployments and their statuses, as the REST API keeps them; the emulator has none."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tidegate.simulator.runs import now
from tidegate.simulator.wire import Call, Reply, message, missing

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
_FIRST = 7_000_001
_ROUTE = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/deployments(?:/(?P<id>\d+))?(?P<statuses>/statuses)?")


@dataclass(kw_only=True)
class Deployment:
    """One deployment; `statuses` oldest first."""

    id: int
    sha: str
    ref: str
    environment: str
    creator: str
    task: str = "deploy"
    payload: Any = field(default_factory=dict)
    description: str | None = None
    transient: bool = False
    made: str = field(default_factory=now)
    statuses: list[dict[str, Any]] = field(default_factory=list)

    @property
    def state(self) -> str:
        """What the newest status says."""
        return str(self.statuses[-1]["state"]) if self.statuses else "pending"


class Deployments:
    """All deployments of one repository. `resolve` gives the commit of a branch, a tag or a commit, or None."""

    def __init__(self, base: str, resolve: Callable[[str], str | None]) -> None:
        self.all: list[Deployment] = []
        self._base = base
        self.resolve = resolve
        self._numbers = itertools.count(_FIRST)

    def create(self, ref: str, environment: str, creator: str, **more: Any) -> Deployment | None:
        """A new deployment of what `ref` names; None where it names nothing."""
        sha = self.resolve(ref)
        if sha is None:
            return None
        made = Deployment(id=next(self._numbers), sha=sha, ref=ref, environment=environment, creator=creator, **more)
        self.all.append(made)
        return made

    def say(self, deployment: Deployment, state: str, creator: str, **more: Any) -> dict[str, Any]:
        """Another status. A success ends all earlier ones of its environment, unless told otherwise."""
        status = {
            "id": deployment.id * 100 + len(deployment.statuses),
            "state": state,
            "environment": deployment.environment,
            "creator": {"login": creator},
            "description": more.get("description") or "",
            "log_url": more.get("log_url") or "",
            "environment_url": more.get("environment_url") or "",
            "created_at": now(),
            "updated_at": now(),
        }
        deployment.statuses.append(status)
        if state == "success" and more.get("auto_inactive", True):
            for other in self.all:
                same = other.environment == deployment.environment and not other.transient
                if same and other.id < deployment.id and other.state == "success":
                    self.say(other, "inactive", creator)
        return status

    def answer(self, call: Call) -> Reply | None:
        """The reply to a question about deployments, None for every other request."""
        found = _ROUTE.fullmatch(call.path)
        if not found:
            return None
        root = f"{self._base}/repos/{found['repository']}"
        if not found["id"]:
            return (
                self._created(call, root)
                if call.method == "POST"
                else Reply(status=200, value=self._listed(call, root))
            )
        deployment = next((made for made in self.all if str(made.id) == found["id"]), None)
        if deployment is None:
            return missing()
        if found["statuses"]:
            return self._statuses(call, deployment, root)
        if call.method == "DELETE":
            self.all.remove(deployment)
            return Reply(status=204)
        return Reply(status=200, value=_shown(deployment, root))

    def _listed(self, call: Call, root: str) -> list[dict[str, Any]]:
        wanted = {key: call.query[key] for key in ("sha", "ref", "task", "environment") if key in call.query}
        fitting = [made for made in self.all if all(getattr(made, key) == value for key, value in wanted.items())]
        return [_shown(made, root) for made in reversed(fitting)]

    def _created(self, call: Call, root: str) -> Reply:
        given = json.loads(call.body or b"{}")
        known = {"task", "payload", "description"} & given.keys()
        more = {key: given[key] for key in known} | {"transient": bool(given.get("transient_environment"))}
        made = self.create(str(given.get("ref", "")), given.get("environment", "production"), call.token.login, **more)
        if made is None:
            return Reply(status=422, value=message(f"No ref found for: {given.get('ref')}", 422))
        return Reply(status=201, value=_shown(made, root))

    def _statuses(self, call: Call, deployment: Deployment, root: str) -> Reply:
        url = f"{root}/deployments/{deployment.id}"
        if call.method != "POST":
            return Reply(status=200, value=[_status(row, url) for row in reversed(deployment.statuses)])
        given = json.loads(call.body or b"{}")
        if given.get("state") not in STATES:
            return Reply(status=422, value=message("Validation Failed", 422))
        more = {key: value for key, value in given.items() if key != "state"}
        return Reply(status=201, value=_status(self.say(deployment, given["state"], call.token.login, **more), url))


def _shown(made: Deployment, root: str) -> dict[str, Any]:
    url = f"{root}/deployments/{made.id}"
    return {
        "id": made.id,
        "node_id": f"DE_{made.id}",
        "url": url,
        "sha": made.sha,
        "ref": made.ref,
        "task": made.task,
        "payload": made.payload,
        "environment": made.environment,
        "original_environment": made.environment,
        "description": made.description,
        "creator": {"login": made.creator},
        "created_at": made.made,
        "updated_at": made.statuses[-1]["created_at"] if made.statuses else made.made,
        "statuses_url": f"{url}/statuses",
        "repository_url": root,
        "transient_environment": made.transient,
        "production_environment": made.environment == "production",
    }


def _status(row: dict[str, Any], url: str) -> dict[str, Any]:
    return {**row, "url": f"{url}/statuses/{row['id']}", "node_id": f"DES_{row['id']}", "deployment_url": url}
