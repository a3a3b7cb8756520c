"""Where a promotion is written: a commit on the branch with its tag, all or nothing; or a pull request.

The commit is made beside the work tree and sent in one atomic push, so being killed leaves the old release or the new.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from tidegate.adapters import git
from tidegate.adapters.git_origin import Origin, Reply, Sent
from tidegate.adapters.github import artifact_storage
from tidegate.adapters.github.session import Connection
from tidegate.core.deployment.environment import Environment
from tidegate.core.release.release import Release, text
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps import proposing
from tidegate.steps.deployment import environments
from tidegate.steps.github_connection import origin
from tidegate.steps.proposing import Proposed


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Where the caller wants it written. `branch`: of the remote, empty for this clone alone.

    `connect` is asked for a connection when GitHub is needed; `download` gets an artifact from its place. `seen` is
    called before each step that can be seen from outside: tests end the process there.
    """

    branch: str
    connect: Callable[[], Connection]
    download: Callable[..., bytes] = artifact_storage.download
    seen: Callable[[str], None] = lambda _step: None


@dataclass(frozen=True, kw_only=True)
class Place:
    """The commit on which a promotion goes, and the remote where it goes to."""

    parent: str
    remote: Origin


@dataclass(frozen=True, kw_only=True)
class Change:
    """One release into one environment.

    `title` and `body` are of a pull request; the latter makes its text from the words of a refused push. `tag`: the
    version's, to be made on the release's commit; empty where it is there.
    """

    environment: Environment
    release: Release
    why: str
    tag: str = ""
    title: str = ""
    body: Callable[[str], str] = lambda refused: refused

    @property
    def path(self) -> str:
        """The file that is written."""
        return f"{environments.FOLDER}/{self.environment.name}/release.yaml"


@dataclass(frozen=True, kw_only=True)
class Written:
    """What came of it: a commit of the branch, or a pull request; `refused` says why there was no commit.

    Neither in a dry run.
    """

    commit: str | None = None
    pull_request: Proposed | None = None
    refused: str = ""


def place(settings: Settings, branch: str) -> Place:
    """The newest commit of the branch, which has to contain what is checked out or be contained in it.

    Raises InputError E-PRP-001 for a branch that is not there, E-PRO-017 for one that went another way.
    """
    head, remote = git.head(settings.workspace), origin(settings)
    if not branch:
        return Place(parent=head, remote=remote)
    ref = f"refs/heads/{git.checked_ref(branch)}"
    tip = remote.refs(ref).get(ref)
    if tip is None:
        raise InputError("E-PRP-001", f"the remote has no branch {branch[:80]!r}.", fix="Name one that it has.")
    if git.commit_of(settings.workspace, tip) is None:
        remote.fetch(ref)
    if git.is_ancestor(settings.workspace, head, tip):
        return Place(parent=tip, remote=remote)
    if git.is_ancestor(settings.workspace, tip, head):
        return Place(parent=head, remote=remote)
    message = f"{head[:12]} is not in the history of {branch}, which went another way."
    raise InputError("E-PRO-017", message, fix="Merge or pull first; only what is on the branch is promoted.")


def write(settings: Settings, wish: Wish, where: Place, change: Change) -> Written | None:
    """Write it; None where somebody else was faster and everything has to be looked at again.

    Raises InputError where a rule forbids the tag or the pull request's branch, and what the GitHub adapter raises.
    """
    if settings.dry_run:
        return Written()
    tag = _tag(where, change)
    if not wish.branch:
        return _here(settings, wish, where, change, tag)
    if change.environment.by_pull_request:
        return _proposed(settings, wish, where, change, tag)
    commit = where.remote.commit(where.parent, {change.path: text(change.release).encode()}, _message(change))
    wish.seen("push")
    reply = where.remote.send(
        f"{commit}:refs/heads/{wish.branch}", *(f"{found}:refs/tags/{name}" for name, found in tag.items())
    )
    if reply.sent is Sent.REFUSED:
        return _proposed(settings, wish, where, change, tag, reply.said)
    if reply.sent is Sent.OVERTAKEN:
        return None
    _follow(settings, wish, commit, tag)
    return Written(commit=commit)


def _tag(where: Place, change: Change) -> dict[str, str]:
    """The tag's name and object, which nobody sees before it is sent."""
    if not change.tag:
        return {}
    said = json.dumps({"release": change.release.digests["release"]})
    return {change.tag: where.remote.tag(change.tag, change.release.commit, said)}


def _here(settings: Settings, wish: Wish, where: Place, change: Change, tag: dict[str, str]) -> Written:
    """Into this clone: the file first, then branch and tag in one step."""
    data = text(change.release).encode()
    commit = where.remote.commit(where.parent, {change.path: data}, _message(change))
    wish.seen("file")
    git.add_file(settings.workspace, change.path, data)
    wish.seen("refs")
    git.move_refs(settings.workspace, (where.parent, commit), tag)
    return Written(commit=commit)


def _follow(settings: Settings, wish: Wish, commit: str, tag: dict[str, str]) -> None:
    """What the remote has now, in this clone as far as it goes; a clone that goes its own way stays as it is."""
    wish.seen("follow")
    git.move_refs(settings.workspace, None, tag)
    if git.branch(settings.workspace) == wish.branch and not git.fast_forward(settings.workspace, commit):
        settings.console.say(f"{commit[:12]} is on the remote's {wish.branch}; this work tree has changes of its own")


def _proposed(
    settings: Settings, wish: Wish, where: Place, change: Change, tag: dict[str, str], refused: str = ""
) -> Written | None:
    """The version's tag first, so that its number is taken, then the pull request; either is found by the next run."""
    if tag:
        wish.seen("tag")
        reply = where.remote.send(*(f"{found}:refs/tags/{name}" for name, found in tag.items()))
        if reply.sent is Sent.OVERTAKEN:
            return None
        _permitted(reply, change.tag)
        git.move_refs(settings.workspace, None, tag)
    wish.seen("propose")
    found = proposing.propose(
        settings,
        wish.connect(),
        branch=f"tidegate/promote/{change.environment.name}",
        changes={change.path: text(change.release).encode()},
        base=wish.branch,
        title=change.title,
        body=change.body(refused),
        message=_message(change),
    )
    return None if found is None else Written(pull_request=found, refused=refused)


def _permitted(reply: Reply, tag: str) -> None:
    if reply.sent is Sent.REFUSED:
        fix = "Let this job's token make tags, or pass the token of an app that may."
        raise InputError("E-PRO-018", f"the tag {tag} was refused ({reply.said}).", fix=fix)


def _message(change: Change) -> str:
    release = change.release
    return f"{release.model} {release.version} to {change.environment.name}\n\nLet through by {change.why}."
