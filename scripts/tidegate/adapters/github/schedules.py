"""GitHub's verbs about workflows that run by schedule: which are enabled, when they ran, what they left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from tidegate.adapters.github.call import Call
from tidegate.adapters.github.reading import items, path, read
from tidegate.adapters.github.session import Connection
from tidegate.core.github.heartbeat import Activity, Schedule, ScheduledRun
from tidegate.core.report.reading import Malformed, Reader

GRANT, METADATA = "actions: read", "metadata: read"
_RUNS = "10"


def workflows(connection: Connection) -> list[Schedule]:
    """Every workflow of the repository with its state, without its runs."""
    what = "listing the workflows"
    call = Call(
        method="GET", path=path(connection, "actions/workflows"), what=what, grant=GRANT, query={"per_page": "100"}
    )
    return [
        read(what, item, _workflow)
        for reply in connection.pages(call)
        for item in items(what, read(what, reply.value, lambda reader: reader.members.get("workflows")))
    ]


def runs_of(connection: Connection, workflow: str) -> tuple[ScheduledRun, ...]:
    """The newest runs that the schedule of the workflow file started, newest first."""
    name = workflow.rpartition("/")[2]
    what = f"listing the scheduled runs of {name[:80]}"
    call = Call(
        method="GET",
        path=path(connection, f"actions/workflows/{quote(name)}/runs"),
        what=what,
        grant=GRANT,
        query={"event": "schedule", "per_page": _RUNS},
    )
    listed = read(what, connection.ask(call).value, lambda reader: reader.members.get("workflow_runs"))
    runs = [read(what, item, _run) for item in items(what, listed)]
    return tuple(sorted(runs, key=lambda run: run.started, reverse=True))


def newest_artifact(connection: Connection, names: Iterable[str]) -> datetime | None:
    """When the newest artifact of any of these names was made; None where there is none."""
    found = [moment for name in names for moment in _made(connection, name)]
    return max(found, default=None)


def activity(connection: Connection) -> Activity:
    """What GitHub counts idle days from."""
    what = "reading the repository"
    call = Call(method="GET", path=path(connection, "").rstrip("/"), what=what, grant=METADATA)
    return read(
        what,
        connection.ask(call).value,
        lambda reader: Activity(pushed=_moment(reader, "pushed_at"), private=reader.members.get("private") is True),
    )


def _made(connection: Connection, name: str) -> list[datetime]:
    what = f"listing artifacts named {name[:80]}"
    query = {"name": name, "per_page": "1"}
    call = Call(method="GET", path=path(connection, "actions/artifacts"), what=what, grant=GRANT, query=query)
    listed = read(what, connection.ask(call).value, lambda reader: reader.members.get("artifacts"))
    return [read(what, item, lambda reader: _moment(reader, "created_at")) for item in items(what, listed)]


def _workflow(reader: Reader) -> Schedule:
    return Schedule(path=reader.text("path"), state=reader.text("state"), created=_moment(reader, "created_at"))


def _run(reader: Reader) -> ScheduledRun:
    outcome = reader.text_or_none("conclusion") or reader.text_or_none("status") or ""
    return ScheduledRun(started=_moment(reader, "run_started_at"), outcome=outcome)


def _moment(reader: Reader, name: str) -> datetime:
    written = reader.text(name)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Malformed(f"{reader.pointer}/{name}: expected a time, found {written[:40]!r}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
