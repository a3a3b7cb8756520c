"""GitHub's verbs about pull requests and their comments, each with its permission, over github3.py's session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from tidegate.adapters.github.call import Call, Reply
from tidegate.adapters.github.reading import items, path, read
from tidegate.adapters.github.refusal import NotPermitted, Refused
from tidegate.adapters.github.session import Connection
from tidegate.core.github.event import Repository
from tidegate.core.github.publication import Comment
from tidegate.core.github.pull_requests import PullRequest
from tidegate.core.report.reading import Reader

GRANT = "pull-requests: write"
"""Reading is asked for in order to write, so a hint names what both need."""
_MARGIN = timedelta(minutes=2)
_WHO = "query { viewer { login } }"
_HIDE = """mutation($node: ID!) {
  minimizeComment(input: {subjectId: $node, classifier: OUTDATED}) { minimizedComment { isMinimized } }
}"""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All comments as they were at one moment; `later` asks for those that were touched since."""

    comments: list[Comment]
    pages: int
    later: str


def viewer(connection: Connection) -> str:
    """The login that we write comments as."""
    data = _graphql(connection, "asking who we are", GRANT, _WHO, {})
    return read("asking who we are", data, lambda reader: reader.inner("viewer").text("login"))


def comments(connection: Connection, number: int, *, since: str = "") -> Listing:
    """Comments of a pull request by id, all or those touched since a moment."""
    what = f"listing the comments of #{number}"
    query = {"per_page": "100", **({"since": since} if since else {})}
    call = Call(method="GET", path=path(connection, f"issues/{number}/comments"), what=what, grant=GRANT, query=query)
    replies = list(connection.pages(call))
    found = [read(what, item, _comment) for reply in replies for item in items(what, reply.value)]
    return Listing(
        comments=sorted(found, key=lambda comment: comment.id), pages=len(replies), later=_moment(replies[0])
    )


def create_comment(connection: Connection, number: int, body: str) -> Comment:
    """A new comment. Raises Unknown where there may be one now."""
    what = f"commenting on #{number}"
    place = path(connection, f"issues/{number}/comments")
    call = Call(method="POST", path=place, what=what, grant=GRANT, body={"body": body}, repeatable=False)
    return read(what, connection.ask(call).value, _comment)


def edit_comment(connection: Connection, comment: int, body: str) -> Comment:
    """Another text for a comment of ours."""
    what = f"editing comment {comment}"
    place = path(connection, f"issues/comments/{comment}")
    reply = connection.ask(Call(method="PATCH", path=place, what=what, grant=GRANT, body={"body": body}))
    return read(what, reply.value, _comment)


def delete_comment(connection: Connection, comment: int) -> None:
    """A comment of ours away."""
    place = path(connection, f"issues/comments/{comment}")
    connection.ask(Call(method="DELETE", path=place, what=f"deleting comment {comment}", grant=GRANT))


def hide_comment(connection: Connection, node: str) -> None:
    """Fold a comment of ours away as outdated."""
    _graphql(connection, "hiding an outdated comment", GRANT, _HIDE, {"node": node})


def pull_request(connection: Connection, number: int) -> PullRequest:
    """A pull request as it is now."""
    what = f"reading pull request #{number}"
    call = Call(method="GET", path=path(connection, f"pulls/{number}"), what=what, grant=GRANT)
    return read(what, connection.ask(call).value, _pull_request)


def open_pull_requests(connection: Connection, owner: str, branch: str) -> list[PullRequest]:
    """Open pull requests from a branch of any repository of `owner`."""
    what = f"finding the pull request of {owner}:{branch}"[:120]
    query = {"state": "open", "head": f"{owner}:{branch}", "per_page": "100"}
    call = Call(method="GET", path=path(connection, "pulls"), what=what, grant=GRANT, query=query)
    return [read(what, item, _pull_request) for reply in connection.pages(call) for item in items(what, reply.value)]


def _graphql(connection: Connection, what: str, grant: str, query: str, variables: Mapping[str, str]) -> Any:
    """The data of a query that may be asked twice. GraphQL reports a refusal with status 200."""
    body = {"query": query, "variables": dict(variables)}
    call = Call(method="POST", path=connection.address.graphql, what=what, grant=grant, body=body)
    value = connection.ask(call).value
    errors = value.get("errors") if isinstance(value, dict) else None
    if errors:
        first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
        said = str(first.get("message", "no reason given"))[:200]
        if first.get("type") == "FORBIDDEN":
            raise NotPermitted("E-GH-011", f"{what} is not permitted ({said}).", fix=f"Add `{grant}` to the job.")
        raise Refused("E-GH-015", f"{what} was refused ({said}).")
    return read(what, value, lambda reader: reader.members.get("data"))


def _comment(reader: Reader) -> Comment:
    user = reader.inner_or_none("user")
    return Comment(
        id=reader.whole("id"),
        node=reader.text("node_id"),
        author=user.text("login") if user else None,
        body=reader.text_or_none("body") or "",
    )


def _pull_request(reader: Reader) -> PullRequest:
    head, base = reader.inner("head"), reader.inner("base")
    repository = head.inner_or_none("repo")
    return PullRequest(
        number=reader.whole("number"),
        open=reader.text("state") == "open",
        head=head.text("sha"),
        head_ref=head.text("ref"),
        head_repository=_repository(repository) if repository else None,
        base=base.text("sha"),
        base_ref=base.text("ref"),
        base_repository=_repository(base.inner("repo")),
    )


def _repository(reader: Reader) -> Repository:
    return Repository(id=reader.whole("id"), name=reader.text("full_name"))


def _moment(reply: Reply) -> str:
    """When GitHub answered, by its own clock and with a margin, as `since` wants it."""
    try:
        moment = parsedate_to_datetime(reply.headers.get("Date", ""))
    except ValueError:
        return ""
    return (moment - _MARGIN).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
