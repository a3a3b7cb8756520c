"""Events on their way to the workflows: a pull request, a push, an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tidegate.simulator import events
from tidegate.simulator.dispatches import Dispatch
from tidegate.simulator.front import GitHub


@dataclass(frozen=True, kw_only=True)
class Happening:
    """An event on its way to the workflows.

    `commit` is what the workflow files are read from and jobs check out, `head` what the run is shown beside;
    `filter_branch` what `branches:` is about (the base of a pull request), `of` the workflow that a run was of or the
    line of a schedule, `only` the one file that may run.
    """

    event: str
    action: str
    payload: Mapping[str, Any]
    commit: str
    ref: str
    head: str
    head_branch: str
    head_repository: str
    filter_branch: str
    actor: str
    files: tuple[str, ...] = ()
    pull_requests: tuple[int, ...] = ()
    of: str = ""
    only: str = ""


@dataclass(kw_only=True)
class PullRequest:
    """An open pull request: its number, its branch, the newest commit, and the repository that holds them."""

    number: int
    branch: str
    head: str
    head_repository: str


def pull_request(
    github: GitHub, action: str, pull: PullRequest, merge: str, *, files: Sequence[str], before: str | None
) -> Happening:
    """`opened`, `synchronize` ... of a pull request whose merge with its base is the commit `merge`."""
    shown = github.pull_request(pull.number) | {"merge_commit_sha": merge}
    return Happening(
        event="pull_request",
        action=action,
        payload=events.pull_request(action, shown, repository=github.shown(), before=before),
        commit=merge,
        ref=f"refs/pull/{pull.number}/merge",
        head=pull.head,
        head_branch=pull.branch,
        head_repository=pull.head_repository,
        filter_branch="main",
        files=tuple(files),
        actor=shown["user"]["login"],
        pull_requests=(pull.number,) if pull.head_repository == github.repository else (),
    )


def push(github: GitHub, branch: str, before: str, after: str, *, message: str, files: Sequence[str]) -> Happening:
    """A person's push to a branch, as the button that merges makes it."""
    shown = github.shown()
    payload = events.push(branch, before, after, message=message, files=files, repository=shown, sender=shown["owner"])
    return replace(_of_branch(github, "push", branch, after, payload), files=tuple(files))


def dispatched(github: GitHub, order: Dispatch, branch: str, commit: str) -> Happening:
    """A workflow that was ordered to run on a branch, or an event of somebody's own making."""
    event = "workflow_dispatch" if order.file else "repository_dispatch"
    payload = events.dispatched(order, repository=github.shown())
    happening = _of_branch(github, event, branch, commit, payload)
    return replace(happening, action=order.kind, actor=order.actor, only=order.file)


def scheduled(github: GitHub, line: str, commit: str) -> Happening:
    """A line of a schedule that is due, on the default branch as on GitHub."""
    payload = events.scheduled(line, repository=github.shown())
    return replace(_of_branch(github, "schedule", "main", commit, payload), of=line)


def _of_branch(github: GitHub, event: str, branch: str, commit: str, payload: Mapping[str, Any]) -> Happening:
    return Happening(
        event=event,
        action="",
        payload=payload,
        commit=commit,
        ref=f"refs/heads/{branch}",
        head=commit,
        head_branch=branch,
        head_repository=github.repository,
        filter_branch=branch,
        actor=github.owner,
    )
