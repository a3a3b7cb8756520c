"""The check run `tidegate / <model>`: opened when work begins, always concluded, and never a pass without a verdict.

A check run belongs to a commit. Which run and attempt it speaks for stands in its external id, so that a start that is
repeated opens nothing twice, and whoever comes after a killed run knows what that run left open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tidegate.core.answer import Annotation, Verdict

_FORM = re.compile(r"tidegate/(?P<run>[1-9][0-9]{0,17})/(?P<attempt>[1-9][0-9]{0,8})/(?P<model>.{1,64})")
_CONCLUSION = {Verdict.PASS: "success", Verdict.SKIPPED: "neutral"}
_SHOWN = {conclusion: verdict for verdict, conclusion in _CONCLUSION.items()}
WAITS = "action_required"
SUMMARY = 65_535
"""Most characters of a check run's summary."""
MOST_ANNOTATIONS = 50
_ORDER = (
    Verdict.ERROR,
    Verdict.FAIL,
    Verdict.INCOMPARABLE,
    Verdict.UNDECIDED,
    Verdict.PASS,
    Verdict.SKIPPED,
)


@dataclass(frozen=True, kw_only=True)
class CheckKey:
    """Which model's check of which run and attempt."""

    model: str
    run: int
    attempt: int

    @property
    def name(self) -> str:
        """What people see and what a branch protection names."""
        return f"tidegate / {self.model}"

    @property
    def external_id(self) -> str:
        """The key as GitHub keeps it for us."""
        return f"tidegate/{self.run}/{self.attempt}/{self.model}"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check run of ours as GitHub holds it."""

    id: int
    key: CheckKey
    status: str
    conclusion: str | None

    @property
    def open(self) -> bool:
        """Whether it still waits for somebody to conclude it."""
        return self.status != "completed" or self.conclusion == WAITS


@dataclass(frozen=True, kw_only=True)
class CheckState:
    """What a check run shows: in progress while `conclusion` is None. `summary` is Markdown."""

    title: str
    summary: str
    conclusion: str | None = None
    annotations: tuple[Annotation, ...] = ()
    page: str | None = None


def key_of(external_id: str) -> CheckKey | None:
    """The key that an external id holds, None where it is not ours."""
    found = _FORM.fullmatch(external_id)
    return CheckKey(model=found["model"], run=int(found["run"]), attempt=int(found["attempt"])) if found else None


def of_run(checks: Iterable[Check], run: int, attempt: int) -> dict[str, Check]:
    """The checks of one run and attempt by model; of several the one opened last, which is the one that shows."""
    found = sorted(checks, key=lambda check: check.id)
    return {check.key.model: check for check in found if (check.key.run, check.key.attempt) == (run, attempt)}


def conclusion_of(verdict: Verdict) -> str:
    """GitHub's word. Only a pass is a success: branch protection lets "neutral" through, so doubt is a failure."""
    return _CONCLUSION.get(verdict, "failure")


def shown_by(check: Check) -> Verdict:
    """What a concluded check says, as far as its conclusion tells."""
    return _SHOWN.get(check.conclusion or "", Verdict.FAIL)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that several models have together; of none it is `SKIPPED`."""
    return min(verdicts, key=_ORDER.index, default=Verdict.SKIPPED)
