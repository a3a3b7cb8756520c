"""GitHub's verbs about what became of a pull request: which one a commit came by, and what runs judged it."""

from __future__ import annotations

from datetime import UTC, datetime

from tidegate.adapters.github.call import Call
from tidegate.adapters.github.reading import items, path, read
from tidegate.adapters.github.session import Connection
from tidegate.core.release.reviewed import MergedPullRequest, Run
from tidegate.core.report.reading import Malformed, Reader

PULLS, RUNS = "pull-requests: read", "actions: read"


def pull_requests_of(connection: Connection, commit: str) -> list[MergedPullRequest]:
    """Pull requests of this repository that a commit of it belongs to."""
    what = f"asking which pull request brought {commit[:12]}"
    place = path(connection, f"commits/{commit}/pulls")
    reply = connection.ask(Call(method="GET", path=place, what=what, grant=PULLS, query={"per_page": "100"}))
    found = [read(what, item, lambda reader: _pull_request(reader, connection)) for item in items(what, reply.value)]
    return [pull for pull in found if pull is not None]


def runs_of(connection: Connection, commit: str) -> list[Run]:
    """Workflow runs of a commit, all workflows and events together."""
    what = f"listing the runs of {commit[:12]}"
    query = {"head_sha": commit, "per_page": "100"}
    call = Call(method="GET", path=path(connection, "actions/runs"), what=what, grant=RUNS, query=query)
    return [
        run
        for reply in connection.pages(call)
        for item in items(what, read(what, reply.value, lambda reader: reader.members.get("workflow_runs")))
        if (run := read(what, item, _run)).head == commit
    ]


def _pull_request(reader: Reader, connection: Connection) -> MergedPullRequest | None:
    base = reader.inner("base").inner("repo").text("full_name")
    if base.lower() != connection.repository.lower():
        return None
    return MergedPullRequest(
        number=reader.whole("number"),
        head=reader.inner("head").text("sha"),
        merged=bool(reader.text_or_none("merged_at")),
        commit=reader.text_or_none("merge_commit_sha"),
    )


def _run(reader: Reader) -> Run:
    return Run(
        id=reader.whole("id"),
        name=reader.text_or_none("name") or "",
        event=reader.text("event"),
        head=reader.text("head_sha"),
        conclusion=reader.text_or_none("conclusion"),
        started=_moment(reader, "run_started_at"),
    )


def _moment(reader: Reader, name: str) -> datetime:
    written = reader.text(name)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Malformed(f"{reader.pointer}/{name}: expected a time, found {written[:40]!r}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
