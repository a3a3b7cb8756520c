"""One column of a data set at a time, read from all of its files: what the data diff and the type findings ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidegate.adapters.data import files as data_files
from tidegate.core.data.distributions import Column, Kind
from tidegate.core.data.structure import Shape

if TYPE_CHECKING:
    import pyarrow as pa


def column(shapes: Sequence[Shape], paths: Mapping[str, Path], name: str, kind: str) -> Column | None:
    """Column `name` of the type `kind` over all files; `paths` is where each of `shapes` lies, by its name.

    None for a type that has no distribution to compare (lists, bytes, or files that disagree about the type). A file
    without the column counts as missing values.
    """
    wanted = _kind(kind)
    if wanted is None:
        return None
    rows = sum(shape.rows for shape in shapes)
    there = [shape.name for shape in shapes if name in shape.columns]
    chunks = [data_files.table(paths[file], file, [name]).column(name) for file in there]
    return _categories(chunks, rows) if wanted == "category" else _values(chunks, rows, wanted)


def _kind(kind: str) -> Kind | None:
    if kind in ("bool", "string", "null"):
        return "category"
    if kind.startswith(("int", "uint", "float", "decimal", "halffloat")) and " or " not in kind:
        return "numeric"
    return "time" if kind.startswith(("timestamp", "date")) and " or " not in kind else None


def _categories(chunks: list[pa.ChunkedArray], rows: int) -> Column:
    counts: Counter[str] = Counter()
    for chunk in chunks:
        for entry in chunk.drop_null().value_counts().to_pylist():
            counts[_text(entry["values"])] += entry["counts"]
    return Column(kind="category", rows=rows, missing=rows - counts.total(), counts=counts)


def _values(chunks: list[pa.ChunkedArray], rows: int, kind: Kind) -> Column:
    import numpy as np
    import pyarrow as pa

    parts = []
    for chunk in (chunk for chunk in chunks if chunk.type != pa.null()):
        there = chunk.drop_null()
        numbers = _seconds(there) if kind == "time" else there.cast(pa.float64(), safe=False).to_numpy()
        parts.append(numbers[np.isfinite(numbers)])
    values = np.concatenate(parts) if parts else np.empty(0)
    return Column(kind=kind, rows=rows, missing=rows - len(values), values=values)


def _seconds(there: pa.ChunkedArray) -> Any:
    import pyarrow as pa

    zone = getattr(there.type, "tz", None)
    return there.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64()).to_numpy() / 1e6


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def misfits(
    shapes: Sequence[Shape], paths: Mapping[str, Path], name: str, usual: str, id_column: str
) -> Iterator[tuple[str, str]]:
    """(row, value) for every value of column `name` in these files that is not of the type `usual`."""
    fits = _fits(usual)
    for shape in shapes:
        wanted = [column for column in dict.fromkeys((name, id_column)) if column in shape.columns]
        read = data_files.table(paths[shape.name], shape.name, wanted)
        ids = read.column(id_column).to_pylist() if id_column in wanted else None
        for number, value in enumerate(read.column(name).to_pylist()):
            if value is not None and not fits(value):
                yield (str(ids[number]) if ids else f"row {number + 1} of {shape.name}"), str(value)


def _fits(usual: str) -> Callable[[Any], bool]:
    kinds: Mapping[str, type] = {"str": str, "bool": bool}
    if kind := next((kind for prefix, kind in kinds.items() if usual.startswith(prefix)), None):
        return lambda value: isinstance(value, kind)
    readers: Mapping[tuple[str, ...], Callable[[str], object]] = {
        ("int", "uint"): int,
        ("float", "double", "decimal"): float,
        ("timestamp", "date"): datetime.fromisoformat,
    }
    reads = next((read for prefixes, read in readers.items() if usual.startswith(prefixes)), str)

    def fits(value: Any) -> bool:
        try:
            reads(str(value))
        except ValueError:
            return False
        return True

    return fits
