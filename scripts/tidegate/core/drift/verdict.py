"""From profiles to an answer: the one function that decides whether the model's world has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tidegate.core.drift import history, performance, schema
from tidegate.core.drift.columns import Limits, Question, questions
from tidegate.core.drift.finding import Finding, Found, State, WindowFindings
from tidegate.core.drift.history import Record
from tidegate.core.drift.profile import Profile, Words
from tidegate.core.drift.sentences import of_question, of_state, of_window
from tidegate.core.drift.significance import benjamini_hochberg
from tidegate.core.drift.window import Window


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The contract's drift section as numbers.

    `columns`: the share of features that makes a window drifted, weighed by `importance` (1 where not given);
    `windows` of the latest `of` make drift.
    """

    alpha: float
    min_effect: float
    columns: float
    windows: int
    of: int
    importance: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """`windows` are those of this check, `records` what is known of them and of earlier ones in short.

    `performance` is that of the latest window with labels.
    """

    state: State
    sentence: str
    windows: tuple[WindowFindings, ...]
    performance: tuple[performance.Comparison, ...]
    records: tuple[Record, ...]


def judge(
    reference: Profile,
    windows: Sequence[Window],
    rules: Rules,
    *,
    earlier: Sequence[Record] = (),
) -> Judgement:
    """Whether live data has drifted from `reference`.

    `earlier`: records of former checks; a window that is among `windows` again replaces its record, so a repeated
    check changes nothing.
    """
    ordered = sorted(windows, key=lambda window: (window.start, window.end))
    compared = [tuple(performance.compare(item) for item in window.measured) for window in ordered]
    found = tuple(of_one(reference, window, rules, theirs) for window, theirs in zip(ordered, compared, strict=True))
    records = history.merged(earlier, (history.of_findings(item) for item in found))
    state = history.state(records, rules.windows, rules.of)
    return Judgement(
        state=state,
        sentence=of_state(state, records, rules.windows, rules.of, found[-1] if found else None),
        windows=found,
        performance=next((item for item in reversed(compared) if worse(item) is not None), ()),
        records=records,
    )


def of_one(
    reference: Profile, window: Window, rules: Rules, compared: Sequence[performance.Comparison] = ()
) -> WindowFindings:
    """One window's findings and its own answer."""
    changed = schema.changes(reference, window)
    asked = _asked(reference, window, rules)
    tested = _tested(reference, window, rules, asked)
    found = changed + tested + _unasked(reference, window, tested + changed)
    share = _share(reference, found, rules)
    answer = _answer(found, share, rules, compared, window)
    return WindowFindings(
        start=window.start,
        end=window.end,
        rows=window.part.rows,
        found=answer,
        fires_at_once=bool(changed),
        share=share,
        findings=found,
        notes=schema.notes(reference, window),
        sentence=of_window(answer, window, found, share, compared),
        worse=worse(compared),
    )


def worse(compared: Sequence[performance.Comparison]) -> bool | None:
    """Whether any metric or slice is worse than at release; None where no metric over all rows could be measured."""
    if any(item.found is Found.DRIFTED for item in compared):
        return True
    whole = [item.found for item in compared if not item.performance.slice]
    return False if Found.CALM in whole else None


def _asked(reference: Profile, window: Window, rules: Rules) -> list[Question]:
    if not window.part.rows or not reference.total.rows:
        return []
    limits = Limits(alpha=rules.alpha, min_effect=rules.min_effect, months=window.months)
    names = [name for name in reference.columns if schema.usable(window, name) and name in window.part.columns]
    asked = ((name, window.part_of(name)) for name in names)
    return [question for name, part in asked if part.rows for question in questions(reference, part, name, limits)]


def _tested(reference: Profile, window: Window, rules: Rules, asked: Sequence[Question]) -> tuple[Finding, ...]:
    answerable = [question.p for question in asked if question.p is not None]
    adjusted = iter(benjamini_hochberg(answerable))
    return tuple(
        _finding(reference, window, rules, question, None if question.p is None else next(adjusted))
        for question in asked
    )


def _finding(reference: Profile, window: Window, rules: Rules, question: Question, q: float | None) -> Finding:
    if q is None:
        found = Found.UNKNOWN
    else:
        found = Found.DRIFTED if q <= rules.alpha and question.effect >= question.floor else Found.CALM
    summary = window.part_of(question.column).columns[question.column]
    examples = tuple(summary.examples) if isinstance(summary, Words) else ()
    return Finding(
        column=question.column,
        role=reference.columns[question.column].role,
        subject=question.subject,
        found=found,
        sentence=of_question(question, found, q, examples),
        effect=question.effect,
        floor=question.floor,
        p=question.p,
        q=q,
        against=question.against,
        measures=question.measures,
    )


def _unasked(reference: Profile, window: Window, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Columns whose values could not be compared, said so instead of left out."""
    told = {item.column for item in found if item.subject in ("distribution", "schema")}
    return tuple(
        Finding(
            column=name,
            role=column.role,
            subject="distribution",
            found=Found.UNKNOWN,
            sentence=f'"{name}" has no values to compare.',
        )
        for name, column in reference.columns.items()
        if name not in told and column.kind != "other" and (schema.usable(window, name) or not window.part.rows)
    )


def _share(reference: Profile, found: Sequence[Finding], rules: Rules) -> float:
    weights = {
        name: rules.importance.get(name, 1.0) for name, column in reference.columns.items() if column.role == "feature"
    }
    drifted = {item.column for item in found if item.found is Found.DRIFTED}
    total = sum(weights.values())
    return sum(weight for name, weight in weights.items() if name in drifted) / total if total else 0.0


def _answer(
    found: Sequence[Finding],
    share: float,
    rules: Rules,
    compared: Sequence[performance.Comparison],
    window: Window,
) -> Found:
    """Drifted by schema, by performance, by enough columns, or by answers or labels where performance is not known."""
    if not window.part.rows:
        return Found.UNKNOWN
    if any(item.found is Found.DRIFTED for item in compared) or any(item.subject == "schema" for item in found):
        return Found.DRIFTED
    as_good = any(item.found is Found.CALM for item in compared if not item.performance.slice)
    answers = any(item.role != "feature" and item.found is Found.DRIFTED for item in found)
    if (share > 0 and share >= rules.columns) or (answers and not as_good):
        return Found.DRIFTED
    tested = any(item.subject == "distribution" and item.found is not Found.UNKNOWN for item in found)
    return Found.CALM if tested or as_good else Found.UNKNOWN
