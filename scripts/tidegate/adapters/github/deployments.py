"""GitHub's verbs about deployments: the record of what was meant to run where, and how far it came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from tidegate.adapters.github.call import Call
from tidegate.adapters.github.reading import items, path, read
from tidegate.adapters.github.session import Connection
from tidegate.core.github.deployments import Deployment, State
from tidegate.core.report.reading import Reader

GRANT = "deployments: write"
_READING = "actions: read"


def listed(connection: Connection, environment: str, commit: str = "") -> list[Deployment]:
    """The newest deployments to an environment, of one commit where it is given; newest first."""
    what = f"listing the deployments to {environment}"
    query = {"environment": environment, "per_page": "30", **({"sha": commit} if commit else {})}
    reply = connection.ask(
        Call(method="GET", path=path(connection, "deployments"), what=what, grant=GRANT, query=query)
    )
    return [read(what, item, _deployment) for item in items(what, reply.value)]


def create(
    connection: Connection, *, commit: str, environment: str, description: str, payload: Mapping[str, Any]
) -> Deployment:
    """A new record. Raises Unknown where there may be one now."""
    what = f"recording a deployment to {environment}"
    body = {
        "ref": commit,
        "environment": environment,
        "description": description[:140],
        "payload": dict(payload),
        "task": "deploy",
        "auto_merge": False,
        "required_contexts": [],
    }
    call = Call(
        method="POST", path=path(connection, "deployments"), what=what, grant=GRANT, body=body, repeatable=False
    )
    return read(what, connection.ask(call).value, _deployment)


def states(connection: Connection, deployment: int) -> list[State]:
    """What was said about a deployment, newest first."""
    what = f"reading the statuses of deployment {deployment}"
    place = path(connection, f"deployments/{deployment}/statuses")
    reply = connection.ask(Call(method="GET", path=place, what=what, grant=GRANT, query={"per_page": "30"}))
    return [read(what, item, _state) for item in items(what, reply.value)]


def say(connection: Connection, deployment: int, state: str, *, description: str, log: str, url: str) -> None:
    """A status. GitHub keeps a list of them and shows the newest, so that one said twice does no harm."""
    what = f"saying that a deployment is {state.replace('_', ' ')}"
    place = path(connection, f"deployments/{deployment}/statuses")
    addresses = {"log_url": log, "environment_url": url}
    body = {"state": state, "description": description[:140], **{key: to for key, to in addresses.items() if to}}
    connection.ask(Call(method="POST", path=place, what=what, grant=GRANT, body=body))


def reviewers(connection: Connection, environment: str) -> tuple[str, ...]:
    """Logins and teams of which one has to approve before a job of the GitHub environment begins."""
    what = f"reading the environment {environment}"
    place = path(connection, f"environments/{quote(environment)}")
    reply = connection.ask(Call(method="GET", path=place, what=what, grant=_READING))
    return tuple(read(what, reply.value, lambda reader: list(_reviewers(reader))))


def _reviewers(reader: Reader) -> Iterator[str]:
    for rule in reader.each("protection_rules"):
        for one in rule.each("reviewers") if "reviewers" in rule.members else ():
            who = one.inner("reviewer")
            yield who.text("slug") if "slug" in who.members else who.text("login")


def _deployment(reader: Reader) -> Deployment:
    payload = reader.members.get("payload")
    return Deployment(
        id=reader.whole("id"), commit=reader.text("sha"), payload=payload if isinstance(payload, dict) else {}
    )


def _state(reader: Reader) -> State:
    return State(state=reader.text("state"), log=reader.text_or_none("log_url") or "")
