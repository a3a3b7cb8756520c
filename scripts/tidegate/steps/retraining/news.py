"""What GitHub shows of a retraining beside its pull request: the drift issue's link to it, and a judgement at once.

None of it undoes the request: what cannot be done is told, and done by the next run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tidegate.adapters.github import dispatches, proposals
from tidegate.adapters.github import issues as github
from tidegate.adapters.github.pull_requests import viewer
from tidegate.adapters.github.session import Connection
from tidegate.core.drift.telling import issue as words
from tidegate.core.github import proposals as core
from tidegate.core.github.issues import Issue
from tidegate.core.github.proposals import BOT
from tidegate.errors import InfrastructureError, InputError
from tidegate.steps.proposing import Proposed

Evaluation = Literal["started", "there", "failed"]


@dataclass(frozen=True, kw_only=True)
class News:
    """`evaluation`: of a branch whose runs wait for an approval; None where they do not. `notes`: what failed."""

    evaluation: Evaluation | None = None
    notes: tuple[str, ...] = ()


def holds(link: Connection) -> bool:
    """Whether GitHub holds back the runs of what this token opens."""
    return viewer(link) == BOT


def issue(link: Connection, model: str) -> Issue | None:
    """The model's open drift issue, as far as it can be looked at; `tell` says where it cannot."""
    try:
        return _issue(link, model)
    except (InputError, InfrastructureError):
        return None


def _issue(link: Connection, model: str) -> Issue | None:
    """Ours where it is open, else the one that another token of this repository keeps."""
    found = github.find(link, words.key(model))
    return found if found is not None and found.open else github.of_bots(link, words.key(model), words.LABEL)


def open_request(link: Connection, branch: str, base: str) -> Proposed:
    """The open pull request of the branch. Raises InfrastructureError E-RTR-009 where it was closed just now."""
    found = core.current(proposals.of_branch(link, branch), base)
    if found is None:
        message = f"the pull request of {branch} was closed in this very moment."
        raise InfrastructureError("E-RTR-009", message, fix="Run the job again.")
    return Proposed(number=found.number, url=found.url, held=holds(link))


def tell(
    link: Connection, model: str, branch: str, head: str, proposed: Proposed, workflow: str, notes: tuple[str, ...]
) -> News:
    """The issue's link, and the evaluation that a person would have to approve otherwise."""
    told = list(notes)
    _link(link, model, proposed, told)
    if not workflow or not proposed.held:
        return News(notes=tuple(told))
    evaluation = _evaluated(link, workflow, branch, head, {"model": model, "pull-request": str(proposed.number)}, told)
    return News(evaluation=evaluation, notes=tuple(told))


def _link(link: Connection, model: str, proposed: Proposed, told: list[str]) -> None:
    """Let the open issue name the pull request."""
    try:
        found = _issue(link, model)
        text = "" if found is None else words.with_retraining(found.body, proposed.number)
        if found is not None and text != found.body:
            github.rewrite(link, found.number, text)
    except (InputError, InfrastructureError) as error:
        told.append(f"The drift issue does not name #{proposed.number}: {error}")


def _evaluated(
    link: Connection, workflow: str, branch: str, head: str, inputs: Mapping[str, str], told: list[str]
) -> Evaluation:
    """The commit is judged once. Where GitHub does not answer, the next run sees whether that was started."""
    try:
        if dispatches.started(link, workflow, head):
            return "there"
        dispatches.start(link, workflow, branch, inputs)
    except (InputError, InfrastructureError) as error:
        told.append(f"{workflow} was not started: {error}")
        return "failed"
    return "started"
