"""Do the files of a data set fit together? Looked at before any suite, which needs one table to run on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tidegate.core.data.findings import Finding, listed
from tidegate.core.data.validation import Checked, Misfits

SUITE = "files"
_NUMBERS = {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double", "halffloat"}
_SAME = {"large_string": "string", "large_utf8": "string", "utf8": "string", "float": "float32", "double": "float64"}
EMPTY = "null"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One data file: its rows, and its columns' types by name. `loose`: types were guessed from text (CSV)."""

    name: str
    rows: int
    columns: Mapping[str, str]
    loose: bool = False


def common_type(types: Sequence[str], *, loose: bool) -> str | None:
    """The one type that a column has in all files, None when they disagree.

    A column without any value has every type. Types that were guessed from text differ by chance between whole and
    other numbers, so there numbers are numbers.
    """
    known = {_SAME.get(kind, kind) for kind in types} - {EMPTY}
    if len(known) <= 1:
        return next(iter(known), EMPTY)
    return "float64" if loose and known <= {*_NUMBERS, "float32", "float64"} else None


def column_types(shapes: Sequence[Shape]) -> dict[str, str]:
    """The type of every column over all files; what disagrees is written ``int64 or string``."""
    names = dict.fromkeys(name for shape in shapes for name in shape.columns)
    types: dict[str, str] = {}
    for name in names:
        seen = [shape.columns[name] for shape in shapes if name in shape.columns]
        one = common_type(seen, loose=_loose(shapes))
        types[name] = one or " or ".join(sorted({_SAME.get(kind, kind) for kind in seen} - {EMPTY}))
    return types


def conflicts(shapes: Sequence[Shape]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Columns whose type differs between files: the type that most files have, and the files with another one."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for name in dict.fromkeys(name for shape in shapes for name in shape.columns):
        by_file = {
            shape.name: _SAME.get(shape.columns[name], shape.columns[name]) for shape in shapes if name in shape.columns
        }
        if common_type(list(by_file.values()), loose=_loose(shapes)) is None:
            usual = Counter(kind for kind in by_file.values() if kind != EMPTY).most_common(1)[0][0]
            found[name] = usual, tuple(file for file, kind in by_file.items() if kind not in (usual, EMPTY))
    return found


def check(shapes: Sequence[Shape], misfits: Misfits) -> tuple[Checked, tuple[Finding, ...]]:
    """Two checks: the same columns in every file, and of the same type."""
    findings = (*_other_columns(shapes), *_other_types(shapes, misfits))
    return Checked(name=SUITE, checks=2, failed=len({finding.expectation for finding in findings})), findings


def _other_columns(shapes: Sequence[Shape]) -> Iterator[Finding]:
    usual = Counter(frozenset(shape.columns) for shape in shapes).most_common(1)[0][0]
    odd = [shape for shape in shapes if frozenset(shape.columns) != usual]
    if not odd:
        return
    told = "; ".join(_difference(shape, usual) for shape in odd[:3])
    yield Finding(
        suite=SUITE,
        expectation="the same columns in every file",
        column=None,
        observed=told + (f"; and {len(odd) - 3} more files" if len(odd) > 3 else ""),
        expected=f"columns {listed(sorted(usual))}, as in {len(shapes) - len(odd)} of {len(shapes)} files",
        severity="block",
        count=len(odd),
    )


def _difference(shape: Shape, usual: frozenset[str]) -> str:
    missing, extra = sorted(usual - set(shape.columns)), sorted(set(shape.columns) - usual)
    parts = [f"{word} {listed(names)}" for word, names in (("without", missing), ("with", extra)) if names]
    return f"{shape.name} {' and '.join(parts)}"


def _other_types(shapes: Sequence[Shape], misfits: Misfits) -> Iterator[Finding]:
    by_name = {shape.name: shape for shape in shapes}
    for column, (usual, files) in conflicts(shapes).items():
        kinds = sorted({by_name[file].columns[column] for file in files})
        count, rows = misfits(column, usual)
        yield Finding(
            suite=SUITE,
            expectation="the same type in every file",
            column=column,
            observed=f"{listed(kinds)} in {listed(files)}",
            expected=usual,
            severity="block",
            count=count or None,
            samples=tuple(rows[:5]),
        )


def _loose(shapes: Sequence[Shape]) -> bool:
    return all(shape.loose for shape in shapes)
