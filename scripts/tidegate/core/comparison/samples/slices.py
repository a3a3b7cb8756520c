"""Parts of the hold-out that are looked at on their own, so that a better average cannot hide a worse corner.

A slice is a value of a column, a range of a column of numbers, or two of either that occur together. Their number is
bounded: what has rows enough to be judged is never left out (too many of those are refused), and of pairs with too few
rows the smallest are left out when they are many, which is said.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tidegate.core.comparison.samples.quantile_bins import binned
from tidegate.core.comparison.samples.sample import Coded, Ints, Mask, Sample
from tidegate.core.contract import TIMES, Evaluation
from tidegate.errors import InputError

MOST_VALUES = 200
MOST_SLICES = 2_000
_LONGEST = 200
_MISSING = "missing"


@dataclass(frozen=True)
class Slice:
    """Rows where `column` has `value`; empty: where it has none."""

    column: str
    value: str

    def __str__(self) -> str:
        return f"{self.column}={self.value}"


@dataclass(frozen=True, kw_only=True)
class Slices(Mapping[Slice, Mask]):
    """Which of the sample's `of` rows belong to each slice, and a sentence for whatever is not as it was asked for.

    Kept as the rows of each slice in ascending order, because masks of many slices would take all the memory there is.
    """

    rows: Mapping[Slice, Ints]
    of: int
    notes: tuple[str, ...] = ()

    def __getitem__(self, part: Slice) -> Mask:
        mask = np.zeros(self.of, dtype=bool)
        mask[self.rows[part]] = True
        return mask

    def __iter__(self) -> Iterator[Slice]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def slices_of(sample: Sample, evaluation: Evaluation) -> Slices:
    """Every slice that the contract asks for, declared values without rows included.

    Raises InputError E-MET-018 for more slices than anyone could read.
    """
    rows: dict[Slice, Ints] = {}
    notes: list[str] = []
    for name in evaluation.slices:
        column, note = _column(sample, evaluation, name)
        notes += [note] if note else []
        rows |= {Slice(name, label): found for label, found in _rows_of(column)}
    if len(rows) > MOST_SLICES:
        message = f"evaluation.slices make {len(rows):,} slices; at most {MOST_SLICES:,} can be judged."
        raise InputError("E-MET-018", message, fix="Drop a pair, or group values before they are written.")
    return Slices(rows=rows, of=sample.rows, notes=tuple(notes))


def rows_in(mask: Mask) -> int:
    """How many rows a slice has."""
    return int(np.count_nonzero(mask))


def _column(sample: Sample, evaluation: Evaluation, name: str) -> tuple[Coded, str]:
    """One name's slices as a column, and what is to be said about it. Code -1: a row in none of them."""
    if name in evaluation.pairs:
        one, other = (_column(sample, evaluation, part)[0] for part in evaluation.pairs[name])
        return _pairs(name, one, other, evaluation.minimum_rows)
    if name in evaluation.bins:
        wanted, column = evaluation.bins[name], binned(sample.numbers[name], evaluation.bins[name])
        made = len(column.labels) - ("" in column.labels)
        few = f"{name} has {made} of {wanted} slices: too many rows share a value" if made < wanted else ""
        return column, few
    column = sample.slices[name]
    if len(column.labels) > MOST_VALUES:
        raise _too_many(f"slice column {name[:80]!r} has {len(column.labels):,} values")
    return Coded(codes=column.codes, labels=tuple(map(_short, column.labels))), ""


def _rows_of(column: Coded) -> Iterator[tuple[str, Ints]]:
    order = np.argsort(column.codes, kind="stable")
    ends = np.searchsorted(column.codes[order], np.arange(len(column.labels) + 1))
    for code, label in enumerate(column.labels):
        yield label, order[ends[code] : ends[code + 1]]


def _pairs(name: str, one: Coded, other: Coded, least: int) -> tuple[Coded, str]:
    """Values that occur together: all that can be judged, and the largest of the others up to `MOST_VALUES` in all."""
    width = max(len(other.labels), 1)
    keys, codes, counts = np.unique(one.codes * width + other.codes, return_inverse=True, return_counts=True)
    judged = int(np.count_nonzero(counts >= least))
    if judged > MOST_VALUES:
        raise _too_many(f"{name[:160]!r} has {judged:,} slices of {least} rows or more")
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_VALUES])
    place = np.full(len(keys), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    labels = [TIMES.join((_part(one.labels[key // width]), _part(other.labels[key % width]))) for key in keys[kept]]
    left = len(keys) - len(kept)
    note = f"{left:,} of {len(keys):,} slices by {name}, with fewer than {least} rows each, are left out"
    return Coded(codes=place[codes], labels=tuple(labels)), note if left else ""


def _part(value: str) -> str:
    """One value of a pair; quoted where it could be taken for something else."""
    if not value:
        return _MISSING
    return json.dumps(value, ensure_ascii=False) if TIMES in value or value == _MISSING or value[0] == '"' else value


def _short(value: str) -> str:
    """A value of any length as a name that is told from all others."""
    if len(value) <= _LONGEST:
        return value
    mark = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{value[: _LONGEST - 10]}… {mark}"


def _too_many(what: str) -> InputError:
    fix = "Group its values before they are written to the predictions."
    return InputError("E-MET-018", f"{what}; at most {MOST_VALUES} can be judged.", fix=fix)
