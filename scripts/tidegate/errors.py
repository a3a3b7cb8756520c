"""Every way in which Tidegate can fail to find out, with the exit code that says what to do about it.

A missed gate, drift or a failed expectation is an answer, not an error: see `core/answer.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class TidegateError(Exception):
    """A failure that people read: what happened, where, and the next step.

    `code` is stable (``E-CFG-004``), `where` is ``file:line:column`` or ``file /json/pointer`` (empty when
    there is no such place), `fix` is one imperative sentence.
    """

    exit_code: ClassVar[int] = 70
    log: Sequence[str] = ()
    """The last lines of a program that failed, for the report."""

    def __init__(self, code: str, message: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where} " if self.where else ""
        fix = f" {self.fix}" if self.fix else ""
        return f"{self.code} {place}{self.message}{fix}"


class InputError(TidegateError):
    """The configuration, an input file, an option or a permission has to be mended by a person."""

    exit_code = 2


class InfrastructureError(TidegateError):
    """Something outside failed; the same call may succeed later."""

    exit_code = 3


class SecurityRefusal(TidegateError):
    """The input could harm; it was not used."""

    exit_code = 4


class Superseded(TidegateError):
    """A newer commit or run has taken over; there is nothing left to do."""

    exit_code = 5


class ReleaseFailed(TidegateError):
    """The place where a release was to run says that it cannot: an answer about the release and not about the place."""

    exit_code = 1


class Problems(InputError):
    """All problems of one input together, in the order of the file."""

    def __init__(self, problems: Sequence[TidegateError]) -> None:
        first = problems[0]
        super().__init__(first.code, first.message, where=first.where, fix=first.fix)
        self.problems = tuple(problems)
        self.worst = max(problem.exit_code for problem in problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def exit_code_of(error: BaseException) -> int:
    """Exit code for anything raised: the error's own, the worst of several, 130 for Ctrl-C, 70 for a bug of ours."""
    if isinstance(error, Problems):
        return error.worst
    if isinstance(error, TidegateError):
        return error.exit_code
    return 130 if isinstance(error, KeyboardInterrupt) else 70
