"""One thing that is wrong with a contract, said so that a person finds it and can mend it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from tidegate.core.redaction import redacted

Path = tuple[str | int, ...]
"""Keys and list places from the top of the file: ``("models", "bike-demand", "gates", 0, "metric")``."""

_LONGEST = 80
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """`path` leads to the place; `line` and `column` (from 1) are 0 until the file's reader has looked them up.

    `at_key` places it on the key, not on its value.
    """

    code: str
    path: Path
    message: str
    fix: str = ""
    line: int = 0
    column: int = 0
    at_key: bool = False

    @property
    def refuses(self) -> bool:
        """Whether it is a danger and not a slip."""
        return self.code.startswith("E-SEC-")

    @property
    def text(self) -> str:
        """The message with its path in front, as far as there is one."""
        return f"{shown_path(self.path)}: {self.message}" if self.path else self.message


def shown_path(path: Path) -> str:
    """``models.bike-demand.gates[0].metric``; keys that are no plain words are quoted in brackets."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step) and redacted(step) == step:
            text += f".{step}"
        else:
            text += f"[{shown(step)}]"
    return text.removeprefix(".")


def shown(text: str) -> str:
    """Foreign text in quotes: credentials removed, control characters visible, cut after 80 characters."""
    safe = "".join(character if character.isprintable() else _named(character) for character in redacted(text[:4000]))
    cut = safe if len(safe) <= _LONGEST else f"{safe[:_LONGEST]}…"
    return f'"{cut}"'


def _named(character: str) -> str:
    return json.dumps(character)[1:-1] if ord(character) < 32 else character.encode("unicode_escape").decode("ascii")
