"""The JSON that one command leaves for the next: strict to read, the same bytes whenever it says the same.

Missing, truncated, non-finite or unknown evidence is never a pass, so nothing here guesses.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tidegate import __version__
from tidegate.core.answer import Verdict
from tidegate.errors import InputError

SCHEMA = 1
_MEMBERS = {"schema", "tool", "command", "model", "subject", "outcome", "result", "error"}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What the evidence is about: Git ids and content digests, `None` where unknown to the command."""

    commit: str | None = None
    tree: str | None = None
    data: str | None = None
    params: str | None = None
    environment: str | None = None
    policy: str | None = None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One command's findings on one model."""

    command: str
    model: str
    outcome: Verdict
    subject: Subject = field(default_factory=Subject)
    result: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    tool: str = f"tidegate {__version__}"

    def document(self) -> dict[str, Any]:
        """The evidence as a JSON object (no `error` member unless there is one)."""
        document = {"schema": SCHEMA, **asdict(self), "outcome": self.outcome.value}
        if self.error is None:
            del document["error"]
        return document


def canonical_bytes(document: object) -> bytes:
    """UTF-8 JSON with sorted members, no spaces, shortest round-trip floats and a final newline.

    Raises ValueError for NaN and infinity: numbers that decide nothing must not be stored as numbers.
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def digest(data: bytes) -> str:
    """``sha256:`` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def strict_json(text: str, where: str) -> Any:
    """Parse JSON, refusing what a decision must not rest on: NaN, infinity, numbers beyond a float, members twice.

    Raises InputError E-EVD-001 (syntax, with line and column), E-EVD-002 (number), E-EVD-003 (member twice).
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=lambda pairs: _unique(pairs, where),
            parse_constant=lambda name: _refuse(name, where),
            parse_float=lambda digits: _finite(digits, where),
        )
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}:{error.colno}"
        raise InputError(
            "E-EVD-001",
            f"is not JSON: {error.msg}.",
            where=place,
            fix="Run the command that writes it again.",
        ) from None
    except RecursionError:
        raise InputError("E-EVD-001", "is nested too deeply to be evidence.", where=where) from None
    except ValueError:  # Python refuses integers of more than 4,300 digits
        raise InputError("E-EVD-002", "holds a number of too many digits.", where=where) from None


def parse(text: str, where: str) -> Evidence:
    """Read one evidence file's text. Raises InputError naming the file and what is wrong with it."""
    document = strict_json(text, where)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise InputError(
            "E-EVD-004",
            f"expected evidence of schema {SCHEMA}, got {str(found)[:80]!r}.",
            where=where,
            fix="Use one version of Tidegate in all jobs.",
        )
    if unknown := set(document) - _MEMBERS:
        raise InputError("E-EVD-005", f"unknown members {sorted(unknown)}.", where=where)
    try:
        return _evidence(document)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "E-EVD-006",
            f"is not whole: {error!r:.200}.",
            where=where,
            fix="Run the command that writes it again.",
        ) from None


def _evidence(document: Mapping[str, Any]) -> Evidence:
    for member, kind in {"command": str, "model": str, "tool": str, "result": dict, "subject": dict}.items():
        if not isinstance(document[member], kind):
            raise TypeError(f"{member} is {type(document[member]).__name__}, not {kind.__name__}")
    if any(value is not None and not isinstance(value, str) for value in document["subject"].values()):
        raise TypeError("subject holds something that is neither text nor null")
    return Evidence(
        command=document["command"],
        model=document["model"],
        outcome=Verdict(document["outcome"]),
        subject=Subject(**document["subject"]),
        result=document["result"],
        error=document.get("error"),
        tool=document["tool"],
    )


def _unique(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError("E-EVD-003", f"gives {twice[:80]!r} twice.", where=where)
    return members


def _refuse(name: str, where: str) -> Any:
    raise InputError("E-EVD-002", f"holds {name}: not a finite number.", where=where)


def _finite(digits: str, where: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise InputError("E-EVD-002", f"holds {digits[:80]}: beyond the largest number.", where=where)
    return value
