"""GitHub's verbs about the reviews of a pull request."""

from __future__ import annotations

from tidegate.adapters.github.call import Call
from tidegate.adapters.github.reading import items, path, read
from tidegate.adapters.github.session import Connection
from tidegate.core.report.reading import Reader

GRANT = "pull-requests: read"
_DECIDES = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")


def approvers(connection: Connection, number: int) -> tuple[str, ...]:
    """Logins of those whose last word on a pull request is that it may be merged, in the order of their words."""
    what = f"listing the reviews of #{number}"
    place = path(connection, f"pulls/{number}/reviews")
    call = Call(method="GET", path=place, what=what, grant=GRANT, query={"per_page": "100"})
    words = [read(what, item, _review) for reply in connection.pages(call) for item in items(what, reply.value)]
    last = {login: state for login, state in words if login and state in _DECIDES}
    return tuple(login for login, state in last.items() if state == "APPROVED")


def _review(reader: Reader) -> tuple[str, str]:
    user = reader.inner_or_none("user")
    return (user.text("login") if user else "", reader.text("state"))
