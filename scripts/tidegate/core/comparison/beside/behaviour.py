"""Behavioural tests of a packaged model: what each of them found, for the candidate and for the champion.

A test is asked of the model as it will run, so it says what no number over the hold-out says: that an answer does not
depend on what it must not depend on, moves the way it must, and is right where any model has to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tidegate.core.answer import Verdict

KINDS = ("invariance", "directional", "minimum_functionality")
OTHER = "other"
MOST_EXAMPLES = 3
Outcome = Literal["passed", "failed", "skipped", "xfailed", "xpassed"]


@dataclass(frozen=True, kw_only=True)
class Example:
    """One case that failed."""

    case: str = ""
    observed: str = ""
    expected: str = ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One collected test: `name` is its function's, `label` the parameters of this one, empty where it has none.

    `cases` and `failed`: how many the test says that it asked, and how many of them failed.
    """

    name: str
    label: str
    kind: str
    warns: bool
    outcome: Outcome
    message: str = ""
    examples: tuple[Example, ...] = ()
    cases: int = 1
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class Run:
    """All tests asked of one model; `trouble`: why they were not all asked, empty when they were."""

    cases: tuple[Case, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One test function's finding about the candidate.

    `before`: what the same test says of the champion, None where it was not asked. `source`: whose version of the test.
    """

    name: str
    kind: str
    severity: Literal["block", "warn"]
    source: Literal["base", "change"]
    cases: int
    failed: int
    verdict: Verdict
    before: Verdict | None
    message: str
    examples: tuple[Example, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether it keeps the candidate back."""
        return self.severity == "block" and self.verdict is not Verdict.PASS

    @property
    def standing(self) -> str:
        """What is new about a failure; empty where nothing can be said."""
        if self.verdict is not Verdict.FAIL or self.before is None:
            return ""
        return {Verdict.PASS: "newly failing", Verdict.FAIL: "was failing before"}.get(self.before, "")


@dataclass(frozen=True, kw_only=True)
class Behaviours:
    """Everything about behaviour. `troubles`: why tests could not all be asked of the candidate.

    `champion_trouble`: why they could not be asked of the champion, which decides nothing. `edited`: files of the
    tests that the change adds, removes or rewrites. `tests`: digests of the versions that were run.
    """

    folder: str
    findings: tuple[Behaviour, ...] = ()
    troubles: tuple[str, ...] = ()
    champion_trouble: str = ""
    edited: tuple[str, ...] = ()
    tests: Mapping[str, str] = field(default_factory=dict)

    @property
    def blocking(self) -> tuple[Behaviour, ...]:
        """Findings that keep the candidate back, failures first."""
        found = [finding for finding in self.findings if finding.blocks]
        return tuple(sorted(found, key=lambda finding: finding.verdict is not Verdict.FAIL))

    @property
    def verdict(self) -> Verdict:
        """Fail where a test fails that blocks; pass only where every test was asked and at least one was."""
        if any(finding.verdict is Verdict.FAIL for finding in self.blocking):
            return Verdict.FAIL
        return Verdict.UNDECIDED if self.troubles or self.blocking or not self.findings else Verdict.PASS


def findings(
    candidate: Run, champion: Run | None, source: Literal["base", "change"], *, without: Iterable[str] = ()
) -> tuple[Behaviour, ...]:
    """A finding for each test function, in the order of the tests; those of `without` are left out."""
    before = {} if champion is None else _by_name(champion.cases)
    skipped = set(without)
    return tuple(
        _finding(name, cases, before.get(name), source)
        for name, cases in _by_name(candidate.cases).items()
        if name not in skipped
    )


def _by_name(cases: Iterable[Case]) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(case.name, []).append(case)
    return found


def _finding(
    name: str, cases: Sequence[Case], before: Sequence[Case] | None, source: Literal["base", "change"]
) -> Behaviour:
    bad = [case for case in cases if case.outcome in ("failed", "xfailed")]
    decisive = bad or [case for case in cases if case.outcome == "skipped"]
    examples = [example for case in bad for example in _examples(case)]
    return Behaviour(
        name=name,
        kind=cases[0].kind,
        severity="warn" if _only_warns(cases, bad) else "block",
        source=source,
        cases=sum(case.cases for case in cases),
        failed=sum(max(case.failed, 1) for case in bad),
        verdict=_verdict(cases),
        before=None if before is None else _verdict(before),
        message=decisive[0].message if decisive else "",
        examples=tuple(examples[:MOST_EXAMPLES]),
    )


def _only_warns(cases: Sequence[Case], bad: Sequence[Case]) -> bool:
    """Marked so, or a failure that the test's authors know of (xfail)."""
    return all(case.warns or case.outcome == "xfailed" for case in bad or cases)


def _verdict(cases: Sequence[Case]) -> Verdict:
    outcomes = {case.outcome for case in cases}
    if outcomes & {"failed", "xfailed"}:
        return Verdict.FAIL
    return Verdict.UNDECIDED if "skipped" in outcomes else Verdict.PASS


def _examples(case: Case) -> tuple[Example, ...]:
    """What the test recorded itself, else the comparison that failed."""
    return case.examples
