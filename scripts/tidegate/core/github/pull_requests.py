"""Which pull request a finished run was for, told by GitHub alone.

The run of a fork cannot be asked: it runs the fork's code and would say any number. GitHub's own words about the run
(the head's repository by number, branch and commit) have to fit exactly one open pull request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidegate.core.github.event import GitHubEvent, Repository
from tidegate.errors import InputError, Superseded


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """A pull request as the API shows it now."""

    number: int
    open: bool
    head: str
    head_ref: str
    head_repository: Repository | None
    base: str
    base_ref: str
    base_repository: Repository


def find(candidates: Sequence[PullRequest], event: GitHubEvent) -> PullRequest:
    """The one open pull request that the run of `event` was for.

    Raises Superseded E-GH-030 where its head has moved on or there is none any more, InputError E-GH-031 where
    several fit: then nobody can tell for which of them the run measured.
    """
    same_branch = [pull for pull in candidates if _of_branch(pull, event)]
    fitting = [pull for pull in same_branch if pull.head == event.head]
    known = event.of.pull_requests if event.of else ()
    narrowed = [pull for pull in fitting if pull.number in known] or fitting
    if len(narrowed) == 1:
        return narrowed[0]
    if narrowed:
        numbers = ", ".join(f"#{pull.number}" for pull in narrowed)
        raise InputError(
            "E-GH-031",
            f"pull requests {numbers} have the same head {event.head[:10]}; the run does not say which one it was for.",
            fix="Close all but one of them, or push another commit to one.",
        )
    if same_branch:
        number = same_branch[0].number
        raise Superseded("E-GH-030", f"pull request #{number} has a newer commit than {event.head[:10]}.")
    raise Superseded("E-GH-030", f"no open pull request has the head {event.head[:10]} any more.")


def _of_branch(pull: PullRequest, event: GitHubEvent) -> bool:
    head, wanted = pull.head_repository, event.head_repository
    if head is None or wanted is None:
        return False
    return (
        pull.open
        and pull.base_repository.id == event.repository.id
        and head.id == wanted.id
        and pull.head_ref == event.head_ref
    )
