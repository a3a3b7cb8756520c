"""What stands beside files in a pull request and on the run's page, most severe first."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.answer import Annotation, Verdict
from tidegate.core.report.blocks import plain
from tidegate.core.report.comparison import Gate, Severity
from tidegate.core.report.data import Data
from tidegate.core.report.model import Failure, View
from tidegate.core.report.sentence import gate_phrase
from tidegate.core.report.untrusted import brief

MOST = 50
_MESSAGE = 1_000
_ORDER = {"error": 0, "warning": 1, "notice": 2}


def annotations_of(view: View) -> tuple[Annotation, ...]:
    """Failed steps, findings in the data and gates that do not hold; at most 50, the last counting the rest."""
    found = sorted(_all(view), key=lambda annotation: _ORDER[annotation.level])
    if len(found) <= MOST:
        return tuple(found)
    rest = len(found) - MOST + 1
    return (*found[: MOST - 1], Annotation(level=found[MOST - 1].level, message=f"and {rest} more"))


def _all(view: View) -> Iterator[Annotation]:
    for step in view.steps:
        if step.failure is not None and (step.outcome is not None or step is view.decisive):
            yield _failed(step.failure)
    if view.data is not None:
        yield from _data(view.data)
    if view.comparison is not None:
        yield from (
            _gate(gate) for gate in view.comparison.gates if gate.verdict not in (Verdict.PASS, Verdict.SKIPPED)
        )


def _failed(failure: Failure) -> Annotation:
    file, _, rest = failure.where.partition(":")
    line = rest.partition(":")[0]
    known = file and len(file) <= 200 and file == brief(file, 200)
    words = " ".join(text for text in (failure.said, failure.code, failure.message, failure.fix) if text)
    return Annotation(
        level="error",
        message=brief(f"{failure.step}: {words}", _MESSAGE),
        file=file if known else None,
        line=int(line) if known and line.isascii() and line.isdigit() and len(line) < 9 else None,
    )


def _data(data: Data) -> Iterator[Annotation]:
    file = data.difference.pointer if data.difference else None
    for finding in data.findings:
        where = "the table" if finding.column is None else finding.column
        words = f"{brief(where)}: expected {brief(finding.expected)}, found {brief(finding.observed)}"
        yield Annotation(
            level="error" if finding.severity is Severity.BLOCK else "warning",
            message=words,
            file=file if file and file == brief(file, 200) else None,
            line=1 if file and file == brief(file, 200) else None,
        )


def _gate(gate: Gate) -> Annotation:
    blocks = gate.blocks and gate.verdict is Verdict.FAIL
    return Annotation(
        level="error" if blocks else "warning", message=f"{gate.verdict.value}: {plain(gate_phrase(gate))}"
    )
