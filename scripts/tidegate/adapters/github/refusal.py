"""What GitHub says when it does not do as asked, turned into what a person has to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.core.redaction import redacted
from tidegate.errors import InfrastructureError, InputError, TidegateError

_LONGEST = 200
_SCOPE = re.compile(r"(?P<scope>[a-z_]{1,40})=(?P<level>read|write)")
_FORBIDDEN = 403


class NotPermitted(InputError):
    """The token may not do this; the message names the `permissions:` key that would let it."""


class NotThere(InputError):
    """What was asked for does not exist, or not for this token."""


class Refused(InputError):
    """GitHub understood and will not do it: a locked conversation, a value that it does not take."""


class Unknown(InfrastructureError):
    """Nobody can tell whether the request took effect."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A reply as far as an error needs it; `grant` is the permission that the request needs, ``checks: write``."""

    status: int
    message: str
    headers: Mapping[str, str]
    what: str
    grant: str


def refusal(reply: Answered) -> TidegateError:
    """The error for a status of 400 or above that is neither a limit nor a failure of GitHub's own."""
    said = redacted(reply.message)[:_LONGEST] or f"status {reply.status}"
    if reply.status == 401:
        return InputError(
            "E-GH-010",
            f"GitHub does not accept the token ({said}); {reply.what} was not possible.",
            fix="Pass a token that is valid now: in a workflow, token: ${{ github.token }}.",
        )
    if reply.status == _FORBIDDEN and "locked" in reply.message.lower():
        return Refused("E-GH-015", f"{reply.what} was refused: the conversation is locked.", fix="Unlock it.")
    if reply.status == _FORBIDDEN:
        return NotPermitted("E-GH-011", f"{reply.what} is not permitted ({said}).", fix=permission_hint(reply))
    if reply.status in (404, 410):
        return NotThere(
            "E-GH-012", f"{reply.what}: not found ({said}).", fix=f"Is it there? If so: {permission_hint(reply)}"
        )
    return Refused("E-GH-015", f"{reply.what} was refused with status {reply.status} ({said}).")


def permission_hint(reply: Answered) -> str:
    """One line that names the key of the job's `permissions:`.

    GitHub's own header corrects the key that we know of, not the level: who lists comments here also writes one.
    """
    header = reply.headers.get("X-Accepted-GitHub-Permissions", "")
    accepted = [(found["scope"].replace("_", "-"), found["level"]) for found in _SCOPE.finditer(header)]
    ours = reply.grant.partition(":")[0]
    if accepted and ours not in [scope for scope, _ in accepted]:
        scope, level = accepted[0]
        return f"Add `{scope}: {level}` to the job's permissions."
    return f"Add `{reply.grant}` to the job's permissions."
