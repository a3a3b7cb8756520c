"""What a change of the data changes: files, rows, columns, missing values, the label, and how far each column moved.

Everything is computed for one column at a time, so that a table never has to fit into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tidegate.core.data.distributions import Column, distance, numbers, summary


@dataclass(frozen=True, kw_only=True)
class Files:
    """Names of the files that came, went, or have other bytes, each sorted."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ColumnChange:
    """A column that came, went or is of another type."""

    name: str
    change: Literal["added", "removed", "retyped"]
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Share of missing values in a column, 0 to 1."""

    column: str
    before: float
    after: float


@dataclass(frozen=True, kw_only=True)
class Shift:
    """How far one column's distribution moved, with a summary of both sides for people."""

    column: str
    kind: Literal["numeric", "category"]
    statistic: Literal["ks", "js"]
    value: float
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Label:
    """The label's distribution on both sides: numbers by name."""

    column: str
    before: Mapping[str, float]
    after: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of the comparison: rows and column types, and a way to read one column (None: types disagree)."""

    rows: int
    types: Mapping[str, str]
    column: Callable[[str], Column | None]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The data at hand against the base's."""

    files: Files
    rows_before: int
    rows_after: int
    columns: tuple[ColumnChange, ...]
    missing: tuple[Missing, ...]
    label: Label | None
    shifts: tuple[Shift, ...]

    def document(self, base: str, pointer: str) -> dict[str, Any]:
        """As evidence has it."""
        return {
            "base": base,
            "pointer": pointer,
            "files": {name: list(paths) for name, paths in asdict(self.files).items()},
            "rows": {"before": self.rows_before, "after": self.rows_after},
            "columns": [asdict(change) for change in self.columns],
            "nulls": [asdict(missing) for missing in self.missing],
            "label": asdict(self.label) if self.label else None,
            "shifts": [asdict(shift) for shift in self.shifts],
        }


def files(before: Mapping[str, str], after: Mapping[str, str]) -> Files:
    """What differs between two listings (name → digest)."""
    return Files(
        added=tuple(sorted(set(after) - set(before))),
        removed=tuple(sorted(set(before) - set(after))),
        changed=tuple(sorted(name for name in set(before) & set(after) if before[name] != after[name])),
    )


def compare(changes: Files, before: Side, after: Side, *, label: str, leave_out: Sequence[str] = ()) -> Difference:
    """All of it; columns in `leave_out` (row ids: they differ by design) are not compared by distribution."""
    missing: list[Missing] = []
    shifts: list[Shift] = []
    labels: Label | None = None
    for name in (name for name in after.types if name in before.types):
        old, new = before.column(name), after.column(name)
        if old is None or new is None:
            continue
        if old.missing or new.missing:
            missing.append(Missing(column=name, before=old.missing / old.rows, after=new.missing / new.rows))
        if name not in leave_out and (moved := shift(name, old, new)):
            shifts.append(moved)
        if name == label:
            labels = _label(name, old, new)
    return Difference(
        files=changes,
        rows_before=before.rows,
        rows_after=after.rows,
        columns=column_changes(before.types, after.types),
        missing=tuple(missing),
        label=labels,
        shifts=tuple(sorted(shifts, key=lambda one: (-one.value, one.column))),
    )


def column_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[ColumnChange, ...]:
    """Columns that came, went or changed type, in the order of the new table, those gone last."""

    def changes() -> Iterator[ColumnChange]:
        for name, kind in after.items():
            old = before.get(name)
            if old is None:
                yield ColumnChange(name=name, change="added", before=None, after=kind)
            elif old != kind:
                yield ColumnChange(name=name, change="retyped", before=old, after=kind)
        for name, kind in before.items():
            if name not in after:
                yield ColumnChange(name=name, change="removed", before=kind, after=None)

    return tuple(changes())


def shift(name: str, before: Column, after: Column) -> Shift | None:
    """How far a column moved; None when a side has no values, the kinds differ, or nothing moved."""
    value = distance(before, after)
    if not value:
        return None
    categories = before.kind == "category"
    return Shift(
        column=name,
        kind="category" if categories else "numeric",
        statistic="js" if categories else "ks",
        value=value,
        before=summary(before),
        after=summary(after),
    )


def _label(name: str, before: Column, after: Column) -> Label | None:
    if before.values is None or after.values is None or before.empty or after.empty:
        return None
    return Label(column=name, before=numbers(before.values), after=numbers(after.values))
