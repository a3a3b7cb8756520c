"""Sticky issues: one per key, found by its hidden first line and our own login, whoever writes at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidegate.adapters.github.call import Call
from tidegate.adapters.github.pull_requests import viewer
from tidegate.adapters.github.reading import items, path, read
from tidegate.adapters.github.refusal import Unknown
from tidegate.adapters.github.session import Connection
from tidegate.core.github import issues as core
from tidegate.core.github.issues import Draft, Issue, Plan
from tidegate.core.report.reading import Reader
from tidegate.errors import InfrastructureError

GRANT = "issues: write"


def upsert(
    connection: Connection, *, key: str, title: str, body: str, labels: Sequence[str] = (), run: int = 0
) -> Issue:
    """The one issue of `key`, open and showing `title` and `body`: created, edited or opened again as needed.

    `labels` are given when it is created; later they are people's. `run`: number of the run that says this; what a
    later run wrote stays. Raises InfrastructureError E-GH-018 when others keep changing it.
    """
    return _Writer(connection, core.drafted(key, title, body, run), tuple(labels)).written()


def find(connection: Connection, key: str) -> Issue | None:
    """The issue of `key`, open or closed, if we wrote one."""
    return next(iter(core.own(_listed(connection, login := viewer(connection)), login, key)), None)


def close(connection: Connection, key: str, comment: str) -> Issue | None:
    """Say why, and close the issue of `key`. None where there is none or it is closed already."""
    issue = find(connection, key)
    if issue is None or not issue.open:
        return None
    _say(connection, issue.number, comment)
    return _edit(connection, issue.number, {"state": "closed", "state_reason": "completed"})


def of_bots(connection: Connection, key: str, label: str) -> Issue | None:
    """The open issue of `key` with `label`, whichever of this repository's bots keeps it: nobody else's is believed."""
    what = f"listing issues labelled {label}"[:120]
    query = {"state": "open", "labels": label, "per_page": "100"}
    call = Call(method="GET", path=path(connection, "issues"), what=what, grant=GRANT, query=query)
    listed = [item for reply in connection.pages(call) for item in items(what, reply.value)]
    found = [read(what, item, _issue) for item in listed if not _is_pull_request(item)]
    ours = [one for one in found if one.open and one.key == key and (one.author or "").endswith("[bot]")]
    return min(ours, key=lambda one: one.number, default=None)


def rewrite(connection: Connection, number: int, body: str) -> Issue:
    """Another text for an issue of ours; title and state stay."""
    return _edit(connection, number, {"body": body})


@dataclass
class _Writer:
    """Looks, writes, and looks again until everything is as it should be and what was written is seen."""

    connection: Connection
    draft: Draft
    labels: tuple[str, ...]
    login: str = ""
    known: dict[int, Issue] = field(default_factory=dict)
    listed: frozenset[int] = frozenset()

    def written(self) -> Issue:
        self.login = viewer(self.connection)
        plan = self._look()
        if plan.nothing and plan.kept is not None:
            return plan.kept
        self._carry_out(plan)
        for pause in self.connection.patience.looks:
            self.connection.wait(pause)
            plan = self._look()
            if plan.kept is not None and plan.nothing and plan.kept.number in self.listed:
                return plan.kept
            self._carry_out(plan)
        message = f"the issue {self.draft.title[:80]!r} keeps changing; more than one may be left."
        raise InfrastructureError("E-GH-018", message, fix="Run the job again; it tidies up.")

    def _look(self) -> Plan:
        """A plan by what GitHub lists, and by what it answered when we wrote where the list does not have that yet."""
        seen = {issue.number: issue for issue in _listed(self.connection, self.login)}
        self.listed = frozenset(seen)
        return core.plan({**self.known, **seen}.values(), self.login, self.draft)

    def _carry_out(self, plan: Plan) -> None:
        if plan.create:
            self._create()
        elif plan.edit and plan.kept is not None:
            body = {"title": self.draft.title, "body": self.draft.body, "state": "open"}
            self.known[plan.kept.number] = _edit(self.connection, plan.kept.number, body)
        for issue in plan.twice:
            body = {"body": core.outdated(issue), "state": "closed", "state_reason": "not_planned"}
            self.known[issue.number] = _edit(self.connection, issue.number, body)

    def _create(self) -> None:
        body = {"title": self.draft.title, "body": self.draft.body, "labels": list(self.labels)}
        place = path(self.connection, "issues")
        what = "opening an issue"
        call = Call(method="POST", path=place, what=what, grant=GRANT, body=body, repeatable=False)
        try:
            created = read(what, self.connection.ask(call).value, _issue)
        except Unknown:
            return  # The next look tells whether it is there.
        self.known[created.number] = created


def _listed(connection: Connection, login: str) -> list[Issue]:
    """Our issues, open and closed; GitHub lists pull requests among them."""
    what = "listing our issues"
    query = {"state": "all", "creator": login, "per_page": "100"}
    call = Call(method="GET", path=path(connection, "issues"), what=what, grant=GRANT, query=query)
    found = [item for reply in connection.pages(call) for item in items(what, reply.value)]
    return [read(what, item, _issue) for item in found if not _is_pull_request(item)]


def _say(connection: Connection, number: int, comment: str) -> None:
    what = f"commenting on #{number}"
    place = path(connection, f"issues/{number}/comments")
    call = Call(method="POST", path=place, what=what, grant=GRANT, body={"body": comment}, repeatable=False)
    connection.ask(call)


def _edit(connection: Connection, number: int, body: Mapping[str, Any]) -> Issue:
    what = f"editing issue #{number}"
    place = path(connection, f"issues/{number}")
    reply = connection.ask(Call(method="PATCH", path=place, what=what, grant=GRANT, body=body))
    return read(what, reply.value, _issue)


def _is_pull_request(item: Any) -> bool:
    return isinstance(item, Mapping) and "pull_request" in item


def _issue(reader: Reader) -> Issue:
    user = reader.inner_or_none("user")
    return Issue(
        number=reader.whole("number"),
        url=reader.text("html_url"),
        open=reader.text("state") == "open",
        title=reader.text("title"),
        body=reader.text_or_none("body") or "",
        author=user.text("login") if user else None,
    )
