"""The metrics that a pipeline claims for itself: shown beside the gates' own, trusted by none, and still read strictly.

A NaN that is shown as a number, or a name given twice of which the better one wins, would mislead whoever reads it.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from tidegate.errors import InputError, Problems, TidegateError

# MLflow and others store infinity as the largest number.
_LARGEST = 1.79e308
_DEEPEST = 32


class NotFinite(InputError):
    """The training itself went wrong. That is an answer, so the exit code is that of a gate that says no."""

    exit_code = 1


class _Twice(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


def parse_json(text: str, where: str) -> Any:
    """A JSON metrics file as values, NaN and infinity included. Raises InputError E-MET-003, E-MET-008."""
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise InputError("E-MET-003", f"{error.msg}.", where=f"{where}:{error.lineno}:{error.colno}") from None
    except _Twice as error:
        raise InputError("E-MET-008", f"gives {error.name[:80]!r} twice.", where=where) from None
    except (RecursionError, ValueError) as error:
        raise InputError("E-MET-003", f"cannot be read: {error!s:.100}.", where=where) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise _Twice(name)
        members[name] = value
    return members


def numbers(document: Any, where: str) -> dict[str, float]:
    """Dotted name -> finite number of a parsed metrics file.

    Raises InputError E-MET-002 when there is none, or Problems with every E-MET-004 (not finite), E-MET-005 (not a
    number), E-MET-007 (names that look alike) and E-MET-013 (one per step), each naming its JSON pointer.
    """
    if _is_by_step(document):
        raise _by_step(where)
    if not isinstance(document, Mapping):
        kind = type(document).__name__
        raise InputError("E-MET-005", f"expected a mapping of names to numbers, got {kind}.", where=where)
    leaves = list(_leaves(document, ()))
    if not leaves:
        raise InputError("E-MET-002", "has no metrics.", where=where, fix="Let the pipeline write at least one.")
    problems = [problem for path, value in leaves if (problem := _problem(path, value, where))]
    problems += _look_alikes([".".join(path) for path, _ in leaves], where)
    if problems:
        raise Problems(problems) if len(problems) > 1 else problems[0]
    return {".".join(path).encode("utf-8", "backslashreplace").decode(): value for path, value in leaves}


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping) and len(path) < _DEEPEST:
        for name, member in value.items():
            yield from _leaves(member, (*path, str(name)))
    else:
        yield path, value


def _problem(path: tuple[str, ...], value: Any, where: str) -> TidegateError | None:
    place = f"{where} /{'/'.join(path)[:200]}"
    if _is_by_step(value):
        return _by_step(place)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return InputError("E-MET-005", f"expected a number, got {_kind(value)}.", where=place)
    try:
        finite = math.isfinite(value) and abs(float(value)) < _LARGEST
    except OverflowError:
        finite = False
    if finite:
        return None
    shown = {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN" if value != value else "beyond a float")
    return NotFinite(
        "E-MET-004", f"is {shown}: not a finite number.", where=place, fix="Find out why training produced it."
    )


def _is_by_step(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _by_step(where: str) -> InputError:
    fix = "Write the last value, or the best one, as one number."
    return InputError("E-MET-013", "has one entry per step; expected one number.", where=where, fix=fix)


def _kind(value: Any) -> str:
    kinds = {type(None): "null", str: "string", bool: "boolean", list: "list", dict: "mapping"}
    return kinds.get(type(value), type(value).__name__)


def _look_alikes(names: list[str], where: str) -> list[TidegateError]:
    seen: dict[str, str] = {}
    found: list[TidegateError] = []
    for name in names:
        other = seen.setdefault(unicodedata.normalize("NFKC", name).casefold(), name)
        if other != name:
            message = f"{other[:80]!r} and {name[:80]!r} differ only by case or by how letters are written."
            found.append(InputError("E-MET-007", message, where=where))
    return found
