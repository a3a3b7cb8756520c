"""Plots that the model's code drew, checked by content. A page shows them as images only, where no script can run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tidegate.core.report.blocks import Picture
from tidegate.core.report.figures import byte_size

MOST_BYTES = 2_000_000
MOST_IN_ALL = 12_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_BETWEEN = r"\s*(?:<!--.*?-->\s*)*"
_SVG = re.compile(
    rf"\s*(?:<\?xml[^>]*\?>)?{_BETWEEN}(?:<!DOCTYPE\s+svg[^>\[]*>)?{_BETWEEN}<svg[\s>]",
    re.DOTALL,
)
_ACTIVE = re.compile(r"<!ENTITY|<\s*(?:\w+:)?(?:script|foreignObject|iframe)\b", re.IGNORECASE)


def pictures(plots: Mapping[str, bytes]) -> tuple[Picture, ...]:
    """One picture per plot in the order of names, refused ones with the reason."""
    found: list[Picture] = []
    left = MOST_IN_ALL
    for name in sorted(plots):
        picture = _picture(name, plots[name], left)
        left -= len(picture.data)
        found.append(picture)
    return tuple(found)


def _picture(name: str, data: bytes, left: int) -> Picture:
    if len(data) > min(MOST_BYTES, left):
        return Picture(name=name, refused=f"{byte_size(len(data))} are too many to show here; it is in the artifact")
    if data.startswith(_PNG):
        return Picture(name=name, media_type="image/png", data=data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Picture(name=name, refused="not shown, it is neither PNG nor SVG")
    if not _SVG.match(text):
        return Picture(name=name, refused="not shown, it is neither PNG nor SVG")
    if _ACTIVE.search(text):
        return Picture(name=name, refused="not shown, it holds more than a drawing (a script, a page or an entity)")
    return Picture(name=name, media_type="image/svg+xml", data=text.encode())
