"""Data files as they are tracked, Parquet and CSV: each proven to be what its name says before anything reads it.

A reader that is handed a Git LFS pointer, half a file or a warehouse folded into a kilobyte fails late and in its own
words, or does not fail. What is wrong with a file is said here, by name and, for text, by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidegate.adapters.data import csv_text as data_csv
from tidegate.core.data.structure import Shape
from tidegate.errors import InputError, SecurityRefusal

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".parquet", ".csv")
_HEAD = 4096
_PARQUET = b"PAR1"
_BOMB_RATIO = 100
_ROWS_AT_ONCE = 1 << 17
_AGAIN = "Write the file again and track it again (dvc add)."
_MAGIC: Mapping[bytes, str] = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "a zip archive",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"(\xb5/\xfd": "Zstandard",
    b"ARROW1": "Arrow",
    b"\x80": "a Python pickle",
    _PARQUET: "Parquet",
}
_DVC_POINTER = re.compile(rb"\A(?:md5: [0-9a-f]{32}\r?\n)?outs:\r?\n- ")


def shape(path: Path, name: str, *, harmless: int = 1024**3) -> Shape:
    """Rows and column types of the file `path`, called `name` in messages.

    What unpacks to no more than `harmless` bytes may do so from next to nothing (a constant column, say).
    Raises InputError: E-DAT-001 no rows, E-DAT-002 a column twice, E-DAT-004 not the CSV it should be, E-DAT-010
    damaged or another format, E-DAT-011 a kind of file that is not read, E-DAT-030 a pointer in the data's place;
    SecurityRefusal E-SEC-005 when it would unpack out of all proportion.
    """
    loose = _suffix(name) == ".csv"
    _refuse_others(path, name)
    rows, fields = _csv_shape(path, name) if loose else _parquet_shape(path, name, harmless)
    names = [field for field, _ in fields]
    if twice := sorted({column for column in names if names.count(column) > 1}):
        raise InputError("E-DAT-002", f"has column {twice[0][:80]!r} more than once.", where=name, fix="Rename one.")
    if not rows:
        raise InputError("E-DAT-001", "has no rows.", where=name, fix=_AGAIN)
    return Shape(name=name, rows=rows, columns=dict(fields), loose=loose)


def table(path: Path, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Rows of a file that `shape` found good, dictionaries decoded. Raises InputError E-DAT-010 or E-DAT-004."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if _suffix(name) == ".csv":
            return data_csv.read(path, columns)
        with pq.ParquetFile(path) as file:
            read = file.read(columns=None if columns is None else list(columns))
        return read.cast(pa.schema([pa.field(field.name, _value_type(field.type)) for field in read.schema]))
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise _unreadable(error, name) from None


def write_frame(path: Path, name: str, types: Mapping[str, str], destination: Path) -> None:
    """The rows of one file as an Arrow file; where `types` says float64, numbers guessed to be whole become so.

    Parquet passes through in parts, so that a file may be larger than memory.
    """
    import pyarrow as pa

    schema, parts = _parts(path, name)
    kinds = [pa.float64() if types[field.name] == "float64" else _value_type(field.type) for field in schema]
    wanted = pa.schema([pa.field(field.name, kind) for field, kind in zip(schema, kinds, strict=True)])
    try:
        with pa.OSFile(str(destination), "wb") as sink, pa.ipc.new_file(sink, wanted) as writer:
            for part in parts:
                writer.write_table(part.cast(wanted))
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise _unreadable(error, name) from None


def _parts(path: Path, name: str) -> tuple[pa.Schema, Iterator[pa.Table]]:
    """The rows of a file that `shape` found good, in parts where its format has any."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if _suffix(name) == ".csv":
        read = table(path, name)
        return read.schema, iter([read])
    file = pq.ParquetFile(path)
    return file.schema_arrow, (pa.Table.from_batches([batch]) for batch in file.iter_batches(_ROWS_AT_ONCE))


def _suffix(name: str) -> str:
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            "E-DAT-011",
            f"is no kind of file that can be validated ({suffix[:20] or 'no ending'}); {' and '.join(SUFFIXES)} are.",
            where=name,
            fix="Track other files by a pointer of their own.",
        )
    return suffix


def _refuse_others(path: Path, name: str) -> None:
    head, tail = _edges(path)
    if not head:
        raise InputError("E-DAT-001", "is empty (0 bytes): no rows.", where=name, fix=_AGAIN)
    if head.startswith(b"version https://git-lfs"):
        raise InputError("E-DAT-030", "is a Git LFS pointer, not the data.", where=name, fix="Run git lfs pull.")
    if _DVC_POINTER.match(head):
        raise InputError("E-DAT-030", "is a DVC pointer, not the data.", where=name, fix="Track the data itself.")
    found = next((what for magic, what in _MAGIC.items() if head.startswith(magic)), None)
    if _suffix(name) == ".csv" and found:
        raise InputError("E-DAT-010", f"is not CSV text: it looks like {found}.", where=name, fix=_AGAIN)
    if _suffix(name) == ".parquet" and not head.startswith(_PARQUET):
        what = found or "something else"
        raise InputError("E-DAT-010", f"is not Parquet: it looks like {what}.", where=name, fix=_AGAIN)
    if _suffix(name) == ".parquet" and tail != _PARQUET:
        raise InputError("E-DAT-010", "is cut short: Parquet's end is missing.", where=name, fix=_AGAIN)


def _edges(path: Path) -> tuple[bytes, bytes]:
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        stream.seek(max(stream.seek(0, 2) - len(_PARQUET), 0))
        return head, stream.read()


def _parquet_shape(path: Path, name: str, harmless: int) -> tuple[int, list[tuple[str, str]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            meta, schema = file.metadata, file.schema_arrow
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise _unreadable(error, name) from None
    groups = [meta.row_group(number) for number in range(meta.num_row_groups)]
    unpacked = max(sum(group.total_byte_size for group in groups), meta.num_rows * meta.num_columns)
    if unpacked > harmless:
        _refuse_bomb(unpacked, path.stat().st_size, name)
    return meta.num_rows, [(field.name, str(_value_type(field.type))) for field in schema]


def _refuse_bomb(unpacked: int, size: int, name: str) -> None:
    if unpacked > _BOMB_RATIO * size:
        raise SecurityRefusal(
            "E-SEC-005",
            f"would unpack to {unpacked:,} bytes, {unpacked / size:,.0f} times its size; it was not read.",
            where=name,
            fix="Write it again with a usual compression.",
        )


def _csv_shape(path: Path, name: str) -> tuple[int, list[tuple[str, str]]]:
    import pyarrow as pa

    data_csv.refuse_broken_text(path.read_bytes(), name)
    try:
        read = data_csv.read(path)
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise _unreadable(error, name) from None
    if read.num_columns == 1 and ";" in read.column_names[0]:
        message = "has one column; its cells look separated by semicolons."
        raise InputError("E-DAT-004", message, where=f"{name}:1", fix="Separate cells by commas.")
    return read.num_rows, [(field.name, str(field.type)) for field in read.schema]


def _value_type(kind: Any) -> Any:
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _unreadable(error: BaseException, name: str) -> InputError:
    first = (str(error).strip().splitlines() or ["out of memory"])[0]
    code = "E-DAT-004" if _suffix(name) == ".csv" else "E-DAT-010"
    row = re.search(r"Row #(\d+)", first)
    return InputError(
        code, f"cannot be read: {first[:200]}", where=f"{name}:{row.group(1)}" if row else name, fix=_AGAIN
    )
