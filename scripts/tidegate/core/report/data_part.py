"""What the expectations found: failed ones first, each with what was seen, what was expected and a few examples."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.answer import Verdict
from tidegate.core.report.blocks import Block, Break, Code, Column, Details, Line, Mark, Paragraph, Piece, Table
from tidegate.core.report.bounds import Bounds, first
from tidegate.core.report.comparison import Severity
from tidegate.core.report.data import Data, Finding
from tidegate.core.rounding import counted


def findings_table(data: Data, bounds: Bounds) -> Iterator[Block]:
    """The failed expectations; nothing where all hold."""
    if not data.findings:
        return
    ordered = sorted(data.findings, key=lambda finding: finding.severity is Severity.WARN)
    shown, left_out = first(ordered, bounds.rows)
    columns = (Column("Column"), Column("Expected"), Column("Found"), Column("Rows", right=True), Column("Verdict"))
    yield Table(columns, tuple(_row(finding, bounds) for finding in shown), left_out, "findings")


def data_part(data: Data, bounds: Bounds, *, already_shown: bool) -> Iterator[Details]:
    """How much was checked, suite by suite; the findings too unless they stand at the top already."""
    failed = sum(suite.failed for suite in data.suites)
    shown, left_out = first(data.suites, bounds.rows)
    rows = tuple(((Code(suite.name),), (f"{suite.checks:,}",), (f"{suite.failed:,}",)) for suite in shown)
    columns = (Column("Suite"), Column("Checks", right=True), Column("Failed", right=True))
    blocks: list[Block] = [
        Paragraph((f"{counted(data.rows, 'row')} in {counted(data.files, 'file')} were checked.",)),
        Table(columns, rows, left_out, "suites"),
    ]
    if not already_shown:
        blocks += findings_table(data, bounds)
    gist = f"{counted(data.checks, 'check')}, {failed or 'none'} failed"
    yield Details("Data validation", gist, tuple(blocks), weight=60)


def _row(finding: Finding, bounds: Bounds) -> tuple[Line, ...]:
    where: Line = ("the table",) if finding.column is None else (Code(finding.column),)
    return (
        (*where, Break(), Code(finding.expectation)),
        (Code(finding.expected),),
        (Code(finding.observed), *_examples(finding, bounds)),
        ("–" if finding.count is None else f"{finding.count:,}",),
        (Mark(Verdict.FAIL, warns=finding.severity is Severity.WARN),),
    )


def _examples(finding: Finding, bounds: Bounds) -> Line:
    pieces: list[Piece] = []
    for row, value in finding.samples[: bounds.examples]:
        pieces += [Break(), "row ", Code(row, 40), ": ", Code(value, 40)]
    return tuple(pieces)
