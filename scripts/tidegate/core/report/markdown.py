"""Blocks as GitHub-flavoured Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator

from tidegate.core.answer import Verdict
from tidegate.core.report.blocks import (
    Block,
    Break,
    Bullets,
    Callout,
    Code,
    Column,
    Details,
    FitChart,
    Foreign,
    Forest,
    Gauge,
    Heading,
    IntervalChart,
    Line,
    Link,
    Listing,
    Mark,
    Paragraph,
    Picture,
    Pictures,
    Piece,
    SliceChart,
    Strong,
    Table,
)
from tidegate.core.report.charts import block_bar, mermaid_slices, text_intervals
from tidegate.core.report.foreign import below_ours
from tidegate.core.report.untrusted import code_span, fenced

SYMBOL = {
    Verdict.PASS: "✅",
    Verdict.FAIL: "❌",
    Verdict.UNDECIDED: "❔",
    Verdict.INCOMPARABLE: "🔀",
    Verdict.ERROR: "🛑",
    Verdict.SKIPPED: "➖",
}
_WARNS = "⚠️"
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$&])")
_REST = "…and {} more {}"


def write(blocks: Iterable[Block]) -> str:
    """All blocks, a blank line between them."""
    return "\n\n".join(text for block in blocks for text in _written(block))


def write_line(line: Line, *, cell: bool = False) -> str:
    """One line of text; between two code spans that touch there is a space, as they would become one."""
    parts: list[str] = []
    for piece in line:
        text = _piece(piece, cell)
        parts += [" "] * (bool(parts) and parts[-1].endswith("`") and text.startswith("`")) + [text] * bool(text)
    return "".join(parts)


def _piece(piece: Piece, cell: bool) -> str:
    if isinstance(piece, Code):
        return code_span(piece.text, limit=piece.limit, cell=cell)
    if isinstance(piece, Strong):
        return f"**{_escaped(piece.text)}**"
    if isinstance(piece, Link):
        return f"[{_piece(piece.words, cell)}]({piece.address})"
    if isinstance(piece, Mark):
        return _mark(piece)
    if isinstance(piece, Gauge):
        return block_bar(piece.share)
    return "<br>" if isinstance(piece, Break) else _escaped(piece)


def _mark(mark: Mark) -> str:
    if mark.warns and mark.verdict not in (Verdict.PASS, Verdict.SKIPPED):
        return f"{_WARNS}\u00a0{mark.verdict.value},<br>warns only"
    return f"{SYMBOL[mark.verdict]}\u00a0{'not asked' if mark.verdict is Verdict.SKIPPED else mark.verdict.value}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _written(block: Block) -> Iterator[str]:
    yield from _WRITERS[type(block)](block)


def _heading(block: Heading) -> Iterator[str]:
    yield f"{'#' * max(block.level, 3)} {write_line(block.line)}"


def _paragraph(block: Paragraph) -> Iterator[str]:
    text = write_line(block.line)
    yield f"<sub>{text}</sub>" if block.small else text


def _callout(block: Callout) -> Iterator[str]:
    yield f"> [!{block.kind}]\n> {write_line(block.line)}"


def _table(block: Table) -> Iterator[str]:
    rows = [_row(write_line((column.title,), cell=True) for column in block.columns), _row(map(_rule, block.columns))]
    rows += [_row(write_line(cell, cell=True) for cell in row) for row in block.rows]
    yield "\n".join(rows)
    yield from _left_out(block.left_out, block.noun)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(column: Column) -> str:
    return "---:" if column.right else "---"


def _bullets(block: Bullets) -> Iterator[str]:
    yield "\n".join(f"- {write_line(item)}" for item in block.items)
    yield from _left_out(block.left_out, block.noun)


def _listing(block: Listing) -> Iterator[str]:
    if block.lines:
        yield fenced(block.lines, block.language)
    yield from _left_out(block.left_out, "lines")


def _interval_chart(block: IntervalChart) -> Iterator[str]:
    yield fenced(text_intervals(block))
    yield from _left_out(block.left_out, "intervals")


def _slice_chart(block: SliceChart) -> Iterator[str]:
    series = "bars: this change" + (", line: the champion" if block.champion is not None else "")
    yield write_line((Code(block.metric), f" in each slice ({series})"))
    yield fenced(mermaid_slices(block), "mermaid")


def _pictures(block: Pictures) -> Iterator[str]:
    yield "\n".join(f"- {write_line(_picture(item))}" for item in block.items)


def _picture(item: Picture) -> Line:
    return Code(item.name), f": {item.refused}" if item.refused else " is in the HTML report"


def _foreign(block: Foreign) -> Iterator[str]:
    yield f"### {write_line((Code(block.title),))}"
    if block.trusted:
        yield "\n".join(below_ours(block.lines))
    elif block.lines:
        yield fenced(block.lines)
    yield from _left_out(block.left_out, "lines")


def _details(block: Details) -> Iterator[str]:
    gist = f" · {html.escape(block.gist, quote=False)}" if block.gist else ""
    yield f"<details>\n<summary><b>{html.escape(block.title, quote=False)}</b>{gist}</summary>"
    yield from (text for inner in block.blocks for text in _written(inner))
    if block.cut:
        yield f"{block.cut:,} rows of this part were cut to fit."
    yield "</details>"


def _left_out(count: int, noun: str) -> Iterator[str]:
    if count:
        yield _REST.format(f"{count:,}", noun)


_WRITERS: dict[type[Block], Callable[..., Iterator[str]]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Callout: _callout,
    Table: _table,
    Bullets: _bullets,
    Listing: _listing,
    IntervalChart: _interval_chart,
    SliceChart: _slice_chart,
    Forest: lambda block: _interval_chart(block.text),
    FitChart: lambda block: iter((write_line(block.text),)),
    Pictures: _pictures,
    Foreign: _foreign,
    Details: _details,
}
