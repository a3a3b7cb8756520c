"""The verdict in one sentence, computed from numbers: no command's own words decide what stands at the top."""

from __future__ import annotations

from tidegate.core.answer import Verdict
from tidegate.core.comparison.metric_table import is_cost
from tidegate.core.report.behaviour_part import behaviour_phrase
from tidegate.core.report.blocks import Code, Line, plain
from tidegate.core.report.comparison import Comparison, Gate, Kind, Severity
from tidegate.core.report.data import Data
from tidegate.core.report.figures import limit_piece, rule, subject
from tidegate.core.report.model import COMPARE, VALIDATE, View
from tidegate.core.rounding import about, brief, counted, number, percent

HEADLINE = {
    Verdict.PASS: "Ready to promote",
    Verdict.FAIL: "Not promotable",
    Verdict.UNDECIDED: "Undecided",
    Verdict.INCOMPARABLE: "Incomparable",
    Verdict.ERROR: "Error",
    Verdict.SKIPPED: "Nothing to judge",
}
_TITLE = 200
REASON = 200


def sentence(view: View) -> Line:
    """Why the verdict is what it is, without a full stop."""
    if view.verdict is Verdict.ERROR:
        return _error(view)
    if view.verdict is Verdict.SKIPPED:
        return ("the change touches nothing that this model is made from",)
    if view.decisive is not None and view.decisive.name == VALIDATE and view.data is not None:
        return _bad_data(view.data)
    if view.comparison is not None and (view.decisive is None or view.decisive.name == COMPARE):
        return _compared(view.verdict, view.comparison)
    return (f"{view.decisive.name if view.decisive else COMPARE} says {view.verdict.value}",)


def first_line(view: View) -> str:
    """The whole sentence as plain text: ``not promotable: rmse is worse by 1.52 (2.1%), limit 1%``."""
    return f"{HEADLINE[view.verdict].lower()}: {plain(sentence(view))}"


def title(view: View) -> str:
    """The check run's title, at most 200 characters."""
    text = f"{HEADLINE[view.verdict]}: {plain(sentence(view))}"
    return text if len(text) <= _TITLE else f"{text[: _TITLE - 1]}…"


def deciding(comparison: Comparison, verdict: Verdict) -> list[Gate]:
    """The gates that a verdict comes from, whole hold-out before slices."""
    can_block = [gate for gate in comparison.gates if gate.severity is Severity.BLOCK and not gate.excused]
    found = [gate for gate in can_block if gate.verdict is verdict]
    return sorted(found, key=lambda gate: gate.change.slice is not None)


def gate_phrase(gate: Gate) -> Line:
    """What one gate saw and what it allows."""
    return _of_value(gate) if gate.of_value else _against_champion(gate)


def _error(view: View) -> Line:
    failure = view.decisive.failure if view.decisive else None
    if failure is None:
        return ("the evidence is not whole",)
    code: Line = (": ", Code(failure.code)) if failure.code else ()
    start = " " if code else ": "
    message: Line = (start, Code(failure.message.removesuffix("."), REASON)) if failure.message else ()
    return f"{failure.step} {failure.said}", *code, *message


def _bad_data(data: Data) -> Line:
    if not data.blocking:
        return ("the data was refused",)
    first = data.blocking[0]
    where: Line = (Code(first.column),) if first.column is not None else ("the table",)
    rest = len(data.blocking) - 1
    more = f"; and {counted(rest, 'more finding')}" if rest else ""
    expected: Line = (": expected ", Code(first.expected), ", found ", Code(first.observed))
    return "the data is not as expected: ", *where, *expected, more


def _compared(verdict: Verdict, comparison: Comparison) -> Line:
    if verdict is Verdict.PASS:
        return _passed(comparison)
    gates = deciding(comparison, verdict)
    if not gates and (told := behaviour_phrase(comparison.behaviour, verdict)):
        return told
    if not gates:
        start = "the two models cannot be compared: " if verdict is Verdict.INCOMPARABLE else f"{COMPARE} found: "
        return start, Code(_reason(comparison, verdict), REASON)
    rest = len(gates) - 1
    more = f"; and {counted(rest, 'more gate')}" if rest else ""
    return (*gate_phrase(gates[0]), *_settled_by(gates[0]), more)


def _reason(comparison: Comparison, verdict: Verdict) -> str:
    """The command's own words without the verdict that it starts with: ours stands before them."""
    words = comparison.reason
    for start in (f"{HEADLINE[verdict].lower()}: ", f"{verdict.value}: "):
        words = words.removeprefix(start)
    return words


def _passed(comparison: Comparison) -> Line:
    judged = [gate for gate in comparison.gates if gate.verdict is not Verdict.SKIPPED]
    held = sum(gate.verdict is Verdict.PASS for gate in judged)
    waived = sum(gate.excused for gate in judged)
    warned = len(judged) - held - waived
    start = f"{'' if waived else 'all '}{counted(held, 'gate')} hold" if held > 1 else "its gate holds"
    if waived:
        start = f"{start if held else 'no gate holds'}; {counted(waived, 'gate')} waived"
    warning = f"; {counted(warned, 'warning')}" if warned else ""
    if comparison.first_model:
        return (f"there is no champion yet, and {start}{warning}",)
    compared = next((gate for gate in judged if not gate.of_value and gate.change.difference is not None), None)
    return (f"{start}{warning}",) if compared is None else (f"{start}{warning}; ", *_moved(compared))


def _against_champion(gate: Gate) -> Line:
    limit: Line = (", needed " if gate.kind is Kind.BETTER_BY else ", limit ", limit_piece(gate))
    relative = gate.bound is not None and gate.relative
    return *_moved(gate), *limit, f" ({number(gate.bound, _decimals(gate))})" if relative else ""


def _moved(gate: Gate) -> Line:
    change = gate.change
    if change.difference is None:
        return *subject(change), " was not judged"
    loss, ends, decimals = change.worse(change.difference), change.worse_interval, _decimals(gate)
    if change.direction is None:
        return *subject(change), f" changed by {number(change.difference, decimals)}"
    if loss == 0:
        return *subject(change), " is unchanged"
    share = "" if change.relative is None else f" ({percent(abs(change.relative))})"
    could = ""
    if gate.verdict is Verdict.UNDECIDED and ends is not None:
        could = f" and could be {'worse' if ends[1] > 0 else 'better'} by {number(abs(ends[1]), decimals)}"
    return *subject(change), f" is {'worse' if loss > 0 else 'better'} by {number(abs(loss), decimals)}{share}{could}"


def _decimals(gate: Gate) -> int:
    """Of one sentence about a difference: what is said of it has the same decimals throughout."""
    ends = gate.change.worse_interval if gate.verdict is Verdict.UNDECIDED else None
    return brief([gate.change.difference, gate.bound, ends[1] if ends else None])


def _of_value(gate: Gate) -> Line:
    change, ends = gate.change, gate.value_interval
    if change.candidate is None:
        return *subject(change), " was not judged"
    unsure = gate.verdict is Verdict.UNDECIDED and ends is not None
    decimals = brief([change.candidate, gate.bound, *(ends if unsure and ends else ())])
    could = f" and could be from {number(ends[0], decimals)} to {number(ends[1], decimals)}" if unsure and ends else ""
    return *subject(change), f" is {number(change.candidate, decimals)}{could}, limit ", *rule(gate)


def _settled_by(gate: Gate) -> Line:
    if gate.verdict is not Verdict.UNDECIDED or gate.interval is None:
        return ()
    if gate.rows_needed is None and gate.seeds:
        return (f"; another seed alone moves it by about {number(gate.seeds, brief([gate.seeds]))}",)
    noun = "rounds of timing" if is_cost(gate.change.metric) else "rows"
    if gate.rows_needed is None:
        return (f"; it lies on the limit, more {noun} would hardly settle it",)
    return (f"; about {about(gate.rows_needed)} more {noun} would settle it",)
