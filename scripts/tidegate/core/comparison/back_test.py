"""A back-test: past runs with their verdict then and now, and the table in which people read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.core.answer import Verdict
from tidegate.core.rounding import counted
from tidegate.errors import TidegateError

_HEADINGS = ("run", "model", "commit", "then", "now", "changed by")
_WIDEST = 60
_TOLD = 4


@dataclass(frozen=True, kw_only=True)
class Run:
    """One past run: its verdict then and now, and what became of which gate; or why it cannot be judged again."""

    name: str
    model: str = ""
    commit: str = ""
    then: Verdict | None = None
    now: Verdict | None = None
    sentence: str = ""
    changes: tuple[str, ...] = ()
    refused: TidegateError | None = None

    @property
    def differs(self) -> bool:
        """Whether the other policy decides otherwise."""
        return self.refused is None and self.then is not self.now

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        ends = {name: None if one is None else one.value for name, one in (("then", self.then), ("now", self.now))}
        known = {"run": self.name, "model": self.model, "commit": self.commit, **ends, "sentence": self.sentence}
        return {**known, "changes": list(self.changes), "refused": None if self.refused is None else str(self.refused)}


def told(runs: Sequence[Run]) -> str:
    """One sentence, a line for each run in columns, and why any was refused."""
    rows = [_HEADINGS, *(_cells(run) for run in runs)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADINGS) - 1)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    ]
    refused = [f"{run.name}: {run.refused}" for run in runs if run.refused is not None]
    return "\n".join([_summary(runs), "", *(line.rstrip() for line in lines), *([""] if refused else []), *refused])


def _summary(runs: Sequence[Run]) -> str:
    differ = sum(run.differs for run in runs)
    refused = sum(run.refused is not None for run in runs)
    same = len(runs) - differ - refused
    parts = [f"{same} as before", *([f"{differ} otherwise"] if differ else [])]
    return (
        f"{counted(len(runs), 'run')} judged again: {', '.join([*parts, *([f'{refused} refused'] if refused else [])])}"
    )


def _cells(run: Run) -> tuple[str, ...]:
    start = (_cut(run.name), _cut(run.model), run.commit[:12])
    if run.refused is not None or run.then is None or run.now is None:
        return *start, "", "refused", run.refused.code if run.refused else ""
    more = f"; and {len(run.changes) - _TOLD} more" if len(run.changes) > _TOLD else ""
    return *start, run.then.value, run.now.value, ("; ".join(run.changes[:_TOLD]) or "–") + more


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"…{text[1 - _WIDEST :]}"
