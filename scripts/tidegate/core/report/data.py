"""What `validate-data` found, as the report reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.core.report.comparison import Severity
from tidegate.core.report.reading import Reader


@dataclass(frozen=True, kw_only=True)
class Suite:
    """One suite of expectations and how many of them failed."""

    name: str
    checks: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One expectation that the data does not meet; `samples` are (row, value)."""

    suite: str
    expectation: str
    column: str | None
    observed: str
    expected: str
    count: int | None
    samples: tuple[tuple[str, str], ...]
    severity: Severity


@dataclass(frozen=True, kw_only=True)
class ColumnChange:
    """A column that came, went or changed its type."""

    name: str
    change: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class Nulls:
    """Share of missing values in one column, 0 to 1."""

    column: str
    before: float
    after: float


@dataclass(frozen=True, kw_only=True)
class Shift:
    """How far one column's distribution moved: Kolmogorov–Smirnov or Jensen–Shannon distance, 0 to 1."""

    column: str
    statistic: str
    value: float
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Label:
    """The label's distribution on both sides: numbers by name (rows, mean, std, p05, p50, p95)."""

    column: str
    before: Mapping[str, float]
    after: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The data of this pull request against the base's."""

    base: str
    pointer: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    rows_before: int
    rows_after: int
    columns: tuple[ColumnChange, ...]
    nulls: tuple[Nulls, ...]
    label: Label | None
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, kw_only=True)
class Data:
    """All of it; `edited` are the base's suites that the change edits or removes."""

    rows: int
    files: int
    suites: tuple[Suite, ...]
    findings: tuple[Finding, ...]
    difference: Difference | None
    edited: tuple[str, ...] = ()

    @property
    def checks(self) -> int:
        """How many expectations were tried."""
        return sum(suite.checks for suite in self.suites)

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that keep the model back."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.BLOCK)


def read(result: Mapping[str, object]) -> Data:
    """The result of `validate-data`. Raises Malformed."""
    root = Reader(result)
    difference = root.inner_or_none("diff")
    return Data(
        rows=root.whole("rows"),
        files=root.whole("files"),
        suites=tuple(
            Suite(name=item.text("name"), checks=item.whole("checks"), failed=item.whole("failed"))
            for item in root.each("suites")
        ),
        findings=tuple(_finding(item) for item in root.each("findings")),
        difference=_difference(difference) if difference else None,
        edited=root.texts("edited"),
    )


def _finding(item: Reader) -> Finding:
    return Finding(
        suite=item.text("suite"),
        expectation=item.text("expectation"),
        column=item.text_or_none("column"),
        observed=item.text("observed"),
        expected=item.text("expected"),
        count=item.whole_or_none("count"),
        samples=tuple((sample.text("row"), sample.text("value")) for sample in item.each("samples")),
        severity=item.choice("severity", Severity),
    )


def _difference(item: Reader) -> Difference:
    files, rows, label = item.inner("files"), item.inner("rows"), item.inner_or_none("label")
    return Difference(
        base=item.text("base"),
        pointer=item.text("pointer"),
        added=files.texts("added"),
        removed=files.texts("removed"),
        changed=files.texts("changed"),
        rows_before=rows.whole("before"),
        rows_after=rows.whole("after"),
        columns=tuple(
            ColumnChange(
                name=column.text("name"),
                change=column.text("change"),
                before=column.text_or_none("before"),
                after=column.text_or_none("after"),
            )
            for column in item.each("columns")
        ),
        nulls=tuple(
            Nulls(column=one.text("column"), before=one.number("before"), after=one.number("after"))
            for one in item.each("nulls")
        ),
        label=_label(label) if label else None,
        shifts=tuple(_shift(shift) for shift in item.each("shifts")),
    )


def _label(item: Reader) -> Label:
    return Label(column=item.text("column"), before=item.numbers("before"), after=item.numbers("after"))


def _shift(item: Reader) -> Shift:
    return Shift(
        column=item.text("column"),
        statistic=item.text("statistic"),
        value=item.number("value"),
        before=item.text("before"),
        after=item.text("after"),
    )
