"""One file's columns, each turned into what it is said to be, with its name and row in every complaint."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.samples.sample import Coded, Floats, Mask
from tidegate.errors import InputError, Problems

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_CLASSES = 1_000
_FLAGS = {"0": False, "1": True, "false": False, "true": True}


@dataclass(frozen=True)
class Columns:
    """A table and its name for messages; every complaint is an InputError with the column's name."""

    table: pa.Table
    shown: str

    def require(self, names: list[str]) -> None:
        """All columns that are missing or there twice, in one complaint."""
        present = self.table.column_names
        wrong = [name for name in dict.fromkeys(names) if present.count(name) != 1]
        if not wrong:
            return
        listing = ", ".join(name[:40] for name in present[:12]) + (", …" if len(present) > 12 else "")
        count = {name: "no" if name not in present else "more than one" for name in wrong}
        hint = " Its columns look separated by semicolons." if any(";" in name for name in present) else ""
        raise Problems(
            [
                InputError(
                    "E-MET-012" if hint else "E-MET-015",
                    f"has {count[name]} column {name[:80]!r}; it has {listing}.{hint}",
                    where=self.shown,
                    fix="Write the columns that the contract's evaluation names.",
                )
                for name in wrong
            ]
        )

    def ids(self, name: str) -> NDArray[Any]:
        """Whole numbers as int64, anything else as texts."""
        import pyarrow as pa

        column = self._whole(name)
        if pa.types.is_floating(column.type):
            values = column.to_numpy()
            if not bool(np.all(np.isfinite(values) & (values == np.floor(values)))):
                raise self._wrong("E-MET-005", name, "holds fractions; an id is a whole number or a text.")
            return np.asarray(values, dtype=np.int64)
        if pa.types.is_integer(column.type) and column.type != pa.uint64():
            return np.asarray(column.to_numpy(), dtype=np.int64)
        return np.array(_as_texts(column), dtype=np.dtypes.StringDType())

    def numbers(self, name: str, *, finite: bool = True) -> Floats:
        """float64; unless `finite`, a missing value is NaN (what a model did not predict), else it is refused."""
        import pyarrow as pa

        column = self._whole(name) if finite else self.table.column(name).combine_chunks()
        kind = column.type
        if pa.types.is_decimal(kind):
            # By way of text, because a direct cast does not round to the nearest double.
            column, kind = column.cast(pa.string()).cast(pa.float64()), pa.float64()
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)):
            raise self._wrong("E-MET-005", name, f"expected numbers, got {kind}{_first_text(column)}.")
        values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        if finite and not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise self._wrong("E-MET-016", name, f"holds {values[row]} in row {row + 1}, which is no finite number.")
        return np.ascontiguousarray(values, dtype=np.float64)

    def weights(self, name: str) -> Floats:
        """Numbers from zero up, not all of them zero."""
        values = self.numbers(name)
        if (values < 0).any() or not values.any():
            raise self._wrong("E-MET-009", name, "holds weights below zero, or only zeros.")
        return values

    def classes(self, name: str) -> Coded:
        """A column of class labels."""
        column = self.texts(name)
        if len(column.labels) > _MOST_CLASSES:
            message = f"holds {len(column.labels):,} classes; more than {_MOST_CLASSES:,} are no classification."
            raise self._wrong("E-MET-005", name, message)
        return column

    def flags(self, name: str) -> Mask:
        """A column of 0 and 1, or of false and true."""
        column = self.texts(name)
        odd = [label for label in column.labels if label not in _FLAGS]
        if odd:
            raise self._wrong("E-MET-005", name, f"expected 0 and 1, or false and true; it holds {odd[0][:40]!r}.")
        return np.array([_FLAGS[label] for label in column.labels], dtype=bool)[column.codes]

    def texts(self, name: str, missing: str | None = None) -> Coded:
        """Any column as texts; an empty cell is `missing`, or refused when that is None."""
        column = (
            self._whole(name) if missing is None else self.table.column(name).combine_chunks()
        ).dictionary_encode()
        texts = _as_texts(column.dictionary)
        has_gaps = column.indices.null_count > 0
        labels = sorted({*texts, *([missing or ""] if has_gaps else [])})
        place = {label: code for code, label in enumerate(labels)}
        recode = np.array([*(place[text] for text in texts), place.get(missing or "", -1)], dtype=np.int64)
        codes = column.indices.fill_null(len(texts)).to_numpy() if has_gaps else column.indices.to_numpy()
        return Coded(codes=recode[codes], labels=tuple(labels))

    def _whole(self, name: str) -> pa.Array:
        column = self.table.column(name).combine_chunks()
        if column.null_count:
            row = column.is_null().index(True).as_py() + 1
            raise self._wrong("E-MET-016", name, f"is empty in {column.null_count} rows, first in row {row}.")
        return column

    def _wrong(self, code: str, name: str, message: str) -> InputError:
        fix = "Mend the stage that writes it."
        return InputError(code, f"column {name[:80]!r} {message}", where=self.shown, fix=fix)


def _as_texts(column: pa.Array) -> list[str]:
    return [_text(value) for value in column.to_pylist()]


def _text(value: object) -> str:
    """A cell as people write it: ``true``, ``1`` for 1.0, an ISO date."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if math.isfinite(value) and value.is_integer() else repr(value)
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _first_text(column: pa.Array) -> str:
    """The first cell that is not empty, for a complaint about its type."""
    first = next((value for value in column.slice(0, 1000).to_pylist() if value is not None), None)
    if first is None:
        return ""
    comma = " (a decimal comma?)" if isinstance(first, str) and first.replace(",", "", 1).isdigit() else ""
    return f", for example {_text(first)[:40]!r}{comma}"
