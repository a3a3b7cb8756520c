"""What a promotion pull request says: what is let in, what was measured of it, what running it showed, who decides.

Everything that a run, a contract or a log has a say in stands in code spans; nothing else of it is Markdown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.core.answer import Verdict
from tidegate.core.release.release import Release
from tidegate.core.report.untrusted import code_span

_MOST_GATES = 60
_MOST_FINDINGS = 20
_SENTENCE = 300


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What running in the environment before showed: `sentences` of its measurements, `steps` of its deployment."""

    environment: str
    sentences: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that is known for the text.

    `verdict`: the document, None where it cannot be had (`without_verdict` says why). `page`: the repository's.
    `refused`: the remote's words where a push was tried first; `taken_back`: why this very release was, in this
    environment, each time. `owners`: of the release file; `reviewers`: of the
    environment, None where GitHub did not tell.
    """

    release: Release
    environment: str
    before: Release | None
    page: str
    verdict: Mapping[str, Any] | None = None
    without_verdict: str = ""
    shown: Shown | None = None
    refused: str = ""
    taken_back: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    reviewers: tuple[str, ...] | None = None


def title(release: Release, environment: str) -> str:
    """The pull request's."""
    return f"Promote {release.model} {release.version} to {environment}"


def body(evidence: Evidence) -> str:
    """The pull request's text."""
    parts = [_opening(evidence), _gates(evidence), _running(evidence), _digests(evidence), _approval(evidence)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _opening(evidence: Evidence) -> str:
    release, environment = evidence.release, evidence.environment
    now = f"version {evidence.before.version}" if evidence.before else "nothing"
    lines = [
        f"**{code_span(release.model)} version {release.version} is ready for {environment}**, which is meant to run"
        f" {now} now. Merging this changes that; nothing else of the branch is touched."
    ]
    if evidence.refused:
        lines.append(
            f"A push was tried first, and the branch's rules refused it: {code_span(evidence.refused, limit=300)}"
        )
    lines += [
        f"**It was taken back in {environment} before**: {code_span(reason, limit=300)}"
        for reason in evidence.taken_back
    ]
    lines.append(f"Trained at {code_span(release.commit[:12])}{_origin(evidence)}.")
    return "\n\n".join(lines)


def _origin(evidence: Evidence) -> str:
    origin = evidence.release.origin
    number, run = origin.get("pull_request", ""), origin.get("run", "")
    judged = f", judged in #{number}" if number.isdecimal() else ""
    linked = f" by [run {run}]({evidence.page}/actions/runs/{run})" if run.isdecimal() and evidence.page else ""
    return judged + (linked if judged else "")


def _gates(evidence: Evidence) -> str:
    if evidence.verdict is None:
        why = evidence.without_verdict or "it is not at hand"
        digest = code_span(evidence.release.digests.get("verdict", "unknown"))
        return f"### Gates\n\nThe verdict cannot be shown here ({code_span(why, limit=200)}); its digest is {digest}."
    gates = evidence.verdict["result"].get("gates", [])
    rows = [_gate(gate) for gate in gates[:_MOST_GATES] if isinstance(gate, Mapping)] if isinstance(gates, list) else []
    left = len(gates) - _MOST_GATES if isinstance(gates, list) else 0
    more = [f"\n{left} more gates are in the report on the pull request."] if left > 0 else []
    head = ["### Gates", "", "| gate | verdict | what was found |", "| --- | --- | --- |"]
    return "\n".join([*head, *(rows or ["| – | – | no gate was asked |"]), *more])


def _gate(gate: Mapping[str, Any]) -> str:
    part = gate.get("slice")
    where = f" where {_cell(_part(part))}" if isinstance(part, Mapping) else ""
    verdict = str(gate.get("verdict", ""))
    said = verdict if verdict in set(Verdict) else _cell(verdict)
    return (
        f"| {_cell(str(gate.get('metric', '')))}{where} | {said} | {_cell(str(gate.get('sentence', '')), _SENTENCE)} |"
    )


def _part(part: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in part.items() if isinstance(value, str | int | float))


def _running(evidence: Evidence) -> str:
    shown = evidence.shown
    if shown is None:
        return ""
    head = f"### What {shown.environment} showed\n\n"
    if not shown.sentences and not shown.steps:
        return head + "It came to run there, which the tag says; what was measured is in that deployment's run."
    lines = [f"- {code_span(said, limit=_SENTENCE)}" for said in (*shown.sentences, *shown.steps)[:_MOST_FINDINGS]]
    return head + "\n".join(lines)


def _digests(evidence: Evidence) -> str:
    rows = [f"| {_cell(name)} | {_cell(value, 200)} |" for name, value in sorted(evidence.release.digests.items())]
    rows += [f"| {_cell(name)} | {value:g} |" for name, value in sorted(evidence.release.metrics.items())]
    table = "\n".join(["| what | value |", "| --- | --- |", *rows])
    return f"<details><summary>Digests and metrics</summary>\n\n{table}\n\n</details>"


def _approval(evidence: Evidence) -> str:
    return "### Who decides\n\n" + "\n".join(_deciders(evidence))


def _deciders(evidence: Evidence) -> Iterator[str]:
    environment = evidence.environment
    owners = ", ".join(map(code_span, evidence.owners))
    yield f"- The merge: {f'owners of the file by CODEOWNERS are {owners}' if owners else 'whoever may merge here'}."
    if evidence.reviewers:
        yield f"- Then the deployment waits for a reviewer of {environment}: {_listed(evidence.reviewers)}."
    else:
        known = "has no required reviewers" if evidence.reviewers is not None else "may have required reviewers"
        yield f"- The GitHub environment {environment} {known}; without them, merging this decides alone."
    yield f"- To go back, revert the commit that this makes, or run `rollback-release --environment {environment}`."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(code_span, names))


def _cell(text: str, limit: int = 80) -> str:
    return code_span(text, limit=limit, cell=True)
