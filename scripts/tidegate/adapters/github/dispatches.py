"""GitHub's verb that starts a workflow by hand: what even a job's own token starts, GitHub runs at once."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from tidegate.adapters.github.call import Call
from tidegate.adapters.github.reading import items, path, read
from tidegate.adapters.github.session import Connection

GRANT = "actions: write"
_EVENT = "workflow_dispatch"


def started(connection: Connection, workflow: str, head: str) -> bool:
    """Whether the workflow of the file `workflow` was started by hand on the commit `head`. Raises as `start` does."""
    what = f"looking for runs of {workflow}"[:120]
    place = path(connection, f"actions/workflows/{quote(workflow, safe='')}/runs")
    query = {"head_sha": head, "event": _EVENT, "per_page": "100"}
    reply = connection.ask(Call(method="GET", path=place, what=what, grant=GRANT, query=query))
    found = items(what, read(what, reply.value, lambda reader: reader.members.get("workflow_runs")))
    runs = [read(what, item, lambda reader: (reader.text("head_sha"), reader.text("event"))) for item in found]
    return (head, _EVENT) in runs


def start(connection: Connection, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
    """Start the workflow of the file `workflow` on the branch `ref`.

    Raises NotThere where there is no such workflow, Refused where it cannot be started like this, Unknown where it may
    have been started.
    """
    what = f"starting {workflow} on {ref}"[:120]
    place = path(connection, f"actions/workflows/{quote(workflow, safe='')}/dispatches")
    body = {"ref": ref, "inputs": dict(inputs)}
    connection.ask(Call(method="POST", path=place, what=what, grant=GRANT, body=body, repeatable=False))
