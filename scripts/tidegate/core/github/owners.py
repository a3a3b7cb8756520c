"""Whose review a path needs, by CODEOWNERS: the last pattern that matches counts, as GitHub reads it."""

from __future__ import annotations

import re

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks, in this order."""


def owners(text: str, path: str) -> tuple[str, ...]:
    """The owners of `path`; none where no pattern matches or the last that does names nobody."""
    found: tuple[str, ...] = ()
    for line in text.splitlines():
        pattern, *names = line.partition("#")[0].split() or [""]
        if pattern and _matches(pattern, path):
            found = tuple(names)
    return found


def _matches(pattern: str, path: str) -> bool:
    """As in .gitignore: a pattern with a slash inside starts at the root, one of a folder covers all below it."""
    rooted = "/" in pattern.rstrip("/")
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/"))
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(wild.get(part, re.escape(part)) for part in parts)
    below = "/.+" if pattern.endswith("/") else "(?:/.+)?" if not pattern.endswith("*") else ""
    return re.fullmatch(f"{'' if rooted else '(?:.*/)?'}{body}{below}", path) is not None
