"""CSV with a header line: texts to values by the signature's types. An empty cell is a null."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

from tidegate.server.refusal import Reason, Refusal, listed, shown
from tidegate.server.release.signature import Column
from tidegate.server.requests.rows import Judge, invalid
from tidegate.server.requests.values import ColumnCheck

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False, "TRUE": True, "FALSE": False}


class _NoValue(Exception):
    """The text is none of the column's type."""


def parse(body: bytes, judge: Judge) -> dict[str, list[Any]]:
    """Columns by name. Raises Refusal."""
    lines = _lines(body, judge.most_rows)
    if not lines:
        raise invalid("there is no header line")
    names, rows = lines[0], lines[1:]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise invalid(f"column {listed([twice])} is there twice")
    judge.complete(dict.fromkeys(names))
    judge.counted(len(rows))
    for place, row in enumerate(rows):
        if len(row) != len(names):
            raise invalid(f"row {place} has {len(row)} cells, the header has {len(names)}")
    columns = {check.column.name: check for check in judge.checks}
    return {name: _column(columns[name], [row[at] for row in rows]) for at, name in enumerate(names)}


def _lines(body: bytes, most: int) -> list[list[str]]:
    try:
        text = body.decode("utf-8-sig")
        lines = []
        for line in csv.reader(io.StringIO(text, newline=""), strict=True):
            if line:
                lines.append(line)
            if len(lines) > most + 1:
                raise Refusal(Reason.TOO_MANY_ROWS, f"there are more than {most} rows; send them in several requests")
    except UnicodeDecodeError as error:
        raise Refusal(Reason.MALFORMED_BODY, f"the body is not UTF-8 at byte {error.start}") from None
    except csv.Error as error:
        raise Refusal(Reason.MALFORMED_BODY, f"the body is no CSV: {str(error)[:80]}") from None
    return lines


def _column(check: ColumnCheck, cells: list[str]) -> list[Any]:
    read = _READERS[check.column.datatype.family]
    values = []
    for row, cell in enumerate(cells):
        try:
            values.append(None if cell == "" and _may_be_null(check.column) else read(cell))
        except _NoValue:
            text = f"row {row}, column {shown(check.column.name)}: got {shown(cell)}, expected {check.expected}"
            raise invalid(text) from None
    return values


def _may_be_null(column: Column) -> bool:
    return column.datatype.family != "text"


def _integer(cell: str) -> int:
    if not _INTEGER.fullmatch(cell):
        raise _NoValue
    return int(cell)


def _number(cell: str) -> float:
    if not _NUMBER.fullmatch(cell):
        raise _NoValue
    return float(cell)


def _boolean(cell: str) -> bool:
    if cell not in _BOOLEANS:
        raise _NoValue
    return _BOOLEANS[cell]


_READERS: dict[str, Callable[[str], Any]] = {"integer": _integer, "float": _number, "boolean": _boolean, "text": str}
