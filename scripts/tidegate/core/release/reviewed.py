"""By which pull request a commit came, and which run of it is the one whose verdict counts.

GitHub alone is believed about both. Whatever leaves a doubt is refused, with what a person can do about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tidegate.core.github import run_artifacts
from tidegate.core.github.event import OtherRun
from tidegate.core.github.run_artifacts import Artifact
from tidegate.errors import InputError

WORKFLOW = "Model pull request"
"""The name of the workflow that judges; `model-report.yml` follows the runs of that name too."""
EVENTS = ("pull_request", "merge_group")
AGAIN = "Run the pull request's checks again (Re-run all jobs), then this."


@dataclass(frozen=True, kw_only=True)
class MergedPullRequest:
    """A pull request that a commit belongs to. `commit` is what its merge made, as far as GitHub tells."""

    number: int
    head: str
    merged: bool
    commit: str | None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a workflow; `started` is the start of its newest attempt."""

    id: int
    name: str
    event: str
    head: str
    conclusion: str | None
    started: datetime


def merged_by(pulls: Iterable[MergedPullRequest], commit: str) -> MergedPullRequest:
    """The one merged pull request that brought `commit`.

    Raises InputError E-PRO-010 where none did, E-PRO-011 where several could have.
    """
    merged = [pull for pull in pulls if pull.merged]
    exact = [pull for pull in merged if pull.commit == commit]
    found = exact or merged
    if not found:
        message = f"commit {commit[:12]} came by no pull request, so nothing judged it."
        fix = "Revert it and open a pull request with the same change, or pass the folder of a verdict about it."
        raise InputError("E-PRO-010", message, fix=fix)
    if len(found) > 1:
        numbers = ", ".join(f"#{pull.number}" for pull in found)
        message = f"commit {commit[:12]} belongs to the pull requests {numbers}."
        raise InputError("E-PRO-011", message, fix="Pass the folder of the verdict that counts.")
    return found[0]


def judging_run(runs: Iterable[Run], pull: MergedPullRequest) -> Run:
    """The newest run that judged the pull request, which has to have succeeded.

    Raises InputError E-PRO-012 where there is none, E-PRO-013 where it did not succeed.
    """
    judging = [run for run in runs if run.name == WORKFLOW and run.event in EVENTS]
    newest = max(judging, key=lambda run: (run.started, run.id), default=None)
    if newest is None:
        message = f"no run of the workflow {WORKFLOW!r} judged {pull.head[:12]}, the head of #{pull.number}."
        raise InputError("E-PRO-012", message, fix=AGAIN)
    if newest.conclusion != "success":
        why = run_artifacts.why_not(_other(newest)) or "it failed"
        message = f"run {newest.id} of #{pull.number} let nothing through: {why}."
        raise InputError("E-PRO-013", message, fix=AGAIN)
    return newest


def evidence_of(artifacts: Iterable[Artifact], run: Run, model: str) -> Artifact:
    """The run's evidence about `model`. Raises InputError E-PRO-014 where there is none that counts."""
    name = f"{run_artifacts.PREFIX}{model}"
    found = run_artifacts.find([one for one in artifacts if one.name == name], _other(run))
    if model in found.artifacts:
        return found.artifacts[model]
    why = found.missing.get(model, f"it has no artifact {name!r}: it did not judge this model")
    raise InputError("E-PRO-014", f"run {run.id} has no evidence: {why}.", fix=AGAIN)


def _other(run: Run) -> OtherRun:
    return OtherRun(event=run.event, conclusion=run.conclusion, started=run.started, pull_requests=())
