"""Words that others chose (metric, column, slice and branch names, log lines), made so that they can only be read.

In Markdown they stand inside code spans and fences that are longer than any run of backticks in them: there GitHub
neither links, mentions, closes, loads nor formats anything. What cannot be seen is written out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

NAME = 80
LINE = 300
EMPTY = "(empty)"
_ELLIPSIS = "…"
_MARKS = 2
# Letters and marks that Unicode calls printable and that nobody can see.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | frozenset(
    map(chr, [*range(0xFE00, 0xFE0F), *range(0xE0100, 0xE01F0)])
)
# cmark reads no code span between more than 80 backticks, and counts no more than 255 of a fence.
_LONGEST_FENCE = 80
_MAY_CLOSE = re.compile(r" {0,3}`{80,}\s*")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ]")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_LEFT_TO_RIGHT_MARK = "\u200e"


def visible(text: str) -> str:
    """`text` with control, invisible, unpaired and direction-changing characters written out (``\\u202e``).

    More than two combining marks on one letter are written out as well: stacked, they cover the lines around.
    """
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = _MARKS
    for character in text:
        is_mark = unicodedata.category(character) in ("Mn", "Me")
        marks = marks + 1 if is_mark else 0
        hidden = not character.isprintable() or character in _INVISIBLE or (is_mark and marks > _MARKS)
        shown.append(_written_out(character) if hidden else character)
    return "".join(shown)


def brief(text: str, limit: int = NAME) -> str:
    """`visible(text)` in at most `limit` characters, the last an ellipsis where something was cut."""
    shown = visible(text[: limit + 1])
    if len(shown) <= limit:
        return shown or EMPTY
    return shown[: limit - 1] + _ELLIPSIS


def code_span(text: str, *, limit: int = NAME, cell: bool = False) -> str:
    """`text` as a Markdown code span from which it cannot get out; `cell` for use inside a table row.

    A run of backticks too long for that is written as character references in HTML's `code`.
    """
    shown = brief(text, limit)
    run = _longest_run(shown)
    if run >= _LONGEST_FENCE:
        return f"<code>{_NOT_PLAIN.sub(_reference, shown)}</code>"
    fence = "`" * (run + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or _would_be_stripped(shown) else ""
    span = f"{fence}{pad}{shown}{pad}{fence}"
    return (span.replace("|", "\\|") if cell else span) + (_LEFT_TO_RIGHT_MARK if right_to_left(shown) else "")


def fenced(lines: Sequence[str], language: str = "text") -> str:
    """`lines` as a Markdown code block that no line of it can close. `language` is a word of ours.

    A line of nothing but very many backticks is indented by four spaces, which keeps it from closing.
    """
    shown = [visible(line.expandtabs(4)) for line in lines]
    longest = max(map(_longest_run, shown), default=0)
    fence = "`" * min(max(3, longest + 1), _LONGEST_FENCE)
    inside = (f"    {line}" if _MAY_CLOSE.fullmatch(line) else line for line in shown)
    return "\n".join([f"{fence}{language}", *inside, fence])


def clipped(lines: Iterable[str], limit: int = LINE) -> tuple[str, ...]:
    """Every line on its own, visible and at most `limit` characters long; an empty line stays empty."""
    return tuple(brief(line.expandtabs(4), limit) if line else "" for line in lines)


def right_to_left(text: str) -> bool:
    """Whether some of `text` is written from right to left and would reorder the digits after it."""
    return not text.isascii() and any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text)


def width(text: str) -> int:
    """Columns that `text` takes in a fixed-width font: two for wide letters and emoji, none for combining marks."""
    return sum(_columns(character) for character in text)


def padded(text: str, columns: int) -> str:
    """`text` cut or filled with spaces to `columns` columns."""
    while width(text) > columns:
        text = text[:-2] + _ELLIPSIS if len(text) > 1 else ""
    return text + " " * (columns - width(text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _written_out(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _reference(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _would_be_stripped(shown: str) -> bool:
    return shown.startswith(" ") and shown.endswith(" ") and bool(shown.strip(" "))
