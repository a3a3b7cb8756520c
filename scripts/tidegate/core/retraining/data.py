"""What a retraining adds to the training data: files by name and digest, before and after, and rows where known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Extension:
    """The tracked data before and after. `pointer`: the pointer's path; digests are DVC's, of files by their names.

    `rows`: rows before and after, None where a changed file is no table.
    """

    pointer: str
    before: str
    after: str
    files_before: Mapping[str, str]
    files_after: Mapping[str, str]
    rows: tuple[int, int] | None = None

    @property
    def nothing_new(self) -> bool:
        """Whether the data is what it was."""
        return self.before == self.after

    @property
    def gained(self) -> int | None:
        """Rows more than before, never less than none."""
        return None if self.rows is None else max(0, self.rows[1] - self.rows[0])

    @property
    def added(self) -> tuple[str, ...]:
        """Names of files that are new."""
        return tuple(sorted(self.files_after.keys() - self.files_before.keys()))

    @property
    def removed(self) -> tuple[str, ...]:
        """Names of files that are gone."""
        return tuple(sorted(self.files_before.keys() - self.files_after.keys()))

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of files that have other bytes."""
        both = self.files_before.keys() & self.files_after.keys()
        return tuple(sorted(name for name in both if self.files_before[name] != self.files_after[name]))
