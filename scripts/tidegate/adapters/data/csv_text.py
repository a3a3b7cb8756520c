"""CSV as data: refused by line where a reader would take it without a word, or tell without a line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

LARGEST_LINE = 1024 * 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def refuse_broken_text(data: bytes, name: str) -> None:
    """Raise InputError E-DAT-004 for NUL bytes, another encoding than UTF-8, a giant line, or a quote left open."""
    found = _control(data) or _encoding(data) or _lines(data)
    if found:
        line, message, fix = found
        raise InputError("E-DAT-004", message, where=f"{name}:{line}", fix=fix)


def _control(data: bytes) -> tuple[int, str, str] | None:
    place = data.find(b"\0")
    if data.startswith(_UTF16):
        return 1, "is UTF-16, not UTF-8.", "Save it as UTF-8."
    if place < 0:
        return None
    return data.count(b"\n", 0, place) + 1, f"holds a NUL byte at offset {place}.", "Write the file again."


def _encoding(data: bytes) -> tuple[int, str, str] | None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return line, f"is not UTF-8 (byte 0x{data[error.start]:02x} at offset {error.start}).", "Save it as UTF-8."
    return None


def _lines(data: bytes) -> tuple[int, str, str] | None:
    opened = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        if len(line) > LARGEST_LINE:
            return number, f"is a line of {len(line):,} bytes.", f"Keep lines below {LARGEST_LINE:,} bytes."
        if line.count(b'"') % 2:
            opened = 0 if opened else number
    return (opened, "opens a quote that is never closed.", "Close it, or double it.") if opened else None


def read(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows, types guessed over the whole file. Only an empty cell is missing: a class may be called NA.

    Raises pyarrow's errors.
    """
    from pyarrow import csv

    return csv.read_csv(
        path,
        read_options=csv.ReadOptions(use_threads=False, block_size=max(path.stat().st_size, 1)),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            null_values=[""], strings_can_be_null=True, include_columns=None if columns is None else list(columns)
        ),
    )
