"""The order of the report: verdict, gates, one chart, what lies behind them folded away, and the next step."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.answer import Verdict
from tidegate.core.report.attribution_part import attribution_blocks, attribution_part
from tidegate.core.report.behaviour_part import behaviour_part
from tidegate.core.report.blocks import (
    Block,
    Callout,
    Code,
    Details,
    Foreign,
    Line,
    Link,
    Paragraph,
    Pictures,
    Strong,
)
from tidegate.core.report.bounds import Bounds
from tidegate.core.report.change_part import changes_part
from tidegate.core.report.comparison import Comparison
from tidegate.core.report.data_part import data_part, findings_table
from tidegate.core.report.fit_part import fit_part
from tidegate.core.report.foreign import foreign_lines
from tidegate.core.report.gate_table import gate_blocks, gates_part
from tidegate.core.report.measured_part import measured_part
from tidegate.core.report.model import STEPS, VALIDATE, View
from tidegate.core.report.next_step import next_step
from tidegate.core.report.pictures import pictures
from tidegate.core.report.policy_part import policy_callouts
from tidegate.core.report.record_part import (
    card_part,
    champion_line,
    commit,
    cost_part,
    digest,
    lineage_part,
    metrics_part,
    reproduce_part,
    rescored_line,
)
from tidegate.core.report.row_part import rows_part
from tidegate.core.report.seed_part import seeds_part
from tidegate.core.report.sentence import sentence
from tidegate.core.report.slice_part import slices_part
from tidegate.core.report.trouble_part import trouble_blocks
from tidegate.core.rounding import counted

_MOST_LINES = 5_000


def verdict_blocks(view: View, bounds: Bounds) -> Iterator[Block]:
    """What everybody reads: the sentence, what to know before anything else, the gates and where intervals lie."""
    yield Paragraph((*_capital(sentence(view)), "."))
    yield from _callouts(view)
    yield from trouble_blocks(view)
    if view.data is not None and _data_decides(view):
        yield from findings_table(view.data, bounds)
    if view.comparison is not None:
        yield from _compared_with(view, view.comparison)
        yield from gate_blocks(view.comparison, bounds)
        yield from measured_part(view.comparison.measured, view.comparison.draws)
        yield from attribution_blocks(view.comparison.attribution)


def detail_blocks(view: View, bounds: Bounds) -> Iterator[Details]:
    """What lies behind it, folded away; nothing where nothing was done."""
    if view.verdict is Verdict.SKIPPED:
        return
    yield from changes_part(view, bounds)
    if view.comparison is not None:
        yield from behaviour_part(view.comparison.behaviour, bounds)
        yield from slices_part(view.comparison, bounds)
        yield from gates_part(view.comparison, bounds)
        yield from attribution_part(view.comparison.attribution, bounds)
        yield from seeds_part(view.comparison.seeds, bounds)
        yield from fit_part(view.comparison)
        yield from rows_part(view.comparison, bounds)
        yield from metrics_part(view.comparison, bounds)
    yield from cost_part(view.comparison, view.training, bounds)
    if view.data is not None:
        yield from data_part(view.data, bounds, already_shown=_data_decides(view))
    if found := pictures(view.context.plots):
        yield Details("Plots", counted(len(found), "plot"), (Pictures(found),), weight=10)
    yield from card_part(view, bounds)
    yield from lineage_part(view, bounds)
    yield reproduce_part(view.context)


def closing_blocks(view: View, *, on_page: bool = False) -> Iterator[Block]:
    """The next step, and what the report is about; the page does not point to itself."""
    yield Paragraph((Strong("Next:"), " ", *next_step(view)))
    if about := tuple(_about(view, on_page=on_page)):
        yield Paragraph(about, small=True)


def foreign_blocks(view: View) -> Iterator[Foreign]:
    """Parts that others wrote, after everything of ours."""
    for section in view.context.sections:
        lines = foreign_lines(section.markdown) if section.trusted else tuple(section.markdown.splitlines())
        left_out = max(len(lines) - _MOST_LINES, 0)
        yield Foreign(section.title, lines[:_MOST_LINES], section.trusted, left_out)


def _capital(line: Line) -> Line:
    """A line that starts with a word of ours starts with a capital; names of commands and metrics stay as they are."""
    start = line[0] if line else ""
    if not isinstance(start, str) or start.startswith(STEPS):
        return line
    return f"{start[:1].upper()}{start[1:]}", *line[1:]


def _data_decides(view: View) -> bool:
    return view.decisive is not None and view.decisive.name == VALIDATE and view.verdict is Verdict.FAIL


def _callouts(view: View) -> Iterator[Block]:
    yield from policy_callouts(view)
    if view.first_model:
        yield Callout("NOTE", ("This is the first model: there is no champion, so only absolute limits were judged.",))
    if view.context.from_fork:
        yield Callout("IMPORTANT", ("From a fork: its own run, without any of our secrets, measured these numbers.",))


def _compared_with(view: View, comparison: Comparison) -> Iterator[Block]:
    champion = champion_line(comparison, view.context)
    if champion and comparison.rows:
        rows = f" on {counted(comparison.rows, 'row')} of hold-out data."
        yield Paragraph(("Compared with ", *champion, rows, *rescored_line(comparison)))


def _about(view: View, *, on_page: bool) -> Iterator[str | Code | Link]:
    context = view.context
    parts: list[Line] = []
    if context.head:
        parts.append(("commit ", *commit(context.head, context)))
    if context.run_url:
        attempt = f", attempt {context.run_attempt}" if context.run_attempt > 1 else ""
        parts.append((Link("run", context.run_url), attempt))
    if context.artifact_url and not on_page:
        parts.append((Link("full report with plots", context.artifact_url),))
    elif context.run_url and not on_page:
        parts.append(("the full report with plots is among the run's artifacts",))
    if context.verdict_digest:
        parts.append(("verdict ", *digest(context.verdict_digest[:19])))
    for number, part in enumerate(parts):
        yield from (" · ",) * bool(number)
        yield from (piece for piece in part if isinstance(piece, str | Code | Link))
