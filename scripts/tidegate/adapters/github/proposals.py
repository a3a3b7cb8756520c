"""GitHub's verbs about pull requests that we open ourselves, found by the branch that they come from."""

from __future__ import annotations

from tidegate.adapters.github.call import Call
from tidegate.adapters.github.reading import items, path, read
from tidegate.adapters.github.refusal import NotPermitted
from tidegate.adapters.github.session import Connection
from tidegate.core.github.proposals import Proposal
from tidegate.core.report.reading import Reader

GRANT = "pull-requests: write"
_SETTING = "Settings → Actions → General → Allow GitHub Actions to create and approve pull requests"


def of_branch(connection: Connection, branch: str) -> list[Proposal]:
    """Pull requests from `branch` of this repository, open and closed, newest first; never those of a fork."""
    what = f"finding the pull requests of {branch}"[:120]
    owner = connection.repository.partition("/")[0]
    query = {"state": "all", "head": f"{owner}:{branch}", "sort": "created", "direction": "desc", "per_page": "100"}
    reply = connection.ask(Call(method="GET", path=path(connection, "pulls"), what=what, grant=GRANT, query=query))
    found = [
        read(what, item, lambda reader: (_is_of(reader, connection.repository, branch), _proposal(reader)))
        for item in items(what, reply.value)
    ]
    return sorted((proposal for ours, proposal in found if ours), key=lambda proposal: -proposal.number)


def create(connection: Connection, *, branch: str, base: str, title: str, body: str) -> Proposal:
    """A new pull request. Raises Unknown where there may be one now, Refused where there was one already."""
    what = f"opening a pull request from {branch}"[:120]
    place, text = path(connection, "pulls"), {"title": title, "body": body, "head": branch, "base": base}
    call = Call(method="POST", path=place, what=what, grant=GRANT, body=text, repeatable=False)
    try:
        return read(what, connection.ask(call).value, _proposal)
    except NotPermitted as error:
        if "create or approve" not in error.message:
            raise
        fix = f"Turn on {_SETTING}, or pass the token of an app."
        raise NotPermitted(error.code, error.message, fix=fix) from None


def update(connection: Connection, number: int, *, title: str, body: str) -> Proposal:
    """Another title and text."""
    what = f"updating pull request #{number}"
    place, text = path(connection, f"pulls/{number}"), {"title": title, "body": body}
    reply = connection.ask(Call(method="PATCH", path=place, what=what, grant=GRANT, body=text))
    return read(what, reply.value, _proposal)


def close(connection: Connection, number: int) -> Proposal:
    """Nobody is to merge it any more; its branch stays."""
    what = f"closing pull request #{number}"
    call = Call(
        method="PATCH", path=path(connection, f"pulls/{number}"), what=what, grant=GRANT, body={"state": "closed"}
    )
    return read(what, connection.ask(call).value, _proposal)


def _is_of(reader: Reader, repository: str, branch: str) -> bool:
    """GitHub's filter looks at the owner and the branch; a fork by the same owner has another name."""
    head = reader.inner("head")
    home = head.inner_or_none("repo")
    return head.text("ref") == branch and home is not None and home.text("full_name").lower() == repository.lower()


def _proposal(reader: Reader) -> Proposal:
    author = reader.inner_or_none("user")
    return Proposal(
        number=reader.whole("number"),
        url=reader.text("html_url"),
        open=reader.text("state") == "open",
        merged=bool(reader.text_or_none("merged_at")),
        base=reader.inner("base").text("ref"),
        title=reader.text("title"),
        body=reader.text_or_none("body") or "",
        author=author.text("login") if author else "",
    )
