"""What people read after a release was taken back: the revert that they are asked to merge, and the incident.

All words that come from a run, a tag or a server stand in code spans, where they can do nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from tidegate.core.release.release import Release
from tidegate.core.report.untrusted import LINE, code_span

_MOST_ROWS = 60


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A release that was taken back.

    `back_to`: what answers now; None where nothing does, or nothing that Git ever named. `by_hand`: a person asked for
    it. `measurements`: outcome and sentence of each question; `history`: seconds, action and outcome of each step.
    `page`: address of the run, empty outside of Actions.
    """

    environment: str
    left: Release
    back_to: Release | None
    reason: str
    by_hand: bool = False
    measurements: Sequence[tuple[str, str]] = ()
    history: Sequence[tuple[float, str, str]] = ()
    page: str = ""

    @property
    def key(self) -> str:
        """One issue per release and environment, however often it is tried."""
        named = f"{self.environment} {self.left.digests.get('release', self.left.commit)}"
        return f"incident/{hashlib.sha256(named.encode()).hexdigest()[:20]}"

    @property
    def branch(self) -> str:
        """The branch of the revert."""
        return revert_branch(self.environment)

    @property
    def path(self) -> str:
        """The file that names what the environment is meant to run."""
        return f"environments/{self.environment}/release.yaml"


def revert_branch(environment: str) -> str:
    """One branch per environment, so that there is one pull request."""
    return f"tidegate/revert/{environment}"


def issue_title(incident: Incident) -> str:
    """Of the incident issue."""
    how = "was rolled back" if incident.by_hand else "was taken back"
    return f"{incident.left.model} {incident.left.version} {how} in {incident.environment}"


def revert_title(incident: Incident, back_to: Release) -> str:
    """Of the pull request and its commit."""
    return f"{incident.environment} back to {back_to.model} {back_to.version}"


def revert_body(incident: Incident, back_to: Release) -> str:
    """Why the pull request is there, and what its merge does."""
    left, name = incident.left, incident.environment
    lines = [
        f"**{name} runs {left.model} {back_to.version} again**, since version {left.version} {_how(incident)}. Git"
        f" still names version {left.version}. This pull request changes `{incident.path}` so that both agree; its"
        " merge changes nothing of what runs.",
        "",
        "Until it is merged `tidegate status` says `diverged`, and a deployment of the same release does not try it"
        " again.",
        "",
        *_evidence(incident),
    ]
    return "\n".join(lines)


def issue_body(incident: Incident, revert: str) -> str:
    """What happened; `revert` is the address of the pull request, empty where there is none."""
    left, back_to, name = incident.left, incident.back_to, incident.environment
    answers = (
        f"Version {back_to.version} answers every request."
        if back_to
        else f"**No release that Git knows answers in {name} now.**"
    )
    lines = [f"Version {left.version} of {left.model} {_how(incident)} in {name}. {answers}", ""]
    if revert:
        lines += [f"To do: merge {revert}, so that Git names what runs. Then find the cause, and close this issue.", ""]
    elif back_to is None:
        lines += ["To do: promote a release that is better, or go back by hand where one ran before.", ""]
    else:
        lines += [f"To do: revert the commit that wrote `{incident.path}`, unless that was done already.", ""]
    return "\n".join([*lines, *_evidence(incident)])


def _how(incident: Incident) -> str:
    return "was rolled back by hand" if incident.by_hand else "was taken back by itself"


def _evidence(incident: Incident) -> list[str]:
    left = incident.left
    lines = [f"**Why:** {code_span(incident.reason or 'no reason was given', limit=LINE)}", ""]
    if incident.measurements:
        lines += ["| question | outcome |", "| --- | --- |"]
        shown = incident.measurements[:_MOST_ROWS]
        lines += [*(f"| {_cell(sentence)} | {_cell(outcome)} |" for outcome, sentence in shown), ""]
    if incident.history:
        lines += ["<details><summary>What was done</summary>", "", "| after | step | outcome |", "| ---: | --- | --- |"]
        lines += [
            f"| {seconds:.1f} s | {_cell(action)} | {_cell(outcome)} |"
            for seconds, action, outcome in incident.history[-_MOST_ROWS:]
        ]
        lines += ["", "</details>", ""]
    lines += [f"Version {left.version} was trained at `{left.commit}`"]
    lines[-1] += f" and let through by `{left.digests['verdict']}`." if "verdict" in left.digests else "."
    if incident.page:
        lines += ["", f"[The run]({incident.page})"]
    return lines


def _cell(text: str) -> str:
    return code_span(text, limit=LINE, cell=True)
