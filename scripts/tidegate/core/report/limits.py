"""Making a report fit: whole rows go, the least important part's first, and each place says what it lost.

Sizes are bytes of UTF-8. GitHub counts a comment's characters (65,536) and a summary's bytes (1 MiB); bytes are never
fewer than characters, in whatever way those are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tidegate.core.report.blocks import Block, Bullets, Details, Foreign, Listing, Table, shortened, units

COMMENT = 65_536
SUMMARY = 1_048_576
LEAST = 8_192
_ALWAYS = 1_000_000

Writer = Callable[[Sequence[Block]], str]


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def fit(blocks: Sequence[Block], write: Writer, limit: int) -> str:
    """`write(blocks)` in at most `limit` bytes, or as few as the verdict, its sentence and the next step need."""
    kept = list(blocks)
    text = write(kept)
    for place in sorted(range(len(kept)), key=lambda place: _weight(kept[place])):
        if size(text) <= limit or _weight(kept[place]) == _ALWAYS:
            return text
        kept[place] = _longest(kept, place, write, limit)
        text = write(kept)
    return text


def _longest(blocks: Sequence[Block], place: int, write: Writer, limit: int) -> Block:
    """The block with as many rows as fit, none where that is still too long."""
    low, high = 0, units(blocks[place])
    while low < high:
        middle = (low + high + 1) // 2
        text = write([*blocks[:place], shortened(blocks[place], middle), *blocks[place + 1 :]])
        low, high = (middle, high) if size(text) <= limit else (low, middle - 1)
    return shortened(blocks[place], low)


def _weight(block: Block) -> int:
    if isinstance(block, Foreign):
        return 0
    if isinstance(block, Details):
        return block.weight
    return 1_000 if isinstance(block, Table | Bullets | Listing) else _ALWAYS
