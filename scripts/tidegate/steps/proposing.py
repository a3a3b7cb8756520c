"""A change as a pull request of ours: one branch and one pull request, brought up to date instead of doubled.

Commits of people on our branch are never lost: where there are any, ours goes on top of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidegate.adapters import git
from tidegate.adapters.git_origin import Origin, Reply, Sent, Written
from tidegate.adapters.github import proposals as github
from tidegate.adapters.github.pull_requests import viewer
from tidegate.adapters.github.refusal import Refused, Unknown
from tidegate.adapters.github.session import Connection
from tidegate.core.github import proposals as core
from tidegate.core.github.proposals import BOT, Draft, Proposal
from tidegate.errors import InfrastructureError, InputError
from tidegate.settings import Settings
from tidegate.steps.github_connection import origin

_TRAILER = "Proposed-on"
_TRIES = 3
Changes = Mapping[str, bytes | None]


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A pull request that proposes the change.

    `held`: GitHub starts its runs only when somebody approves them. `declined`: a person closed it, and nothing was
    opened again. `shared`: people have commits on the branch, which were kept.
    """

    number: int
    url: str
    created: bool = False
    held: bool = False
    declined: bool = False
    shared: bool = False


def propose(
    settings: Settings,
    connection: Connection,
    *,
    branch: str,
    changes: Changes,
    base: str,
    title: str,
    body: str,
    message: str,
    again: bool = False,
) -> Proposed | None:
    """The open pull request from `branch` into `base` in which each path has these bytes (or is gone, for None).

    None where the base is like that already. `body` is Markdown whose foreign words are escaped. `again`: somebody
    wants it although a person closed the same before.
    Raises InputError E-PRP-001 for a base that is not there, E-PRP-002 where a rule forbids the branch, what the
    GitHub adapter raises, and InfrastructureError E-PRP-003 when others keep changing the branch.
    """
    login = viewer(connection)
    draft = core.drafted(changes, title, body, held=login == BOT)
    remote = origin(settings)
    for _ in range(_TRIES):
        place = _look(settings, remote, base, branch)
        if _shows(settings, place.base, changes):
            return None
        known = github.of_branch(connection, branch)
        open_one = core.current(known, base)
        if open_one is None and not again and (closed := core.declined(known, base, draft)):
            return Proposed(number=closed.number, url=closed.url, declined=True)
        reply, shared = _pushed(settings, remote, place, changes, f"{message}\n\n{_TRAILER}: {branch}")
        if reply.sent is Sent.REFUSED:
            raise _refused(branch, reply)
        if reply.sent is Sent.TAKEN:
            shown, created = _shown(connection, open_one, login, draft, base, branch)
            return Proposed(number=shown.number, url=shown.url, created=created, held=login == BOT, shared=shared)
    raise _unquiet(branch)


def on_branch(settings: Settings, *, branch: str, changes: Changes, base: str, message: str) -> str | None:
    """The commit of `branch` in which each path has these bytes, where there is no GitHub to ask for a pull request.

    None where the base is like that already. Raises as `propose` does.
    """
    remote = origin(settings)
    for _ in range(_TRIES):
        place = _look(settings, remote, base, branch)
        if _shows(settings, place.base, changes):
            return None
        reply, _ = _pushed(settings, remote, place, changes, f"{message}\n\n{_TRAILER}: {branch}")
        if reply.sent is Sent.REFUSED:
            raise _refused(branch, reply)
        if reply.sent is Sent.TAKEN:
            return remote.refs(ref := f"refs/heads/{branch}")[ref]
    raise _unquiet(branch)


def stands(settings: Settings, base: str, branch: str) -> str | None:
    """The newest commit of the remote's `branch` where it can be merged into `base` as it is; None where it cannot.

    It can be when what it changed since it left the base is what it was there.
    """
    place = _look(settings, origin(settings), base, branch)
    root = None if place.tip is None else git.merge_base(settings.workspace, place.base, place.tip)
    if place.tip is None or root is None or root == place.tip:
        return None
    changes = dict.fromkeys(git.changed_paths(settings.workspace, root, place.tip))
    return place.tip if _still_fits(settings, place, changes) else None


def of_others(settings: Settings, base: str, branch: str) -> frozenset[str]:
    """Paths that commits of people on the remote's `branch` have changed since it left `base`."""
    remote = origin(settings)
    place = _look(settings, remote, base, branch)
    if place.tip is None:
        return frozenset()
    theirs = [one.commit for one in remote.written(place.base, place.tip) if not _is_ours(remote, place, one)]
    found = (git.changed_paths(settings.workspace, f"{commit}^", commit) for commit in theirs)
    return frozenset(path for paths in found for path in paths)


def _refused(branch: str, reply: Reply) -> InputError:
    fix = f"Let this job's token write the branch {branch}, or pass the token of an app that may."
    return InputError("E-PRP-002", f"the push to {branch} was refused ({reply.said}).", fix=fix)


def _unquiet(branch: str) -> InfrastructureError:
    return InfrastructureError("E-PRP-003", f"the branch {branch} keeps changing.", fix="Run the job again.")


@dataclass(frozen=True, kw_only=True)
class _Place:
    """The remote's commits, which are here too; `tip` is None for a branch that is not there."""

    branch: str
    base: str
    tip: str | None


def _look(settings: Settings, remote: Origin, base: str, branch: str) -> _Place:
    git.checked_ref(base)
    git.checked_ref(branch)
    names = f"refs/heads/{base}", f"refs/heads/{branch}"
    found = remote.refs(*names)
    if names[0] not in found:
        raise InputError("E-PRP-001", f"the remote has no branch {base[:80]!r}.", fix="Name one that it has.")
    if missing := [name for name in names if name in found and not git.commit_of(settings.workspace, found[name])]:
        remote.fetch(*missing)
    return _Place(branch=branch, base=found[names[0]], tip=found.get(names[1]))


def _pushed(settings: Settings, remote: Origin, place: _Place, changes: Changes, message: str) -> tuple[Reply, bool]:
    """The branch with the change, and whether commits of others are on it."""
    ref = f"refs/heads/{place.branch}"
    if place.tip is None:
        return remote.send(f"{remote.commit(place.base, changes, message)}:{ref}"), False
    shared = _of_others(remote, place)
    if _shows(settings, place.tip, changes) and (shared or _still_fits(settings, place, changes)):
        return Reply(sent=Sent.TAKEN), shared
    if shared:
        return remote.send(f"{remote.commit(place.tip, changes, message)}:{ref}"), True
    commit = remote.commit(place.base, changes, message)
    return remote.send(f"{commit}:{ref}", lease=f"{ref}:{place.tip}"), False


def _of_others(remote: Origin, place: _Place) -> bool:
    """Whether anybody but us wrote or rewrote a commit of the branch."""
    commits = remote.written(place.base, place.tip or place.base)
    return any(not _is_ours(remote, place, one) for one in commits)


def _is_ours(remote: Origin, place: _Place, one: Written) -> bool:
    mark = f"{_TRAILER}: {place.branch}"
    return one.author == one.committer == remote.email() and one.message.rstrip().endswith(mark)


def _still_fits(settings: Settings, place: _Place, changes: Changes) -> bool:
    """Whether the branch can be merged as it is: rewriting it would take approvals away for nothing."""
    root = git.merge_base(settings.workspace, place.base, place.tip or place.base)
    if root is None or root == place.tip:
        return False
    return all(
        git.show(settings.workspace, root, path) == git.show(settings.workspace, place.base, path) for path in changes
    )


def _shows(settings: Settings, commit: str, changes: Changes) -> bool:
    return all(git.show(settings.workspace, commit, path) == data for path, data in changes.items())


def _shown(
    connection: Connection, open_one: Proposal | None, login: str, draft: Draft, base: str, branch: str
) -> tuple[Proposal, bool]:
    """The pull request, showing the draft where its text is ours; whether it is new."""
    if open_one is None:
        return _opened(connection, draft, base, branch)
    if core.may_edit(open_one, login, draft):
        return github.update(connection, open_one.number, title=draft.title, body=draft.body), False
    return open_one, False


def _opened(connection: Connection, draft: Draft, base: str, branch: str) -> tuple[Proposal, bool]:
    """A new pull request, and only one although GitHub may not answer or somebody else was faster."""
    pauses: Sequence[float] = connection.patience.tries
    for pause in pauses:
        try:
            return github.create(connection, branch=branch, base=base, title=draft.title, body=draft.body), True
        except (Unknown, Refused) as error:
            connection.wait(pause, error)
            if there := core.current(github.of_branch(connection, branch), base):
                return there, isinstance(error, Unknown)
            if isinstance(error, Refused):
                raise
    return github.create(connection, branch=branch, base=base, title=draft.title, body=draft.body), True
