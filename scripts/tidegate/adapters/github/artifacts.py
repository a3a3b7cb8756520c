"""GitHub's verbs about a run's artifacts, over github3.py's session."""

from __future__ import annotations

from datetime import UTC, datetime

from tidegate.adapters.github.call import Call
from tidegate.adapters.github.reading import items, path, read
from tidegate.adapters.github.refusal import Unknown
from tidegate.adapters.github.session import Connection
from tidegate.core.github.run_artifacts import Artifact
from tidegate.core.report.reading import Malformed, Reader

GRANT = "actions: read"


def listed(connection: Connection, run: int) -> list[Artifact]:
    """What a run has uploaded."""
    what = f"listing the artifacts of run {run}"
    place = path(connection, f"actions/runs/{run}/artifacts")
    call = Call(method="GET", path=place, what=what, grant=GRANT, query={"per_page": "100"})
    return [
        read(what, item, _artifact)
        for reply in connection.pages(call)
        for item in items(what, read(what, reply.value, lambda reader: reader.members.get("artifacts")))
    ]


def location(connection: Connection, artifact: Artifact) -> str:
    """The address, good for a minute, from which anybody who knows it can download an artifact."""
    what = f"downloading artifact {artifact.id}"
    place = path(connection, f"actions/artifacts/{artifact.id}/zip")
    reply = connection.ask(Call(method="GET", path=place, what=what, grant=GRANT), follow=False)
    if not reply.location:
        raise Unknown("E-GH-014", f"{what}: GitHub did not say where it is.")
    return reply.location


def _artifact(reader: Reader) -> Artifact:
    created = reader.text("created_at")
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        raise Malformed(f"{reader.pointer}/created_at: expected a time, found {created[:40]!r}") from None
    return Artifact(
        id=reader.whole("id"),
        name=reader.text("name"),
        bytes=reader.whole("size_in_bytes"),
        expired=reader.flag("expired"),
        created=moment if moment.tzinfo else moment.replace(tzinfo=UTC),
        digest=reader.text_or_none("digest"),
    )
