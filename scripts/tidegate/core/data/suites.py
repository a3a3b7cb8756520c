"""Expectation suites as files: what one says, and which rows it is about.

A suite is a Great Expectations 1.x suite in JSON. `meta.tidegate.rows` says what it is run on: ``all`` rows of all
files together (the default), ``each-file`` by itself, or the ``newest-file``; `meta.tidegate.clock` which times there
have to be (`clock.py`). An expectation's `severity` decides what
a failure means: ``critical`` (the default) keeps the model back, ``warning`` and ``info`` are only told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from tidegate.core.data import clock
from tidegate.core.data.clock import Clock
from tidegate.core.data.suite_problems import (
    AT_BASE,
    NOTHING,
    SEVERITIES,
    Rows,
    Severity,
    expectation_problems,
    head_problems,
    wrong,
)
from tidegate.core.evidence import strict_json
from tidegate.errors import InputError, Problems, TidegateError

_DECLARING = {
    "expect_table_columns_to_match_set",
    "expect_table_columns_to_match_ordered_list",
    "expect_column_to_exist",
}
_TYPES = {"expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list"}
_OF_COLUMNS_ONLY = {*_DECLARING, "expect_table_column_count_to_equal", "expect_table_column_count_to_be_between"}
_OF_COUNT_ONLY = {"expect_table_row_count_to_equal", "expect_table_row_count_to_be_between"}


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """One expectation; `line` is where it begins in its file."""

    type: str
    kwargs: Mapping[str, Any]
    severity: Severity = "block"
    description: str | None = None
    line: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads or, where it is about the table's columns, that it says there are."""
        single = [self.kwargs.get(name) for name in ("column", "column_A", "column_B")]
        several = [*(self.kwargs.get("column_list") or ()), *(self.kwargs.get("column_set") or ())]
        return tuple(name for name in [*single, *several] if isinstance(name, str))

    @property
    def reads(self) -> frozenset[str] | None:
        """The only columns whose values it looks at, none where names or a count will do; None: all of the table."""
        if self.type in _OF_COLUMNS_ONLY | _OF_COUNT_ONLY and "row_condition" not in self.kwargs:
            return frozenset()
        return frozenset(self.columns) if self.columns and "row_condition" not in self.kwargs else None

    @property
    def names_only(self) -> bool:
        """Whether it looks at the names of columns and at no row."""
        return self.type in _OF_COLUMNS_ONLY

    @property
    def declares(self) -> bool:
        """Whether it says which columns the data has."""
        return self.type in _DECLARING

    @property
    def about_type(self) -> bool:
        """Whether it says of which type a column is."""
        return self.type in _TYPES


@dataclass(frozen=True, kw_only=True)
class Suite:
    """One file of expectations; `at_base` when it is the base's version of a file that the change edits or removes."""

    name: str
    path: str
    rows: Rows
    expectations: tuple[Expectation, ...]
    document: Mapping[str, Any] = field(repr=False)
    at_base: bool = False
    clock: Clock | None = None

    @property
    def title(self) -> str:
        """Its name, marked when it is the base's."""
        return f"{self.name}{AT_BASE}" if self.at_base else self.name

    def place(self, expectation: Expectation) -> str:
        """Where one of its expectations is written, as ``file:line``."""
        return f"{self.path}:{expectation.line}" if expectation.line else self.path

    @property
    def needs(self) -> frozenset[str] | None:
        """The only columns that it has to see, or None when it has to see the whole table."""
        seen: set[str] = set()
        for expectation in self.expectations:
            names = expectation.columns
            if expectation.declares or not names or "row_condition" in expectation.kwargs:
                return None
            seen.update(names)
        return frozenset(seen)


def read(texts: Mapping[str, str], folder: str) -> tuple[Suite, ...]:
    """The suites in the files `texts` (path → content) of `folder`, in order of path.

    Raises InputError E-DAT-020, or Problems with one for everything that is wrong in any of them.
    """
    if not texts:
        raise InputError(
            "E-DAT-020",
            f"has no expectation suites (*.json): {NOTHING}.",
            where=folder,
            fix="Add one, or name the folder of the suites as data.expectations.",
        )
    found: list[Suite] = []
    problems: list[TidegateError] = []
    for path, text in sorted(texts.items()):
        try:
            suite = parse(text, path)
            if twin := next((other.path for other in found if other.name == suite.name), None):
                raise wrong(path, f"has the name {suite.name[:80]!r}, as {twin} has.", "Give each suite its own name.")
            found.append(suite)
        except Problems as several:
            problems += several.problems
        except TidegateError as error:
            problems.append(error)
    if problems:
        raise Problems(problems)
    return tuple(found)


def parse(text: str, path: str) -> Suite:
    """One suite. Raises Problems with an E-DAT-020 for everything that is wrong with it."""
    document = _document(text, path)
    listed = document.get("expectations")
    if not isinstance(listed, list) or not listed:
        raise Problems([wrong(path, f"has no expectations: {NOTHING}.", "Add expectations, or delete the file.")])
    name = document.get("name", PurePosixPath(path).stem)
    lines = _lines(text, listed)
    pairs = zip(listed, lines, strict=True)
    rows = _rows(document)
    problems = [
        *head_problems(document, name, path),
        *_clock_problems(document, path),
        *(
            problem
            for number, (item, line) in enumerate(pairs)
            for problem in expectation_problems(item, number, path, line)
        ),
    ]
    if problems:
        raise Problems(problems)
    return Suite(
        name=name,
        path=path,
        rows=rows,  # type: ignore[arg-type]  # one of ROWS, or there were problems
        expectations=tuple(map(_expectation, listed, lines)),
        document=document,
        clock=clock.read(document),
    )


def _document(text: str, path: str) -> Mapping[str, Any]:
    try:
        document = strict_json(text, path)
    except InputError as error:
        raise wrong(error.where, error.message, "Write it as JSON.") from None
    if not isinstance(document, dict):
        raise wrong(
            path, f"is a {type(document).__name__}; a suite is a JSON object.", "See Great Expectations' suites."
        )
    return document


def _rows(document: Mapping[str, Any]) -> object:
    meta = document.get("meta")
    ours = meta.get("tidegate") if isinstance(meta, dict) else None
    return ours.get("rows", "all") if isinstance(ours, dict) else "all"


def _clock_problems(document: Mapping[str, Any], path: str) -> Iterator[InputError]:
    meta = document.get("meta")
    ours = meta.get("tidegate") if isinstance(meta, dict) else None
    if isinstance(ours, dict) and "clock" in ours:
        yield from clock.problems(ours["clock"], path)


def _expectation(item: Mapping[str, Any], line: int | None) -> Expectation:
    return Expectation(
        type=item["type"],
        kwargs=item.get("kwargs", {}),
        severity=SEVERITIES[item.get("severity", "critical")],
        description=item.get("description") if isinstance(item.get("description"), str) else None,
        line=line,
    )


def _lines(text: str, listed: Sequence[object]) -> list[int | None]:
    """The line of each expectation: of the n-th mention of its type, for the n-th expectation of that type."""
    mentions: dict[str, Iterator[re.Match[str]]] = {}
    lines: list[int | None] = []
    for item in listed:
        kind = item.get("type") if isinstance(item, dict) else None
        if isinstance(kind, str) and kind not in mentions:
            mentions[kind] = re.finditer(rf'"type"\s*:\s*"{re.escape(kind)}"', text)
        match = next(mentions[kind], None) if isinstance(kind, str) else None
        lines.append(text.count("\n", 0, match.start()) + 1 if match else None)
    return lines
