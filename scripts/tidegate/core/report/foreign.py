"""A part of the report that somebody else wrote in Markdown: it may say what it likes, but not look like ours.

It stands at the very end, so that nothing left open in it can swallow a verdict. Headings are pushed below ours;
hidden markers and CML's watermark are taken out, so that it cannot be mistaken for the report itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^( {0,3})(#{1,6})(?=\s|$)")
_WATERMARK = re.compile(r"!\[[^\]]*\]\(https://cml\.dev/watermark\.png[^)]*\)")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)\s*")


def foreign_lines(markdown: str) -> tuple[str, ...]:
    """The lines of `markdown` without hidden comments and watermarks."""
    return tuple(_WATERMARK.sub("", _COMMENT.sub("", markdown)).splitlines())


def below_ours(lines: Iterable[str]) -> Iterator[str]:
    """The lines with headings of the third level or below; an open code fence is closed at the end."""
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) and line.strip() == mark[1] else fence
            yield line
            continue
        fence = mark[1] if mark else ""
        if _UNDERLINE.fullmatch(line):
            yield ""
        yield _HEADING.sub(lambda found: f"{found[1]}{'#' * min(max(len(found[2]) + 2, 3), 6)}", line, count=1)
    if fence:
        yield fence
