"""Whether suites and data belong together: columns that exist, limits that files give, the base's suites that count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tidegate.core.data.periods import Frame
from tidegate.core.data.suite_problems import wrong
from tidegate.core.data.suites import Suite
from tidegate.core.near_miss import did_you_mean
from tidegate.errors import InputError

_LIMITS = ("file_start", "file_end", "data_start", "data_end")


def only_changed(base: Sequence[Suite], here: Sequence[Suite]) -> tuple[Suite, ...]:
    """The base's suites that the change edits or removes.

    The data is held to those as well, so that no change weakens what it is judged by; a suite that is the same on both
    sides is run once.
    """
    return tuple(
        replace(suite, at_base=True)
        for suite in base
        if not any((suite.path, suite.document) == (other.path, other.document) for other in here)
    )


def unknown_columns(suites: Sequence[Suite], present: Sequence[str]) -> list[InputError]:
    """An E-DAT-020 for every expectation on a column that neither the data has nor any suite says it has.

    A column that a suite declares and the data lacks is the data's fault, and a finding; any other is the suite's.
    """
    every = [expectation for suite in suites for expectation in suite.expectations]
    known = {*present, *(name for one in every if one.declares for name in one.columns)}
    return [
        wrong(
            suite.place(expectation),
            f"{expectation.type}: there is no column {name[:80]!r}.{did_you_mean(name, known)}",
            f"The data has {', '.join(present)[:300]}.",
        )
        for suite in suites
        for expectation in suite.expectations
        for name in expectation.columns
        if name not in known
    ]


def require_parameters(suite: Suite, frames: Sequence[Frame]) -> None:
    """Raise E-DAT-020 when an expectation uses a limit that a file's name does not give."""
    for expectation in suite.expectations:
        expressions = [str(value["$PARAMETER"]) for value in expectation.kwargs.values() if _is_parameter(value)]
        for name in (name for name in _LIMITS if any(name in text for text in expressions)):
            if lacking := next((frame.name for frame in frames if name not in frame.parameters), None):
                raise wrong(
                    suite.place(expectation),
                    f"{expectation.type}: there is no {name} for {lacking}, run on {suite.rows}.",
                    "Name data files by date (2011-01.parquet); file_… is for each-file and newest-file.",
                )


def _is_parameter(value: object) -> bool:
    return isinstance(value, dict) and "$PARAMETER" in value
