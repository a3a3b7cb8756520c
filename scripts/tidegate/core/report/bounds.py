"""How much of everything is shown: a comment is read, a page is looked things up in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

_Item = TypeVar("_Item")


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Most rows of a table, examples of one finding, and rows of a table that lists everything."""

    rows: int
    examples: int
    listed: int


COMMENT = Bounds(rows=10, examples=5, listed=50)
PAGE = Bounds(rows=500, examples=5, listed=2000)


def first(items: Sequence[_Item], most: int) -> tuple[Sequence[_Item], int]:
    """The first `most` items and how many are left out; never leaves out a single one for the line that says so."""
    shown = items if len(items) <= most + 1 else items[:most]
    return shown, len(items) - len(shown)
