"""Which artifact of a run holds the evidence about which model, and why there is none.

Names and contents come from the run, which may be a fork's: a name that no model could have is passed over, and
whatever is not there, not whole or not of this attempt is no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tidegate.core.github.event import OtherRun

PREFIX = "tidegate-"
MOST_MODELS = 10
LARGEST = 32 * 1024 * 1024
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ENDED = frozenset({"success", "failure"})
WAITING = "action_required"
_WHY = {
    "cancelled": "it was cancelled",
    "timed_out": "it took too long and was stopped",
    "skipped": "it was skipped",
    "stale": "GitHub gave it up",
    "startup_failure": "it could not start",
    WAITING: "it waits for an approval",
    None: "it has not ended",
}


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One artifact as the API lists it; `digest` is ``sha256:…`` of the zip where GitHub tells it."""

    id: int
    name: str
    bytes: int
    expired: bool
    created: datetime
    digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """Artifacts by model, and for models without one why that is so; `left_out` models are more than we report on."""

    artifacts: Mapping[str, Artifact]
    missing: Mapping[str, str]
    left_out: int = 0


def why_not(run: OtherRun) -> str:
    """Why nothing that this run left counts ("it was cancelled"); empty where it ran to its end, well or badly."""
    if run.conclusion in _ENDED:
        return ""
    return _WHY.get(run.conclusion, "it ended in a way that is not known")


def find(artifacts: Iterable[Artifact], run: OtherRun) -> Found:
    """The evidence of every model that the run names, at most `MOST_MODELS`."""
    named: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        if (model := _model(artifact.name)) is not None:
            named.setdefault(model, []).append(artifact)
    shown = dict(sorted(named.items())[:MOST_MODELS])
    reasons = {model: _why_unusable(found, run) for model, found in shown.items()}
    return Found(
        artifacts={model: found[0] for model, found in shown.items() if not reasons[model]},
        missing={model: reason for model, reason in reasons.items() if reason},
        left_out=len(named) - len(shown),
    )


def _model(name: str) -> str | None:
    model = name.removeprefix(PREFIX)
    usable = name.startswith(PREFIX) and _MODEL.fullmatch(model)
    return model if usable else None


def _why_unusable(found: list[Artifact], run: OtherRun) -> str:
    if reason := why_not(run):
        return reason
    if len(found) > 1:
        return f"it has {len(found)} artifacts of the same name"
    artifact = found[0]
    if artifact.expired:
        return "its artifact has expired"
    if artifact.bytes > LARGEST:
        return f"its artifact is larger than {LARGEST // 1024 // 1024} MiB"
    # A job that succeeded is not run again with the failed ones, and its artifact still counts.
    if artifact.created < run.started and run.conclusion != "success":
        return "its artifact is of an earlier attempt"
    return ""
