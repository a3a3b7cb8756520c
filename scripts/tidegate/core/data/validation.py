"""From what Great Expectations reports to what it means: findings, counts, a verdict and one sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tidegate.core.answer import Verdict
from tidegate.core.data.findings import Finding, Sample, expected, listed, observed, samples
from tidegate.core.data.periods import ALL
from tidegate.core.data.suites import Expectation, Suite
from tidegate.errors import InputError, Problems

_TOLD = 3
Misfits = Callable[[str, str], tuple[int, Sequence[Sample]]]
"""For a column and a type: how many of its values are not of that type, and the first of them."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One expectation on one frame, as Great Expectations tells it; `kwargs` are its arguments, parameters resolved.

    `error` is why it could not be evaluated, None when it was.
    """

    suite: str
    index: int
    frame: str
    success: bool
    result: Mapping[str, Any]
    kwargs: Mapping[str, Any]
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One suite: how many checks it made and how many of them failed."""

    name: str
    checks: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Validation:
    """All suites on the data. `unchecked`: names of the suites that could not be run because the files do not fit."""

    rows: int
    files: int
    suites: tuple[Checked, ...]
    findings: tuple[Finding, ...]
    unchecked: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Pass only when something was checked, all of it, and nothing that blocks was found."""
        blocked = any(finding.severity == "block" for finding in self.findings)
        if blocked or self.unchecked or not sum(suite.checks for suite in self.suites):
            return Verdict.FAIL
        return Verdict.PASS

    @property
    def sentence(self) -> str:
        """``data: 14 of 14 checks passed on 8,645 rows`` or which ones failed."""
        checks = sum(suite.checks for suite in self.suites)
        failed = sum(suite.failed for suite in self.suites)
        skipped = f"; not run: {', '.join(self.unchecked)}" if self.unchecked else ""
        if not failed:
            return f"data: {checks} of {checks} checks passed on {self.rows:,} rows{skipped}"
        ranked = sorted(self.findings, key=lambda finding: finding.severity == "warn")
        told = "; ".join(finding.sentence for finding in ranked[:_TOLD])
        more = f"; and {len(ranked) - _TOLD} more" if len(ranked) > _TOLD else ""
        only = "" if self.verdict is Verdict.FAIL else " (none of them blocks)"
        return f"data: {failed} of {checks} checks failed{only} on {self.rows:,} rows: {told}{more}{skipped}"


def judge(
    suites: Sequence[Suite],
    outcomes: Sequence[Outcome],
    *,
    id_column: str,
    present: Collection[str],
    misfits: Misfits,
) -> tuple[tuple[Checked, ...], tuple[Finding, ...]]:
    """What each suite found on data with the columns `present`; findings in the order of the suites' files.

    Raises Problems with an E-DAT-021 for expectations that cannot be evaluated although their columns are there and
    of the type that the suites ask for, and E-DAT-022 when Great Expectations left one out.
    """
    by_key: dict[tuple[str, int], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_key[outcome.suite, outcome.index].append(outcome)
    frames = {suite.title: {outcome.frame for outcome in outcomes if outcome.suite == suite.title} for suite in suites}
    excused = _of_another_type(suites, by_key) | _absent(suites, present)
    checked: list[Checked] = []
    findings: list[Finding] = []
    problems: list[InputError] = []
    for suite in suites:
        before = len(findings)
        for index, expectation in enumerate(suite.expectations):
            found = by_key.get((suite.title, index), [])
            whole = bool(found) and {outcome.frame for outcome in found} == frames[suite.title]
            problems += _problems(suite, expectation, found, excused, whole=whole)
            findings += _with_misfits(_finding(suite, expectation, found, id_column), expectation, misfits)
        checked.append(Checked(name=suite.title, checks=len(suite.expectations), failed=len(findings) - before))
    if problems:
        raise Problems(problems)
    return tuple(checked), tuple(findings)


def _of_another_type(suites: Sequence[Suite], by_key: Mapping[tuple[str, int], Sequence[Outcome]]) -> set[str]:
    """Columns that some expectation found to be of another type: others on them may fail to evaluate."""
    return {
        column
        for suite in suites
        for index, expectation in enumerate(suite.expectations)
        if expectation.about_type
        for outcome in by_key.get((suite.title, index), ())
        if not outcome.success
        for column in expectation.columns
    }


def _absent(suites: Sequence[Suite], present: Collection[str]) -> set[str]:
    """Columns that the suites speak of and the data lacks."""
    every = [expectation for suite in suites for expectation in suite.expectations]
    return {column for expectation in every for column in expectation.columns if column not in present}


def _problems(
    suite: Suite, expectation: Expectation, found: Sequence[Outcome], excused: Collection[str], *, whole: bool
) -> Iterator[InputError]:
    """Why an expectation was not checked, on the `whole` data, and the data is not to blame.

    Nobody can mend the base's suites in this change: one that was never good is not applied, and one that cannot be
    evaluated on this data fails.
    """
    if suite.at_base:
        return
    where = suite.place(expectation)
    if not whole:
        message = f"{expectation.type}: Great Expectations left it out: it was not checked on all of the data."
        yield InputError("E-DAT-022", message, where=where)
    errors = [outcome for outcome in found if outcome.error]
    if errors and not set(excused) & set(expectation.columns):
        yield InputError(
            "E-DAT-021",
            f"{expectation.type} could not be evaluated on {errors[0].frame}: {errors[0].error!s:.300}",
            where=where,
            fix="Mend the expectation, or expect the column's type as well.",
        )


def _finding(suite: Suite, expectation: Expectation, found: Sequence[Outcome], id_column: str) -> Iterator[Finding]:
    failed = [outcome for outcome in found if not outcome.success]
    if not failed:
        return
    counts = [count for outcome in failed if isinstance(count := outcome.result.get("unexpected_count"), int)]
    rows = [sample for outcome in failed for sample in samples(outcome.result, id_column)]
    yield Finding(
        suite=suite.title,
        expectation=expectation.type,
        column=listed(expectation.columns) if expectation.columns and not expectation.declares else None,
        observed=_observed(expectation, failed, len(found)),
        expected=expected(expectation, failed[0].kwargs),
        severity=expectation.severity,
        count=sum(counts) if counts else None,
        samples=tuple(rows[:5]),
        path=suite.path,
        line=expectation.line,
    )


def _with_misfits(found: Iterator[Finding], expectation: Expectation, misfits: Misfits) -> Iterator[Finding]:
    """Findings about a column's type, with the values that keep it from having it: one "12a" makes a text of all."""
    for finding in found:
        wanted = expectation.kwargs.get("type_")
        if finding.column is None or not expectation.about_type or finding.samples or not isinstance(wanted, str):
            yield finding
            continue
        count, rows = misfits(finding.column, wanted)
        yield replace(finding, count=count or None, samples=tuple(rows[:5]))


def _observed(expectation: Expectation, failed: Sequence[Outcome], frames: int) -> str:
    if frames == 1 and failed[0].frame == ALL:
        return _one(expectation, failed[0])
    told = "; ".join(f"{_one(expectation, outcome)} in {outcome.frame}" for outcome in failed[:_TOLD])
    more = f"; and {len(failed) - _TOLD} more" if len(failed) > _TOLD else ""
    return told + more if frames == 1 else f"{told}{more} ({len(failed)} of {frames} files)"


def _one(expectation: Expectation, outcome: Outcome) -> str:
    return f"not evaluated ({outcome.error!s:.120})" if outcome.error else observed(expectation, outcome.result)
