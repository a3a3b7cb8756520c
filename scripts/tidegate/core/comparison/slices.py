"""Parts of the hold-out that are looked at on their own, so that a better average cannot hide a worse corner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tidegate.core.comparison.sample import Mask, Sample
from tidegate.errors import InputError

MOST_VALUES = 200


@dataclass(frozen=True)
class Slice:
    """Rows where `column` has `value`."""

    column: str
    value: str

    def __str__(self) -> str:
        return f"{self.column}={self.value}"


def slices_of(sample: Sample, columns: Iterable[str]) -> dict[Slice, Mask]:
    """Which rows belong to each value of each column, declared values without rows included.

    Raises InputError E-MET-018 for a column with more values than anyone could read.
    """
    found: dict[Slice, Mask] = {}
    for name in columns:
        column = sample.slices[name]
        if len(column.labels) > MOST_VALUES:
            raise InputError(
                "E-MET-018",
                f"slice column {name[:80]!r} has {len(column.labels):,} values; at most {MOST_VALUES} can be judged.",
                fix="Group its values before they are written to the predictions.",
            )
        found |= {Slice(name, label): column.codes == code for code, label in enumerate(column.labels)}
    return found


def rows_in(mask: Mask) -> int:
    """How many rows a slice has."""
    return int(np.count_nonzero(mask))
