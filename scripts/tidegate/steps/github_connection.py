"""GitHub and Git's remote as this job may use them: with the token that it was given, and with no other."""

from __future__ import annotations

from collections.abc import Callable

from tidegate.adapters.git_origin import Origin, Sent, credentials
from tidegate.adapters.github import address, session
from tidegate.adapters.github.call import Patience
from tidegate.adapters.github.session import Connection
from tidegate.errors import InfrastructureError, InputError
from tidegate.settings import Settings

Connect = Callable[..., Connection]


def token(settings: Settings) -> str:
    """The job's token; empty where it was given none."""
    return settings.environ.get("GITHUB_TOKEN", "").strip()


def connected(settings: Settings, connect: Connect = session.connect, patience: Patience | None = None) -> Connection:
    """A connection to this repository's GitHub.

    Raises InputError E-GH-010 without a token, E-GH-004 where the repository is not named, SecurityRefusal E-SEC-040
    where the token must not be sent.
    """
    where, repository = address.address(settings.environ), settings.environ.get("GITHUB_REPOSITORY", "")
    if not token(settings):
        raise InputError("E-GH-010", "there is no token.", fix="Pass token: ${{ github.token }}.")
    if not repository:
        raise InputError("E-GH-004", "is not set; expected owner/name.", where="GITHUB_REPOSITORY")
    return connect(settings.environ, token(settings), where, repository, patience or Patience())


def origin(settings: Settings) -> Origin:
    """The remote that this was cloned from, asked with the job's token where there is one."""
    environ = settings.environ
    if token(settings):
        environ = credentials(environ, address.address(environ).server, token(settings))
    return Origin(repository=settings.workspace, environ=environ)


def push(settings: Settings, *refs: str) -> None:
    """Send refs of this clone, all or none, and force nothing.

    Raises InputError E-GIT-006 where the token may not or a rule forbids it, InfrastructureError E-GIT-007 where the
    remote has others of these names.
    """
    reply = origin(settings).send(*(f"{ref}:{ref}" for ref in refs))
    shown = ", ".join(refs)
    if reply.sent is Sent.REFUSED:
        fix = "Let this job's token write them, or pass the token of an app that may."
        raise InputError("E-GIT-006", f"the push of {shown} was refused ({reply.said}).", fix=fix)
    if reply.sent is Sent.OVERTAKEN:
        fix = "Fetch the remote's (git fetch --tags), then run again."
        raise InfrastructureError("E-GIT-007", f"the remote has another {shown} ({reply.said}).", fix=fix)
