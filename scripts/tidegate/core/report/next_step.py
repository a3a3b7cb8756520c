"""The one thing to do now, as concrete as the evidence allows."""

from __future__ import annotations

from tidegate.core.answer import Verdict
from tidegate.core.comparison.metric_table import is_cost
from tidegate.core.report.blocks import Code, Line, Link
from tidegate.core.report.comparison import Gate
from tidegate.core.report.context import Context
from tidegate.core.report.data import Data
from tidegate.core.report.figures import direction_word, slice_name, subject
from tidegate.core.report.model import COMPARE, VALIDATE, Failure, View
from tidegate.core.report.sentence import deciding
from tidegate.core.rounding import about, brief, number


def next_step(view: View) -> Line:
    """One imperative sentence or two."""
    match view.verdict:
        case Verdict.PASS:
            return _promote(view)
        case Verdict.FAIL if view.decisive and view.decisive.name == VALIDATE and view.data:
            return _mend_data(view.data)
        case Verdict.FAIL:
            return _improve(view)
        case Verdict.UNDECIDED:
            return _settle(view)
        case Verdict.INCOMPARABLE:
            return ("Merge the change of the hold-out on its own first, or take it out of this change.",)
        case Verdict.SKIPPED:
            return ("Nothing to do.",)
    return _recover(view.decisive.failure if view.decisive else None, view.context)


def _promote(view: View) -> Line:
    if view.first_model:
        return ("Look at the absolute numbers: nothing was compared. When they are good enough, approve and merge.",)
    return ("Merge. The merge makes the release for staging; production follows by a pull request of its own.",)


def _mend_data(data: Data) -> Line:
    if not data.blocking:
        return ("Mend the data, add it to DVC again, and push.",)
    first = data.blocking[0]
    what: Line = (Code(first.column),) if first.column is not None else ("the table",)
    pointer = data.difference.pointer if data.difference else None
    add: Line = (
        (", then ", Code(f"dvc add {pointer.removesuffix('.dvc')}"), " and push") if pointer else (", then push",)
    )
    otherwise = ". If the data is right, change the expectation in a pull request of its own."
    return "Mend ", *what, " until it meets ", Code(first.expected), *add, otherwise


def _improve(view: View) -> Line:
    gates = deciding(view.comparison, view.verdict) if view.comparison else []
    if not gates or view.decisive is None or view.decisive.name != COMPARE:
        return ("Mend what is named above and push again.",)
    need = _distance(gates[0])
    verb = "Improve " if gates[0].change.gap is None else "Narrow "
    start: Line = verb, *subject(gates[0].change)
    by = (f" by about {number(need, brief([need]))} more",) if need else ()
    change = (", or change the gate in ", Code(view.context.contract), " in a pull request of its own.")
    return *start, *by, *_weakest(view), *change


def _weakest(view: View) -> Line:
    """Where to look first: the slice that surely became worse, and most."""
    slices = view.comparison.slices if view.comparison else ()
    worst = next((one for one in slices if one.judged and direction_word(one.change) == "worse"), None)
    return () if worst is None else (" (look at ", *slice_name(worst.change.slice or ("", "")), " first)")


def _settle(view: View) -> Line:
    gates = deciding(view.comparison, view.verdict) if view.comparison else []
    if gates and all(is_cost(gate.change.metric) for gate in gates):
        return "Run the job again on a quieter machine, or widen the limit in ", Code(view.context.contract), "."
    rows = max((gate.rows_needed or 0 for gate in gates if not is_cost(gate.change.metric)), default=0)
    if not gates and view.comparison is not None and view.comparison.behaviour is not None:
        return ("Mend the behavioural tests or what they need, and push again.",)
    if view.comparison is not None and rows:
        return (
            f"Add about {about(rows)} rows to the hold-out (it has {view.comparison.rows:,}), or widen the limit in ",
            Code(view.context.contract),
            " in a pull request of its own.",
        )
    return "Widen the limit in ", Code(view.context.contract), " in a pull request of its own, or improve the model."


def _distance(gate: Gate) -> float | None:
    """How far the bad end of a failed gate's interval lies beyond its limit; None where that is not known."""
    bound, change = gate.bound, gate.change
    if bound is None:
        return None
    if not gate.of_value:
        ends = change.worse_interval
        return None if ends is None else ends[1] - (-bound if gate.kind == "better_by" else bound)
    if gate.value_interval is None:
        return None
    low, high = gate.value_interval
    return bound - low if gate.kind == "at_least" else high - bound


def _recover(failure: Failure | None, context: Context) -> Line:
    run: Line = (Link("this run", context.run_url),) if context.run_url else ("the run",)
    if failure is not None and failure.fix:
        return Code(failure.fix, 300), " Then run the failed job of ", *run, " again."
    return "Look at the log of ", *run, ", mend the step and run the failed job again."
