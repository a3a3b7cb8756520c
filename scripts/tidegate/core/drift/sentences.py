"""The sentence for each finding, each window and the whole: what was seen, how sure, and what it was held against."""

from __future__ import annotations

from collections.abc import Sequence

from tidegate.core.drift.columns import Question
from tidegate.core.drift.finding import Finding, Found, State, WindowFindings
from tidegate.core.drift.history import Record, worsened
from tidegate.core.drift.performance import Comparison
from tidegate.core.drift.window import Window
from tidegate.core.drift.wording import chance, listed, percent, shown, times

_WHAT = {
    "missing": "missing values",
    "new words": "words that the reference does not have",
    "infinite": "infinite values",
}


def of_question(question: Question, found: Found, q: float | None, examples: Sequence[str]) -> str:
    """One column's answer to one question."""
    name = shown(question.column)
    if question.subject == "distribution":
        return _distribution(question, name, found, q)
    before, now = question.shares or (0.0, 0.0)
    some = f" ({listed(examples)})" if question.subject == "new words" and examples else ""
    sure = "" if q is None else f", {chance(q)} after correction"
    return f"{name}: {_WHAT[question.subject]}{some} in {percent(now)} of rows, {percent(before)} before{sure}."


def _distribution(question: Question, name: str, found: Found, q: float | None) -> str:
    if found is Found.UNKNOWN or q is None:
        return f"{name} has too few independent rows to be tested."
    shift = question.measures.get("shift")
    moved = "" if shift is None else f", mean {shift:+.2f} standard deviations"
    where = " from the same months" if question.against == "season" else ""
    numbers = (
        f"distance{where} {question.effect:.3f} (counts from {question.floor:.3f}), {chance(q)} after correction{moved}"
    )
    return f"{name} {'has drifted' if found is Found.DRIFTED else 'is calm'}: {numbers}."


def of_window(
    answer: Found, window: Window, found: Sequence[Finding], share: float, compared: Sequence[Comparison]
) -> str:
    """One window's answer."""
    when = f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M}, {times(window.part.rows, 'row')}"
    if answer is Found.UNKNOWN:
        why = "there are no rows" if not window.part.rows else "there are too few independent rows to tell"
        return f"{when}: unknown, because {why}."
    if answer is Found.CALM:
        return f"{when}: calm; {percent(share)} of the features drifted."
    return f"{when}: drifted; {'; '.join(_reasons(found, share, compared))}."


def _reasons(found: Sequence[Finding], share: float, compared: Sequence[Comparison]) -> list[str]:
    schema = [item.column for item in found if item.subject == "schema"]
    drifted = list(dict.fromkeys(item.column for item in found if item.found is Found.DRIFTED))
    worse = [item.performance.metric for item in compared if item.found is Found.DRIFTED]
    reasons = [f"the schema changed in {listed(schema)}"] if schema else []
    reasons += [f"{listed(worse)} is worse than at release"] if worse else []
    reasons += [f"{percent(share)} of the features and in all {listed(drifted)} drifted"] if drifted else []
    return reasons


def of_state(state: State, records: Sequence[Record], windows: int, of: int, latest: WindowFindings | None) -> str:
    """The whole check's answer."""
    if latest is None or not records:
        return "Unknown, which is not the same as no drift: there was no window to look at."
    drifted = sum(item.found is Found.DRIFTED for item in records[-of:])
    what = {
        State.CALM: "No drift",
        State.WATCH: f"Not drift yet, {windows} of {of} windows are needed",
        State.DRIFT: "Drift",
        State.UNKNOWN: "Unknown, which is not the same as no drift",
    }[state]
    labelled = [item for item in records if item.worse is not None][-of:]
    late = worsened(records, windows, of)
    told = f"; of {len(labelled)} with labels, {sum(item.worse is True for item in labelled)} worse than at release"
    behind = told if late is not State.CALM else ""
    return f"{what}: {drifted} of the last {min(of, len(records))} windows drifted{behind}. {latest.sentence}"
