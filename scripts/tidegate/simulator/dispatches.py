"""`workflow_dispatch` and `repository_dispatch`: the two events that a job's own token may cause."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tidegate.simulator.wire import Call, Reply, message

_WORKFLOW = re.compile(r"/repos/[^/]+/[^/]+/actions/workflows/(?P<file>[\w.-]+)/dispatches")
_REPOSITORY = re.compile(r"/repos/[^/]+/[^/]+/dispatches")


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """An ordered event: of the workflow in `file` on `ref`, or (no file) of the type `kind` for whoever listens."""

    file: str
    ref: str
    kind: str
    inputs: dict[str, Any]
    actor: str


@dataclass
class Dispatches:
    """What was ordered and nobody has carried out yet; `known` tells whether a workflow may be dispatched."""

    ordered: list[Dispatch] = field(default_factory=list)
    known: Callable[[str], bool] = lambda _file: True

    def answer(self, call: Call) -> Reply | None:
        """The reply to an order, None for every other request."""
        if call.method != "POST":
            return None
        workflow, repository = _WORKFLOW.fullmatch(call.path), _REPOSITORY.fullmatch(call.path)
        if not workflow and not repository:
            return None
        given = json.loads(call.body or b"{}")
        if workflow and not given.get("ref"):
            return Reply(status=422, value=message('Invalid request.\n\n"ref" wasn\'t supplied.', 422))
        if workflow and not self.known(workflow["file"]):
            return Reply(status=422, value=message("Workflow does not have 'workflow_dispatch' trigger", 422))
        self.ordered.append(
            Dispatch(
                file=workflow["file"] if workflow else "",
                ref=str(given.get("ref", "main")),
                kind=str(given.get("event_type", "")),
                inputs=dict(given.get("inputs") or given.get("client_payload") or {}),
                actor=call.token.login,
            )
        )
        return Reply(status=204)

    def taken(self) -> list[Dispatch]:
        """All orders, which are nobody else's from now on."""
        found, self.ordered = self.ordered, []
        return found
