"""What a report is made of, before it is Markdown or HTML.

A plain `str` in a line is ours (a literal of this package, or a rounded number); everything that somebody else wrote
is `Code`. Both writers escape both, so that a slip is ugly rather than dangerous.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from tidegate.core.answer import Verdict
from tidegate.core.report.row_evidence import Fit
from tidegate.core.report.untrusted import NAME, brief


@dataclass(frozen=True)
class Code:
    """Untrusted words, shown and nothing else, cut at `limit` characters."""

    text: str
    limit: int = NAME


@dataclass(frozen=True)
class Strong:
    """Words of ours that matter more."""

    text: str


@dataclass(frozen=True)
class Mark:
    """A verdict as symbol and word; `warns` where it cannot keep the model back."""

    verdict: Verdict
    warns: bool = False


@dataclass(frozen=True)
class Link:
    """An address made by `Context`, under untrusted or own words."""

    words: str | Code
    address: str


@dataclass(frozen=True)
class Break:
    """A new line inside a table cell."""


@dataclass(frozen=True)
class Gauge:
    """A small bar for a share from 0 to 1; the number stands beside it."""

    share: float


Piece = str | Code | Strong | Mark | Link | Break | Gauge
Line = tuple[Piece, ...]


@dataclass(frozen=True)
class Heading:
    """A heading of the third level (`level` 3) or below."""

    line: Line
    level: int = 3


@dataclass(frozen=True)
class Paragraph:
    """One line of text; `small` for what few people read."""

    line: Line
    small: bool = False


@dataclass(frozen=True)
class Callout:
    """What must not be overlooked."""

    kind: Literal["NOTE", "IMPORTANT", "WARNING", "CAUTION"]
    line: Line


@dataclass(frozen=True)
class Column:
    """A table's column; numbers stand to the right."""

    title: str
    right: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under columns; `left_out` more exist and are counted below as `noun`."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]
    left_out: int = 0
    noun: str = "rows"


@dataclass(frozen=True)
class Bullets:
    """A list; `left_out` as in a table."""

    items: tuple[Line, ...]
    left_out: int = 0
    noun: str = "items"


@dataclass(frozen=True)
class Listing:
    """Lines in a fixed-width font, untrusted unless `language` is ``sh`` (commands of ours)."""

    lines: tuple[str, ...]
    language: Literal["text", "sh"] = "text"
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One interval on the axis of an `IntervalChart`: all numbers in the axis's unit, smaller is better."""

    label: str
    words: str
    low: float
    middle: float
    high: float
    limit: float | None
    still: float | None
    verdict: Verdict | None
    warns: bool = False
    numbers: str = ""


@dataclass(frozen=True, kw_only=True)
class IntervalChart:
    """Intervals under one another. `still` of a bar is where nothing has changed, `limit` where its gate ends."""

    title: str
    bars: tuple[Bar, ...]
    left: str
    right: str
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class SliceChart:
    """One metric's value in each slice: the candidate's, and the champion's where there is one."""

    metric: str
    labels: tuple[str, ...]
    candidate: tuple[float, ...]
    champion: tuple[float, ...] | None


@dataclass(frozen=True, kw_only=True)
class Placed:
    """One interval of a `Forest`, in per cent of the champion's value, above zero is worse; a gate's has a `limit`.

    `weight` is from 0 to 1: the share of the largest number of rows. `rule` and `numbers` are words: the gate's limit,
    and what is drawn.
    """

    label: str
    place: tuple[str, str] | None
    rule: str
    numbers: str
    rows: int
    low: float
    middle: float
    high: float
    limit: float | None
    weight: float
    verdict: Verdict | None
    warns: bool = False


@dataclass(frozen=True, kw_only=True)
class Forest:
    """Gates on a change and slices (of the metric `main`) without one on one axis; gates on a value each on its own.

    `text` is the same gates for those who read text.
    """

    title: str
    gates: tuple[Placed, ...]
    slices: tuple[Placed, ...]
    main: str
    scaled: tuple[Bar, ...]
    text: IntervalChart
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class FitChart:
    """How well predictions fit: a picture with its numbers on the page, `text` where there are only words."""

    title: str
    fit: Fit
    text: Line
    numbers: Table


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A plot that the model's code drew: bytes where it can be shown, else why not."""

    name: str
    media_type: str = ""
    data: bytes = b""
    refused: str = ""


@dataclass(frozen=True)
class Pictures:
    """All plots."""

    items: tuple[Picture, ...]


@dataclass(frozen=True)
class Foreign:
    """Markdown by others, rendered where it is trusted, else shown as text."""

    title: str
    lines: tuple[str, ...]
    trusted: bool
    left_out: int = 0


@dataclass(frozen=True)
class Details:
    """A part that opens on demand. `title` and `gist` are ours; the least `weight` is cut first when space runs out."""

    title: str
    gist: str
    blocks: tuple[Block, ...]
    weight: int
    cut: int = field(default=0)


Block = (
    Heading
    | Paragraph
    | Callout
    | Table
    | Bullets
    | Listing
    | IntervalChart
    | SliceChart
    | Forest
    | FitChart
    | Pictures
    | Foreign
    | Details
)


def plain(line: Iterable[Piece]) -> str:
    """A line as text without any markup, for terminals, titles and annotations."""
    return "".join(map(_plain, line))


def units(block: Block) -> int:
    """How many rows a block can be cut by."""
    if isinstance(block, Details):
        return sum(map(units, block.blocks))
    if isinstance(block, Table):
        return len(block.rows)
    if isinstance(block, Bullets):
        return len(block.items)
    return len(block.lines) if isinstance(block, Listing | Foreign) else 1


def shortened(block: Block, keep: int) -> Block:
    """`block` with its first `keep` rows, the rest counted in what it says was left out."""
    lost = units(block) - keep
    if lost <= 0:
        return block
    if isinstance(block, Table):
        return replace(block, rows=block.rows[:keep], left_out=block.left_out + lost)
    if isinstance(block, Bullets):
        return replace(block, items=block.items[:keep], left_out=block.left_out + lost)
    if isinstance(block, Listing | Foreign):
        return replace(block, lines=block.lines[:keep], left_out=block.left_out + lost)
    if isinstance(block, Details):
        return replace(block, blocks=tuple(_first(block.blocks, keep)), cut=block.cut + lost)
    return block


def _first(blocks: Iterable[Block], keep: int) -> Iterator[Block]:
    for block in blocks:
        if keep <= 0:
            return
        yield shortened(block, min(keep, units(block)))
        keep -= units(block)


def _plain(piece: Piece) -> str:
    if isinstance(piece, Code):
        return brief(piece.text, piece.limit)
    if isinstance(piece, Strong):
        return piece.text
    if isinstance(piece, Link):
        return _plain(piece.words)
    if isinstance(piece, Mark):
        return piece.verdict.value
    return " " if isinstance(piece, Break | Gauge) else piece
