"""What a request for retraining leaves: evidence for machines, one sentence for people."""

from __future__ import annotations

from typing import Any

from tidegate.adapters import evidence as store
from tidegate.adapters import git
from tidegate.core.answer import Verdict
from tidegate.core.contract import Retrain
from tidegate.core.evidence import Evidence, Subject
from tidegate.core.retraining.data import Extension
from tidegate.settings import Settings
from tidegate.steps.proposing import Proposed
from tidegate.steps.retraining.request import Outcome

COMMAND = "request-retraining"
_LONGEST = 600


def leave(settings: Settings, model: str, verdict: Verdict, found: Outcome, retrain: Retrain) -> None:
    """Evidence in the evidence folder."""
    subject = Subject(commit=git.head(settings.workspace), data=None if found.data is None else found.data.after)
    result = document(found, retrain)
    store.write(
        settings.evidence, Evidence(command=COMMAND, model=model, outcome=verdict, subject=subject, result=result)
    )


def sentence(model: str, found: Outcome, *, offline: bool, dry: bool) -> str:
    """What was done and why, in one sentence."""
    why = found.decision.sentence[:_LONGEST]
    if found.decision.action == "nothing":
        return f"{model} is left as it is: {why}"
    if found.decision.action == "wait":
        return f"{model} waits: {why}"
    if dry:
        return f"would ask for a retraining of {model} on {found.branch}: {why}"
    return f"{_done(model, found, offline=offline)}: {why}"


def _done(model: str, found: Outcome, *, offline: bool) -> str:
    if offline:
        into = f"a pull request into {found.base} has to be opened by hand"
        return f"retraining of {model} is on {found.branch}; there is no GitHub token, so {into}"
    number, held = ("", False) if found.proposed is None else (f" in #{found.proposed.number}", found.proposed.held)
    waits = "; its runs wait for an approval" if held else ""
    return f"retraining of {model} is asked for{number}{waits}"


def document(found: Outcome, retrain: Retrain) -> dict[str, Any]:
    """The evidence's result."""
    return {
        "action": found.decision.action,
        "sentence": found.decision.sentence,
        "reasons": [{"kind": one.kind, "sentence": one.sentence} for one in found.decision.reasons],
        "until": None if found.checked.until is None else found.checked.until.isoformat(),
        "state": found.checked.seen.state,
        "policy": _policy(retrain),
        "history": [
            {"until": one.until.isoformat(), "standing": one.standing, "name": one.name} for one in found.history
        ],
        "data": None if found.data is None else _data(found.data),
        "branch": found.branch,
        "base": found.base,
        "commit": found.commit or None,
        "pull_request": None if found.proposed is None else _pull_request(found.proposed),
        "evaluation": found.news.evaluation,
        "notes": list(found.news.notes),
    }


def _policy(retrain: Retrain) -> dict[str, Any]:
    most = retrain.at_most
    return {
        "cooldown_seconds": int(retrain.cooldown.total_seconds()),
        "older_than_seconds": None if retrain.older_than is None else int(retrain.older_than.total_seconds()),
        "labelled_rows": retrain.labelled_rows,
        "at_most": None if most is None else {"requests": most.requests, "per_seconds": int(most.per.total_seconds())},
    }


def _data(data: Extension) -> dict[str, Any]:
    return {
        "pointer": data.pointer,
        "before": data.before,
        "after": data.after,
        "rows": None if data.rows is None else list(data.rows),
        "added": list(data.added),
        "changed": list(data.changed),
        "removed": list(data.removed),
    }


def _pull_request(proposed: Proposed) -> dict[str, Any]:
    return {
        "number": proposed.number,
        "url": proposed.url,
        "created": proposed.created,
        "held": proposed.held,
        "declined": proposed.declined,
        "shared": proposed.shared,
    }
