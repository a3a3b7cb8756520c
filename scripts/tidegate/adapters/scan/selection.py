"""Which rows belong to which window and to which cluster: decided once per stretch of rows, by their time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.adapters.scan.distinct import hashes, mixed
from tidegate.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Span = tuple[datetime, datetime]
_FIX = "Write it as timestamps, or say in drift.live.unit what its whole numbers count."
NO_TIME = np.iinfo(np.int64).min
_DAY = 86_400_000_000
DAYS = ("date", "day")
"""Names of a cluster that the time itself tells when the files have no such column."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is asked for: the windows (one None: every row), the column of times, and what is independent.

    `unit`: what whole numbers in the column of times count since 1970 (s, ms, us, ns); None where it holds times.
    `only`: a column and the word that stands in it in the rows that count; rows of files without it count all.
    """

    spans: tuple[Span | None, ...]
    time: str | None
    cluster: str | None
    unit: str | None = None
    only: tuple[str, str] | None = None

    def only_column(self, names: Sequence[str]) -> str | None:
        """The column that says which rows count, None where a file of these columns has none."""
        return self.only[0] if self.only and self.only[0] in names else None

    def cluster_column(self, names: Sequence[str]) -> str | None:
        """The column of clusters in a file of these columns, None where the time's day is meant or none is.

        Raises InputError E-DRF-020 when the file cannot tell clusters.
        """
        if self.cluster is None or self.cluster in names:
            return self.cluster
        if self.cluster in DAYS and self.time:
            return None
        raise InputError(
            "E-DRF-020",
            f"has no column {self.cluster[:80]!r}, which the profile takes as independent.",
            fix="Write it into the live data, or make a profile without clusters.",
        )


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Rows of one stretch: for each window of the scope a slice, a mask, or None for no rows."""

    windows: tuple[slice | NDArray[np.bool_] | None, ...]
    clusters: NDArray[np.uint64] | None
    untimed: int
    outside: int

    def pieces(self, start: int, column: Any) -> Iterator[tuple[int, Any, NDArray[np.uint64] | None]]:
        """(window, values, their clusters) of an Arrow array that begins with the stretch's row `start`."""
        end = start + len(column)
        for number, rows in enumerate(self.windows):
            if isinstance(rows, slice):
                first, last = max(rows.start, start), min(rows.stop, end)
                if first < last:
                    values = column.slice(first - start, last - first)
                    yield number, values, None if self.clusters is None else self.clusters[first:last]
            elif rows is not None and rows[start:end].any():
                yield number, *self._masked(rows[start:end], start, end, column)

    def _masked(
        self, mask: NDArray[np.bool_], start: int, end: int, column: Any
    ) -> tuple[Any, NDArray[np.uint64] | None]:
        import pyarrow as pa

        clusters = None if self.clusters is None else self.clusters[start:end][mask]
        return column.filter(pa.array(mask)), clusters


def select(scope: Scope, rows: int, times: Any, clusters: Any, named: Any = None) -> Selection:
    """The rows of one stretch, from Arrow arrays: None where the scope needs none. `named`: those of `only`."""
    moments = None if times is None else microseconds(times, scope.unit)
    codes = hashes(clusters) if clusters is not None else None
    if codes is None and scope.cluster is not None and moments is not None:
        codes = mixed((moments // _DAY).view(np.uint64))
    if moments is None or scope.spans == (None,):
        return Selection(windows=(slice(0, rows),), clusters=codes, untimed=0, outside=0)
    known = moments != NO_TIME
    untimed = rows - int(known.sum())
    if named is not None and scope.only is not None:
        known &= _equal(named, scope.only[1])
    chosen = tuple(_rows(moments, known, span) for span in scope.spans)
    inside = sum(_number(found) for found in chosen)
    return Selection(windows=chosen, clusters=codes, untimed=untimed, outside=rows - untimed - inside)


def _equal(named: Any, wanted: str) -> NDArray[np.bool_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    same = pc.equal(named.cast(pa.string()), wanted)
    return np.asarray(pc.fill_null(same, False).to_numpy(zero_copy_only=False))


def _rows(moments: NDArray[np.int64], known: NDArray[np.bool_], span: Span | None) -> slice | NDArray[np.bool_] | None:
    if span is None:
        return slice(0, len(moments))
    start, end = (int(np.datetime64(moment, "us").astype(np.int64)) for moment in span)
    mask = (moments >= start) & (moments < end) & known
    found = np.flatnonzero(mask[1:] != mask[:-1]) if len(mask) else np.empty(0)
    if not mask.any():
        return None
    edges = int(mask[0]) + int(mask[-1]) + len(found)
    if edges > 2:
        return mask
    first = int(mask.argmax())
    return slice(first, first + int(mask.sum()))


def _number(rows: slice | NDArray[np.bool_] | None) -> int:
    if rows is None:
        return 0
    return rows.stop - rows.start if isinstance(rows, slice) else int(rows.sum())


def microseconds(times: Any, unit: str | None = None) -> NDArray[np.int64]:
    """Microseconds since 1970 (UTC where the column knows its zone); `NO_TIME` for null.

    `unit`: what whole numbers count. Raises InputError E-DRF-021 for a column that holds no times.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if unit is not None and pa.types.is_integer(times.type):
        times = times.cast(pa.int64(), safe=False).cast(pa.timestamp(unit))
    kind = times.type
    castable = (
        pa.types.is_null,
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_date,
        pa.types.is_dictionary,
    )
    try:
        if any(is_kind(kind) for is_kind in castable):
            times = times.cast(pa.timestamp("us"))
        elif not pa.types.is_timestamp(kind):
            raise InputError("E-DRF-021", f"has a time column of type {kind}.", fix=_FIX)
        whole = times.cast(pa.timestamp("us", getattr(times.type, "tz", None)), safe=False).cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise InputError("E-DRF-021", f"has a time that is none: {error!s:.120}.") from None
    return np.asarray(pc.fill_null(whole, NO_TIME).to_numpy(zero_copy_only=False))
