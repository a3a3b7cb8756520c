"""Blocks as HTML. Every word is escaped; untrusted ones stand in `code`, isolated from the direction of the rest."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterable

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
from tidegate.core.report.html_charts import GLYPH, interval_chart, slice_chart
from tidegate.core.report.html_fit import fit_chart
from tidegate.core.report.html_forest import forest
from tidegate.core.report.untrusted import brief, clipped

_OPEN_FROM = 70
_LINE_OF_TEXT = 2_000


def write(blocks: Iterable[Block]) -> str:
    """All blocks, one after another."""
    return "\n".join(_WRITERS[type(block)](block) for block in blocks)


def write_line(line: Line) -> str:
    """One line of text."""
    return "".join(map(_piece, line))


def badge(mark: Mark) -> str:
    """A verdict as glyph, word and colour."""
    tone, word = mark.verdict.value, mark.verdict.value
    if mark.warns and mark.verdict not in (Verdict.PASS, Verdict.SKIPPED):
        tone, word = "warns", f"{word}, warns only"
    word = "not asked" if mark.verdict is Verdict.SKIPPED else word
    return f'<span class="badge tone-{tone}"><span aria-hidden="true">{GLYPH[mark.verdict]}</span> {word}</span>'


def _piece(piece: Piece) -> str:
    if isinstance(piece, Code):
        return f"<bdi><code>{html.escape(brief(piece.text, piece.limit))}</code></bdi>"
    if isinstance(piece, Strong):
        return f"<strong>{html.escape(piece.text)}</strong>"
    if isinstance(piece, Link):
        return f'<a href="{html.escape(piece.address)}" rel="noopener noreferrer">{_piece(piece.words)}</a>'
    if isinstance(piece, Mark):
        return badge(piece)
    if isinstance(piece, Gauge):
        return f'<svg class="gauge" aria-hidden="true"><rect width="{piece.share * 100:.1f}%" height="100%"/></svg>'
    return "<br>" if isinstance(piece, Break) else html.escape(piece)


def _heading(block: Heading) -> str:
    level = min(max(block.level - 1, 2), 6)
    return f"<h{level}>{write_line(block.line)}</h{level}>"


def _paragraph(block: Paragraph) -> str:
    kind = ' class="small"' if block.small else ""
    return f"<p{kind}>{write_line(block.line)}</p>"


def _callout(block: Callout) -> str:
    kind = f'<strong class="kind">{block.kind.title()}</strong>'
    return f'<p class="callout {block.kind.lower()}">{kind} {write_line(block.line)}</p>'


def _table(block: Table) -> str:
    head = "".join(f'<th scope="col"{_side(column)}>{html.escape(column.title)}</th>' for column in block.columns)
    body = "".join(_row(block.columns, row) for row in block.rows)
    name = html.escape(f"Table of {block.noun}")
    return (
        f'<div class="scroll" role="region" aria-label="{name}" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{_left_out(block.left_out, block.noun)}"
    )


def _row(columns: tuple[Column, ...], row: tuple[Line, ...]) -> str:
    cells = (
        f"<{tag}{_side(column)}>{write_line(cell)}</{tag.split()[0]}>"
        for tag, column, cell in zip(('th scope="row"', *("td",) * (len(row) - 1)), columns, row, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _side(column: Column) -> str:
    return ' class="right"' if column.right else ""


def _bullets(block: Bullets) -> str:
    items = "".join(f"<li>{write_line(item)}</li>" for item in block.items)
    return f"<ul>{items}</ul>{_left_out(block.left_out, block.noun)}"


def _listing(block: Listing) -> str:
    text = html.escape("\n".join(clipped(block.lines, _LINE_OF_TEXT)))
    return f'<pre tabindex="0"><code>{text}</code></pre>{_left_out(block.left_out, "lines")}'


def _pictures(block: Pictures) -> str:
    return f'<div class="plots">{"".join(map(_picture, block.items))}</div>'


def _picture(item: Picture) -> str:
    name = f"<bdi><code>{html.escape(brief(item.name))}</code></bdi>"
    if item.refused:
        return f"<p>{name}: {html.escape(item.refused)}.</p>"
    source = f"data:{item.media_type};base64,{base64.b64encode(item.data).decode()}"
    alternative = html.escape(f"Plot {brief(item.name)}, drawn by the model’s own code")
    return f'<figure><img src="{source}" alt="{alternative}"><figcaption>{name}</figcaption></figure>'


def _foreign(block: Foreign) -> str:
    title = f"<h2>{_piece(Code(block.title))}</h2>"
    text = _listing(Listing(block.lines, left_out=block.left_out))
    return f'<section>{title}<p class="small">Written by the project, shown as text.</p>{text}</section>'


def _details(block: Details) -> str:
    pictures = any(isinstance(inner, Pictures | FitChart) for inner in block.blocks)
    opened = " open" if pictures or block.weight >= _OPEN_FROM else ""
    gist = f' <span class="gist">{html.escape(block.gist)}</span>' if block.gist else ""
    return (
        f"<details{opened}><summary><h2>{html.escape(block.title)}</h2>{gist}</summary>\n"
        f'<div class="inside">{write(block.blocks)}</div></details>'
    )


def _left_out(count: int, noun: str) -> str:
    return f'<p class="small">…and {count:,} more {html.escape(noun)}</p>' if count else ""


_WRITERS: dict[type[Block], Callable[..., str]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Callout: _callout,
    Table: _table,
    Bullets: _bullets,
    Listing: _listing,
    IntervalChart: interval_chart,
    SliceChart: slice_chart,
    Forest: forest,
    FitChart: lambda block: fit_chart(block, write_line(block.text), _table(block.numbers)),
    Pictures: _pictures,
    Foreign: _foreign,
    Details: _details,
}
