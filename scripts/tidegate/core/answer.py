"""What a command has to say at its end: a verdict, one sentence, and what a workflow may read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Verdict(StrEnum):
    """The possible ends of a question. Only `PASS` lets anything through."""

    PASS = "pass"
    FAIL = "fail"
    UNDECIDED = "undecided"
    INCOMPARABLE = "incomparable"
    ERROR = "error"
    SKIPPED = "skipped"

    @property
    def exit_code(self) -> int:
        """0 where there is nothing against going on, 1 where a gate says no, 3 where it could not be found out."""
        if self in (Verdict.PASS, Verdict.SKIPPED):
            return 0
        return 3 if self is Verdict.ERROR else 1


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """One line that GitHub shows beside a file or on the run's page."""

    level: Literal["notice", "warning", "error"]
    message: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The end of one command: `sentence` for people, `outputs` for the workflow, `data` for `--json`."""

    verdict: Verdict
    sentence: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    annotations: tuple[Annotation, ...] = ()
    summary: str | None = None
    data: Mapping[str, object] | None = None
    exit_code: int | None = None
