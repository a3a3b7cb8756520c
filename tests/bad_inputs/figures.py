"""What the bad-input suite measures, printed at the end of the run: the worst figure is a false pass."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import pytest

PROPERTY = "bad_input"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How one case went. `placed` is None where no place can be named."""

    row: str
    right_exit: bool
    right_code: bool
    placed: bool | None
    traceback: bool
    leak: bool
    false_pass: bool
    seconds: float

    def text(self) -> str:
        """As one property of a test report, which travels between test processes."""
        return json.dumps(asdict(self))


def summarise(reporter: pytest.TerminalReporter) -> None:
    """Write the figures of all cases that ran, nothing when none did."""
    found = [
        Measured(**json.loads(str(value)))
        for outcome in ("passed", "failed")
        for report in reporter.getreports(outcome)
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if found:
        reporter.section("bad inputs", sep="-")
        for line in lines(found):
            reporter.line(line)


def lines(found: Iterable[Measured]) -> list[str]:
    """The figures as lines of text."""
    cases = list(found)
    placed = [case for case in cases if case.placed is not None]
    areas = Counter(case.row[:1] for case in cases if case.row[1:].isdigit())
    listing = ", ".join(f"{area} {count}" for area, count in sorted(areas.items()))
    return [
        f"cases {len(cases)} ({len({case.row for case in cases})} rows; {listing})",
        f"right exit code {sum(case.right_exit for case in cases)}/{len(cases)}",
        f"right error code {sum(case.right_code for case in cases)}/{len(cases)}",
        f"names file and position {sum(case.placed is True for case in placed)}/{len(placed)}",
        f"tracebacks {sum(case.traceback for case in cases)}",
        f"secrets or control characters shown {sum(case.leak for case in cases)}",
        f"false passes {sum(case.false_pass for case in cases)}",
        f"slowest {max(case.seconds for case in cases):.2f} s",
    ]
