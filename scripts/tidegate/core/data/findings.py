"""What a failed expectation says to a person: column, what was observed, what was expected, a handful of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

from tidegate.core.data.suite_problems import Severity
from tidegate.core.data.suites import Expectation

MOST_SAMPLES = 5
_LONGEST = 80
_LISTED = 12


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One row that does not comply: its id, and the value in it."""

    row: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One expectation that the data does not meet; `path` and `line` are where the expectation is written."""

    suite: str
    expectation: str
    column: str | None
    observed: str
    expected: str
    severity: Severity
    count: int | None = None
    samples: tuple[Sample, ...] = ()
    path: str | None = None
    line: int | None = None

    def document(self) -> dict[str, Any]:
        """The finding as evidence has it."""
        document = asdict(self)
        del document["path"], document["line"]
        return document

    @property
    def sentence(self) -> str:
        """One line for an annotation."""
        place = f"{self.column}: " if self.column else ""
        found = "found" if self.count is None else "not so in"
        return f"{place}expected {self.expected}; {found} {self.observed}"


def expected(expectation: Expectation, kwargs: Mapping[str, Any]) -> str:
    """The author's description, or what type and arguments (with parameters resolved: `kwargs`) amount to."""
    if expectation.description:
        return expectation.description
    text = _wording(expectation.type, kwargs)
    mostly = kwargs.get("mostly", 1)
    share = f" in at least {mostly:.6%}".rstrip("0%").rstrip(".") + "% of the rows" if mostly != 1 else ""
    condition = f" where {kwargs['row_condition']}" if isinstance(kwargs.get("row_condition"), str) else ""
    return f"{text}{share}{condition}"


def _wording(kind: str, kwargs: Mapping[str, Any]) -> str:
    plain = {
        "expect_column_values_to_not_be_null": "no missing values",
        "expect_column_values_to_be_null": "missing values only",
        "expect_column_values_to_be_unique": "every value once",
        "expect_compound_columns_to_be_unique": "every combination once",
        "expect_column_to_exist": "a column of this name",
    }
    if kind in plain:
        return plain[kind]
    if kind.endswith("_to_be_between") and "quantile_ranges" not in kwargs:
        return f"{_measure(kind)}{between(kwargs)}"
    if "value_set" in kwargs:
        return f"{_measure(kind)}one of {listed(kwargs['value_set'])}"
    if names := kwargs.get("column_set") or kwargs.get("column_list"):
        return f"columns {listed(names)}"
    if "type_" in kwargs or "type_list" in kwargs:
        return f"type {kwargs.get('type_') or listed(kwargs['type_list'])}"
    rest = ", ".join(f"{name} {shown(value)}" for name, value in kwargs.items() if name not in _ROLES)
    return kind.removeprefix("expect_").replace("_", " ") + (f" ({rest})" if rest else "")


_ROLES = {"column", "column_A", "column_B", "mostly", "row_condition", "condition_parser", "ignore_row_if"}


def _measure(kind: str) -> str:
    """``mean`` of expect_column_mean_to_be_between; nothing where the values themselves are meant."""
    middle = kind.removeprefix("expect_").removesuffix("_to_be_between").removesuffix("_to_be_in_set")
    name = middle.removeprefix("column_").replace("_", " ")
    return "" if name in ("values", "distinct values") else f"{name} "


def between(limits: Mapping[str, Any]) -> str:
    """``from 0 to 1``, ``at least 0``, ``above 0`` …"""
    low, high = limits.get("min_value"), limits.get("max_value")
    above, below = bool(limits.get("strict_min")), bool(limits.get("strict_max"))
    if low is not None and high is not None and not above and not below:
        return f"{shown(low)} only" if low == high else f"from {shown(low)} to {shown(high)}"
    lower = [] if low is None else [f"{'above' if above else 'at least'} {shown(low)}"]
    upper = [] if high is None else [f"{'below' if below else 'at most'} {shown(high)}"]
    return " and ".join([*lower, *upper])


def observed(expectation: Expectation, result: Mapping[str, Any]) -> str:
    """What Great Expectations saw instead, from the JSON of its result."""
    count, rows = result.get("unexpected_count"), result.get("element_count")
    if isinstance(count, int) and isinstance(rows, int) and rows:
        conditional = "row_condition" in expectation.kwargs
        return f"{count:,} rows" if conditional else f"{count:,} of {rows:,} rows ({count / rows:.2%})"
    if expectation.declares:
        return _column_names(expectation, result)
    value = result.get("observed_value")
    if value is None:
        return listed(values) if (values := result.get("partial_unexpected_list")) else "something else"
    unit = next((f" {word}s" for word in ("row", "column") if f"table_{word}_count" in expectation.type), "")
    return f"{'type ' if expectation.about_type else ''}{shown(value)}{unit}"


def _column_names(expectation: Expectation, result: Mapping[str, Any]) -> str:
    """Which columns are missing and which nobody expected, with a guess at renamed ones."""
    wanted, there = expectation.columns, result.get("observed_value")
    if not isinstance(there, list):
        return "no such column"
    missing = [name for name in wanted if name not in there]
    extra = [name for name in there if name not in wanted]
    if not missing and not extra:
        return f"the order {listed(there)}"
    parts = [f"{word} {listed(names)}" for word, names in (("without", missing), ("with", extra)) if names]
    renamed = ((name, get_close_matches(name, extra, n=1)) for name in missing)
    guess = next((f"; {name} may now be {near[0]}" for name, near in renamed if near), "")
    return " and ".join(parts) + guess


def samples(result: Mapping[str, Any], id_column: str) -> tuple[Sample, ...]:
    """At most five of the rows that did not comply; a row without an id is told by its place in the table."""
    rows = result.get("partial_unexpected_index_list")
    if not isinstance(rows, list):
        return ()
    return tuple(_sample(row, id_column) for row in rows[:MOST_SAMPLES])


def _sample(row: object, id_column: str) -> Sample:
    if not isinstance(row, Mapping):
        return Sample(row=f"row {shown(row)}", value="")
    values = {name: value for name, value in row.items() if name != id_column} or row
    one = next(iter(values.values())) if len(values) == 1 else None
    text = shown(one) if len(values) == 1 else ", ".join(f"{name}={shown(value)}" for name, value in values.items())
    return Sample(row=shown(row.get(id_column)), value=text[:_LONGEST])


def listed(values: Sequence[Any] | Any) -> str:
    """``a, b, c`` and how many more."""
    values = list(values) if isinstance(values, list | tuple | set | frozenset) else [values]
    more = f" and {len(values) - _LISTED} more" if len(values) > _LISTED else ""
    return ", ".join(map(shown, values[:_LISTED])) + more


def shown(value: Any) -> str:
    """A value as a table would show it, cut at 80 characters; the samples keep the data's own text."""
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, list | tuple):
        return f"[{listed(value)}]"[:_LONGEST]
    text = str(value)
    if len(text) == 19 and text.endswith("T00:00:00"):
        text = text[:10]
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
