"""What the reader of the contract file hands on: its values as written, where each stands, and what is wrong so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tidegate.core.contract.problem import Path, Problem

_BOOLEAN = frozenset(
    form for word in ("true", "false", "yes", "no", "on", "off") for form in (word, word.title(), word.upper())
)
_NOTHING = frozenset(("", "~", "null", "Null", "NULL"))
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
LINE_BREAK = re.compile(r"\r\n|\r|\n")


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Where the character at `offset` stands, both counted from 1."""
    before = LINE_BREAK.split(text[:offset])
    return len(before), len(before[-1]) + 1


@dataclass(frozen=True)
class Scalar:
    """A leaf as written: its text, and whether it stood without quotes."""

    text: str
    plain: bool

    @property
    def kind(self) -> str:
        """``nothing``, ``boolean``, ``number`` or ``text``, as YAML readers old and new would take it."""
        if not self.plain:
            return "text"
        if self.text in _NOTHING:
            return "nothing"
        return "boolean" if self.text in _BOOLEAN else "number" if _NUMBER.fullmatch(self.text) else "text"


Tree = dict[str, Any] | list[Any] | Scalar
"""Mappings by key, lists, and scalars at the leaves."""


@dataclass
class Document:
    """A file's content, where its keys and values stand (line and column from 1), and what is wrong so far.

    Nothing at or below a path of `broken` can be judged any further. `tree` is None when nothing could be read.
    """

    tree: Tree | None = None
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    broken: set[Path] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path, *, at_key: bool = False) -> tuple[int, int]:
        """Line and column of the value (or key) at `path`; of the nearest thing around it when there is none."""
        if at_key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def is_broken(self, path: Path) -> bool:
        """Whether something at `path` or around it was already complained about."""
        return any(path[:length] in self.broken for length in range(len(path) + 1))

    def at(self, path: Path) -> object:
        """What stands at `path`, None when there is nothing."""
        found: Any = self.tree
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        return found
